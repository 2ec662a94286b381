#!/usr/bin/env bash
# decon-s3 serve with curl: behaviour that S3 clients rely on, request by request.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ask.sh"

test_copies_and_their_metadata() {
    start_open
    ask_put /trial/from 'hello world' -H 'x-amz-meta-colour: red' -H "$crc32c"
    ask PUT /trial/to -H 'x-amz-copy-source: /trial/from'
    expect_code 200
    expect_body '<ChecksumCRC32C>yZRlqg==</ChecksumCRC32C>'
    ask HEAD /trial/to
    expect_header 'x-amz-meta-colour: red'
    expect_header 'Content-Type: text/plain'
    ask PUT /trial/to -H 'x-amz-copy-source: /trial/from' -H 'x-amz-metadata-directive: REPLACE' \
        -H 'x-amz-meta-colour: blue' -H 'Content-Type: text/html' -H 'x-amz-checksum-algorithm: CRC64NVME'
    expect_body '<ChecksumCRC64NVME>jSnVw/bqjr4=</ChecksumCRC64NVME>'
    ask HEAD /trial/to
    expect_header 'x-amz-meta-colour: blue'
    expect_header 'Content-Type: text/html'
    ask PUT /trial/from -H 'x-amz-copy-source: /trial/from'
    expect_refusal 400 InvalidRequest
    ask PUT /trial/from -H 'x-amz-copy-source: /trial/from' -H 'x-amz-storage-class: STANDARD_IA'
    expect_code 200
    ask PUT /trial/to -H 'x-amz-copy-source: /trial/from' -H 'If-None-Match: *'
    expect_refusal 412 PreconditionFailed
}

test_conditional_writes() {
    start_open
    ask_put /trial/lease one -H 'If-Match: "any"'
    expect_refusal 404 NoSuchKey
    ask_put /trial/lease one -H 'If-None-Match: *'
    expect_code 200
    local first
    first=$(etag_of)
    ask_put /trial/lease two -H 'If-None-Match: *'
    expect_refusal 412 PreconditionFailed
    ask_put /trial/lease two -H "If-Match: $first"
    expect_code 200
    ask_put /trial/lease three -H "If-Match: $first"
    expect_refusal 412 PreconditionFailed
    ask DELETE /trial/lease -H "If-Match: $first"
    expect_refusal 412 PreconditionFailed
    ask GET /trial/lease -H 'If-Match: "other"'
    expect_refusal 412 PreconditionFailed
    ask GET /trial/lease -H 'If-None-Match: *'
    expect_code 304
    ask GET /trial/lease
    expect_body two
}

test_ranges() {
    start_open
    ask_put /trial/key 0123456789
    local range
    for range in 2-4:234 7-:789 -3:789 0-99:0123456789; do
        ask GET /trial/key -H "Range: bytes=${range%:*}"
        expect_code 206
        [ "$(cat "$T/body")" = "${range#*:}" ] || fail "$range gave $(cat "$T/body")"
    done
    expect_header 'Content-Range: bytes 0-9/10'
    ask GET /trial/key -H 'Range: bytes=10-'
    expect_refusal 416 InvalidRange
    expect_header 'Content-Range: bytes */10'
    ask GET /trial/key -H 'Range: bytes=4-2'
    expect_code 200
}

test_storage_classes_and_encryption() {
    start_open
    ask_put /trial/cold x -H 'x-amz-storage-class: GLACIER'
    ask HEAD /trial/cold
    expect_code 200
    expect_header 'x-amz-storage-class: GLACIER'
    ask GET /trial/cold
    expect_refusal 403 InvalidObjectState
    ask GET '/trial?list-type=2'
    expect_body '<StorageClass>GLACIER</StorageClass>'
    ask_put /trial/key x -H 'x-amz-storage-class: NOWHERE'
    expect_refusal 400 InvalidStorageClass
    ask_put /trial/key x -H 'x-amz-server-side-encryption: aws:kms' \
        -H 'x-amz-server-side-encryption-aws-kms-key-id: key-1'
    expect_header 'x-amz-server-side-encryption: aws:kms'
    ask HEAD /trial/key
    expect_header 'x-amz-server-side-encryption-aws-kms-key-id: key-1'
    ask_put /trial/key x -H 'x-amz-server-side-encryption: rot13'
    expect_refusal 400 InvalidArgument
    local key other sse=x-amz-server-side-encryption-customer
    key=$(printf '%032d' 1)
    other=$(printf '%032d' 2)
    words() {
        customer=(-H "$sse-algorithm: AES256" -H "$sse-key: $(printf %s "$1" | base64)"
            -H "$sse-key-MD5: $(printf %s "$1" | openssl md5 -binary | base64)")
    }
    words "$key"
    ask_put /trial/secret x "${customer[@]}"
    expect_header "$sse-algorithm: AES256"
    expect_no_header "$sse-key"
    ask GET /trial/secret "${customer[@]}"
    expect_code 200
    ask GET /trial/secret
    expect_refusal 400 InvalidRequest
    words "$other"
    ask GET /trial/secret "${customer[@]}"
    expect_refusal 403 AccessDenied
    ! grep -rqF "$(printf %s "$key" | base64)" "$T/store" || fail 'the key is kept'
}

