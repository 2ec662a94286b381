#!/usr/bin/env bash
# Times the programs on this machine: transfers against `decon-s3 serve` (both sides on the same
# cores), verification, and the main job. Figures are wall seconds and what follows from them,
# medians of RUNS (3). BIN: the folder of the built programs, a plain build.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
RUNS=${RUNS:-3}
dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-bench.XXXXXX")
unset "${!AWS_@}" "${!PMR_@}" MAX_FILES_DEBUG
export AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench-secret AWS_EC2_METADATA_DISABLED=true
pids=()
finish() {
    kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$dir"

await_file() {
    for _ in $(seq 600); do
        [ -s "$1" ] && return
        sleep 0.05
    done
    echo "bench: a program did not start" >&2
    exit 1
}
now() { date +%s.%N; }
# measure NAME AMOUNT UNIT COMMAND...: prints the median time, and AMOUNT for each second.
measure() {
    local name=$1 amount=$2 unit=$3 begin i
    shift 3
    for ((i = 0; i < RUNS; i++)); do
        prepare
        begin=$(now)
        "$@" >out.log 2>&1 || { cat out.log >&2; exit 1; }
        echo "$begin $(now)"
    done | awk '{print $2 - $1}' | sort -n | awk -v name="$name" -v amount="$amount" -v unit="$unit" '
        {t[NR] = $1} END {m = t[int((NR + 1) / 2)]; printf "%-52s %8.2f s %10.0f %s/s\n", name, m, amount / m, unit}'
}
prepare() { :; }
s3() { "$BIN/decon-s3" "$@"; }

"$BIN/decon-s3" serve --root store --port 0 --port-file store.port >store.log 2>&1 &
pids+=($!)
"$BIN/decon-server" --evals-dir "$top/config/sample-evals" --port 0 --port-file server.port --purify \
    --report-output-dir "$dir/reports" --cleaned-output-dir "$dir/cleaned" >server.log 2>&1 &
pids+=($!)
await_file store.port
await_file server.port
AWS_ENDPOINT_URL=http://127.0.0.1:$(cat store.port)
export AWS_ENDPOINT_URL
server_url=http://127.0.0.1:$(cat server.port)

echo "machine: $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
mib=256
awk -v bytes=$((mib * 1048576)) 'BEGIN {
    while (total < bytes) {
        line = "{\"id\":" n++ ",\"text\":\""
        for (i = 0; i < 40; i++) line = line "The quiet river number " (n * 7919 + i * 104729) % 1000003 " follows the old bridge. "
        line = line "\"}"
        total += length(line) + 1
        print line
    }}' >large.jsonl
s3 mb s3://bench

measure "put one object of $mib MiB" "$mib" MiB s3 cp large.jsonl s3://bench/large/large.jsonl
measure "get one object of $mib MiB" "$mib" MiB s3 cp s3://bench/large/large.jsonl back
rm -f back
mkdir small
for ((i = 0; i < 2000; i++)); do head -c 16384 /dev/urandom >"small/$i"; done
measure 'put 2,000 objects of 16 KiB' 2000 objects s3 cp --recursive small/ s3://bench/small/
prepare() { rm -rf back; }
measure 'get 2,000 objects of 16 KiB' 2000 objects s3 cp --recursive s3://bench/small/ back/
prepare() { :; }
measure 'list 2,000 objects' 2000 objects s3 ls --recursive s3://bench/small/

run() { # run INPUT FLAG...
    local input=$1
    shift
    "$BIN/decon-orchestrator" --remote-file-input "s3://bench/$input" --remote-report-output-dir s3://bench/out \
        --redo --server-url "$server_url" --local-work-dir "$dir/work" --cleanup-delay 0 "$@"
}
mkdir many
for ((i = 0; i < 200; i++)); do sed -n "$((i * 30 + 1)),$((i * 30 + 30))p" large.jsonl >"many/$i.jsonl"; done
s3 cp --recursive many/ s3://bench/many/ >out.log
measure 'main job, 200 files of about 70 KiB' 200 files run many
measure "main job, one file of $mib MiB" "$mib" MiB run large
