#!/usr/bin/env bash
# A server whose cleaned files are wrong: nothing is committed, in any format.
. "$(dirname "$0")/lib.sh"

# start_odd_server MODE: tests/e2e/odd_server.c instead of the detection server.
start_odd_server() {
    mkdir -p "$T/odd"
    rm -f "$T/odd/odd.port"
    "$BIN/../tests/e2e/odd_server" "$T/odd" "$1" >>"$T/odd.log" 2>&1 &
    server=$!
    started+=("$server")
    wait_for test -s "$T/odd/odd.port"
    server_port=$(cat "$T/odd/odd.port")
}

# expect_refused MODE [OPTION...]: every file fails, each with the first line that differs.
expect_refused() {
    local mode=$1
    shift
    start_odd_server "$mode"
    orchestrate "$mode" "$@"
    expect_status 3
    stop "$server"
    expect_log '^SUMMARY: Processed=0 Clean=0 Contaminated=0 Failed=8 '
    [ "$(grep -cE '^FAILED: s3://data/in/.*: the cleaned file is not the input without the reported lines: its line [0-9]+ is not line [0-9]+ of the input \(lines: input [0-9]+, reported [0-9]+, cleaned [0-9]+\); nothing was committed' "$T/$mode.log")" = 8 ] ||
        fail 'not every file names its first line that differs'
    [ -z "$(keys out/)" ] || fail "committed: $(keys out/)"
    [ -z "$(find "$T/odd" -name '*.jsonl*')" ] || fail 'results are left in the folders of the server'
}

# The samples, except the one without lines, which needs no server.
fill_lines() {
    fill
    s3 rm 's3://data/in/web pages/empty.jsonl'
}

test_a_wrong_cleaned_file_fails_its_input_and_the_next_run_repairs_it() {
    start_store
    fill_lines
    local mode
    for mode in garbage swapped bit newline bytes; do
        expect_refused "$mode"
    done
    start_odd_server right
    orchestrate run
    expect_status 0
    expect_log '^SUMMARY: Processed=8 Clean=3 Contaminated=5 Failed=0 '
    expect_work_clean
    s3 cat s3://data/out/cleaned/books/part-01.clean.jsonl >"$T/got"
    grep -v 'A friend asked' "$samples/books/part-01.jsonl" | diff - "$T/got" || fail 'another text was committed'
}

test_the_check_is_the_same_without_verification() {
    start_store
    fill_lines
    expect_refused garbage --verify none
    expect_refused bit --verify stream
    expect_refused bytes --verify none --disk-budget 1MB
}

run_tests