test_many_are_deleted_at_once() {
    start_open
    ask_put /trial/a x
    ask_put /trial/b x
    local list='<Delete><Object><Key>a</Key></Object><Object><Key>absent</Key></Object></Delete>'
    ask POST '/trial?delete' -d "$list"
    expect_refusal 400 InvalidRequest
    ask POST '/trial?delete' -d "$list" -H "Content-MD5: $(printf %s "$list" | openssl md5 -binary | base64)"
    expect_code 200
    expect_body '<Deleted><Key>a</Key></Deleted>'
    expect_body '<Deleted><Key>absent</Key></Deleted>'
    ask HEAD /trial/a
    expect_code 404
    ask DELETE /trial
    expect_refusal 409 BucketNotEmpty
    ask DELETE /trial/b
    ask DELETE /trial
    expect_code 204
}

test_regions_and_anonymous_requests() {
    start_store --region eu-west-3 --anonymous read
    AWS_REGION=eu-west-3 s3 mb s3://data
    AWS_REGION=eu-west-3 s3 cp "$evals/harbour-quiz.jsonl" s3://data/key
    ask HEAD /data
    expect_header 'x-amz-bucket-region: eu-west-3'
    ask GET '/data?location'
    expect_body '>eu-west-3</LocationConstraint>'
    ask GET /data/key
    cmp "$T/body" "$evals/harbour-quiz.jsonl"
    ask_put /data/key x
    expect_refusal 403 AccessDenied
    # The refusal of a signature for the wrong region names the right one.
    ask GET /data/key -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --aws-sigv4 aws:amz:us-west-2:s3 \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"
    expect_refusal 400 AuthorizationHeaderMalformed
    expect_body '<Region>eu-west-3</Region>'
    expect_header 'x-amz-bucket-region: eu-west-3'
}

test_missing_objects_and_buckets_are_reported() {
    start_open
    ask GET '/trial/key?acl'
    expect_refusal 501 NotImplemented
    ask_put /trial/key x -H 'x-amz-content-sha256: STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD'
    expect_refusal 501 NotImplemented
    ask PATCH /trial/key
    expect_refusal 405 MethodNotAllowed
}

test_faults() {
    start_open --fault 'reset,key=reset,count=1' --fault 'lost,key=lost,method=PUT' --fault 'delay=1,key=late' \
        --fault 'truncate=4,key=cut,method=GET' --fault 'truncate=9,query=list-type' \
        --fault 'checksum,key=sum,method=GET' --fault 'corrupt,key=bad,method=GET' \
        --fault 'etag,key=other,method=GET' --fault 'status=200,code=InternalError,header=x-amz-copy-source' \
        --fault 'delay=600000,key=never'
    ask_put /trial/reset 'hello world'
    [ "$code" = "curl's 52" ] || fail "a reply was received: $code"
    ask GET /trial/reset
    expect_code 404
    ask_put /trial/lost 'hello world'
    [ "$code" = "curl's 52" ] || fail "a reply was received: $code"
    ask GET /trial/lost
    expect_body 'hello world'
    local key
    for key in late cut sum bad other; do ask_put "/trial/$key" 'hello world' -H "$crc32c"; done
    ask GET /trial/late
    expect_body 'hello world'
    ask GET /trial/cut
    [ "$code" = "curl's 18" ] && [ "$(cat "$T/body")" = hell ] || fail "whole, or not four bytes: $code"
    ask GET '/trial?list-type=2'
    [ "$code" = "curl's 18" ] || fail "a whole listing: $code"
    ask GET /trial/sum -H 'x-amz-checksum-mode: ENABLED'
    expect_code 200
    expect_body 'hello world'
    expect_header 'x-amz-checksum-crc32c: AZRlqg=='
    ask HEAD /trial/sum -H 'x-amz-checksum-mode: ENABLED'
    expect_header "$crc32c"
    ask GET /trial/bad -H 'x-amz-checksum-mode: ENABLED'
    expect_header "$crc32c"
    [ "$(cat "$T/body")" = 'hello!world' ] || fail "the data: $(cat "$T/body")"
    ask GET /trial/bad -H 'Range: bytes=4-6'
    [ "$(cat "$T/body")" = 'o!w' ] || fail "the range's data: $(cat "$T/body")"
    ask HEAD /trial/other
    local etag
    etag=$(etag_of)
    ask GET /trial/other
    expect_code 200
    [ "$(etag_of)" != "$etag" ] || fail 'the ETag is the same'
    ask GET /trial/other -H "If-Match: $etag"
    expect_refusal 412 PreconditionFailed
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/late'
    expect_refusal 200 InternalError
    ask HEAD /trial/copy
    expect_code 404
    ask GET /trial/never --max-time 1 # the server's thread continues to sleep
    [ "$code" = "curl's 28" ] || fail "a reply was received: $code"
    grep -qx 'PUT /trial/lost 0 11 0' "$T/access" || fail "the log: $(cat "$T/access")"
}

run_tests
