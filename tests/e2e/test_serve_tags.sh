#!/usr/bin/env bash
# decon-s3 serve with curl: metadata and tags of objects.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ask.sh"

test_metadata_as_it_was_sent() {
    start_open
    ask_put /trial/key hello -H 'X-Amz-Meta-Mixed-Case: Value' -H 'x-amz-meta-empty;' -H 'x-amz-meta-utf: grün'
    ask HEAD /trial/key
    tr -d '\r' <"$T/head" | grep -qx 'x-amz-meta-mixed-case: Value' || fail "$(cat "$T/head")"
    tr -d '\r' <"$T/head" | grep -qx 'x-amz-meta-empty: *' || fail "$(cat "$T/head")"
    expect_header 'x-amz-meta-utf: grün'
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/key'
    ask HEAD /trial/copy
    tr -d '\r' <"$T/head" | grep -qx 'x-amz-meta-empty: *' || fail "$(cat "$T/head")"
    create up -H 'X-Amz-Meta-Mixed: 1'
    parts=
    printf x >"$T/x"
    part up 1 "$T/x"
    complete up
    ask HEAD /trial/up
    tr -d '\r' <"$T/head" | grep -qx 'x-amz-meta-mixed: 1' || fail "$(cat "$T/head")"
    # As in presigned URLs of some SDKs.
    ask_put '/trial/hoisted?x-amz-meta-Place=query&x-id=PutObject' hello
    ask HEAD /trial/hoisted
    expect_header 'x-amz-meta-place: query'
    ask_put /trial/other x -H 'x-amz-meta-a: 1' -H 'x-amz-meta-a: 2'
    expect_refusal 400 InvalidRequest
    ask_put /trial/other x -H $'x-amz-meta-a: 1\t2'
    expect_refusal 400 InvalidArgument
    local i many=()
    for i in $(seq 300); do many+=(-H "x-amz-meta-$i: x"); done
    ask_put /trial/other x "${many[@]}"
    expect_refusal 400 InvalidRequest
    ask HEAD /trial/other
    expect_code 404
    many=()
    for i in $(seq 100); do many+=(-H "x-amz-meta-$i: x"); done
    ask_put /trial/many x "${many[@]}"
    ask HEAD /trial/many
    expect_header 'x-amz-meta-1: x'
    expect_header 'x-amz-meta-100: x'
}

# ask_tags KEY XML-OF-TAGS
ask_tags() {
    ask PUT "/trial/$1?tagging" -d "<Tagging><TagSet>$2</TagSet></Tagging>"
}

test_tags() {
    start_open
    ask_put /trial/key hello -H 'x-amz-tagging: colour=dark+red&empty=&a%2Bb=c%2Fd' -H 'x-amz-meta-a: b'
    expect_code 200
    local etag modified
    etag=$(etag_of)
    ask GET /trial/key
    expect_header 'x-amz-tagging-count: 3'
    modified=$(grep -i '^last-modified' "$T/head")
    ask GET '/trial/key?tagging'
    expect_body '<TagSet><Tag><Key>colour</Key><Value>dark red</Value></Tag><Tag><Key>empty</Key><Value></Value></Tag><Tag><Key>a+b</Key><Value>c/d</Value></Tag></TagSet>'
    ask_tags key '<Tag><Key>größe</Key><Value>10 = x</Value></Tag>'
    expect_code 200
    ask GET '/trial/key?tagging'
    expect_body '<TagSet><Tag><Key>größe</Key><Value>10 = x</Value></Tag></TagSet>'
    ask GET /trial/key
    expect_body hello
    expect_header "ETag: $etag"
    expect_header 'x-amz-meta-a: b'
    expect_header 'x-amz-tagging-count: 1'
    [ "$(grep -i '^last-modified' "$T/head")" = "$modified" ] || fail 'tags changed LastModified'
    # Copies keep the tags, or set others.
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/key'
    ask HEAD /trial/copy
    expect_header 'x-amz-tagging-count: 1'
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/key' -H 'x-amz-tagging-directive: REPLACE' -H 'x-amz-tagging: a=1&b=2'
    ask HEAD /trial/copy
    expect_header 'x-amz-tagging-count: 2'
    create up -H 'x-amz-tagging: part=yes'
    parts=
    printf x >"$T/x"
    part up 1 "$T/x"
    complete up
    ask GET '/trial/up?tagging'
    expect_body '<Key>part</Key><Value>yes</Value>'
    ask DELETE '/trial/key?tagging'
    expect_code 204
    ask GET '/trial/key?tagging'
    expect_body '<TagSet></TagSet>'
    ask GET /trial/key
    expect_body hello
    expect_no_header x-amz-tagging-count
    # A new object has none of the old object's tags.
    ask_put /trial/copy x
    ask HEAD /trial/copy
    expect_no_header x-amz-tagging-count
    ask GET '/trial/absent?tagging'
    expect_refusal 404 NoSuchKey
    ask_tags absent '<Tag><Key>a</Key><Value>b</Value></Tag>'
    expect_refusal 404 NoSuchKey
    ask HEAD /trial/absent
    expect_code 404
}

test_the_largest_tags_and_wrong_ones() {
    start_open
    ask_put /trial/key hello
    local i tags='' long value
    long=$(printf '€%.0s' $(seq 126))
    value=$(printf '😀%.0s' $(seq 256))
    for i in $(seq 10 19); do tags+="<Tag><Key>$i$long</Key><Value>$value</Value></Tag>"; done
    ask_tags key "$tags"
    expect_code 200
    ask GET '/trial/key?tagging'
    expect_body "<TagSet>$tags</TagSet>"
    ask GET /trial/key
    expect_body hello
    ask_tags key "$tags<Tag><Key>20</Key><Value></Value></Tag>"
    expect_refusal 400 BadRequest
    ask_tags key "<Tag><Key>123$long</Key><Value></Value></Tag>"
    expect_refusal 400 InvalidTag
    ask_tags key "<Tag><Key>a</Key><Value>x$value</Value></Tag>"
    expect_refusal 400 InvalidTag
    ask_tags key '<Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>a</Key><Value>2</Value></Tag>'
    expect_refusal 400 InvalidTag
    ask_tags key '<Tag><Key>aws:a</Key><Value>1</Value></Tag>'
    expect_refusal 400 InvalidTag
    ask_tags key '<Tag><Key>a!</Key><Value>1</Value></Tag>'
    expect_refusal 400 InvalidTag
    ask_tags key '<Tag><Key>a</Key></Tag>'
    expect_refusal 400 MalformedXML
    ask PUT '/trial/key?tagging' -d '<Tagging><Tag/></Tagging>'
    expect_refusal 400 MalformedXML
    ask PUT '/trial/key?tagging' -d 'no XML'
    expect_refusal 400 MalformedXML
    ask_put /trial/other x -H 'x-amz-tagging: a=1&a=2'
    expect_refusal 400 InvalidTag
    ask_put /trial/other x -H 'x-amz-tagging: a=%zz'
    expect_refusal 400 InvalidArgument
    ask HEAD /trial/other
    expect_code 404
    ask HEAD /trial/key
    expect_header 'x-amz-tagging-count: 10'
}

run_tests
