#!/usr/bin/env bash
# Kills the orchestrator, the detection server and the store by SIGKILL, KILLS (60) times: each at a numbered
# event (a state change, bytes sent, a write, fsync, rename or removal) chosen by SEED (1), while FILES
# (200) of all formats are cleaned. Killed programs are restarted at once. Then one undisturbed run:
# its exit status is 0, the outputs are byte for byte those of a run without kills, and no file is left
# in the work directory and in the server's folders. A few minutes.
#   KILLS=10 FILES=40 SEED=7 ONLY='server store' make chaos
# BIN, HELPERS: folders of the built programs, and of tests/preload/kill.so and tests/chaos/control.
# KEEP=1 keeps the folder of a failure.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
HELPERS=$(realpath "${HELPERS:-$BIN/../tests}")
kills=${KILLS:-60} files=${FILES:-200} seed=${SEED:-1}
read -ra roles <<<"${ONLY:-orchestrator server store}"
unset "${!AWS_@}" "${!PMR_@}" "${!SLURM_@}" "${!PMI_@}" "${!OMPI_@}" "${!BATCH_TASK_@}" "${!CLOUD_RUN_@}" MAX_FILES_DEBUG
unset RANK WORLD_SIZE JOB_COMPLETION_INDEX NOMAD_ALLOC_INDEX
export AWS_ACCESS_KEY_ID=chaos AWS_SECRET_ACCESS_KEY=chaos-secret AWS_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_CONFIG_FILE=/dev/null
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
ulimit -c 0
dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-chaos.XXXXXX")
declare -A pid=([orchestrator]='' [server]='' [store]='') port=([server]=0 [store]=0) span=()
failures=0

