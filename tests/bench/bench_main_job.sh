#!/usr/bin/env bash
# Times the main job against `decon-s3 serve` and the detection server, all on the same cores.
# Figures are wall seconds and rates derived from them, medians of RUNS (3). BIN: the folder of the
# built programs, a plain build.
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_store
"$BIN/decon-server" --evals-dir "$top/config/sample-evals" --port 0 --port-file server.port --purify \
    --report-output-dir "$dir/reports" --cleaned-output-dir "$dir/cleaned" >server.log 2>&1 &
pids+=($!)
await_file server.port
server_url=http://127.0.0.1:$(cat server.port)

machine
mib=256
make_large large.jsonl "$mib"
s3 mb s3://bench
s3 cp large.jsonl s3://bench/large/large.jsonl >out.log
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
