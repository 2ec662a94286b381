#!/usr/bin/env bash
# Standard output and standard error are pipes that no process reads: work continues, signals end
# every program, dropped lines are counted, and the important lines arrive when a process reads again.
. "$(dirname "$0")/lib.sh"

# A full pipe on descriptor 8, which is not read before `read_on`.
full_pipe() {
    mkfifo "$T/pipe"
    exec 8<>"$T/pipe"
    dd if=/dev/zero bs=4096 count=16 status=none >&8
}
# read_on: reads all earlier and later output.
read_on() {
    cat "$T/pipe" >"$T/raw" &
    started+=("$!")
}
# read_until LINE: the log of a run, without the zeros that filled the pipe.
read_until() {
    wait_for grep -aqx -- "$1" "$T/raw"
    log=late
    tr -d '\0' <"$T/raw" >"$T/late.log"
}
# start_stuck WORD...: the program in the background, as $stuck, with both outputs stuck.
start_stuck() {
    "$@" >&8 2>&8 &
    stuck=$!
    started+=("$stuck")
}
start_stuck_orchestrator() {
    start_stuck "$BIN/decon-orchestrator" --remote-file-input s3://data/in \
        --remote-report-output-dir s3://data/out/reports \
        --remote-cleaned-output-dir s3://data/out/cleaned --server-url "http://127.0.0.1:$server_port" \
        --local-work-dir "$T/work" --cleanup-delay 0 --poll-interval 0.2 --log-level debug "$@"
}
# Simultaneous signals are merged, so they are repeated.
end_by_signals() {
    while kill -TERM "$stuck" 2>/dev/null; do sleep 0.02; done
    wait_exit "$stuck"
}
# has_count PREFIX N: N keys.
has_count() {
    [ "$(keys "$1" | wc -l)" = "$2" ]
}
# Ninety files with names of 700 bytes: more log than the queue holds.
fill_long() {
    local i name
    name=$(printf '%0140d/' 1 2 3 4 5)
    s3 mb s3://data
    mkdir -p "$T/long/$name"
    for i in $(seq 10 99); do
        echo '{"text":"nothing of interest"}' >"$T/long/$name$i.jsonl"
    done
    s3 cp -q -r "$T/long/" s3://data/in/
}

test_a_run_without_a_reader_of_its_log_completes() {
    start_store
    start_server
    fill
    orchestrate undisturbed --local-work-dir "$T/other-work"
    digests >"$T/want"
    keys out/ | while read -r key; do s3 rm "s3://data/$key"; done
    full_pipe
    start_stuck_orchestrator
    wait_exit "$stuck"
    expect_status 0
    digests >"$T/got"
    expect_same "$T/want" "$T/got"
}

test_dropped_lines_are_counted_and_important_ones_arrive() {
    start_store
    start_server
    fill_long
    stop "$store"
    start_store --fault 'status=503,method=PUT,key=out/*99.*'
    full_pipe
    start_stuck_orchestrator --download-retry-attempts 1000
    wait_for has_count out/reports/0 89
    read_on
    stop "$store"
    start_store
    wait_exit "$stuck"
    expect_status 0
    read_until 'WORK COMPLETE EXITING'
    expect_log 'WARN  log: [1-9][0-9]* lines dropped'
    expect_log '^SUMMARY: Processed=90 '
    [ "$(grep -c 'state DONE' "$T/late.log")" -lt 90 ] || fail 'nothing was dropped'
}

