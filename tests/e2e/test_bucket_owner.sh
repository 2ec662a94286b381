#!/usr/bin/env bash
# --expected-bucket-owner: requests to buckets of another account are refused. The buckets of the
# embedded store belong to account 000000000000.
. "$(dirname "$0")/lib.sh"
ours=000000000000 other=111122223333

begin() {
    start_store
    fill
    echo x >"$T/x"
    keys >"$T/before"
}

# refused WORDS...: the command ends with status 1 and says why.
refused() {
    local status=0
    s3 "$@" --expected-bucket-owner "$other" >"$T/refused.log" 2>&1 || status=$?
    [ "$status" = 1 ] || fail "exit status $status: $*: $(cat "$T/refused.log")"
    grep -q "belongs to the account $other" "$T/refused.log" || fail "$*: $(cat "$T/refused.log")"
}

test_commands_of_the_owner_work() {
    begin
    s3 ls s3://data --expected-bucket-owner "$ours"
    s3 cp "$T/x" s3://data/x --expected-bucket-owner "$ours"
    s3 cp s3://data/x s3://data/y --expected-bucket-owner "$ours"
    s3 cp s3://data/y "$T/y" --expected-bucket-owner "$ours"
    s3 cat s3://data/y --expected-bucket-owner "$ours"
    s3 rm s3://data/x s3://data/y --expected-bucket-owner "$ours"
    s3 mb s3://new --expected-bucket-owner "$ours"
    s3 rb s3://new --expected-bucket-owner "$ours"
    cmp "$T/x" "$T/y" || fail 'another content'
}

test_commands_for_buckets_of_others_are_refused() {
    begin
    refused ls s3://data
    refused cp "$T/x" s3://data/x
    refused cp s3://data/in/books/part-01.jsonl "$T/y"
    refused cp s3://data/in/books/part-01.jsonl s3://data/copy
    refused mv s3://data/in/books/part-01.jsonl s3://data/moved
    refused sync "$T" s3://data/all
    refused rm s3://data/in/books/part-01.jsonl
    refused rm -r --yes s3://data/in/
    refused rb s3://data
    s3 cp s3://data/in/books/part-01.jsonl s3://data/copy --expected-bucket-owner "$ours" \
        --expected-source-bucket-owner "$other" >"$T/source.log" 2>&1 && fail 'another source is accepted'
    grep -q "its source to $other" "$T/source.log" || fail "$(cat "$T/source.log")"
    keys | diff - "$T/before" || fail 'something changed'
    local status=0
    s3 ls s3://data --expected-bucket-owner me >"$T/bad.log" 2>&1 || status=$?
    [ "$status" = 2 ] || fail "no account: exit status $status: $(cat "$T/bad.log")"
}

test_a_run_checks_the_owner() {
    begin
    start_server
    orchestrate other --expected-bucket-owner "$other"
    expect_status 1
    expect_log "belongs to the account $other"
    keys | diff - "$T/before" || fail 'something changed'
    orchestrate ours --expected-bucket-owner "$ours"
    expect_status 0
    ! grep -qE ' 403 ' <(tail -n 20 "$T/access") || fail 'a request was refused'
    orchestrate bad --expected-bucket-owner me
    expect_status 2
}

run_tests
