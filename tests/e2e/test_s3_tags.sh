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

test_tags_of_existing_objects_are_shown_and_replaced() {
    store
    s3 cp -q --tagging 'a=b&c=d' file 's3://data/a b/ä'
    s3 cp -q file s3://data/two
    s3 tag 's3://data/a b/ä' >said
    printf '%s\n' 'uri: s3://data/a b/ä' 'tag-a: b' 'tag-c: d' | diff - said
    s3 tag --json 's3://data/a b/ä' s3://data/two >said
    printf '%s\n' '{"uri":"s3://data/a b/ä","tags":{"a":"b","c":"d"}}' '{"uri":"s3://data/two","tags":{}}' | diff - said
    local etag
    etag=$(s3 stat s3://data/two | grep '^etag')
    s3 tag 's3://data/a b/ä' s3://data/two 'team=a + b' x=1=2 empty= >said
    printf '%s\n' 'tag s3://data/a b/ä' 'tag s3://data/two' | diff - said
    expect_tags 's3://data/a b/ä' 'tag-team: a + b' 'tag-x: 1=2' 'tag-empty: '
    expect_tags s3://data/two 'tag-team: a + b' 'tag-x: 1=2' 'tag-empty: '
    [ "$(s3 stat s3://data/two | grep '^etag')" = "$etag" ]
    s3 tag --tagging 'a%3Db=c+d' s3://data/two
    expect_tags s3://data/two 'tag-a=b: c d'
    s3 tag --tagging= s3://data/two >said
    grep -qx 'tag s3://data/two (tags removed)' said || fail "$(cat said)"
    expect_tags s3://data/two
    s3 cat s3://data/two | cmp - file
}

test_tags_of_all_objects_that_match() {
    store
    local key
    for key in x/1 x/2 y 'x*'; do s3 cp -q file "s3://data/$key"; done
    s3 tag --dry-run 's3://data/x/*' a=b >said
    printf '(dry run) tag s3://data/x/%s\n' 1 2 | diff - said
    expect_tags s3://data/x/1
    s3 tag -q 's3://data/x/*' a=b >said
    [ ! -s said ] || fail "$(cat said)"
    expect_tags s3://data/x/1 'tag-a: b'
    expect_tags s3://data/x/2 'tag-a: b'
    expect_tags s3://data/y
    s3 tag --raw 's3://data/x*' c=d
    expect_tags s3://data/x/1 'tag-a: b'
    [ "$(s3 tag --raw 's3://data/x*' | tail -n 1)" = 'tag-c: d' ]
    printf '%s\n' 'tag s3://data/y e=f' 'tag --tagging= s3://data/x/1' >commands
    s3 run commands
    expect_tags s3://data/y 'tag-e: f'
    expect_tags s3://data/x/1
    say s3 tag s3://data/none s3://data/y g=h # the others continue
    expect_status 1
    expect_why 's3://data/none: PutObjectTagging: '
    say s3 tag s3://data/y 'i=<&>' # sent whole, and refused by the store
    expect_status 1
    expect_why 'PutObjectTagging: 400 InvalidTag'
    expect_tags s3://data/y 'tag-g: h'
}

test_tags_of_one_version() {
    store
    s3 versioning s3://data enabled
    s3 cp -q file s3://data/key
    s3 cp -q --tagging new=1 file s3://data/key
    local old
    old=$(s3 ls -r --json --all-versions s3://data/ | tail -n 1 | sed 's/.*"version_id":"\([^"]*\)".*/\1/')
    s3 tag --version-id "$old" s3://data/key old=1 >said
    [ "$(cat said)" = "tag s3://data/key (version $old)" ] || fail "$(cat said)"
    [ "$(s3 tag --version-id "$old" s3://data/key | tail -n 1)" = 'tag-old: 1' ]
    expect_tags s3://data/key 'tag-new: 1'
    s3 tag -q --version-id "$old" --tagging= s3://data/key
    [ "$(s3 tag --version-id "$old" s3://data/key | wc -l)" = 1 ]
    say s3 tag --version-id "$old" s3://data/key s3://data/other a=b
    expect_status 2
}

test_arguments_that_are_no_tags_are_refused() {
    store
    s3 cp -q --tagging keep=1 file s3://data/one
    : >access
    local words
    for words in 's3://data/one a' 's3://data/one =b' 's3://data/one a=1 a=2' 'a=b' 's3://data/one a=b s3://data/two' \
        '--tagging x=y s3://data/one a=b' 's3://data a=b' 's3://data/one a= b= c= d= e= f= g= h= i= j= k=' \
        '--tagging a s3://data/one'; do
        # shellcheck disable=SC2086  # words
        say s3 tag $words
        expect_status 2
        [ "$(wc -l <why)" = 1 ] || fail "$(cat why)"
    done
    [ ! -s access ] || fail "$(cat access)"
    expect_tags s3://data/one 'tag-keep: 1'
}

run_tests
