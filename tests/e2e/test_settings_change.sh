#!/usr/bin/env bash
# Results of other settings of the detection server: refused, made again, or kept; with the real
# programs.
. "$(dirname "$0")/lib.sh"

# done_once: a run with the default threshold.
done_once() {
    start_store
    start_server
    fill
    orchestrate first
    expect_status 0
    stop "$server"
}

test_another_threshold_is_refused() {
    done_once
    start_server --contamination-score-threshold 0.5
    orchestrate second
    expect_status 2
    expect_log '9 of 9 results were made with other settings \(threshold 0.8 -> 0.5\)'
    digests >"$T/before"
    orchestrate kept --on-settings-change keep
    expect_status 0
    digests >"$T/after"
    expect_same "$T/before" "$T/after"
}
test_other_evaluation_records_are_made_again_on_request() {
    done_once
    mkdir "$T/evals"
    cp -r "$evals/." "$T/evals/"
    echo '{"doc_id":900001,"eval_key":"new","question":"Which of the lakes beyond the northern hills freezes last in a mild winter, and which of them never does at all?","answer":"none of them"}' >"$T/evals/new.jsonl"
    evals=$T/evals
    start_server
    orchestrate second
    expect_status 2
    expect_log 'evaluation records [0-9,]+ -> [0-9,]+'
    orchestrate third --on-settings-change redo
    expect_status 0
    expect_log 'SUMMARY: Processed=9 '
    orchestrate fourth
    expect_status 0
    expect_log 'SUMMARY: Processed=0 .*Skipped=9'
}
test_threads_paths_and_order_of_files_are_no_change() {
    done_once
    mkdir -p "$T/evals/deeper"
    find "$evals" -type f | while read -r file; do gzip -c "$file" >"$T/evals/deeper/$(basename "$file").gz"; done
    evals=$T/evals
    start_server --scan-threads 1 --report-output-dir "$T/server/other"
    orchestrate second
    expect_status 0
    expect_log 'SUMMARY: Processed=0 .*Skipped=9'
}

run_tests
