#!/usr/bin/env bash
# Peak resident memory of downloads, listings (a thousand and a million keys) and plans: the limits in docs/design.md.
# OBJECTS (64) objects of MIB (40) MiB: the memory depends on neither; MIB=256 takes 32 GiB of disk.
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
objects=${OBJECTS:-64}
mib=${MIB:-40}

# resident NAME COMMAND...: the peak of the command's resident memory.
resident() {
    local name=$1
    shift
    rm -f used
    "$BENCH/usage" used "$@" >out.log 2>&1 || { tail -n 5 out.log >&2; exit 1; }
    awk -v name="$name" '{printf "%-52s %8.1f MiB resident at most\n", name, $3 / 1024}' used
}

start_store
machine
make_large large.jsonl "$mib"
s3 mb s3://bench >out.log
s3 cp large.jsonl s3://bench/in/large-000.jsonl >out.log
for ((i = 1; i < objects; i++)); do
    s3 cp s3://bench/in/large-000.jsonl "s3://bench/in/large-$(printf %03d "$i").jsonl" >out.log
done
resident "decon-s3 cp of $objects objects of $mib MiB" "$BIN/decon-s3" cp --recursive s3://bench/in/ back/
resident "decon-s3 ls of $objects objects" "$BIN/decon-s3" ls --recursive s3://bench/in/
rm -rf back

# Listings and plans of a thousand keys and of a million: the difference is the cost of a million.
s3 mb s3://few >out.log
s3 mb s3://many >out.log
: >empty
s3 cp empty s3://many/first >out.log
"$BENCH/many_keys" store/buckets/few store/buckets/many/first@o 1
"$BENCH/many_keys" store/buckets/many store/buckets/many/first@o 1000
for bucket in few many; do
    resident "decon-s3 ls of $bucket keys" "$BIN/decon-s3" ls --recursive "s3://$bucket"
    resident "decon-orchestrator --dry-run over $bucket keys of 23 bytes" "$BIN/decon-orchestrator" --dry-run \
        --remote-file-input "s3://$bucket" --remote-report-output-dir s3://bench/out --local-work-dir "$dir/work"
done

"$BIN/decon-server" --port 0 --port-file server.port --evals-dir "$top/config/sample-evals" \
    --report-output-dir "$dir/reports" >server.log 2>&1 &
pids+=($!)
await_file server.port
resident "decon-orchestrator over $objects objects of $mib MiB, --verify none" \
    "$BIN/decon-orchestrator" --remote-file-input s3://bench/in --remote-report-output-dir s3://bench/out \
    --server-url "http://127.0.0.1:$(cat server.port)" --local-work-dir "$dir/work" --cleanup-delay 0 --verify none
resident "decon-orchestrator --redo, every line verified" \
    "$BIN/decon-orchestrator" --remote-file-input s3://bench/in --remote-report-output-dir s3://bench/out \
    --server-url "http://127.0.0.1:$(cat server.port)" --local-work-dir "$dir/work" --cleanup-delay 0 --redo
"$BENCH/plan_memory"
