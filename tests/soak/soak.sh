#!/usr/bin/env bash
# The client under faults: for each kind of transient fault, at RATE (5 %) of the requests, COUNT
# (10,000) objects are uploaded, listed, copied and downloaded by `decon-s3 cp`; then the
# orchestrator processes files with all kinds at once. Every byte must be right, no object
# lost, the exit status 0, and the memory within the budget. A few minutes; ends by itself.
#   COUNT=1000 ONLY='reset lost' make soak      fewer objects, only these kinds
# BIN, BENCH: folders of the built programs (a plain build). KEEP=1 keeps the folder of a failure.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
usage=$(realpath "${BENCH:-$top/build/bench}")/usage
count=${COUNT:-10000}
rate=${RATE:-5%}
training_files=$((count / 10))
budget_mib=64        # decon-s3's memory budget for transfers
orchestrator_mib=384 # transfers, codecs and the programs themselves; see "memory" in the run's log
unset "${!AWS_@}" "${!PMR_@}" "${!SLURM_@}" "${!PMI_@}" "${!OMPI_@}" "${!BATCH_TASK_@}" "${!CLOUD_RUN_@}" MAX_FILES_DEBUG
unset RANK WORLD_SIZE JOB_COMPLETION_INDEX NOMAD_ALLOC_INDEX
export AWS_ACCESS_KEY_ID=soak AWS_SECRET_ACCESS_KEY=soak-secret AWS_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_CONFIG_FILE=/dev/null

# In memory if there is space: the disk is not under test.
shm_kib=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
[ -n "${TMPDIR:-}" ] || { [ -w /dev/shm ] && [ "${shm_kib:-0}" -gt 4194304 ] && TMPDIR=/dev/shm; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-soak.XXXXXX")
store='' server='' failures=0
finish() {
    [ -z "$store" ] || kill "$store" 2>/dev/null
    [ -z "$server" ] || kill "$server" 2>/dev/null
    wait 2>/dev/null
    if [ "$failures" != 0 ] && [ -n "${KEEP:-}" ]; then echo "kept: $dir"; else rm -rf "$dir"; fi
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 1

# The kinds: a name, and the rules (RATE is filled in). An object that changes twice under one download,
# or whose bytes are wrong twice, fails by design: each key gets such a fault once. An error inside
# a 200 is a reply to copies and
# completed uploads only, as in S3.
kinds=(
    'status-503 status=503,rate=RATE'
    'status-500 status=500,rate=RATE'
    'status-429 status=429,rate=RATE'
    'truncate truncate=100,rate=RATE'
    'reset reset,rate=RATE'
    'lost lost,rate=RATE'
    'delay delay=20,rate=RATE'
    'checksum checksum,once,rate=RATE'
    'corrupt corrupt,method=GET,once,rate=RATE'
    'etag etag,header=if-match,once,rate=50%'
    'error-in-200 status=200,code=InternalError,header=x-amz-copy-source,rate=RATE status=200,code=InternalError,method=POST,query=uploadId,rate=RATE'
)

# --- steps ---
step_failed() {
    echo "  FAILED: $*"
    failures=$((failures + 1))
}

await_file() {
    for _ in $(seq 1200); do
        [ -s "$1" ] && return
        sleep 0.05
    done
    echo "soak: a program did not start" >&2
    exit 1
}

# start_store RULE...: on the content of store/.
start_store() {
    local rule words=()
    for rule in "$@"; do words+=(--fault "${rule//RATE/$rate}"); done
    rm -f store.port
    "$BIN/decon-s3" serve --root store --port 0 --port-file store.port --threads 16 --log access "${words[@]}" >store.log 2>&1 &
    store=$!
    await_file store.port
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat store.port)
    export AWS_ENDPOINT_URL
}
stop_store() {
    kill "$store" && wait "$store"
    store=
}

# run NAME WORD...: a command within ten minutes, its output in NAME.out and NAME.err.
run() {
    local name=$1 status
    shift
    timeout 600 "$usage" "$name.use" "$@" >"$name.out" 2>"$name.err"
    status=$?
    [ "$status" = 0 ] && return
    step_failed "$name: exit status $status"
    grep -v ' INFO ' "$name.err" | tail -n 5 | sed 's/^/    /'
}

# within_memory NAME MIB
within_memory() {
    awk -v name="$1" -v limit="$2" '{mib = $3 / 1024} END {
        if (mib > limit) { printf "  FAILED: %s: %.0f MiB, the limit is %d\n", name, mib, limit; exit 1 }
        if (mib > 0) printf "    %-8s %6.1f s %6.1f s CPU %6.1f MiB\n", name, $1, $2, mib
    }' "$1.use" || failures=$((failures + 1))
}

make_tree() {
    local i
    mkdir -p tree/small tree/"hard +%#?'"
    head -c $((count * 2999)) /dev/urandom | split -b 2999 -a 6 -d - tree/small/
    for i in $(seq 10); do mv "tree/small/$(printf %06d "$i")" "tree/hard +%#?'/ä &=$i~"; done
    : >tree/empty
    for i in $(seq 20); do head -c $((5242880 + i * 400000)) /dev/urandom >"tree/large-$i"; done
}

