#!/usr/bin/env bash
# decon-s3 cp - s3://...: standard input is uploaded while it is read, and no object is created if it breaks off.
. "$(dirname "$0")/lib.sh"

store() {
    start_store "$@"
    s3 mb s3://data
    head -c 40000000 /dev/urandom >"$T/large"
    cd "$T"
    : >access
}
requests() {
    grep -c -- "$1" access || true
}
# nothing_stays: no object, and no incomplete upload, which would be billed.
nothing_stays() {
    [ -z "$(keys '')" ] || fail "in the store: $(keys '')"
    s3 abort-uploads --dry-run --older-than 0 s3://data >left
    grep -q '^nothing to abort' left || fail "$(cat left)"
}
# start_cp WORD...: `cp - WORD...` in the background, as $copy, fed by the pipe that descriptor 9 writes.
start_cp() {
    mkfifo pipe
    "$BIN/decon-s3" cp - "$@" <pipe >said 2>why &
    copy=$!
    started+=("$copy")
    exec 9>pipe
}
parts_sent() {
    [ "$(requests 'PUT /data/large?partNumber')" -ge "$1" ]
}

test_a_pipe_is_uploaded_in_parts_without_a_file() {
    store
    cat large | TMPDIR=/nonexistent s3 cp - s3://data/large
    s3 cat s3://data/large | cmp - large
    [ "$(requests 'PUT /data/large?partNumber')" = 5 ]
    cat large | s3 cp --part-size 20MiB - s3://data/large
    s3 cat s3://data/large | cmp - large
    [ "$(requests 'PUT /data/large?partNumber')" = 7 ]
    cat large | s3 cp --expected-size 100GiB - s3://data/large # parts of 11 MiB
    [ "$(requests 'PUT /data/large?partNumber')" = 11 ]
    s3 cat s3://data/large | cmp - large
}

test_small_input_is_uploaded_by_one_request() {
    store
    head -c 8388608 large | s3 cp - s3://data/one
    : | s3 cp - s3://data/empty
    s3 cp - s3://data/null </dev/null
    [ "$(requests 'POST')" = 0 ]
    head -c 8388608 large | cmp - <(s3 cat s3://data/one)
    [ "$(keys '' | xargs)" = 'empty null one' ]
}

test_a_file_on_standard_input() {
    store
    s3 cp - s3://data/whole <large
    s3 cat s3://data/whole | cmp - large
    (
        dd bs=1000 count=1 of=head status=none
        s3 cp - s3://data/rest
    ) <large # bytes that were already read are not sent
    s3 cat s3://data/rest | cat head - | cmp - large
}

# The bytes of a part stay in memory until the store has it.
test_faults_cost_nothing() {
    store --fault 'status=500,method=PUT,key=large,every=3,count=3' --fault 'reset,method=PUT,key=large,every=4,count=2'
    cat large | s3 cp - s3://data/large
    s3 cat s3://data/large | cmp - large
}

test_parts_are_uploaded_while_the_pipe_is_open() {
    store
    start_cp s3://data/large
    head -c 20000000 large >&9
    wait_for parts_sent 2
    [ -z "$(keys '')" ]
    tail -c +20000001 large >&9
    exec 9>&-
    wait_exit "$copy"
    expect_status 0
    s3 cat s3://data/large | cmp - large
}

test_an_interrupt_leaves_nothing() {
    store
    start_cp s3://data/large
    head -c 20000000 large >&9
    wait_for parts_sent 2
    kill -INT "$copy"
    wait_exit "$copy"
    expect_status 130
    exec 9>&-
    nothing_stays
}

test_a_part_that_fails_leaves_nothing() {
    store --fault 'status=403,code=AccessDenied,method=PUT,key=large,every=3'
    status=0
    cat large 2>cat-why | s3 cp - s3://data/large 2>why || status=$?
    expect_status 1
    grep -q 'UploadPart.*AccessDenied' why || fail "$(cat why)"
    nothing_stays
}

test_an_input_that_cannot_be_read() {
    store
    status=0
    s3 cp - s3://data/large <"$T" 2>why || status=$?
    expect_status 1
    grep -q 'cannot read standard input: Is a directory' why || fail "$(cat why)"
    nothing_stays
}

# A writer waits while the store does not accept the received bytes: at most 64 MiB are in memory.
test_memory_is_bounded_by_holding_the_pipe() {
    store --fault 'delay=600000,method=PUT,key=large'
    start_cp s3://data/large
    head -c 200000000 /dev/zero >&9 2>/dev/null &
    writer=$!
    started+=("$writer")
    held() { # 64 MiB were received, and the writer sleeps on a full pipe
        grep -q '^State:	S' "/proc/$writer/status" &&
            [ "$(awk '$1 == "rchar:" { print $2 }' "/proc/$copy/io")" -ge 67108864 ]
    }
    wait_for held
    [ "$(awk '$1 == "rchar:" { print $2 }' "/proc/$copy/io")" -lt 75000000 ]
    kill -KILL "$copy" "$store"
    exec 9>&-
}

run_tests
