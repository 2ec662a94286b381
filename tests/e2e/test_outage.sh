#!/usr/bin/env bash
# The store becomes unavailable during a run, and returns: the run reports it, waits, and continues;
# requests in progress do not use up their attempts.
. "$(dirname "$0")/lib.sh"
base_delay=1ms # the pauses double from this value up to 20 s, too long for a test

# slow_store: 30 objects and slow replies, so that a run can be interrupted in the middle.
slow_store() {
    start_store
    s3 mb s3://data
    mkdir "$T/in"
    local i
    for ((i = 0; i < 30; i++)); do echo "object $i" >"$T/in/$i"; done
    s3 cp -r "$T/in/" s3://data/in/
    stop "$store"
    start_store --fault delay=20
}

# start_copy [OPTION...]: downloads with two workers in the background; returns after a few objects.
start_copy() {
    : >"$T/access"
    "$BIN/decon-s3" cp -r --workers 2 --retry-base-delay "$base_delay" --log-level debug "$@" \
        s3://data/in/ "$T/out" >"$T/copy.log" 2>&1 &
    copy=$!
    started+=("$copy")
    wait_for has_lines 5 '^GET /data/in/' "$T/access"
}

has_lines() { # COUNT REGEX FILE
    [ "$(grep -cE -- "$2" "$3")" -ge "$1" ]
}

expect_copied() {
    wait_exit "$copy"
    expect_status 0
    diff -r "$T/in" "$T/out" || fail 'something differs'
}

test_a_store_that_is_gone_for_a_while_costs_no_attempts() {
    slow_store
    start_copy --max-attempts 2
    kill -KILL "$store"
    # More refusals than two objects have attempts.
    wait_for has_lines 5 'connect.*retry in' "$T/copy.log"
    start_store
    expect_copied
    has_lines 1 'the store is unavailable \(.*\); pausing for at most 10 min' "$T/copy.log" || fail 'it was not reported'
    ! has_lines 2 'pausing' "$T/copy.log" || fail 'it was reported repeatedly'
    has_lines 1 'the store answers again, after [0-9]+ s' "$T/copy.log" || fail 'its end was not reported'
}

test_a_store_that_stays_away_longer_than_outage_wait_fails_the_run() {
    slow_store
    start_copy --outage-wait 1
    kill -KILL "$store"
    wait_exit "$copy"
    expect_status 1
    has_lines 1 'pausing' "$T/copy.log" || fail 'it was not reported'
}

test_a_store_that_hangs_is_asked_again() {
    slow_store
    start_copy --stall-timeout 0.2
    kill -STOP "$store"
    wait_for has_lines 2 'less than 1 byte per second for 0.2 s.*retry in' "$T/copy.log"
    kill -CONT "$store"
    expect_copied
}

test_the_orchestrator_waits_as_well() {
    start_store
    fill
    stop "$store"
    start_store --fault delay=20
    start_server
    : >"$T/access"
    log=run
    start_orchestrator run --download-retry-attempts 2 --download-retry-base-delay "$base_delay"
    wait_for has_lines 1 '^GET /data/in/' "$T/access"
    kill -KILL "$store"
    wait_for has_lines 20 'connect.*retry in' "$T/run.log"
    start_store
    wait_exit "$orchestrator"
    expect_status 0
    expect_log 'the store is unavailable \(.*\); pausing for at most 60 min'
    expect_log 'the store answers again, after [0-9]+ s'
    expect_log '^SUMMARY: Processed=9 Clean=4 Contaminated=5 Failed=0 '
    expect_work_clean
}

# The address is known, but no process listens there yet.
store_that_starts_later() {
    start_store
    fill
    stop "$store"
}
test_a_store_that_starts_later_is_tried_by_name() {
    store_that_starts_later
    "$BIN/decon-s3" ls --retry-base-delay "$base_delay" --start-wait 5m s3://data/ >"$T/ls.log" 2>&1 &
    local listing=$!
    started+=("$listing")
    wait_for has_lines 3 'the store does not serve requests yet, after .*connect' "$T/ls.log"
    start_store
    wait_exit "$listing"
    expect_status 0
    has_lines 1 'does not serve requests yet \(.*\); retrying for at most 300 s' "$T/ls.log" || fail "$(cat "$T/ls.log")"
    has_lines 1 'in/' "$T/ls.log" || fail 'nothing was listed'
}
test_start_wait_has_an_end() {
    store_that_starts_later
    ! s3 ls --start-wait 0.3 s3://data/ 2>"$T/ls.log" || fail 'listed an unreachable store'
    has_lines 1 '^decon-s3: .*connect.*\(tried [0-9]+ times\)' "$T/ls.log" || fail "$(cat "$T/ls.log")"
    ! s3 ls --max-attempts 1 s3://data/ 2>"$T/ls.log" || fail 'listed an unreachable store'
    ! has_lines 1 'does not serve requests yet' "$T/ls.log" || fail 'one attempt was requested'
}
test_a_store_that_is_busy_at_the_start_is_waited_for() {
    store_that_starts_later
    start_store --fault status=503,count=12
    s3 ls --max-attempts 2 --start-wait 0.001 s3://data/ >"$T/ls.log" 2>&1 || fail "$(cat "$T/ls.log")"
    has_lines 1 '503.*; retrying for at most 600 s' "$T/ls.log" || fail "$(cat "$T/ls.log")"
}
test_the_orchestrator_starts_before_its_store() {
    store_that_starts_later
    start_server
    log=run
    start_orchestrator run --download-retry-base-delay "$base_delay" --start-wait 5m
    wait_for has_lines 3 'the store does not serve requests yet' "$T/run.log"
    start_store
    wait_exit "$orchestrator"
    expect_status 0
    expect_log '^SUMMARY: Processed=9 Clean=4 Contaminated=5 Failed=0 '
}

run_tests
