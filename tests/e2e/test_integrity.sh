#!/usr/bin/env bash
# Checksums of uploads and downloads, and downloads that resume after a crash.
. "$(dirname "$0")/lib.sh"

part=$((5 * 1048576))

# make_large FILE LINES: JSON lines, some 2 KiB each, that differ.
make_large() {
    awk -v lines="$2" 'BEGIN {
        for (n = 0; n < lines; n++) {
            line = "{\"id\":" n ",\"text\":\""
            for (i = 0; i < 40; i++) line = line "The quiet river number " (n * 7919 + i * 104729) % 1000003 " follows a bridge. "
            print line "\"}"
        }
    }' >"$1"
}

# start_with_large [STORE OPTION...]: a store with in/large.jsonl of seven ranges, the server.
start_with_large() {
    start_store
    start_server
    s3 mb s3://data
    make_large "$T/large.jsonl" 18000
    size=$(stat -c %s "$T/large.jsonl")
    [ $((size / part)) = 6 ] || fail "$size bytes are not seven ranges"
    put "$T/large.jsonl" in/large.jsonl
    stop "$store"
    start_store "$@"
    : >"$T/access"
}

loaded_bytes() {
    awk '$1 == "GET" && $2 ~ "^/data/in/large" { n += $5 } END { print n + 0 }' "$T/access"
}

# --- after a crash ---
record_file() {
    find "$T/work" -name part.resume
}

has_record() {
    test -s "$(record_file)"
}

# interrupt [OPTION...]: a run that is killed when a record of finished ranges exists; it covers $kept bytes.
interrupt() {
    start_with_large --fault 'delay=900,method=GET,key=in/*'
    start_orchestrator killed --part-size 5MiB --s5cmd-workers 1 "$@"
    wait_for has_record
    kill -KILL "$orchestrator"
    wait "$orchestrator" || true
    stop "$store"
    start_store
    : >"$T/access"
    record=$(record_file)
    kept=$(awk '$1 == "have" { n += $3 - $2 } END { print n }' "$record")
    [ "$kept" -ge "$part" ] || fail "$kept bytes are kept"
    [ "$kept" -lt "$size" ] || fail 'all of it is kept'
}

test_a_killed_download_resumes_after_its_finished_ranges() {
    interrupt
    orchestrate second --part-size 5MiB
    expect_status 0
    expect_log "$kept of $size bytes are present"
    [ "$(loaded_bytes)" = $((size - kept)) ] || fail "$(loaded_bytes) bytes were loaded instead of $((size - kept))"
    expect_key out/reports/large.clean
    expect_work_clean
}

test_a_killed_download_of_a_host_that_claims_its_work_is_resumed() {
    interrupt --distribution claim --claim-lease 2
    orchestrate second --part-size 5MiB --distribution claim --claim-lease 2
    expect_status 0
    expect_log '1 downloads of an earlier run; their slices are claimed first'
    expect_log "$kept of $size bytes are present"
    [ "$(loaded_bytes)" = $((size - kept)) ] || fail "$(loaded_bytes) bytes were loaded instead of $((size - kept))"
    expect_key out/reports/large.clean
    expect_work_clean
}

test_corrupted_kept_ranges_are_downloaded_again() {
    interrupt
    printf X | dd of="${record%.resume}" bs=1 seek=1000 conv=notrunc status=none
    orchestrate second --part-size 5MiB
    expect_status 0
    expect_log 'downloading again'
    expect_key out/reports/large.clean
    expect_work_clean
}

# Not even if no checksum and no verification would detect it: the record is of another version.
test_kept_ranges_of_another_version_are_not_used() {
    interrupt
    make_large "$T/other.jsonl" 9000
    put "$T/other.jsonl" in/large.jsonl
    orchestrate second --part-size 5MiB --verify none --response-checksum-validation when_required
    expect_status 0
    expect_no_log 'resuming'
    expect_key out/reports/large.clean
    expect_work_clean
}

