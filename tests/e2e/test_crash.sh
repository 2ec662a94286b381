#!/usr/bin/env bash
# SIGKILL at each state of an item, then a second run: the outputs are those of an undisturbed one.
# A state that can be held is held (the store refuses the request that would end it); other states
# are short, and the signal arrives at or soon after them.
. "$(dirname "$0")/lib.sh"

# crash_at STATE FAULT [OPTION...]: a first run that is killed, a second one that is not. FAULT `-`:
# none. OPTIONs are given to both runs, except --redo, which is given to the first only.
crash_at() {
    local state=$1 fault=$2
    shift 2
    start_store
    start_server
    fill
    orchestrate undisturbed "$@" --local-work-dir "$T/other-work"
    expect_status 0
    digests >"$T/want"
    keys out/ | while read -r key; do s3 rm "s3://data/$key"; done
    prepare
    if [ "$fault" != - ]; then
        stop "$store"
        start_store --fault "$fault"
    fi
    start_orchestrator killed "$@" --download-retry-attempts 1000
    wait_for grep -q "state $state: " "$T/killed.log"
    kill -KILL "$orchestrator"
    wait "$orchestrator" || true
    if [ "$fault" != - ]; then
        stop "$store"
        start_store
    fi
    [ "${1:-}" != --redo ] || shift
    orchestrate second "$@"
    expect_status 0
    digests >"$T/got"
    expect_same "$T/want" "$T/got"
    expect_work_clean
}

prepare() {
    :
}

test_killed_while_downloading() {
    crash_at DOWNLOADING 'status=503,method=GET,key=in/*'
}
test_killed_in_the_middle_of_downloads() {
    crash_at READY 'status=503,method=GET,key=in/web*'
}
test_killed_while_submitting() {
    crash_at SUBMITTING - --max-concurrent-jobs 1
}
test_killed_while_polling() {
    crash_at POLLING - --max-concurrent-jobs 1
}
test_killed_while_checking() {
    crash_at CHECKING - --max-concurrent-jobs 1
}
test_killed_while_uploading() {
    crash_at UPLOADING 'status=503,method=PUT,key=out/cleaned/*'
}
test_killed_while_copying() {
    crash_at COPYING 'status=503,method=PUT,key=out/cleaned/*' --copy-uncontaminated
}
test_killed_while_committing() {
    crash_at COMMITTING 'status=503,method=PUT,key=out/reports/*'
}
test_killed_while_confirming() {
    crash_at CONFIRMING 'status=503,method=HEAD,key=out/reports/*'
}
test_killed_while_superseding() {
    # The opposite commit of an earlier version is in the store, for one file only:
    # in this state it has both, while a marker alone would be valid for the second run.
    prepare() {
        : >"$T/nothing"
        put "$T/nothing" out/reports/books/part-01.clean
    }
    crash_at SUPERSEDING 'status=503,method=DELETE,key=out/*.clean' --redo
}
test_killed_while_cooling() {
    crash_at COOLING 'status=503,method=GET,key=in/books/*' --cleanup-delay 600
}
test_killed_while_cleaning() {
    crash_at CLEANING 'status=503,method=GET,key=in/books/part-01.jsonl'
}
test_killed_while_discarding() {
    prepare() {
        put "$samples/web pages/broken.jsonl.gz" in/broken.jsonl.gz
    }
    start_store
    start_server
    fill
    prepare
    start_orchestrator killed
    wait_for grep -q 'state DISCARDING: ' "$T/killed.log"
    kill -KILL "$orchestrator"
    wait "$orchestrator" || true
    orchestrate second
    expect_status 3
    expect_log '^FAILED: .*broken'
    [ "$(keys out/ | wc -l)" = 14 ] || fail 'not all outputs'
    expect_work_clean
}

run_tests
