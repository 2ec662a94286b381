#!/usr/bin/env bash
# Output of the orchestrator: JSON lines, and the command that resumes the run.
. "$(dirname "$0")/lib.sh"

# words NAME: the enumeration of a member in docs/log.schema.json, as a|b|c.
words() {
    sed -n "/\"$1\": {/,/}/p" "$top/docs/log.schema.json" | sed -n 's/.*"enum": \[\(.*\)\].*/\1/p' |
        head -n 1 | tr -d '" ' | tr ',' '|'
}

# schema: a regular expression that the lines of docs/log.schema.json match.
schema() {
    local text='"([^"\\]|\\.)*"'
    printf '^\{"time":"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z","level":"(%s)","message":%s' "$(words level)" "$text"
    printf '(,"event":"(%s)"(,"key":%s)?(,"state":%s)?' "$(words event)" "$text" "$text"
    printf '(,"bytes":[0-9]+)?(,"lines":[0-9]+)?(,"seconds":[0-9]+\.[0-9]{3})?)?\}$'
}

test_every_line_follows_the_schema_with_log_json() {
    local event
    start_store
    start_server
    fill
    put "$samples/web pages/broken.jsonl.gz" 'in/web pages/broken.jsonl.gz'
    orchestrate run --log-json
    expect_status 3
    [[ $(words event) == state* && $(words level) == error* ]]
    ! grep -vE "$(schema)" "$T/run.log" || fail 'not lines of the schema'
    expect_log '"level":"info","message":"SUMMARY: Processed=[0-9]+ Clean=[0-9]+ Contaminated=[0-9]+ Failed=1 .*,"event":"summary","bytes":[0-9]+,"seconds":'
    expect_log '"level":"debug",.*,"event":"done","key":"in/books/part-01.jsonl","state":"contaminated","bytes":[0-9]+,"lines":40,"seconds":'
    expect_log '"level":"warn",.*,"event":"failed","key":"in/web pages/broken.jsonl.gz","state":"DOWNLOADING","bytes":[0-9]+,"seconds":'
    for event in state 'done' failed summary complete; do
        expect_log "\"event\":\"$event\""
    done
    for event in time level message event key state bytes lines seconds; do
        grep -q "^    \"$event\": {" "$top/docs/log.schema.json" || fail "the schema lacks $event"
    done
    expect_last_line "$(grep '"WORK COMPLETE EXITING"' "$T/run.log")"
}

test_the_command_in_the_last_lines_resumes_the_run() {
    local command
    start_store
    start_server
    s3 mb s3://data
    put "$samples/books/part-01.jsonl" "in/it's one.jsonl"
    stop "$store"
    start_store --fault status=403,method=GET,key=in/*
    orchestrate first --poll-interval 0.3
    expect_status 3
    expect_log '^LEFT: 1 failed; all results so far are in the store; to continue, run: '
    command=$(sed -n 's/^LEFT: .* to continue, run: //p' "$T/first.log")
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