test_two_signals_end_a_run_whose_log_nothing_reads() {
    start_store
    start_server
    fill
    stop "$store"
    start_store --fault status=503,method=GET,key=in/*
    full_pipe
    start_stuck_orchestrator --download-retry-attempts 1000
    wait_for grep -q 'GET /data/in/' "$T/access"
    end_by_signals
    expect_status 143
}

test_a_server_whose_outputs_nothing_reads_works_and_ends() {
    full_pipe
    start_store
    rm -f "$T/server.port"
    start_stuck "$BIN/decon-server" --port 0 --port-file "$T/server.port" --evals-dir "$evals" \
        --report-output-dir "$T/server/reports" --worker-threads 2 "${purify[@]}" --verbose
    wait_for test -s "$T/server.port"
    server_port=$(cat "$T/server.port")
    fill
    orchestrate run
    expect_status 0
    kill -TERM "$stuck"
    wait_exit "$stuck"
    expect_status 0
}

test_detect_ends_at_a_second_signal_while_nothing_reads_its_results() {
    full_pipe
    mkdir "$T/many"
    for i in $(seq 200); do
        echo '{"text":"nothing of interest"}' >"$T/many/$i.jsonl"
    done
    start_stuck "$BIN/decon-server" detect --json --evals-dir "$evals" \
        --report-output-dir "$T/reports" "$T/many"
    wait_for test -d "$T/reports"
    end_by_signals
    [ "$status" = 143 ] || expect_status 128
}

test_transfers_continue_while_nothing_reads_their_lines() {
    full_pipe
    start_store
    s3 mb s3://data
    mkdir "$T/many"
    for i in $(seq 300); do
        echo "$i" >"$T/many/$i"
    done
    start_stuck "$BIN/decon-s3" cp -r "$T/many/" s3://data/many/
    wait_for has_count many/ 300
    kill -TERM "$stuck"
    wait_exit "$stuck"
    expect_status 143
}

# ends_at_sigterm REQUEST WORD...: the program is stuck after REQUEST; SIGTERM ends it.
ends_at_sigterm() {
    local request=$1
    shift
    : >"$T/access"
    start_stuck "$@"
    wait_for grep -q -- "$request" "$T/access"
    kill -TERM "$stuck"
    wait_exit "$stuck"
    expect_status 143
}

test_one_signal_ends_a_command_whose_data_nothing_reads() {
    full_pipe
    start_store
    s3 mb s3://data
    head -c 20000000 /dev/urandom >"$T/large"
    s3 cp -q "$T/large" s3://data/large
    ends_at_sigterm 'GET /data/large' "$BIN/decon-s3" cat s3://data/large
    ends_at_sigterm 'GET /data/large' "$BIN/decon-s3" cp s3://data/large -
    ends_at_sigterm 'GET /data' "$BIN/decon-s3" ls s3://data/
    ends_at_sigterm 'GET /data' "$BIN/decon-s3" ls --json s3://data/
    ends_at_sigterm 'GET /data' "$BIN/decon-s3" du s3://data/
}

# The errors are on standard error, with --json and without.
test_errors_that_nothing_reads_stop_nothing() {
    full_pipe
    start_store
    s3 mb s3://data
    seq -f 's3://data/absent-%g' 2000 | sed 's/^/cp /; s|$| '"$T"'/local|' >"$T/commands"
    start_stuck "$BIN/decon-s3" run "$T/commands"
    wait_exit "$stuck"
    expect_status 1
    start_stuck "$BIN/decon-s3" run --json "$T/commands"
    wait_exit "$stuck"
    expect_status 1
}

test_a_store_whose_access_log_nothing_reads_works_and_ends() {
    full_pipe
    rm -f "$T/store.port"
    start_stuck "$BIN/decon-s3" serve --root "$T/store" --port 0 --port-file "$T/store.port" \
        --log "$T/pipe"
    wait_for test -s "$T/store.port"
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$T/store.port")
    export AWS_ENDPOINT_URL
    s3 mb s3://data
    for i in $(seq 5); do
        s3 ls s3://data/
    done
    kill -TERM "$stuck"
    wait_exit "$stuck"
    expect_status 0
}

# Data for a closed pipe ends the command silently, as before.
test_a_closed_pipe_ends_a_command_silently() {
    start_store
    s3 mb s3://data
    head -c 20000000 /dev/urandom >"$T/large"
    s3 cp -q "$T/large" s3://data/large
    "$BIN/decon-s3" cat s3://data/large 2>"$T/why" | head -c 1 >"$T/one"
    [ ! -s "$T/why" ] || fail "$(cat "$T/why")"
    [ "$(stat -c %s "$T/one")" = 1 ]
}

test_a_full_disk_under_standard_output_is_an_error() {
    [ -c /dev/full ] || exit 77
    start_store
    s3 mb s3://data
    s3 cp -q "$evals" s3://data/evals -r
    status=0
    "$BIN/decon-s3" ls -r s3://data/ >/dev/full 2>"$T/why" || status=$?
    expect_status 1
    grep -q 'No space left' "$T/why"
    start_server 2>/dev/full
    stop "$server"
    expect_status 0
}

run_tests
