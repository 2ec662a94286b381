#!/usr/bin/env bash
# decon-s3 serve over an existing folder of files: served unchanged, modified only with --adopt.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ask.sh"

# The folder, including files that must not be served or modified.
fill_folder() {
    mkdir -p "$T/store/trial/web/deep" "$T/store/trial/empty" "$T/store/tmp/mine" "$T/store/buckets/b" "$T/outside"
    printf one >"$T/store/trial/a.jsonl"
    printf two >"$T/store/trial/web/b c.jsonl"
    printf three >"$T/store/trial/web/deep/ü"
    printf kept >"$T/store/tmp/mine/file"
    printf kept >"$T/store/buckets/b/file"
    printf kept >"$T/store/README"
    printf secret >"$T/outside/secret"
    ln -s "$T/outside" "$T/store/trial/link"
    ln -s "$T/outside/secret" "$T/store/trial/file-link"
    ln -s "$T/outside" "$T/store/linked"
    mkfifo "$T/store/trial/pipe"
}

# state: names, types, sizes and contents of all that is in the folder.
state() {
    (cd "$T/store" && find . -path ./.decon-s3 -prune -o -printf '%p %y %s %T@ %l\n' | LC_ALL=C sort && find . -path ./.decon-s3 -prune -o -type f -exec md5sum {} + | LC_ALL=C sort)
}

test_a_folder_is_shown_and_not_changed() {
    fill_folder
    state >"$T/before"
    start_store --anonymous all
    ask GET /
    expect_body '<Name>trial</Name>'
    expect_body '<Name>tmp</Name>'
    ! grep -q 'README\|linked\|decon-s3<' "$T/body" || fail "$(cat "$T/body")"
    ask GET '/trial?list-type=2'
    [ "$(grep -o '<Key>[^<]*' "$T/body" | tr '\n' ' ')" = '<Key>a.jsonl <Key>web/b c.jsonl <Key>web/deep/ü ' ] ||
        fail "the keys: $(cat "$T/body")"
    expect_body '<Size>5</Size>'
    ask GET '/trial?list-type=2&delimiter=/'
    expect_body '<CommonPrefixes><Prefix>web/</Prefix></CommonPrefixes>'
    ask GET '/trial/web/b%20c.jsonl'
    expect_code 200
    expect_body two
    local etag key
    etag=$(etag_of)
    ask GET '/trial/web/b%20c.jsonl' -H 'Range: bytes=1-' -H "If-Match: $etag"
    expect_code 206
    [ "$(cat "$T/body")" = wo ] || fail "$(cat "$T/body")"
    for key in link/secret file-link pipe web empty ../outside/secret web/../a.jsonl ./a.jsonl web//b%20c.jsonl /a.jsonl; do
        ask GET "/trial/$key"
        expect_refusal 404 NoSuchKey
    done
    ask GET /linked/secret
    expect_refusal 404 NoSuchBucket
    ask_put /trial/a.jsonl changed
    expect_refusal 403 AccessDenied
    expect_body adopt
    ask_put /trial/new new
    expect_refusal 403 AccessDenied
    ask DELETE /trial/a.jsonl
    expect_refusal 403 AccessDenied
    ask PUT /fresh
    expect_refusal 403 AccessDenied
    ask DELETE /trial
    expect_refusal 403 AccessDenied
    ask POST '/trial/a.jsonl?uploads'
    expect_refusal 403 AccessDenied
    ask PUT '/trial/a.jsonl?tagging' -d '<Tagging><TagSet></TagSet></Tagging>'
    expect_refusal 403 AccessDenied
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/a.jsonl'
    expect_refusal 403 AccessDenied
    stop "$store"
    state | diff "$T/before" -
    [ ! -e "$T/store/.decon-s3" ] || fail 'the folder was written to'
    # A changed file has another ETag.
    printf TWO >"$T/store/trial/web/b c.jsonl"
    start_store --anonymous all
    ask GET '/trial/web/b%20c.jsonl' -H "If-Match: $etag"
    expect_refusal 412 PreconditionFailed
    s3 cp -r s3://trial/ "$T/copied/"
    cmp "$T/copied/web/deep/ü" "$T/store/trial/web/deep/ü"
}

