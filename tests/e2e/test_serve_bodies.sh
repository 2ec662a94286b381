#!/usr/bin/env bash
# decon-s3 serve with curl: checksums of objects, and chunked bodies.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ask.sh"

test_checksums_of_single_objects() {
    start_open
    local sum
    for sum in "$crc32" "$crc32c" "$crc64" "$sha1" "$sha256"; do
        ask_put /trial/key 'hello world' -H "$sum"
        expect_code 200
        expect_header "$sum"
        expect_header 'x-amz-checksum-type: FULL_OBJECT'
        ask HEAD /trial/key -H 'x-amz-checksum-mode: ENABLED'
        expect_header "$sum"
        expect_header 'x-amz-checksum-type: FULL_OBJECT'
        ask GET /trial/key -H 'x-amz-checksum-mode: ENABLED'
        expect_header "$sum"
        ask GET /trial/key
        expect_no_header "${sum%%:*}"
        ask GET /trial/key -H 'x-amz-checksum-mode: ENABLED' -H 'Range: bytes=0-3'
        expect_code 206
        expect_no_header "${sum%%:*}"
        ask_put /trial/other 'hello World' -H "$sum"
        expect_refusal 400 BadDigest
        ask HEAD /trial/other
        expect_code 404
    done
    ask GET '/trial?list-type=2'
    expect_body '<ChecksumAlgorithm>SHA256</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>'
    ask_put /trial/key 'hello world' -H 'x-amz-checksum-crc32: AAAA'
    expect_refusal 400 InvalidRequest
    ask_put /trial/key 'hello world' -H "$crc32" -H "$crc32c"
    expect_refusal 400 InvalidRequest
    ask_put /trial/key 'hello world' -H 'x-amz-checksum-xxhash64: RatnNLIeaWg='
    expect_refusal 501 NotImplemented
    ask_put /trial/key 'hello world' -H 'Content-MD5: XrY7u+Ae7tCTyyK7j1rNww=='
    expect_code 200
    ask_put /trial/key 'hello World' -H 'Content-MD5: XrY7u+Ae7tCTyyK7j1rNww=='
    expect_refusal 400 BadDigest
}

# ask_chunked TARGET BODY DECODED-LENGTH [CURL-WORD...]: BODY has printf's escapes.
ask_chunked() {
    local target=$1 length=$3
    printf "$2" >"$T/chunked"
    shift 3
    ask PUT "$target" --data-binary "@$T/chunked" -H 'Content-Type: text/plain' -H 'Content-Encoding: aws-chunked' \
        -H 'x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER' -H "x-amz-decoded-content-length: $length" "$@"
}

# As sent by current SDKs: the checksum follows the body.
test_bodies_in_chunks_with_trailers() {
    start_open
    local sum name
    for sum in "$crc32" "$crc32c" "$crc64" "$sha1" "$sha256"; do
        name=${sum%%:*}
        ask_chunked /trial/key "b\r\nhello world\r\n0\r\n${sum/: /:}\r\n\r\n" 11 -H "x-amz-trailer: $name"
        expect_code 200
        expect_header "$sum"
        ask GET /trial/key -H 'x-amz-checksum-mode: ENABLED'
        [ "$(cat "$T/body")" = 'hello world' ] || fail "the object: $(cat "$T/body")"
        expect_header "$sum"
        expect_no_header content-encoding
        ask_chunked /trial/other "b\r\nhello World\r\n0\r\n${sum/: /:}\r\n\r\n" 11 -H "x-amz-trailer: $name"
        expect_refusal 400 BadDigest
        ask_chunked /trial/other "b\r\nhello world\r\n0\r\n\r\n" 11 -H "x-amz-trailer: $name"
        expect_refusal 400 MalformedTrailerError
        ask_chunked /trial/other "b\r\nhello world\r\n0\r\n$name:AA==\r\n\r\n" 11 -H "x-amz-trailer: $name"
        expect_refusal 400 MalformedTrailerError
    done
    ask HEAD /trial/other
    expect_code 404
    # With HTTP chunked coding around them, as sent by botocore, and another encoding, which is
    # kept.
    ask_chunked /trial/key "b\r\nhello world\r\n0\r\n${crc32/: /:}\r\n\r\n" 11 -H 'x-amz-trailer: x-amz-checksum-crc32' \
        -H 'Transfer-Encoding: chunked' -H 'Content-Encoding: gzip,aws-chunked'
    expect_code 200
    ask GET /trial/key
    expect_header 'content-encoding: gzip'
    expect_body 'hello world'
    ask_chunked /trial/key '0\r\n\r\n' 0
    expect_code 200
    ask HEAD /trial/key
    expect_header 'content-length: 0'
    create up -H 'x-amz-checksum-algorithm: CRC32'
    parts='<Part><PartNumber>1</PartNumber><ETag>5eb63bbbe01eeed093cb22bb8f5acdc3</ETag></Part>'
    ask_chunked "/trial/up?partNumber=1&uploadId=$id" "b\r\nhello world\r\n0\r\n${crc32/: /:}\r\n\r\n" 11 \
        -H 'x-amz-trailer: x-amz-checksum-crc32'
    expect_code 200
    complete up
    expect_code 200
    ask GET /trial/up
    [ "$(cat "$T/body")" = 'hello world' ] || fail "the object: $(cat "$T/body")"
}

test_bodies_in_chunks_that_are_wrong() {
    start_open
    ask_chunked /trial/key 'b\r\nhello world\r\n0\r\n\r\n' 12
    expect_refusal 400 IncompleteBody
    ask_chunked /trial/key 'b\r\nhello world\r\n0\r\n\r\n' 10
    expect_refusal 400 IncompleteBody
    expect_body 'The body is longer than stated'
    ask_chunked /trial/key 'b\r\nhello world\r\n' 11
    expect_refusal 400 IncompleteBody
    ask_chunked /trial/key 'hello\nworld' 11
    expect_refusal 400 InvalidRequest
    ask_chunked /trial/key '0\r\n\r\n' 5368709121
    expect_refusal 400 EntityTooLarge
    ask_chunked /trial/key 'b\r\nhello world\r\n0\r\n\r\n' 11 -H 'x-amz-trailer: x-amz-checksum-crc32' -H "$crc32"
    expect_refusal 400 InvalidRequest
    ask_chunked /trial/key 'b\r\nhello world\r\n0\r\n\r\n' 11 -H 'x-amz-trailer: x-amz-meta-what'
    expect_refusal 501 NotImplemented
    ask_put /trial/key 'b' -H 'x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER'
    expect_refusal 411 MissingContentLength
    ask_put /trial/key 'hello world' -H 'x-amz-trailer: x-amz-checksum-crc32'
    expect_refusal 400 InvalidRequest
    ask_put /trial/key 'b' -H 'x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD' -H 'x-amz-decoded-content-length: 0'
    expect_refusal 400 InvalidRequest
    ask HEAD /trial/key
    expect_code 404
}

run_tests
