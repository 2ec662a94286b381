#!/usr/bin/env bash
# One detection server per node, for the tasks of Slurm. A server that a task starts would end with
# that task, so slurmd's prolog and epilog call this script:
#   node_server.sh begin JOB    starts the server if there is none, and returns when it is ready
#   node_server.sh end JOB      the job has ended; without a job for DECON_IDLE_S, the server ends
#   node_server.sh status       prints "running N jobs" (status 0) or "stopped" (status 1)
# Settings (environment, or the file that DECON_NODE_ENV names, /etc/decon/node_server.env):
#   DECON_NODE_CONFIG   configuration of the server (/etc/decon/server.yaml)
#   DECON_NODE_PORT     its port, which server_url of the orchestrators names (8080)
#   DECON_NODE_USER     user of the server (decon); empty: the caller
#   DECON_NODE_DIR      folder for this script's state and log (/run/decon-node)
#   DECON_IDLE_S        seconds without a job after which the server ends (600)
#   DECON_START_S       seconds for building the index (900)
#   DECON_COMMAND       the program (decon)
set -euo pipefail
env=${DECON_NODE_ENV:-/etc/decon/node_server.env}
# shellcheck source=/dev/null
[ ! -r "$env" ] || . "$env"
dir=${DECON_NODE_DIR:-/run/decon-node}
config=${DECON_NODE_CONFIG:-/etc/decon/server.yaml}
port=${DECON_NODE_PORT:-8080}
user=${DECON_NODE_USER-decon}
idle_s=${DECON_IDLE_S:-600}
start_s=${DECON_START_S:-900}
command=${DECON_COMMAND:-decon}

usage() {
    sed -n '2,15s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

job_count() {
    find "$dir/jobs" -type f | wc -l
}

# The keeper holds this lock as long as it runs.
is_kept() {
    ! flock --nonblock --shared "$dir/keeper.lock" true
}

# Replaces the shell, so that a signal to its process reaches the command.
exec_as_user() {
    if [ -n "$user" ]; then
        exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups "$@"
    else
        exec "$@"
    fi
}

start_server() {
    rm -f "$dir/port/port"
    exec_as_user "$command" server --config "$config" --port "$port" --port-file "$dir/port/port" 8>&- 9>&- &
    server=$!
}

# Restarts the server if it has ended, but not after an error in its configuration (status 2).
watch_server() {
    local status=0
    ! kill -0 "$server" 2>/dev/null || return 0
    wait "$server" || status=$?
    server=
    [ "$status" != 2 ] || return 1
    sleep 5
    start_server
}

# Runs the server until there was no job for idle_s seconds.
keep() {
    local idle=0
    trap '[ -z "$server" ] || kill -TERM "$server" 2>/dev/null' EXIT
    trap 'exit 143' TERM
    start_server
    while sleep 1 && watch_server; do
        if [ "$(job_count)" -gt 0 ]; then
            idle=0
            continue
        fi
        idle=$((idle + 1))
        [ "$idle" -ge "$idle_s" ] || continue
        # No job may begin between this check and the end of the keeper.
        flock 9
        [ "$(job_count)" -eq 0 ] && break
        flock --unlock 9
        idle=0
    done
    rm -f "$dir/port/port"
    [ -n "$server" ] || return 1
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
    server=
}

begin() {
    local i
    flock 9
    : >"$dir/jobs/$1"
    if ! is_kept; then
        rm -f "$dir/port/port"
        setsid "$0" keep </dev/null >>"$dir/log" 2>&1 9>&- &
        until is_kept || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
    fi
    flock --unlock 9
    for ((i = 0; i < start_s * 10; i++)); do
        [ ! -s "$dir/port/port" ] || return 0
        is_kept || break
        sleep 0.1
    done
    echo "node_server: the server has ended or is not ready after $start_s s (DECON_START_S); read $dir/log" >&2
    exit 1
}

mkdir -p "$dir/jobs" "$dir/port"
[ -z "$user" ] || chown "$user" "$dir/port"
exec 9>>"$dir/lock"
case "${1:-}:${2:-}" in
begin:?*) begin "$2" ;;
end:?*)
    flock 9
    rm -f "$dir/jobs/$2"
    ;;
status:)
    is_kept || {
        echo stopped
        exit 1
    }
    echo "running $(job_count) jobs"
    ;;
keep:)
    exec 8>>"$dir/keeper.lock"
    flock --timeout 60 8 || exit 0 # is_kept holds it for a moment
    echo $$ >"$dir/pid"
    keep
    ;;
*) usage ;;
esac
