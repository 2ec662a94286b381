#!/usr/bin/env bash
# decon-s3 serve with curl: multipart uploads, their parts and checksums.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ask.sh"

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

# boto3, pyarrow, s3fs and `aws s3api` add a CRC32 to parts of uploads that were begun without one.
test_parts_with_checksums_that_the_upload_does_not_name() {
    start_open
    five_mib_and_a_bit
    create up
    parts=
    ask PUT "/trial/up?partNumber=1&uploadId=$id" --data-binary "@$T/five"
    parts+="<Part><PartNumber>1</PartNumber><ETag>$(etag_of)</ETag></Part>"
    local sum
    for sum in "$crc32c" "$crc64" "$sha1" "$sha256" "$crc32"; do
        ask PUT "/trial/up?partNumber=2&uploadId=$id" --data-binary "@$T/bit" -H "$sum" \
            -H 'x-amz-sdk-checksum-algorithm: CRC32'
        [ "$sum" = "$crc32" ] || { expect_refusal 400 InvalidRequest && continue; }
        expect_code 200
        expect_header "$sum"
    done
    for sum in "$crc32c" "$crc64" "$sha1" "$sha256" "$crc32"; do
        ask PUT "/trial/up?partNumber=2&uploadId=$id" --data-binary "@$T/bit" -H "$sum"
        expect_code 200
        expect_header "$sum"
        ask PUT "/trial/up?partNumber=2&uploadId=$id" -d other -H "$sum"
        expect_refusal 400 BadDigest
    done
    ask GET "/trial/up?uploadId=$id"
    expect_body '<ChecksumCRC32>DUoRhQ==</ChecksumCRC32>'
    parts+='<Part><PartNumber>2</PartNumber><ETag>5eb63bbbe01eeed093cb22bb8f5acdc3</ETag>'
    local begun=$parts
    parts+='<ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>'
    complete up
    expect_refusal 400 InvalidPart
    parts="$begun<ChecksumCRC32C>AAAAAA==</ChecksumCRC32C></Part>"
    complete up
    expect_refusal 400 InvalidPart
    parts="$begun<ChecksumMD4>AAAAAA==</ChecksumMD4></Part>"
    complete up
    expect_refusal 501 NotImplemented
    parts="$begun<ChecksumCRC32C>yZRlqg==</ChecksumCRC32C></Part>"
    complete up
    expect_code 200
    ask GET /trial/up
    cat "$T/five" "$T/bit" | cmp - "$T/body"
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

run_tests