# --- checksums ---
test_bytes_altered_in_transfer_are_downloaded_again() {
    start_with_large --fault corrupt,method=GET,key=in/*,count=1
    orchestrate run --part-size 5MiB
    expect_status 0
    expect_log 'WARN .*s3://data/in/large.jsonl: CRC64NVME mismatch: received .*; downloading again'
    expect_key out/reports/large.clean
}

test_bytes_that_stay_wrong_never_get_their_name() {
    start_with_large --fault corrupt,method=GET,key=in/*
    orchestrate run --part-size 5MiB
    expect_status 3
    expect_log '^FAILED: s3://data/in/large.jsonl: .*(mismatch: received .*, expected|line)'
    expect_no_key out/reports/large.clean
    expect_work_clean
    if s3 cp s3://data/in/large.jsonl "$T/copy" >"$T/cp.log" 2>&1; then fail 'cp took wrong bytes'; fi
    grep -q 'CRC64NVME mismatch: received' "$T/cp.log" || fail 'cp does not say why'
    [ ! -e "$T/copy" ] || fail 'a wrong file under its final name'
    [ -z "$(find "$T" -maxdepth 1 -name 'copy*')" ] || fail 'wrong bytes are left'
    AWS_RESPONSE_CHECKSUM_VALIDATION=when_required s3 cp s3://data/in/large.jsonl "$T/copy"
}

test_a_store_that_reports_a_wrong_checksum() {
    start_with_large --fault checksum,method=HEAD,key=in/*,count=1
    orchestrate run --part-size 5MiB
    expect_status 0
    expect_log 'downloading again'
    stop "$store"
    start_store --fault checksum,method=HEAD,key=in/*
    orchestrate wrong --part-size 5MiB --redo
    expect_status 3
    expect_log '^FAILED: s3://data/in/large.jsonl: .*also on retry'
}

test_an_object_that_changes_meanwhile() {
    start_with_large --fault etag,method=GET,key=in/*,count=3
    s3 cp --part-size 5MiB s3://data/in/large.jsonl "$T/copy" 2>"$T/cp.log"
    cmp "$T/large.jsonl" "$T/copy" || fail 'put together from two versions'
}

# hold_at STATE KEYS: a run that waits in this state, since PUT of these keys is refused.
hold_at() {
    start_store
    start_server
    s3 mb s3://data
    put "$samples/books/part-01.jsonl" in/a.jsonl # contaminated
    stop "$store"
    start_store --fault "status=503,method=PUT,key=$2"
    start_orchestrator held
    wait_for grep -q "state $1: s3://data/in/a.jsonl" "$T/held.log"
}

# replace_input: with a clean text; then the held run continues.
replace_input() {
    put "$samples/web pages/part-01.jsonl" in/a.jsonl
    stop "$store"
    start_store
    wait_exit "$orchestrator"
}

test_an_input_that_is_replaced_before_the_commit_is_done_again() {
    hold_at UPLOADING 'out/cleaned/*'
    replace_input
    expect_status 0
    grep -q 'replaced while it was processed' "$T/held.log" || fail 'not seen'
    echo out/reports/a.clean >"$T/expected"
    keys out/ >"$T/keys"
    expect_same "$T/expected" "$T/keys"
    [ -z "$(find "$T/server" -type f)" ] || fail 'results are left at the server'
}

# Too late for this run: the next one detects it, although the result is newer.
test_an_input_that_is_replaced_during_the_commit_is_found_by_the_next_run() {
    hold_at COMMITTING 'out/reports/*'
    replace_input
    expect_status 0
    has_key out/reports/a.report.jsonl || fail 'the old version is not committed'
    orchestrate next
    expect_status 0
    expect_log 'SUMMARY: Processed=1 Clean=1 '
    ! has_key out/reports/a.report.jsonl || fail 'the old result stays'
    has_key out/reports/a.clean || fail 'the new version has no result'
    orchestrate last
    expect_log 'SUMMARY: Processed=0 .*Skipped=1 '
}

run_tests
