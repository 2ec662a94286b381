#!/usr/bin/env bash
# Hosts without numbers claim slices of the input: killed and stopped hosts lose their slices, no output is missing.
. "$(dirname "$0")/lib.sh"

. "$top/tests/e2e/claim_hosts.sh"

test_one_host_alone_does_all() {
    start_store
    start_server
    fill_pairs 10
    # Neither the number of a task nor a count is needed.
    JOB_COMPLETION_INDEX=3 orchestrate host1 --distribution claim
    expect_status 0
    expect_log 'this host claims slices of the input'
    expect_log 'claims: round 1 of 1024 slices .*, begun by this host'
    expect_log '^SUMMARY: Processed=20 '
    expect_all_done
    expect_work_clean
    orchestrate host2 --distribution claim
    expect_status 0
    expect_log '^SUMMARY: Processed=0 '
    expect_log 'WORK COMPLETE EXITING'
    # A new file: a new round.
    put "$samples/books/part-01.jsonl" in/new.jsonl
    orchestrate host3 --distribution claim
    expect_status 0
    expect_log 'claims: round 2 of 1024 slices'
    expect_log '^SUMMARY: Processed=1 '
}
test_killed_and_stopped_hosts_lose_their_slices() {
    start_store
    start_server
    fill_pairs 10
    start_host_server stopped
    start_holder host1
    local killed=$host
    kill -KILL "$killed"
    kill -CONT "$host_server"
    start_holder host2
    local stopped=$host
    kill -STOP "$stopped"
    start_host host3
    local third=$host
    start_host host4
    local fourth=$host
    log=host3
    wait_exit "$third"
    expect_status 0
    log=host4
    wait_exit "$fourth"
    expect_status 0
    cat "$T/host3.log" "$T/host4.log" >"$T/both.log"
    log=both
    expect_log 'is taken over: its host has not renewed its lease'
    expect_all_done
    # The stopped host continues: it has lost its slices, and nothing changes.
    kill -CONT "$stopped" "$host_server"
    log=host2
    wait_exit "$stopped"
    expect_status 0
    expect_log 'another host has taken it over'
    expect_all_done
    print_files_done_twice "$T"/host[2-4].log
}
test_four_hosts_two_killed_one_stopped_one_slow() {
    start_store
    start_server
    fill_pairs 20
    four_hosts
}
test_a_host_that_is_ended_gives_its_slices_back() {
    start_store
    start_server
    fill_pairs 10
    start_host_server stopped
    start_holder host1 --drain-limit 0
    kill "$host"
    kill "$host"
    log=host1
    wait_exit "$host"
    expect_status 143
    orchestrate host2 --distribution claim --claim-lease 1h
    expect_status 0
    expect_log 'is taken over: its host has given it back'
    expect_all_done
}
test_failed_files_close_their_slices_and_are_tried_in_the_next_round() {
    start_store
    start_server
    fill
    put "$samples/web pages/broken.jsonl.gz" in/broken.jsonl.gz
    orchestrate host1 --distribution claim
    expect_status 3
    expect_log '^FAILED: .*broken'
    s3 ls -r s3://data/out/reports/_decon/claims/ | grep -q '/claims/1-[0-9a-f]*/failed/.*of-1024' || fail 'the slice is not closed as failed'
    s3 rm s3://data/in/broken.jsonl.gz
    put "$samples/books/part-01.jsonl" in/broken.jsonl
    orchestrate host2 --distribution claim
    expect_status 0
    expect_log 'claims: round 2 '
    expect_log '^SUMMARY: Processed=1 '
}
test_hosts_with_another_list_or_other_settings_are_refused() {
    start_store
    start_server
    fill_pairs 10
    start_host_server stopped
    start_holder host1
    "$BIN/decon-orchestrator" plan --remote-file-input s3://data/in \
        --remote-report-output-dir s3://data/out/reports --output "$T/list.csv" 2>"$T/plan.log"
    orchestrate host2 --distribution claim --input-list "$T/list.csv"
    expect_status 2
    expect_log 'a claim run with another input list is in progress'
    stop "$server"
    start_server --contamination-score-threshold 0.5
    orchestrate host3 --distribution claim
    expect_status 2
    expect_log 'a claim run with other detection settings is in progress'
    [ -z "$(keys out/)" ] || fail 'something was written'
}

run_tests