finish() {
    local role
    for role in "${!pid[@]}"; do
        [ -z "${pid[$role]}" ] || kill -KILL "${pid[$role]}" 2>/dev/null
    done
    wait 2>/dev/null
    if [ "$failures" != 0 ] && [ -n "${KEEP:-}" ]; then echo "kept: $dir"; else rm -rf "$dir"; fi
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 1
mkfifo ends # a line for each program that has ended: role and exit status
exec 7<>ends

step_failed() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

give_up() {
    step_failed "$@"
    exit 1
}

# --- the inputs ---
# Lines of the samples, some of them contaminated; every third file has none of those. One file in
# 21 has a few MB of text.
make_inputs() {
    local i copies
    mkdir -p inputs
    cat "$top"/config/demo/samples/*/*.jsonl >lines
    for ((i = 0; i < files; i++)); do
        copies=$((i % 21 == 20 ? 250 : 1 + i % 4))
        awk -v number="$i" -v copies="$copies" -v clean="$((i % 3 == 1))" '
            {line[NR] = $0}
            END {
                for (copy = 0; copy < copies; copy++)
                    for (n = 1; n <= NR; n++) {
                        printf "{\"text\":\"file %d, copy %d, line %d: a sentence that no test contains.\"}\n", number, copy, n
                        if (!clean && (n + copy + number) % 5 == 0) print line[n]
                    }
            }' lines >"inputs/part-$i.jsonl"
        compress "$i" "inputs/part-$i.jsonl"
    done
}

# compress NUMBER FILE: each format in turn; some gzip and zstd files have two members.
compress() {
    case $(($1 % 8)) in
    0) ;;
    1) mv "$2" "${2%.jsonl}.json" ;;
    2 | 3) gzip -n "$2" && if (($1 % 8 == 3)); then echo '{"text":"a second member"}' | gzip -n >>"$2.gz"; fi ;;
    4) bzip2 "$2" ;;
    5) xz -T1 -3 "$2" ;;
    *) zstd -q --rm "$2" && if (($1 % 8 == 7)); then echo '{"text":"a second frame"}' | zstd -q >>"$2.zst"; fi ;;
    esac
}

# --- the programs ---
# run ROLE WORD...: with the kill library; its process id goes to ROLE.pid, its end to the FIFO.
run() {
    local status=0
    LD_PRELOAD=$HELPERS/preload/kill.so DECON_KILL_FILE=$dir/$1.kill "$BIN/$2" "${@:3}" >>"$1.log" 2>&1 7>&- &
    echo $! >"$1.pid"
    wait $! || status=$?
    echo "$1 $status" >&7
} 2>/dev/null

await_file() { # FILE PID
    while [ ! -s "$1" ]; do
        kill -0 "$2" 2>/dev/null || return
        sleep 0.005
    done
}

# start ROLE: the server and the store keep their ports. Succeeds if the program listens; otherwise
# its end is in the FIFO.
start() {
    local words
    case $1 in
    store) words=(decon-s3 serve --root "$dir/root" --port "${port[store]}" --port-file store.port --log access) ;;
    server) words=(decon-server --port "${port[server]}" --port-file server.port --worker-threads 2 --tokenizer uniseg
        --evals-dir "$top/config/sample-evals" --purify --report-output-dir "$dir/server/reports"
        --cleaned-output-dir "$dir/server/cleaned") ;;
    orchestrator) words=(decon-orchestrator --remote-file-input s3://data/in --remote-report-output-dir s3://data/out/reports
        --remote-cleaned-output-dir s3://data/out/cleaned --server-url "http://127.0.0.1:${port[server]}"
        --local-work-dir "$dir/work" --cleanup-delay 0 --poll-interval 0.2 --log-level debug) ;;
    esac
    rm -f "$1.port" "$1.pid"
    run "$1" "${words[@]}" &
    await_file "$1.pid" $!
    pid[$1]=$(cat "$1.pid")
    [ "$1" != orchestrator ] || return 0
    await_file "$1.port" "${pid[$1]}"
    [ -s "$1.port" ] && port[$1]=$(cat "$1.port")
}

# control ROLE WORD...: see control.c.
control() {
    "$HELPERS/chaos/control" "$1.kill" "${@:2}"
}

# await_end: the next program that ends: $role and $status.
await_end() {
    read -r -t 300 role status <&7 || give_up 'no program has ended for 5 minutes'
    pid[$role]=
}

start_both() {
    start store && start server || give_up 'the store or the server does not start'
    export AWS_ENDPOINT_URL=http://127.0.0.1:${port[store]}
}

s3() {
    "$BIN/decon-s3" "$@" >>s3.log 2>&1
}

# --- comparisons ---
# outputs NAME: digests of all outputs; the records of runs differ.
outputs() {
    rm -rf outputs
    mkdir outputs
    s3 cp -r s3://data/out/ outputs/ || give_up "the outputs of the $1 run cannot be read"
    (cd outputs && find . -name _decon -prune -o -type f -exec sha256sum {} + | LC_ALL=C sort -k 2) >"$1.sums"
}

# loaded: bytes of inputs sent by the store.
loaded() {
    awk '$1 == "GET" && $2 ~ /^\/data\/in\// && $3 ~ /^20/ {n += $5} END {printf "%d\n", n}' access
}

expect_no_file() { # WHAT FOLDER [EXPRESSION...]
    local left
    left=$(find "$2" -type f "${@:3}")
    [ -z "$left" ] || step_failed "left in $1: $(wc -l <<<"$left") files, such as $(head -n 1 <<<"$left")"
}

# whole_run NAME: without kills.
whole_run() {
    local role
    start orchestrator
    await_end
    [ "$role $status" = 'orchestrator 0' ] || step_failed "the $1 run: $role: exit status $status: $(tail -n 1 "$role.log")"
    outputs "$1"
}

# --- the run without kills: also how many events each program has ---
reference_run() {
    local role
    for role in "${!pid[@]}"; do control "$role" new; done
    start_both
    s3 mb s3://data && s3 cp -r inputs/ s3://data/in/ || give_up 'the inputs cannot be stored'
    for role in "${!pid[@]}"; do span[$role]=-$(events "$role"); done
    whole_run reference
    for role in "${!pid[@]}"; do span[$role]=$((${span[$role]} + $(events "$role"))); done
    printf 'without kills: %d outputs; events: orchestrator %d, server %d, store %d\n' "$(wc -l <reference.sums)" \
        "${span[orchestrator]}" "${span[server]}" "${span[store]}"
    remove_outputs
}

events() {
    control "$1" show | cut -d ' ' -f 1
}

remove_outputs() {
    s3 rm -r --yes s3://data/out/ || give_up 'the outputs cannot be removed'
}

# --- the kills ---
# choose: the next program to kill, $target, and the number of the event from now: most are early,
# to hit starts and resumed work; one in four is anywhere in the next third of the work.
choose() {
    local within
    target=${roles[RANDOM % ${#roles[@]}]}
    within=$((${span[$target]} * 3 / 2 / kills))
    [ $((RANDOM % 4)) != 0 ] || within=$((${span[$target]} / 3))
    number=$((1 + (RANDOM * 32768 + RANDOM) % (1 + within)))
    control "$target" arm "$number"
}

killed() { # ROLE
    done_kills=$((done_kills + 1))
    printf 'kill %d: %s at its event %d: %s\n' "$done_kills" "$1" "$number" "$(control "$1" show | cut -d ' ' -f 2)"
    [ "$done_kills" = "$kills" ] || choose
}

# The orchestrator finished before all kills were done: the work begins again.
next_round() {
    control "$target" arm 0
    remove_outputs
    rounds=$((rounds + 1))
    control "$target" arm "$number"
}

disturbed_runs() {
    local role
    done_kills=0 rounds=1
    RANDOM=$seed
    choose
    start orchestrator
    while [ "$done_kills" -lt "$kills" ]; do
        await_end
        case "$role $status" in
        *' 137') killed "$role" ;;
        'orchestrator 0') next_round ;;
        *) step_failed "$role: exit status $status: $(tail -n 1 "$role.log")" ;;
        esac
        [ "$failures" -lt 5 ] || exit 1
        start "$role"
    done
    kill "${pid[orchestrator]}"
    await_end
    [ "$role" = orchestrator ] || step_failed "$role: exit status $status: $(tail -n 1 "$role.log")"
}

make_inputs
input_bytes=$(cat inputs/* | wc -c)
reference_run
: >access
disturbed_runs
whole_run undisturbed
cmp -s reference.sums undisturbed.sums || {
    step_failed 'the outputs differ from those of a run without kills'
    diff reference.sums undisturbed.sums | head -n 5
}
expect_no_file 'the work directory' work ! -name orchestrator.lock
expect_no_file "the server's folders" server
! grep -hE 'ERROR: (Address|Leak)Sanitizer|runtime error:' ./*.log || step_failed 'a sanitizer reported something'
printf 'inputs: %d files, %d bytes; loaded twice: %d bytes; rounds: %d\n' "$files" "$input_bytes" \
    "$(($(loaded) - rounds * input_bytes))" "$rounds"
[ "$failures" = 0 ] || exit 1
echo "chaos: $kills kills (seed $seed), the outputs are those of a run without kills"
