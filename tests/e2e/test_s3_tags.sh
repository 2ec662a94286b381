#!/usr/bin/env bash
# Tags of objects with decon-s3: written with uploads, kept or replaced by copies, shown by stat.
. "$(dirname "$0")/lib.sh"

store() {
    start_store "$@"
    s3 mb s3://data
    cd "$T"
    echo hello >file
}
say() {
    status=0
    "$@" >said 2>why || status=$?
}
expect_why() {
    grep -qF -- "$1" why || fail "not in: $(cat why): $1"
}
# expect_tags URI [LINE...]: what stat shows of tags.
expect_tags() {
    local uri=$1
    shift
    s3 stat "$uri" | grep '^tag' >said || true
    { [ $# = 0 ] || printf '%s\n' "tagging-count: $#" "$@"; } | diff - said || fail "tags of $uri: $(cat said)"
}

test_uploads_by_one_request_by_parts_and_from_a_pipe() {
    store
    s3 cp --tagging 'project=a%2Bb&colour=dark+red&empty=' file s3://data/one
    expect_tags s3://data/one 'tag-project: a+b' 'tag-colour: dark red' 'tag-empty: '
    s3 stat --json s3://data/one >said
    grep -qF '"tagging_count":"3"' said || fail "$(cat said)"
    grep -qF '"tags":{"project":"a+b","colour":"dark red","empty":""}' said || fail "$(cat said)"
    head -c 6000000 /dev/zero >large
    s3 cp --tags a=b --part-size 5MiB large s3://data/parts
    expect_tags s3://data/parts 'tag-a: b'
    s3 cp --tagging a=b - s3://data/pipe <file
    expect_tags s3://data/pipe 'tag-a: b'
    mkdir dir && cp file dir/
    s3 sync --tagging a=b dir s3://data/dir
    expect_tags s3://data/dir/file 'tag-a: b'
    s3 cp --tagging= file s3://data/none
    expect_tags s3://data/none
    s3 cp s3://data/one back
    cmp back file
}

test_copies_keep_or_replace_tags() {
    store
    s3 cp --tagging a=b --metadata who=me file s3://data/one
    s3 cp s3://data/one s3://data/kept
    expect_tags s3://data/kept 'tag-a: b'
    s3 cp --metadata-directive REPLACE --metadata who=you s3://data/one s3://data/described
    expect_tags s3://data/described 'tag-a: b'
    s3 cp --tagging 'c=d&e=f' s3://data/one s3://data/replaced
    expect_tags s3://data/replaced 'tag-c: d' 'tag-e: f'
    s3 stat s3://data/replaced | grep -qx 'metadata-who: me'
    s3 cp --tagging= s3://data/one s3://data/none
    expect_tags s3://data/none
    s3 mv s3://data/one s3://data/moved
    expect_tags s3://data/moved 'tag-a: b'
}

test_a_copy_from_another_store_brings_tags() {
    store --root "$T/first"
    s3 cp --tagging 'a=b&c=' file s3://data/one
    local first=$AWS_ENDPOINT_URL
    unset store_port
    start_store
    s3 mb s3://data
    s3 cp --source-endpoint-url "$first" s3://data/one s3://data/two
    expect_tags s3://data/two 'tag-a: b' 'tag-c: '
    s3 cp --source-endpoint-url "$first" --tagging x=y s3://data/one s3://data/three
    expect_tags s3://data/three 'tag-x: y'
    s3 cp --source-endpoint-url "$first" --tagging= s3://data/one s3://data/four
    expect_tags s3://data/four
}

test_tags_that_s3_would_refuse_are_named_before_anything_is_sent() {
    store
    : >access
    local tags
    for tags in a 'a=1&a=2' '=b' 'a=%zz' 'a=&b=&c=&d=&e=&f=&g=&h=&i=&j=&k='; do
        say s3 cp --tagging "$tags" file s3://data/one
        expect_status 2
        expect_why '--tagging: '
        [ "$(wc -l <why)" = 1 ] || fail "$(cat why)"
    done
    [ ! -s access ] || fail "$(cat access)"
}

test_tags_that_may_not_be_read() {
    store --fault status=403,method=GET,query=tagging
    s3 cp --tagging a=b file s3://data/one
    say s3 stat s3://data/one # their number only
    expect_status 0
    grep -qx 'tagging-count: 1' said || fail "$(cat said)"
    ! grep '^tag-' said || fail 'tags from nowhere'
    local first=$AWS_ENDPOINT_URL
    unset store_port
    start_store --root "$T/other"
    s3 mb s3://data
    say s3 cp --source-endpoint-url "$first" s3://data/one s3://data/two
    expect_status 0
    expect_why 'copied without its tags'
    expect_tags s3://data/two
}

test_tags_that_may_not_be_written() {
    store
    s3 cp --tagging a=b file s3://data/one
    local first=$AWS_ENDPOINT_URL
    unset store_port
    start_store --root "$T/other" --fault status=403,method=PUT,header=x-amz-tagging
    s3 mb s3://data
    say s3 cp --source-endpoint-url "$first" s3://data/one s3://data/two
    expect_status 1
    expect_why "--tagging= copies without the source's tags"
    s3 cp --source-endpoint-url "$first" --tagging= s3://data/one s3://data/two
    expect_tags s3://data/two
}

run_tests
