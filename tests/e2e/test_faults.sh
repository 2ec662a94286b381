#!/usr/bin/env bash
# Faults of the environment: the store, the server, files, signals.
. "$(dirname "$0")/lib.sh"

# --- the store ---
test_a_store_that_answers_503_is_asked_again() {
    start_store
    fill
    stop "$store"
    start_store --fault status=503,every=4
    start_server
    orchestrate run
    expect_status 0
    expect_log '^SUMMARY: Processed=9 Clean=4 Contaminated=5 Failed=0 '
    grep -q ' 503 ' "$T/access" || fail 'the fault never came'
}

test_broken_connections_and_short_bodies_are_repeated() {
    start_store
    fill
    stop "$store"
    start_store --fault truncate=100,method=GET,key=in/*,every=3 --fault reset,method=PUT,count=2
    start_server
    orchestrate run
    expect_status 0
    expect_log '^SUMMARY: Processed=9 Clean=4 Contaminated=5 Failed=0 '
}

test_a_missing_report_bucket_is_found_before_the_first_download() {
    start_store
    start_server
    fill
    : >"$T/access"
    orchestrate run --remote-report-output-dir s3://missing/reports
    expect_status 1
    expect_log 'missing'
    expect_no_log 'WORK COMPLETE'
    ! grep -E '^GET /data/in' "$T/access" || fail 'something was downloaded'
}

test_a_directory_that_may_not_be_written_is_found_before_the_first_download() {
    start_store
    fill
    stop "$store"
    start_store --fault status=403,method=POST,key=out/*
    start_server
    orchestrate run
    expect_status 1
    ! grep -E '^GET /data/in/' "$T/access" || fail 'something was downloaded'
}

test_a_cleaned_directory_that_may_not_be_written_is_found_as_well() {
    start_store
    fill
    stop "$store"
    start_store --fault status=403,method=POST,key=out/cleaned/*
    start_server
    orchestrate run
    expect_status 1
    expect_log 'out/cleaned/'
    expect_no_log 'SUMMARY'
    ! grep -E '^GET /data/in/' "$T/access" || fail 'something was downloaded'
}

test_an_object_deleted_since_the_listing_fails_alone() {
    start_store
    fill
    stop "$store"
    start_store --fault status=404,method=GET,key=in/books/part-01.jsonl
    start_server
    orchestrate run
    expect_status 3
    expect_log '^FAILED: .*in/books/part-01\.jsonl'
    expect_log '^SUMMARY: .* Failed=1 '
    [ "$(keys out/reports/ | wc -l)" = 8 ] || fail 'the others did not continue'
}

# A store that replies 200 without writing: the report must not be uploaded without its cleaned file.
test_a_cleaned_file_without_proof_is_not_done() {
    start_store
    fill
    stop "$store"
    start_store --fault status=204,method=PUT,key=out/cleaned/*
    start_server
    orchestrate first --download-retry-attempts 2
    expect_status 3
    [ -z "$(keys out/reports/ | grep '\.report\.jsonl$')" ] || fail "$(keys out/reports/)"
    stop "$store"
    start_store
    orchestrate second
    expect_status 0
    [ -n "$(keys out/cleaned/)" ] || fail 'nothing was cleaned'
}

test_an_upload_that_fails_keeps_everything_for_the_next_run() {
    start_store
    fill
    stop "$store"
    start_store --fault status=500,method=PUT,key=out/reports/books/part-01.report.jsonl
    start_server
    orchestrate first --download-retry-attempts 2
    expect_status 3
    expect_no_key out/reports/books/part-01.report.jsonl
    stop "$store"
    start_store
    orchestrate second
    expect_status 0
    expect_log '^SUMMARY: Processed=1 .*Skipped=8 '
    expect_key out/reports/books/part-01.report.jsonl
    expect_work_clean
}

# --- the files ---
test_a_corrupt_file_of_each_format_is_found_before_submission() {
    start_store
    start_server
    s3 mb s3://data
    head -c 1500 "$samples/books/part-02.jsonl.gz" >"$T/a.gz"
    head -c 1500 "$samples/books/part-03.jsonl.zst" >"$T/b.zst"
    head -c 1500 "$samples/books/short stories.jsonl.bz2" >"$T/c.bz2"
    head -c 1500 "$samples/web pages/forum+answers 2026.jsonl.xz" >"$T/d.xz"
    for suffix in a.gz b.zst c.bz2 d.xz; do
        put "$T/$suffix" "in/cut-${suffix%.*}.jsonl.${suffix#*.}"
    done
    { cat "$samples/books/part-02.jsonl.gz" && echo garbage; } >"$T/e.gz"
    put "$T/e.gz" in/garbage.jsonl.gz
    # One byte of the text differs: the checksum shows it.
    { head -c 1000 "$samples/books/part-02.jsonl.gz" && printf '\377' && tail -c +1002 "$samples/books/part-02.jsonl.gz"; } >"$T/f.gz"
    put "$T/f.gz" in/flipped.jsonl.gz
    : >"$T/empty"
    put "$T/empty" in/nothing.jsonl.gz
    { head -n 3 "$samples/books/part-01.jsonl" && echo '{"text": broken}'; } >"$T/g"
    put "$T/g" in/syntax.jsonl
    { head -n 3 "$samples/books/part-01.jsonl" && printf '{"text":"\303\050"}\n'; } >"$T/h"
    put "$T/h" in/utf8.jsonl
    printf '["no object"]\n' >"$T/i"
    put "$T/i" in/array.jsonl
    put "$samples/web pages/part-01.jsonl" in/good.jsonl
    orchestrate run
    expect_status 3
    for name in cut-a cut-b cut-c cut-d garbage flipped nothing syntax utf8 array; do
        expect_log "^FAILED: .*in/$name\.jsonl"
    done
    expect_log '^FAILED: .*in/nothing.jsonl.gz.*ends early'
    expect_log '^FAILED: .*in/syntax.jsonl.*line 4'
    expect_log '^SUMMARY: Processed=[0-9]+ Clean=1 Contaminated=0 Failed=10 '
    [ "$(keys out/)" = out/reports/good.clean ] || fail 'outputs of failed files'
    [ "$(grep -c 'submitted: ' "$T/run.log")" = 1 ] || fail 'a corrupt file was submitted'
}

test_files_of_no_lines_are_clean() {
    start_store
    start_server
    s3 mb s3://data
    : >"$T/a"
    gzip -c "$T/a" >"$T/a.gz"
    printf '\n\n' >"$T/blank"
    put "$T/a" in/a.jsonl
    put "$T/a.gz" in/b.jsonl.gz
    put "$T/blank" in/c.jsonl
    orchestrate run
    expect_status 0
    expect_log '^SUMMARY: Processed=3 Clean=3 Contaminated=0 Failed=0 '
    expect_key out/reports/a.clean
    expect_key out/reports/b.clean
    expect_key out/reports/c.clean
}

test_a_failed_job_fails_the_file() {
    start_store
    start_server
    s3 mb s3://data
    printf '{"text":"\303\050"}\n' >"$T/bad"
    put "$T/bad" in/bad.jsonl
    put "$samples/web pages/part-01.jsonl" in/good.jsonl
    orchestrate run --verify none
    expect_status 3
    expect_log '^FAILED: .*in/bad\.jsonl.*UTF-8'
    expect_key out/reports/good.clean
    expect_no_key out/reports/bad.clean
}

# --- the server ---
test_a_server_that_dies_and_returns_gets_its_jobs_again() {
    start_store
    fill
    start_server
    start_orchestrator run --max-concurrent-jobs 2
    log=run
    wait_for grep -q 'submitted: ' "$T/run.log"
    kill -KILL "$server"
    wait "$server" || true
    start_server
    wait_exit "$orchestrator"
    expect_status 0
    expect_log '^SUMMARY: Processed=9 Clean=4 Contaminated=5 Failed=0 '
    [ "$(keys out/ | wc -l)" = 14 ] || fail 'not all outputs'
}

test_a_server_that_stays_down_ends_the_run_and_the_next_one_resumes() {
    start_store
    fill
    start_server
    start_orchestrator run --max-concurrent-jobs 1 --server-wait 1
    wait_for grep -q 'submitted: ' "$T/run.log"
    kill -KILL "$server"
    wait "$server" || true
    wait_exit "$orchestrator"
    # All nine may be finished before the signal arrives.
    [ "$status" = 1 ] || [ "$status" = 0 ] || fail "exit status $status"
    start_server
    orchestrate second
    expect_status 0
    [ "$(keys out/ | wc -l)" = 14 ] || fail 'not all outputs'
}

test_a_server_that_never_comes_ends_the_run() {
    start_store
    fill
    start_server
    stop "$server"
    orchestrate run --server-wait 0.2
    expect_status 1
    expect_log 'detection server'
    expect_no_log 'WORK COMPLETE'
}

# --- two at once, signals ---
test_a_second_instance_is_refused_with_the_pid() {
    start_store
    fill
    stop "$store"
    start_store --fault status=503,method=GET,key=in/*
    start_server
    start_orchestrator first --download-retry-attempts 1000
    local first=$orchestrator
    wait_for grep -q 'state DOWNLOADING' "$T/first.log"
    orchestrate second
    expect_status 1
    expect_log "$first"
}

test_sigterm_drains_and_the_next_run_resumes() {
    start_store
    fill
    start_server
    start_orchestrator first --max-concurrent-jobs 1 --s5cmd-workers 1
    wait_for grep -q 'submitted: ' "$T/first.log"
    kill -TERM "$orchestrator"
    wait_exit "$orchestrator"
    [ "$status" = 143 ] || [ "$status" = 0 ] || fail "exit status $status"
    if [ "$status" = 143 ]; then
        ! grep -q 'WORK COMPLETE' "$T/first.log" || fail 'WORK COMPLETE of an interrupted run'
    fi
    orchestrate second
    expect_status 0
    [ "$(keys out/ | wc -l)" = 14 ] || fail 'not all outputs'
    expect_work_clean
}

test_a_second_signal_ends_at_once() {
    start_store
    fill
    stop "$store"
    start_store --fault status=503,method=PUT,key=out/cleaned/*
    start_server
    start_orchestrator first --download-retry-attempts 1000
    wait_for grep -q 'state UPLOADING' "$T/first.log"
    kill -INT "$orchestrator"
    wait_for grep -q 'second signal cancels' "$T/first.log"
    kill -INT "$orchestrator"
    wait_exit "$orchestrator"
    expect_status 130
}

# more_than_a_part FILE: over 5 MiB, the smallest part, and contaminated.
more_than_a_part() {
    local i
    for ((i = 0; i < 400; i++)); do
        cat "$samples/books/part-01.jsonl"
    done >"$1"
}

test_a_second_signal_aborts_multipart_uploads_in_the_store() {
    start_store
    s3 mb s3://data
    more_than_a_part "$T/large.jsonl"
    put "$T/large.jsonl" in/large.jsonl
    stop "$store"
    start_store --fault status=503,method=PUT,query=partNumber
    start_server
    start_orchestrator first --download-retry-attempts 1000 --part-size 5MiB
    wait_for grep -q '^PUT .*partNumber' "$T/access"
    kill -TERM "$orchestrator"
    wait_for grep -q 'second signal cancels' "$T/first.log"
    kill -TERM "$orchestrator"
    wait_exit "$orchestrator"
    expect_status 143
    grep -qE '^DELETE /data/out/cleaned/large.clean.jsonl\?uploadId=[^ ]* 204' "$T/access" ||
        fail 'the upload was not aborted'
    stop "$store"
    start_store
    orchestrate second
    expect_status 0
    expect_key out/cleaned/large.clean.jsonl
}

test_unclaimed_results_are_used_or_removed() {
    start_store
    fill
    stop "$store"
    start_store --fault status=503,method=PUT,key=out/*
    start_server
    start_orchestrator first --download-retry-attempts 1000
    wait_for grep -qE 'state (UPLOADING|COMMITTING)' "$T/first.log"
    kill -KILL "$orchestrator"
    wait "$orchestrator" || true
    stop "$store"
    start_store
    orchestrate second
    expect_status 0
    local left
    left=$(find "$T/server" -type f)
    [ -z "$left" ] || fail "left at the server: $left"
}

# A listing that violates its contract ends the run before any work.
test_a_listing_that_breaks_its_contract_ends_the_run() {
    start_store
    fill
    s3 cp -q "$samples/" -r s3://data/elsewhere/
    start_server
    local fault before
    before=$(keys)
    for fault in unprefixed unordered; do
        stop "$store"
        start_store --fault "$fault,method=GET,query=list-type"
        orchestrate "$fault"
        expect_status 1
        expect_log 'ERROR .*ListObjectsV2: '
        stop "$store"
        start_store
        [ "$(keys)" = "$before" ] || fail "$(keys)"
    done
}

test_a_key_that_is_listed_twice_is_one_file() {
    start_store
    fill
    start_server
    stop "$store"
    start_store --fault 'repeat,method=GET,query=list-type'
    orchestrate repeat
    expect_status 0
    expect_no_log 'would write the same outputs'
    stop "$store"
    start_store
    orchestrate again # and the outputs are found
    expect_status 0
    expect_log 'files to process: 0 '
    stop "$store"
    start_store --fault 'unordered,method=GET,query=list-type'
    orchestrate any --listing-order any --redo
    expect_status 0
    expect_no_log 'files to process: 0 '
}

run_tests
