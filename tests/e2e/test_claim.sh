#!/usr/bin/env bash
# Hosts without numbers claim slices of the input: killed and stopped hosts lose theirs, nothing is missing.
. "$(dirname "$0")/lib.sh"

# fill_many: 20 files in bucket `data`; what an undisturbed run makes of them is in $T/want.
fill_many() {
    local i
    s3 mb s3://data
    mkdir -p "$T/in/web pages"
    for ((i = 0; i < 10; i++)); do
        cp "$samples/books/part-01.jsonl" "$T/in/book-$i.jsonl"
        cp "$samples/web pages/news+sport.jsonl.gz" "$T/in/web pages/page-$i.jsonl.gz"
    done
    s3 cp -r "$T/in/" s3://data/in/
    orchestrate undisturbed --local-work-dir "$T/work-undisturbed"
    expect_status 0
    digests >"$T/want"
    s3 rm -r --yes s3://data/out/
}

# start_stopped_server: a second detection server, which takes no jobs: who works with it keeps its slices.
start_stopped_server() {
    "$BIN/decon-server" --port 0 --port-file "$T/stopped.port" --evals-dir "$evals" \
        --report-output-dir "$T/stopped/reports" --worker-threads 2 --purify \
        --cleaned-output-dir "$T/stopped/cleaned" >>"$T/stopped-server.log" 2>&1 &
    stopped_server=$!
    started+=("$stopped_server")
    wait_for test -s "$T/stopped.port"
    stopped_port=$(cat "$T/stopped.port")
}

# start_host NAME [OPTION...]: in the background; its pid is in $host.
start_host() {
    local name=$1
    shift
    start_orchestrator "$name" --distribution claim --claim-lease 2 --local-work-dir "$T/work-$name" "$@"
    host=$orchestrator
}

# start_holder NAME: a host that holds slices and does not get on with them.
start_holder() {
    start_host "$1" --server-url "http://127.0.0.1:$stopped_port" --max-concurrent-jobs 4
    wait_for grep -q 'detection server .* records of' "$T/$1.log"
    kill -STOP "$stopped_server"
    wait_for grep -q 'state SUBMITTING: ' "$T/$1.log"
}

expect_all_done() {
    digests >"$T/got"
    expect_same "$T/want" "$T/got"
}

print_files_done_twice() {
    echo "files done twice:"
    cat "$T"/host*.log | sed -n 's/.*state DONE: //p' | sort | uniq -d
}

test_one_host_alone_does_all() {
    start_store
    start_server
    fill_many
    # The number of a task is not needed, and neither is a count.
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
    fill_many
    start_stopped_server
    start_holder host1
    local killed=$host
    kill -KILL "$killed"
    kill -CONT "$stopped_server"
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
    # The stopped host goes on: what it holds is not its own any more, and nothing changes.
    kill -CONT "$stopped" "$stopped_server"
    log=host2
    wait_exit "$stopped"
    expect_status 0
    expect_log 'another host has taken it over'
    expect_all_done
    print_files_done_twice
}
test_a_host_that_is_ended_gives_its_slices_back() {
    start_store
    start_server
    fill_many
    start_stopped_server
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
    s3 ls -r s3://data/out/reports/_decon/claims/1/failed/ | grep -q of-1024 || fail 'the slice is not closed as failed'
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
    fill_many
    start_stopped_server
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
