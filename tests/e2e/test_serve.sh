#!/usr/bin/env bash
# decon-s3 serve with curl: behaviour that S3 clients rely on, request by request.
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

# As requested by clients on AWS's common runtime, and by those that download one part at a time.
test_parts_are_read_by_their_number() {
    start_open
    five_mib_and_a_bit
    ask_put /trial/single 'hello world' -H "$crc32c"
    ask GET '/trial/single?partNumber=1' -H 'x-amz-checksum-mode: ENABLED'
    expect_code 206
    expect_header 'content-range: bytes 0-10/11'
    expect_header "$crc32c"
    expect_no_header x-amz-mp-parts-count
    ask GET /trial/single -H 'Range: bytes=0-10' -H 'x-amz-checksum-mode: ENABLED'
    expect_no_header x-amz-checksum-crc32c
    ask GET '/trial/single?partNumber=2'
    expect_refusal 416 InvalidPartNumber
    create parted
    parts=
    part parted 2 "$T/five"
    part parted 3 "$T/five"
    part parted 7 "$T/bit"
    complete parted
    expect_code 200
    ask GET '/trial/parted?partNumber=3'
    expect_code 206
    expect_header 'content-range: bytes 10485760-10485770/10485771'
    expect_header 'x-amz-mp-parts-count: 3'
    [ "$(cat "$T/body")" = 'hello world' ] || fail "the third part: $(cat "$T/body")"
    ask HEAD '/trial/parted?partNumber=2'
    expect_code 206
    expect_header 'content-length: 5242880'
    expect_header 'content-range: bytes 5242880-10485759/10485771'
    ask GET '/trial/parted?partNumber=4'
    expect_refusal 416 InvalidPartNumber
    ask GET '/trial/parted?partNumber=0'
    expect_refusal 400 InvalidArgument
    ask GET '/trial/parted?partNumber=1' -H 'Range: bytes=0-1'
    expect_refusal 400 InvalidRequest
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/parted'
    ask HEAD '/trial/copy?partNumber=1'
    expect_header 'x-amz-mp-parts-count: 3'
    ask_put /trial/empty ''
    ask HEAD '/trial/empty?partNumber=1'
    expect_code 200
    expect_header 'content-length: 0'
}

test_checksums_of_multipart_uploads() {
    start_open
    five_mib_and_a_bit
    cat "$T/five" "$T/bit" >"$T/whole"
    # The checksum of the whole, as of a single upload.
    ask PUT /trial/single --data-binary "@$T/whole"
    local sum kind
    for kind in CRC64NVME CRC32 CRC32C; do
        create "$kind" -H "x-amz-checksum-algorithm: $kind" -H 'x-amz-checksum-type: FULL_OBJECT'
        expect_header "x-amz-checksum-algorithm: $kind"
        expect_header 'x-amz-checksum-type: FULL_OBJECT'
        parts=
        part "$kind" 1 "$T/five"
        part "$kind" 2 "$T/bit"
        complete "$kind"
        expect_code 200
        expect_body '<ChecksumType>FULL_OBJECT</ChecksumType>'
        sum=$(sed -n "s|.*<Checksum$kind>\(.*\)</Checksum$kind>.*|\1|p" "$T/body")
        [ -n "$sum" ] || fail "no checksum: $(cat "$T/body")"
        # The body of a single object is compared with the combined value.
        ask PUT "/trial/$kind.single" --data-binary "@$T/whole" -H "x-amz-checksum-${kind,,}: $sum"
        expect_code 200
        ask GET "/trial/$kind" -H 'x-amz-checksum-mode: ENABLED'
        expect_header "x-amz-checksum-${kind,,}: $sum"
        cmp "$T/body" "$T/whole"
    done
    create composite -H 'x-amz-checksum-algorithm: SHA256'
    expect_header 'x-amz-checksum-type: COMPOSITE'
    parts=
    part composite 1 "$T/five"
    part composite 2 "$T/bit" -H "$sha256"
    complete composite
    expect_body '-2</ChecksumSHA256><ChecksumType>COMPOSITE</ChecksumType>'
    create wrong -H 'x-amz-checksum-algorithm: CRC64NVME'
    parts=
    part wrong 1 "$T/bit"
    complete wrong -H 'x-amz-checksum-crc64nvme: AAAAAAAAAAA='
    expect_refusal 400 BadDigest
    complete wrong -H 'x-amz-mp-object-size: 12'
    expect_refusal 400 InvalidRequest
    complete wrong -H "$crc64" -H 'x-amz-mp-object-size: 11'
    expect_code 200
    create wrong
    ask PUT "/trial/wrong?partNumber=1&uploadId=$id" -d x -H "$crc32"
    expect_refusal 400 BadDigest
    create wrong -H 'x-amz-checksum-algorithm: CRC32C'
    ask PUT "/trial/wrong?partNumber=1&uploadId=$id" --data-binary "@$T/bit" -H "$crc32"
    expect_refusal 400 InvalidRequest
    create wrong -H 'x-amz-checksum-algorithm: SHA256' -H 'x-amz-checksum-type: FULL_OBJECT'
    expect_refusal 400 InvalidRequest
}