# make_store BUCKET...: an empty one with these buckets.
make_store() {
    local bucket
    rm -rf store access
    start_store
    for bucket in "$@"; do "$BIN/decon-s3" mb "s3://$bucket" >/dev/null || exit 1; done
    stop_store
}

# faults_met: the number of requests that failed or were truncated, according to the access log.
faults_met() {
    awk '$3 == 0 || $3 == 412 || $3 >= 500 || $3 == 429 {n++} END {print n + 0}' access
}

copy_round() { # NAME RULE...
    local name=$1 step
    shift
    rm -rf down ./*.use
    make_store first second
    start_store "$@"
    run up "$BIN/decon-s3" cp -r --part-size 5MiB tree/ s3://first/
    run list "$BIN/decon-s3" ls -r s3://first
    [ "$(wc -l <list.out)" = "$files" ] || step_failed "list: $(wc -l <list.out) objects"
    run copy "$BIN/decon-s3" cp -r s3://first/ s3://second/
    run down "$BIN/decon-s3" cp -r --part-size 5MiB s3://second/ down/
    stop_store
    diff -rq tree down >diff.out 2>&1 || {
        step_failed 'down: the downloaded bytes differ'
        head -n 5 diff.out | sed 's/^/    /'
    }
    printf '%s: %d requests, %d of them refused or broken off\n' "$name" "$(wc -l <access)" "$(faults_met)"
    for step in up list copy down; do within_memory "$step" "$budget_mib"; done
}

# --- the orchestrator: all kinds in one run ---
make_training_files() {
    local i
    mkdir -p training
    for ((i = 0; i < training_files; i++)); do
        { echo "{\"text\":\"file $i\"}" && cat "$top/config/demo/samples/books/part-01.jsonl"; } | gzip >"training/part-$i.jsonl.gz"
    done
}

start_server() {
    rm -rf server server.port
    "$BIN/decon-server" --port 0 --port-file server.port --evals-dir "$top/config/sample-evals" --purify \
        --report-output-dir "$dir/server/reports" --cleaned-output-dir "$dir/server/cleaned" >server.log 2>&1 &
    server=$!
    await_file server.port
}
stop_server() {
    kill "$server" && wait "$server"
    server=
}

# orchestrate NAME RULE...: a whole run over the training files; digests of its outputs in NAME.sums.
orchestrate() {
    local name=$1 key
    shift
    make_store data
    start_store
    "$BIN/decon-s3" cp -r training/ s3://data/in/ >/dev/null || exit 1
    stop_store
    start_store "$@"
    start_server
    run "$name" "$BIN/decon-orchestrator" --remote-file-input s3://data/in --remote-report-output-dir s3://data/out \
        --remote-cleaned-output-dir s3://data/cleaned --server-url "http://127.0.0.1:$(cat server.port)" \
        --local-work-dir "$dir/work" --cleanup-delay 0 --poll-interval 0.2
    stop_server
    stop_store
    start_store
    rm -rf results work
    "$BIN/decon-s3" cp -r s3://data/out/ results/out/ >/dev/null
    "$BIN/decon-s3" cp -r s3://data/cleaned/ results/cleaned/ >/dev/null
    stop_store
    (cd results && find . -name _decon -prune -o -type f -exec sha256sum {} + | sort -k 2) >"$name.sums"
}

orchestrator_round() {
    local kind rules=()
    for kind in "${kinds[@]}"; do
        # Inputs that change after the listing are left to the next run, so the run would end with
        # 3.
        [ "${kind%% *}" = etag ] && continue
        # shellcheck disable=SC2206  # words
        rules+=(${kind#* })
    done
    make_training_files
    orchestrate undisturbed
    rate=1% # of each kind, so that a tenth of all requests is affected
    orchestrate orchestrator "${rules[@]}"
    printf 'orchestrator, all kinds at once: %d requests, %d of them refused or broken off\n' "$(wc -l <access)" "$(faults_met)"
    [ "$(wc -l <undisturbed.sums)" -ge "$training_files" ] || step_failed "undisturbed: $(wc -l <undisturbed.sums) outputs"
    cmp -s undisturbed.sums orchestrator.sums || step_failed 'the outputs differ from those of an undisturbed run'
    within_memory orchestrator "$orchestrator_mib"
}

make_tree
files=$(find tree -type f | wc -l)
for kind in "${kinds[@]}"; do
    [ -z "${ONLY:-}" ] || [[ " $ONLY " == *" ${kind%% *} "* ]] || continue
    # shellcheck disable=SC2086  # words
    copy_round ${kind%% *} ${kind#* }
done
[ -n "${ONLY:-}" ] && [[ " $ONLY " != *' orchestrator '* ]] || orchestrator_round
if [ "$failures" != 0 ]; then
    echo "soak: $failures failures"
    exit 1
fi
echo "soak: $files objects a round, every byte right"
