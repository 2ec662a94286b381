#!/usr/bin/env bash
# Files left by a killed run are removed by the next one.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

results() {
    find "$T/server" -type f -name '*.jsonl*'
}


# killed_run [OPTION...]: one commit is delayed, others are done and wait for clean-up. The results
# that it leaves are an hour old.
killed_run() {
    start_store
    fill
    stop "$store"
    start_store --fault 'delay=100000,method=PUT,key=out/reports/web pages/part-01.clean'
    start_server
    start_orchestrator killed --cleanup-delay 1000 "$@"
    wait_for grep -q 'state COOLING' "$T/killed.log"
    kill -KILL "$orchestrator"
    wait_exit "$orchestrator"
    kill -KILL "$store" # it would finish the delayed reply
    wait_exit "$store"
    start_store
    [ -n "$(results)" ] || fail 'nothing was left'
    results | xargs -d '\n' touch -d '1 hour ago'
}

test_results_of_a_killed_run_go() {
    killed_run
    cp "$(results | head -n 1)" "$T/server/reports/12345678-1234-4234-8234-123456789012.report.jsonl"
    orchestrate run
    expect_status 0
    [ "$(results | wc -l)" = 1 ] || fail "left: $(results)" # of another client
    [ -z "$(find "$T/work" -name result-folders)" ] || fail 'the record of the folders stays'
    orchestrate again
    expect_status 0
    [ "$(results | wc -l)" = 1 ] || fail "left: $(results)"
}

test_shares_of_another_host_count_go() {
    killed_run --host-index 1 --host-count 2
    orchestrate run
    expect_status 0
    [ "$(ls "$T"/work/input-*)" = 0-of-1 ] || fail "$(ls "$T"/work/input-*)"
    [ -z "$(results)" ] || fail "left: $(results)"
}

run_tests