test_parts_are_copied_and_listed() {
    start_open
    five_mib_and_a_bit
    ask PUT /trial/source --data-binary "@$T/five"
    local etag
    etag=$(etag_of)
    create target -H 'x-amz-checksum-algorithm: CRC32C' -H 'x-amz-checksum-type: FULL_OBJECT'
    copy_part() { ask PUT "/trial/target?partNumber=$1&uploadId=$id" -H 'x-amz-copy-source: /trial/source' "${@:2}"; }
    copy_part 1
    expect_code 200
    expect_body '<CopyPartResult'
    expect_body "$(echo "$etag" | sed 's/"/\&quot;/g')"
    copy_part 2 -H 'x-amz-copy-source-range: bytes=5-7'
    expect_code 200
    copy_part 3 -H 'x-amz-copy-source-range: bytes=0-5242880'
    expect_refusal 400 InvalidArgument
    copy_part 3 -H 'x-amz-copy-source-range: bytes=5-'
    expect_refusal 400 InvalidArgument
    copy_part 3 -H 'x-amz-copy-source-if-match: "another"'
    expect_refusal 412 PreconditionFailed
    ask GET "/trial/target?uploadId=$id&max-parts=1"
    expect_body '<NextPartNumberMarker>1</NextPartNumberMarker><IsTruncated>true</IsTruncated>'
    expect_body '<ChecksumCRC32C>'
    ask GET "/trial/target?uploadId=$id&max-parts=1&part-number-marker=1"
    expect_body '<PartNumber>2</PartNumber>'
    expect_body '<IsTruncated>false</IsTruncated>'
    parts="<Part><PartNumber>1</PartNumber><ETag>$etag</ETag></Part>"
    parts+="<Part><PartNumber>2</PartNumber><ETag>&quot;$(printf xxx | md5sum | cut -c1-32)&quot;</ETag></Part>"
    complete target
    expect_code 200
    ask GET /trial/target
    { cat "$T/five" && printf xxx; } | cmp - "$T/body"
}

test_uploads_are_listed_in_pages() {
    start_open
    local ids=() key
    for key in a a b; do
        create "$key"
        ids+=("$id")
    done
    ask GET '/trial?uploads&max-uploads=2'
    expect_body '<IsTruncated>true</IsTruncated>'
    [ "$(grep -o '<Upload>' "$T/body" | wc -l)" = 2 ] || fail 'not two'
    local next
    next=$(sed -n 's|.*<NextUploadIdMarker>\(.*\)</NextUploadIdMarker>.*|\1|p' "$T/body")
    ask GET "/trial?uploads&key-marker=a&upload-id-marker=$next"
    expect_body "<UploadId>${ids[2]}</UploadId>"
    expect_body '<IsTruncated>false</IsTruncated>'
    ask DELETE "/trial/b?uploadId=${ids[2]}"
    expect_code 204
    ask DELETE "/trial/b?uploadId=${ids[2]}"
    expect_refusal 404 NoSuchUpload
}

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
