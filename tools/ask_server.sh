#!/usr/bin/env bash
# Asks a running detection server: ask_server.sh health|submit|status URL; FILE and JOB_ID are read from
# the environment. Prints the server's reply on one line. Exit status: 0, 1 no reply, 2 usage.
set -u
request=$1 url=${2%/}

usage() {
    echo "$1" >&2
    exit 2
}

ask() { # PATH [CURL OPTION]...
    local path=$1
    shift
    curl -sS --noproxy '*' --max-time 60 "$@" "$url$path" && echo && return
    echo "$request: no reply from $url; start the server (make server) or set SERVER_URL" >&2
    exit 1
}

# The path as a JSON string. Newlines in names are not supported.
json_string() {
    printf '"%s"' "$(sed 's/[\\"]/\\&/g; s/\t/\\t/g' <<<"$1")"
}

command -v curl >/dev/null || usage "$request: curl is not installed; install it (Debian, Fedora: the package curl)"
case $request in
health) ask /health ;;
submit)
    [ -n "${FILE:-}" ] || usage 'usage: make submit FILE=PATH'
    file=$(realpath -e -- "$FILE") || exit 2
    ask /submit -H 'Content-Type: application/json' -d "{\"file_path\":$(json_string "$file")}"
    ;;
status)
    [ -n "${JOB_ID:-}" ] || usage 'usage: make status JOB_ID=ID (make submit prints it)'
    [[ $JOB_ID =~ ^[0-9a-f-]+$ ]] || usage "status: '$JOB_ID' is not a job id"
    ask "/status/$JOB_ID"
    ;;
*) usage "usage: $0 health|submit|status URL" ;;
esac
