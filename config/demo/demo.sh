#!/usr/bin/env bash
# The whole system on one machine: a small S3 store, the detection server, and the orchestrator over the
# sample files beside this script, one of which is corrupt. Ends everything that it started.
#
#   BIN=build/bin config/demo/demo.sh      (what `make demo` does)
#
# Exit status: 0 when the outcome is as expected, 1 otherwise. KEEP=1 keeps the folder of the run.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top"
BIN=${BIN:-build/bin}
dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-demo.XXXXXX")
unset "${!AWS_@}" "${!PMR_@}" "${!SLURM_@}" "${!PMI_@}" "${!OMPI_@}" "${!BATCH_TASK_@}" "${!CLOUD_RUN_@}" MAX_FILES_DEBUG
unset RANK WORLD_SIZE JOB_COMPLETION_INDEX NOMAD_ALLOC_INDEX
export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo-secret-key AWS_EC2_METADATA_DISABLED=true

pids=()
finish() {
    if [ ${#pids[@]} -gt 0 ]; then
        kill "${pids[@]}" 2>/dev/null || true
        wait "${pids[@]}" 2>/dev/null || true
    fi
    if [ -n "${KEEP:-}" ]; then
        echo "Kept: $dir"
    else
        rm -rf "$dir"
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM

title() {
    printf '\n== %s\n' "$*"
}
give_up() {
    printf 'demo: %s\n' "$*" >&2
    tail -n 5 "$dir"/*.log >&2 || true
    exit 1
}
# await_file FILE PID: waits until the started program has written the file.
await_file() {
    for _ in $(seq 600); do
        [ -s "$1" ] && return
        kill -0 "$2" 2>/dev/null || break
        sleep 0.05
    done
    give_up "a program did not start; its log is above"
}
s3() {
    "$BIN/decon-s3" "$@"
}

title 'A store and a detection server on free ports'
"$BIN/decon-s3" serve --root "$dir/store" --port 0 --port-file "$dir/store.port" >"$dir/store.log" 2>&1 &
pids+=($!)
await_file "$dir/store.port" "$!"
"$BIN/decon-server" --config config/demo/server.yaml --port 0 --port-file "$dir/server.port" \
    --allow-dir "$dir/work" --report-output-dir "$dir/server/reports" --cleaned-output-dir "$dir/server/cleaned" \
    >"$dir/server.log" 2>&1 &
pids+=($!)
await_file "$dir/server.port" "$!"
AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$dir/store.port")
export AWS_ENDPOINT_URL
server_url=http://127.0.0.1:$(cat "$dir/server.port")
echo "store            $AWS_ENDPOINT_URL"
echo "detection server $server_url"

title 'Training files: every format, two folders, one of them corrupt'
s3 mb s3://demo
s3 cp --recursive config/demo/samples/ s3://demo/training/ >"$dir/fill.log"
s3 ls --recursive s3://demo/training/

title 'The orchestrator'
status=0
"$BIN/decon-orchestrator" --config config/demo/orchestration.yaml --server-url "$server_url" \
    --local-work-dir "$dir/work" >"$dir/run.log" 2>&1 || status=$?
cat "$dir/run.log"
echo "exit status $status"

title 'Its outputs in the store'
s3 ls --recursive s3://demo/results/

title 'One report line'
# Compact JSON, one object a line: its first line, one member per row, important members first.
s3 cat s3://demo/results/reports/books/part-01.report.jsonl >"$dir/report.jsonl"
member() { # member NAME: the value of a string or number of the first line
    sed -n '1s/.*"'"$1"'":\("\([^"\\]\|\\.\)*"\|[^,}]*\).*/\1/p' "$dir/report.jsonl"
}
for name in training_file training_line eval_key eval_question_text eval_answer_text \
    contamination_score training_overlap_text; do
    printf '%-22s %s\n' "$name" "$(member "$name")"
done

# --- checks ---
[ "$status" = 3 ] || give_up "the orchestrator ended with $status, 3 was expected (one corrupt file)"
grep -q '^SUMMARY: Processed=9 Clean=4 Contaminated=5 Failed=1 ' "$dir/run.log" ||
    give_up 'the summary is not the expected one'
grep -q '^FAILED: s3://demo/training/web pages/broken.jsonl.gz: .*ends early' "$dir/run.log" ||
    give_up 'the corrupt file was not reported'
[ "$(tail -n 1 "$dir/run.log")" = 'WORK COMPLETE EXITING' ] || give_up 'the last line is not the expected one'
title 'All as expected: 9 files done, 5 of them contaminated, the corrupt one reported as failed.'
