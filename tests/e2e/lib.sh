# shellcheck shell=bash
# Shared by the tests of whole programs: `. lib.sh`, functions named test_*, then `run_tests`.
#
# Each test runs in its own subshell with `set -e`, in its own folder ($T, removed afterwards);
# processes started with start_* are ended with it, and a sanitizer's report in any of its logs
# fails it. Ports are chosen by the system; tests wait for files and log lines (wait_for, with a
# time limit), never for time to pass.
# Environment: BIN, the folder of the built programs; KEEP=1 keeps the folders of failed tests.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/sanitize/bin}")
samples=$top/config/demo/samples
evals=$top/config/sample-evals
unset "${!AWS_@}" "${!PMR_@}" "${!SLURM_@}" "${!PMI_@}" "${!OMPI_@}" "${!BATCH_TASK_@}" "${!CLOUD_RUN_@}" MAX_FILES_DEBUG
unset RANK WORLD_SIZE JOB_COMPLETION_INDEX NOMAD_ALLOC_INDEX
export AWS_ACCESS_KEY_ID=test-key AWS_SECRET_ACCESS_KEY=test-secret-key AWS_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_CONFIG_FILE=/dev/null

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# note TEXT...: shown with the result of the test.
note() {
    echo "# note: $*"
}

# wait_for WORDS... : the command succeeds within a minute.
wait_for() {
    local i
    for ((i = 0; i < 3000; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.02
    done
    fail "waited without success for: $*"
}

# --- processes ---
started=()

# END_GENTLY=1, for make coverage: SIGTERM first, since counters are written at exit.
end_all() {
    local pid i
    if [ -n "${END_GENTLY:-}" ] && [ ${#started[@]} -gt 0 ]; then
        kill -CONT "${started[@]}" 2>/dev/null || true
        kill "${started[@]}" 2>/dev/null || true
        for ((i = 0; i < 250; i++)); do
            kill -0 "${started[@]}" 2>/dev/null || break
            sleep 0.02
        done
    fi
    for pid in ${started[@]+"${started[@]}"}; do
        kill -CONT "$pid" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
}

# stop PID: ends it and waits; its exit status is in $status.
stop() {
    kill -CONT "$1" 2>/dev/null || true
    kill "$1" 2>/dev/null || true
    wait_exit "$1"
}

wait_exit() {
    status=0
    wait "$1" || status=$?
}

# start_store [OPTION...]: the embedded store; the first start chooses the port, later ones keep it.
start_store() {
    rm -f "$T/store.port"
    "$BIN/decon-s3" serve --root "$T/store" --port "${store_port:-0}" --port-file "$T/store.port" \
        --log "$T/access" "$@" >>"$T/store.log" 2>&1 &
    store=$!
    started+=("$store")
    wait_for test -s "$T/store.port"
    store_port=$(cat "$T/store.port")
    export AWS_ENDPOINT_URL=http://127.0.0.1:$store_port
}

# start_server [OPTION...]: the detection server with --purify; the same rule for its port.
start_server() {
    rm -f "$T/server.port"
    "$BIN/decon-server" --port "${server_port:-0}" --port-file "$T/server.port" --evals-dir "$evals" \
        --report-output-dir "$T/server/reports" --worker-threads 2 "${purify[@]}" "$@" \
        >>"$T/server.log" 2>&1 &
    server=$!
    started+=("$server")
    wait_for test -s "$T/server.port"
    server_port=$(cat "$T/server.port")
}

# --- the orchestrator ---
# start_orchestrator LOG [OPTION...]: in the background, as $orchestrator; log in $T/LOG.log.
start_orchestrator() {
    local log=$1
    shift
    "$BIN/decon-orchestrator" --remote-file-input s3://data/in --remote-report-output-dir s3://data/out/reports \
        --remote-cleaned-output-dir s3://data/out/cleaned --server-url "http://127.0.0.1:$server_port" \
        --local-work-dir "$T/work" --cleanup-delay 0 --poll-interval 0.2 --log-level debug "$@" \
        >"$T/$log.log" 2>&1 &
    orchestrator=$!
    started+=("$orchestrator")
}

# orchestrate LOG [OPTION...]: a whole run; its exit status is in $status, its log in $T/LOG.log.
orchestrate() {
    log=$1
    start_orchestrator "$@"
    wait_exit "$orchestrator"
}

# --- the store's content ---
s3() {
    "$BIN/decon-s3" "$@"
}

# keys [PREFIX]: all keys of bucket `data`, sorted, except the records below `_decon/`.
keys() {
    { s3 ls -r "s3://data/${1:-}" 2>>"$T/ls.log" || true; } | sed 's|^[^s]*s3://data/||' |
        grep -v '/_decon/' | LC_ALL=C sort
}

# digests: key and SHA-256 of all outputs.
digests() {
    keys out/ | while read -r key; do
        printf '%s %s\n' "$(s3 cat "s3://data/$key" | sha256sum | cut -c1-64)" "$key"
    done
}

has_key() {
    keys "$1" | grep -qxF -- "$1"
}

# put FILE KEY
put() {
    s3 cp "$1" "s3://data/$2"
}

# all_false_positives FOLDER: a verdict on every record of the evaluation files, as `--suppress` reads it.
all_false_positives() {
    jq -c '{eval_key, split, eval_instance_index, verdict: "false_positive"}' "$1"/*.jsonl
}

# fill: bucket `data` with the samples, except the corrupt one.
fill() {
    s3 mb s3://data
    s3 cp -r "$samples/" s3://data/in/
    s3 rm 's3://data/in/web pages/broken.jsonl.gz'
}

# --- expectations ---
expect_status() {
    [ "$status" = "$1" ] || fail "exit status $status, expected $1"
}

# expect_log REGEX, expect_no_log REGEX: in the log of the last `orchestrate`.
expect_log() {
    grep -qE -- "$1" "$T/$log.log" || fail "no line in $log.log: $1"
}

expect_no_log() {
    ! grep -qE -- "$1" "$T/$log.log" || fail "a line in $log.log: $1"
}

# expect_last_line TEXT
expect_last_line() {
    [ "$(tail -n 1 "$T/$log.log")" = "$1" ] || fail "last line of $log.log: $(tail -n 1 "$T/$log.log")"
}

expect_same() {
    diff -u "$1" "$2" || fail "$1 and $2 differ"
}

expect_key() {
    has_key "$1" || fail "not in the store: $1"
}

expect_no_key() {
    ! has_key "$1" || fail "in the store: $1"
}

# expect_work_clean: no training file is left in the work directory.
expect_work_clean() {
    local left
    left=$(find "$T/work" -path '*/download/*' -type f)
    [ -z "$left" ] || fail "left in the work directory: $left"
}

decode() {
    case $1 in
    *.gz) gzip -dc ;;
    *.zst | *.zstd) zstd -dcq ;;
    *.bz2) bzip2 -dc ;;
    *.xz) xz -dc ;;
    *) cat ;;
    esac
}

# --- running ---
show_logs() {
    local log
    for log in "$T"/*.log; do
        [ -s "$log" ] || continue
        echo "--- ${log##*/}"
        if grep -qE "ERROR: (Address|Leak)Sanitizer|runtime error:" "$log"; then
            grep -E -A 40 -m 1 "ERROR: (Address|Leak)Sanitizer|runtime error:" "$log"
        else
            tail -n "${TAIL:-25}" "$log"
        fi
    done
}

run_one() {
    T=$(mktemp -d "${TMPDIR:-/tmp}/decon-test.XXXXXX")
    (
        set -e
        trap end_all EXIT
        trap 'exit 143' TERM INT
        purify=(--purify --cleaned-output-dir "$T/server/cleaned")
        status=0
        "$1"
    ) >"$T/test.log" 2>&1
    local result=$?
    if grep -qE 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$T"/*.log; then
        echo 'a sanitizer reported something' >>"$T/test.log"
        result=99
    fi
    number=$((number + 1))
    local name=${1#test_}
    if [ "$result" = 0 ]; then
        echo "ok $number - ${name//_/ }"
        grep '^# note: ' "$T/test.log" || true
    elif [ "$result" = 77 ]; then
        echo "ok $number - ${name//_/ } # SKIP $(tail -n 1 "$T/test.log")"
    else
        echo "not ok $number - ${name//_/ } (status $result)"
        show_logs | sed 's/^/# /'
        if [ -n "${KEEP:-}" ]; then
            echo "# kept: $T"
            return
        fi
    fi
    rm -rf "$T"
}

# run_tests [FILE...]: every function test_* of the files (default: of the script itself), in order;
# ONLY=PATTERN selects.
run_tests() {
    local name
    number=0
    while read -r name; do
        # shellcheck disable=SC2053  # a pattern
        [[ -z ${ONLY:-} || $name == $ONLY ]] || continue
        run_one "$name" </dev/null # otherwise a test could read the names of later ones
    done < <(sed -n 's/^\(test_[a-z0-9_]*\)() .*/\1/p' "${@:-$0}")
    echo "1..$number"
}
