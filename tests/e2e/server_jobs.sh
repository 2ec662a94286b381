# shellcheck shell=bash
# Shared by the tests of the detection server, after lib.sh: its start, and jobs sent to it.
purify=(--purify --cleaned-output-dir "/nowhere") # each test sets its own

begin() { # OPTION...
    purify=(--purify --cleaned-output-dir "$T/server/cleaned")
    start_server "$@"
    url=http://127.0.0.1:$server_port
}

submit() { # PATH [MEMBERS]: the job's id in $id
    id=$(curl -sS -H 'Content-Type: application/json' --data "{\"file_path\":\"$1\"${2:+,$2}}" "$url/submit" |
        sed -n 's/^{"job_id":"\([-0-9a-f]*\)"}$/\1/p')
    [ "${#id}" = 36 ] || fail "no job id for $1"
}

is_final() {
    curl -sS "$url/status/$1" >"$T/status" && grep -qE '"status":"(completed|failed)"' "$T/status"
}

expect_job() { # REGEX: of the final status of job $id
    wait_for is_final "$id"
    grep -qE -- "$1" "$T/status" || fail "status $(cat "$T/status"), expected $1"
}

large_file() { # LINES
    yes '{"text":"plain words that fill a line of a file which takes its time to be read"}' |
        head -n "$1" | gzip -1 >"$T/large.jsonl.gz" || true
}

# endless_file: a few MB whose decoding takes longer than any test.
endless_file() {
    large_file 100000
    local i
    for ((i = 0; i < 500; i++)); do cat "$T/large.jsonl.gz"; done >"$T/endless.jsonl.gz"
}

# begin_endless_job: a running job that has begun to write and does not end by itself.
begin_endless_job() {
    endless_file
    submit "$T/endless.jsonl.gz"
    wait_for has_unfinished
}

# expect_gone PID...
expect_gone() {
    local pid
    for pid in "$@"; do
        wait_for is_gone "$pid"
    done
}

hits() { # FILE: a line for each evaluation question, with its answer
    sed -n 's/.*"question": *"\([^"]*\)".*"answer": *"\([^"]*\)".*/{"text":"some words before it all \1 \2"}/p' \
        "$evals"/*.jsonl >"$1"
}

# children PID: all its descendants.
children() {
    local stat pid parent
    for stat in /proc/[0-9]*/stat; do
        read -r pid _ _ parent _ <"$stat" 2>/dev/null || continue
        [ "$parent" = "$1" ] || continue
        echo "$pid"
        children "$pid"
    done
}

has_unfinished() {
    [ -n "$(find "$T/server" -name '*.tmp-*')" ]
}

is_gone() {
    [ ! -e "/proc/$1" ] || grep -q ') Z ' "/proc/$1/stat"
}