test_an_adopted_folder_can_be_changed() {
    fill_folder
    start_store --anonymous all --adopt
    ask_put /trial/a.jsonl changed -H 'x-amz-meta-a: b' -H "$crc32" -H 'x-amz-tagging: x=y'
    expect_refusal 400 BadDigest
    [ "$(cat "$T/store/trial/a.jsonl")" = one ] || fail 'a refused body replaced the file'
    ask_put /trial/a.jsonl 'hello world' -H 'x-amz-meta-a: b' -H "$crc32" -H 'x-amz-tagging: x=y'
    expect_code 200
    local etag
    etag=$(etag_of)
    [ "$(cat "$T/store/trial/a.jsonl")" = 'hello world' ] || fail 'not a plain file'
    ask GET /trial/a.jsonl -H 'x-amz-checksum-mode: ENABLED' -H "If-Match: $etag"
    expect_code 200
    expect_header 'x-amz-meta-a: b'
    expect_header "$crc32"
    expect_header 'x-amz-tagging-count: 1'
    expect_header 'Content-Type: text/plain'
    ask GET '/trial?list-type=2&prefix=a'
    expect_body "<ETag>&quot;${etag//\"/}&quot;</ETag>"
    # Changed by others meanwhile: the recorded properties do not belong to this file.
    printf 'others here' >"$T/store/trial/a.jsonl"
    ask GET /trial/a.jsonl -H 'x-amz-checksum-mode: ENABLED'
    expect_body 'others here'
    expect_no_header x-amz-meta-a
    expect_no_header x-amz-checksum-crc32
    ask PUT '/trial/a.jsonl?tagging' -d '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'
    expect_code 200
    ask GET /trial/a.jsonl
    expect_header 'x-amz-tagging-count: 1'
    expect_body 'others here'
    five_mib_and_a_bit
    create new/deep/up
    parts=
    part new/deep/up 1 "$T/five"
    part new/deep/up 2 "$T/bit"
    complete new/deep/up
    expect_code 200
    cat "$T/five" "$T/bit" | cmp - "$T/store/trial/new/deep/up"
    ask GET '/trial/new/deep/up?partNumber=2'
    [ "$(cat "$T/body")" = 'hello world' ] || fail "the second part: $(head -c 99 "$T/body")"
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/new/deep/up'
    cmp "$T/store/trial/copy" "$T/store/trial/new/deep/up"
    local key
    for key in link/secret file-link pipe web empty ../outside/new web//x /x x/ a.jsonl/below; do
        ask_put "/trial/$key" changed
        expect_refusal 400 InvalidArgument
        ask DELETE "/trial/$key"
        expect_code 204
    done
    [ "$(cat "$T/outside/secret")" = secret ] && [ -p "$T/store/trial/pipe" ] && [ -L "$T/store/trial/file-link" ] ||
        fail 'what is not an object was changed'
    ask DELETE /trial/web/deep/%C3%BC
    expect_code 204
    [ ! -e "$T/store/trial/web/deep/ü" ] || fail 'still there'
    # A bucket is removed only if it contains no files, including foreign ones.
    for key in a.jsonl copy new/deep/up web/b%20c.jsonl; do ask DELETE "/trial/$key"; done
    ask GET '/trial?list-type=2'
    ! grep -q '<Key>' "$T/body" || fail "$(cat "$T/body")"
    ask DELETE /trial
    expect_refusal 409 BucketNotEmpty
    [ -L "$T/store/trial/link" ] && [ -p "$T/store/trial/pipe" ] || fail 'a bucket with other files was emptied'
    ask PUT /fresh
    ask_put /fresh/x/y z
    ask DELETE /fresh/x/y
    ask DELETE /fresh
    expect_code 204
    [ ! -e "$T/store/fresh" ] || fail 'still there'
    [ "$(cat "$T/store/tmp/mine/file")$(cat "$T/store/buckets/b/file")$(cat "$T/store/README")" = keptkeptkept ] ||
        fail 'other files were touched'
}

# Folders whose names resemble the server's own are not emptied.
test_a_store_removes_only_what_it_made() {
    start_open
    ask_put /trial/key x
    stop "$store"
    mkdir -p "$T/store/tmp/mine" "$T/store/buckets/trial/notes"
    printf kept >"$T/store/tmp/mine/file"
    printf kept >"$T/store/buckets/trial/notes/file"
    printf left >"$T/store/tmp/body.tmp-00000001"
    start_store --anonymous all
    [ "$(cat "$T/store/tmp/mine/file")" = kept ] || fail 'the folder tmp was emptied'
    [ ! -e "$T/store/tmp/body.tmp-00000001" ] || fail 'a leftover body still exists'
    ask GET /trial/key
    expect_code 200
    ask DELETE /trial/key
    ask DELETE /trial
    expect_refusal 409 BucketNotEmpty
    [ "$(cat "$T/store/buckets/trial/notes/file")" = kept ] || fail 'a foreign file was removed'
}

run_tests
