# shellcheck shell=bash
# Set-ups of tests/torture: a store, a detection server and a work directory in a separate folder (a
# lane), runs of the orchestrator on five small files in it, and the digest of the outputs.
# Environment: BIN, the folder of the built programs (a plain build).
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
TESTS=$(realpath "${TESTS:-$BIN/../tests}")
samples=$top/config/demo/samples
inputs=('web pages/part-01.jsonl' books/part-02.jsonl.gz 'web pages/letters.json.zst'
    'books/short stories.jsonl.bz2' 'web pages/forum+answers 2026.jsonl.xz')
unset "${!AWS_@}" "${!PMR_@}" "${!SLURM_@}" "${!PMI_@}" "${!OMPI_@}" "${!BATCH_TASK_@}" "${!CLOUD_RUN_@}" MAX_FILES_DEBUG
unset RANK WORLD_SIZE JOB_COMPLETION_INDEX NOMAD_ALLOC_INDEX
export AWS_ACCESS_KEY_ID=torture AWS_SECRET_ACCESS_KEY=torture-secret AWS_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_CONFIG_FILE=/dev/null
ulimit -c 0

store='' server=''

# end PID: its exit status is in $ended.
end() {
    kill "$1" 2>/dev/null
    ended=0
    wait "$1" || ended=$?
}

end_lane() {
    [ -z "$store" ] || end "$store"
    [ -z "$server" ] || end "$server"
    store='' server=''
}

# begin_torture NAME: the folder $dir, which is removed at the end unless KEEP is set.
begin_torture() {
    dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-$1.XXXXXX")
    trap finish EXIT
    trap 'exit 130' INT TERM
}
finish() {
    end_lane
    # shellcheck disable=SC2046  # numbers
    kill $(jobs -p) 2>/dev/null
    wait 2>/dev/null
    if [ -n "${KEEP:-}" ]; then echo "kept: $dir"; else rm -rf "$dir"; fi
}

# await_port FILE PID: waits until the program listens; false if it ended before.
await_port() {
    while [ ! -s "$1" ]; do
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.005
    done
}

# start_store [VARIABLE=VALUE...], start_server [VARIABLE=VALUE...]: false if it ended at once.
start_store() {
    rm -f "$lane/store.port"
    env "$@" "$BIN/decon-s3" serve --root "$lane/store" --port 0 --port-file "$lane/store.port" \
        >"$lane/store.log" 2>&1 &
    store=$!
    await_port "$lane/store.port" "$store" || return
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$lane/store.port")
    export AWS_ENDPOINT_URL
}

start_server() {
    rm -f "$lane/server.port"
    env "$@" "$BIN/decon-server" --port 0 --port-file "$lane/server.port" --worker-threads 2 \
        --tokenizer uniseg --evals-dir "$top/config/sample-evals" --purify \
        --report-output-dir "$lane/server/reports" --cleaned-output-dir "$lane/server/cleaned" \
        >"$lane/server.log" 2>&1 &
    server=$!
    await_port "$lane/server.port" "$server" || return
    server_url=http://127.0.0.1:$(cat "$lane/server.port")
}

# orchestrate LOG [VARIABLE=VALUE...] [-- OPTION...]: a run; its exit status is in $status.
orchestrate() {
    local log=$1 variables=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        variables+=("$1")
        shift
    done
    [ $# = 0 ] || shift
    status=0
    # Otherwise the shell would report the kill.
    { timeout -k 1 "${RUN_SECONDS:-30}" env ${variables[@]+"${variables[@]}"} "$BIN/decon-orchestrator" \
        --remote-file-input s3://data/in --remote-report-output-dir s3://data/out/reports \
        --remote-cleaned-output-dir s3://data/out/cleaned --server-url "$server_url" \
        --local-work-dir "$lane/disk/work" --cleanup-delay 0 --poll-interval 0.01 --server-wait 0.5 \
        --start-wait 0.3 --outage-wait 1 --download-retry-base-delay 0.001 --connect-timeout 2 \
        --stall-timeout 2 "$@" >"$lane/$log.log" 2>&1 </dev/null; } 2>/dev/null || status=$?
}

# make_lane DIR: with store, server, the inputs, and the digest of an undisturbed run's outputs in $want.
make_lane() {
    lane=$1
    mkdir -p "$lane/disk"
    start_store && start_server || return
    "$BIN/decon-s3" mb s3://data >/dev/null || return
    local name
    for name in "${inputs[@]}"; do
        "$BIN/decon-s3" cp "$samples/$name" "s3://data/in/$name" >/dev/null || return
    done
    orchestrate undisturbed
    want=$(digest)
    [ "$status" = 0 ]
}

# Removes the outputs in the store, and all files of the work directory and the server.
clear_lane() {
    rm -rf "$lane/store/buckets/data/out@d" "$lane/disk/work"
    find "$lane/server" -type f -delete
}

# digest: of the names and contents of all outputs, metadata included, without the times of writing, and
# without the description of the settings, which a run may fail to write with a warning.
digest() {
    (
        cd "$lane/store/buckets/data/out@d" 2>/dev/null || exit 0
        export LC_ALL=C
        find . -name _decon@d -prune -o -type f -print | sort
        find . -name _decon@d -prune -o -type f -print0 | sort -z | xargs -0 sed -s '3{/^modified /d}'
    ) | sha256sum
}

# leftovers: files on this machine that a complete run does not leave.
leftovers() {
    find "$lane/disk" "$lane/server" -type f ! -name orchestrator.lock
}

# Results that a killed run left in the same second are kept by the second run, since they may
# belong to a running process: the next run removes them, because they are older than its start.
third_run() {
    find "$lane/server" -type f -exec touch -d '1 hour ago' {} +
    orchestrate third
    [ "$status" = 0 ] || wrong "the run after it: exit status $status"
    [ -z "$(leftovers)" ] || wrong "left: $(leftovers | tr '\n' ' ')"
}
