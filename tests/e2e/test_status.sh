#!/usr/bin/env bash
# The `status` command: progress of a fleet, read from the store only.
. "$(dirname "$0")/lib.sh"

# look [OPTION...]: exit status in $status, output in $T/look.log.
look() {
    log=look
    status=0
    "$BIN/decon-orchestrator" status "$@" >"$T/look.log" 2>"$T/look-errors.log" || status=$?
}

test_a_fleet_is_followed_from_the_first_file_to_the_last() {
    local records
    start_store
    start_server
    fill
    look s3://data/out/reports
    expect_status 1 # no run has begun
    orchestrate first --host-index 0 --host-count 2
    expect_status 0
    look s3://data/out/reports
    expect_status 3
    expect_log '^hosts +0 running, 0 silent'
    expect_log '^ +1  no record +- +0 +0 +[0-9]+ .* -$'
    : >"$T/access"
    look s3://data/out/reports --json
    expect_status 3
    expect_log '"complete":false,.*"hosts":\[\{"index":0,"count":2,.*\{"index":1,"count":2,"state":"no record",'
    ! grep -E '^(PUT|POST|DELETE) ' "$T/access" || fail 'status wrote'
    orchestrate second --host-index 1 --host-count 2
    expect_status 0
    look s3://data/out/reports
    expect_status 0
    expect_log '^done +[0-9]+ files \(100%\)'
    expect_log '^lines +[0-9,]+, [0-9,]+ contaminated$'
    expect_log '^contaminated lines by evaluation set$'
    records=$(s3 ls -r s3://data/out/reports/_decon/runs/ | wc -l)
    [ "$records" = 2 ] || fail "$records records"
}

test_a_configuration_names_the_folders() {
    start_store
    start_server
    fill
    orchestrate run
    printf '%s\n' 'remote_file_input: s3://data/in' 'remote_report_output_dir: s3://data/out/reports' \
        'remote_cleaned_output_dir: s3://data/out/cleaned' 'poll_interval: 1' >"$T/run.yaml"
    look --config "$T/run.yaml"
    expect_status 0
    put "$samples/books/part-01.jsonl" in/new.jsonl
    look --config "$T/run.yaml"
    expect_status 3
    expect_log '^left +1 file'
}

test_the_inputs_are_those_of_the_list() {
    start_store
    start_server
    fill
    "$BIN/decon-orchestrator" plan --remote-file-input s3://data/in --remote-report-output-dir s3://data/out/reports \
        --remote-cleaned-output-dir s3://data/out/cleaned --output s3://data/list.csv 2>"$T/plan.log"
    orchestrate run --input-list s3://data/list.csv
    expect_status 0
    put "$samples/books/part-01.jsonl" in/new.jsonl # not in the list
    : >"$T/access"
    look s3://data/out/reports
    expect_status 0
    expect_log '^done +9 files'
    ! grep -q '^GET /data?.*prefix=in' "$T/access" || fail 'the input was listed'
    look s3://data/out/reports --remote-file-input s3://data/in
    expect_status 3
    expect_log '^left +1 file'
    s3 cat s3://data/list.csv >"$T/list.csv"
    look s3://data/out/reports --remote-file-input s3://data/in --input-list "$T/list.csv"
    expect_status 0
    head -n 4 "$T/list.csv" >"$T/part.csv"
    look s3://data/out/reports --input-list "$T/part.csv"
    expect_status 1
}

# As in `status --watch | head`.
test_a_watch_ends_when_its_output_cannot_be_written() {
    start_store
    start_server
    fill
    orchestrate first --host-index 0 --host-count 2
    log=look
    "$BIN/decon-orchestrator" status s3://data/out/reports --watch --interval 1 >/dev/full 2>"$T/look.log" &
    started+=("$!")
    wait_exit "$!"
    expect_status 1
    [ "$(grep -c 'status: cannot write the result' "$T/look.log")" = 1 ] || fail "$(cat "$T/look.log")"
}

test_what_cannot_be_read_is_not_called_complete() {
    start_store
    look s3://nowhere/reports
    expect_status 1
    look
    expect_status 2
    look s3://data/a s3://data/b
    expect_status 2
    look --no-such-option
    expect_status 2
}

run_tests
