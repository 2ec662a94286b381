#!/usr/bin/env bash
# What the orchestrator says of itself: JSON lines, and the command that goes on with what is left.
. "$(dirname "$0")/lib.sh"

test_every_line_is_json_with_log_json() {
    start_store
    start_server
    fill
    orchestrate run --log-json
    expect_status 0
    while read -r line; do
        [[ $line =~ ^\{\"time\":\"[0-9TZ:.-]+\",\"level\":\"(error|warn|info|debug)\",\"message\":\".*\"\}$ ]] ||
            fail "not a line of the schema: $line"
    done <"$T/run.log"
    expect_log '"level":"info","message":"SUMMARY: Processed=[0-9]+ Clean=[0-9]+ Contaminated=[0-9]+ Failed=0 '
    expect_last_line "$(grep '"WORK COMPLETE EXITING"' "$T/run.log")"
}

test_the_command_of_the_last_lines_goes_on() {
    local command
    start_store
    start_server
    s3 mb s3://data
    put "$samples/books/part-01.jsonl" "in/it's one.jsonl"
    stop "$store"
    start_store --fault status=403,method=GET,key=in/*
    orchestrate first --poll-interval 0.3
    expect_status 3
    expect_log '^LEFT: 1 failed; all results so far are in the store; to go on, run: '
    command=$(sed -n 's/^LEFT: .* to go on, run: //p' "$T/first.log")
    stop "$store"
    start_store
    status=0
    bash -c "$command" >"$T/second.log" 2>&1 || status=$?
    log=second
    expect_status 0
    expect_log '^SUMMARY: Processed=1 '
    expect_no_log '^LEFT:'
}

run_tests
