#!/usr/bin/env bash
# decon-s3 serve with curl: requests of current clients, and features that it does not implement.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ask.sh"

test_listings_of_version_1() {
    start_open
    local key
    for key in a b/1 b/2 c d/1; do ask_put "/trial/$key" x; done
    ask GET /trial
    expect_code 200
    expect_body '<Marker></Marker>'
    expect_body '<Contents><Key>b/2</Key>'
    expect_body '<Owner><ID>'
    ! grep -q 'KeyCount\|ContinuationToken' "$T/body" || fail "of version 2: $(cat "$T/body")"
    ask GET '/trial?max-keys=2'
    expect_body '<IsTruncated>true</IsTruncated>'
    ! grep -q NextMarker "$T/body" || fail 'a NextMarker without a delimiter'
    ask GET '/trial?max-keys=9&marker=b/1'
    [ "$(grep -o '<Key>[^<]*' "$T/body" | tr -d '\n')" = '<Key>b/2<Key>c<Key>d/1' ] || fail "$(cat "$T/body")"
    # In pages of one, by NextMarker.
    local marker='' found=''
    while :; do
        ask GET "/trial?delimiter=/&max-keys=1&encoding-type=url&marker=$marker"
        found+=$(grep -o '<Contents><Key>[^<]*\|<CommonPrefixes><Prefix>[^<]*' "$T/body" | sed 's/.*>//')' '
        grep -q '<IsTruncated>true' "$T/body" || break
        marker=$(sed -n 's|.*<NextMarker>\(.*\)</NextMarker>.*|\1|p' "$T/body")
    done
    [ "$found" = 'a b/ c d/ ' ] || fail "the pages: $found"
    ask GET '/trial?list-type=2&fetch-owner=true'
    expect_body '<Owner><ID>'
    ask GET '/trial?list-type=2'
    ! grep -q '<Owner>' "$T/body" || fail 'an owner without fetch-owner'
    ask GET '/trial?list-type=1'
    expect_refusal 400 InvalidArgument
}

# http_date SECONDS: before or after now.
http_date() {
    LC_ALL=C date -u -d "@$(($(date +%s) + $1))" '+%a, %d %b %Y %H:%M:%S GMT'
}

test_conditions_of_time() {
    start_open
    ask_put /trial/key hello
    local etag method past future
    etag=$(etag_of)
    past=$(http_date -86400)
    future=$(http_date 86400)
    for method in GET HEAD; do
        ask "$method" /trial/key -H "If-Modified-Since: $future"
        expect_code 304
        expect_header "ETag: $etag"
        ask "$method" /trial/key -H "If-Modified-Since: $past"
        expect_code 200
        ask "$method" /trial/key -H "If-Unmodified-Since: $past"
        expect_code 412
        ask "$method" /trial/key -H "If-Unmodified-Since: $future"
        expect_code 200
        # The ETag decides if both are given.
        ask "$method" /trial/key -H "If-Match: $etag" -H "If-Unmodified-Since: $past"
        expect_code 200
        ask "$method" /trial/key -H 'If-None-Match: "other"' -H "If-Modified-Since: $future"
        expect_code 200
        ask "$method" /trial/key -H 'If-Modified-Since: yesterday'
        expect_code 200
    done
    ask GET /trial/key -H 'Range: bytes=0-1' -H "If-Range: $etag"
    expect_code 206
    ask GET /trial/key -H 'Range: bytes=0-1' -H 'If-Range: "other"'
    expect_code 200
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/key' -H "x-amz-copy-source-if-modified-since: $future"
    expect_refusal 412 PreconditionFailed
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/key' -H "x-amz-copy-source-if-unmodified-since: $past"
    expect_refusal 412 PreconditionFailed
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/key' -H "x-amz-copy-source-if-unmodified-since: $future"
    expect_code 200
    ask DELETE /trial/copy -H 'If-Match: *'
    expect_code 204
    ask_put /trial/copy x -H 'If-Match: *'
    expect_refusal 404 NoSuchKey
    ask_put /trial/key x -H "If-Unmodified-Since: $past"
    expect_refusal 501 NotImplemented
    ask GET /trial/key
    expect_body hello
}

# signed METHOD TARGET [CURL-WORD...]: with an Authorization header.
signed() {
    ask "$@" -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --aws-sigv4 aws:amz:us-east-1:s3 \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"
}

test_headers_of_the_reply_by_parameters() {
    start_open
    ask_put /trial/key hello -H 'Cache-Control: no-store'
    local method
    for method in GET HEAD; do
        signed "$method" '/trial/key?response-cache-control=max-age%3D5&response-content-disposition=attachment%3B%20filename%3D%22a%20b%22&response-content-encoding=x&response-content-language=en&response-content-type=text%2Fx-a&response-expires=0'
        expect_code 200
        expect_header 'Content-Type: text/x-a'
        expect_header 'Content-Disposition: attachment; filename="a b"'
        expect_header 'Cache-Control: max-age=5'
        expect_header 'Content-Encoding: x'
        expect_header 'Content-Language: en'
        expect_header 'Expires: 0'
        [ "$(grep -ci '^content-type:' "$T/head")" = 1 ] || fail "$(cat "$T/head")"
    done
    ask GET '/trial/key?response-content-type=text/html'
    expect_refusal 400 InvalidRequest
    signed GET '/trial/key?response-content-type=a%0D%0AX-Evil%3A%20b'
    expect_refusal 400 InvalidArgument
    signed PUT '/trial/key?response-content-type=a' -d x
    expect_refusal 501 NotImplemented
}

# presign2 METHOD PATH EXPIRES [CONTENT-TYPE] [SUBRESOURCE]: the URL's path and query, by signature version 2.
presign2() {
    local text signature
    text=$(printf '%s\n\n%s\n%s\n%s%s' "$1" "${4:-}" "$3" "$2" "${5:+?$5}")
    signature=$(printf %s "$text" | openssl dgst -sha1 -hmac "$AWS_SECRET_ACCESS_KEY" -binary | base64 |
        sed 's/+/%2B/g; s|/|%2F|g; s/=/%3D/g')
    printf '%s?%sAWSAccessKeyId=%s&Signature=%s&Expires=%s' "$2" "${5:+$5&}" "$AWS_ACCESS_KEY_ID" "$signature" "$3"
}

test_urls_presigned_by_version_2() {
    start_store
    s3 mb s3://trial
    local later
    later=$(($(date +%s) + 60))
    ask PUT "$(presign2 PUT /trial/a%20key "$later" text/plain)" --data-binary hello -H 'Content-Type: text/plain'
    expect_code 200
    ask GET "$(presign2 GET /trial/a%20key "$later")"
    expect_code 200
    expect_body hello
    ask GET "$(presign2 GET /trial/a%20key "$later" '' response-content-type=text/x-a)"
    expect_header 'Content-Type: text/x-a'
    ask GET "$(presign2 GET /trial/a%20key "$later")&response-content-type=text/x-a"
    expect_refusal 403 SignatureDoesNotMatch
    ask GET "$(presign2 GET /trial/other "$later" | sed 's|/trial/other|/trial/a%20key|')"
    expect_refusal 403 SignatureDoesNotMatch
    ask DELETE "$(presign2 GET /trial/a%20key "$later")"
    expect_refusal 403 SignatureDoesNotMatch
    ask GET "$(presign2 GET /trial/a%20key "$later")" -H 'x-amz-checksum-mode: ENABLED'
    expect_refusal 403 SignatureDoesNotMatch
    ask GET "$(presign2 GET /trial/a%20key 1)"
    expect_refusal 403 AccessDenied
    expect_body 'Request has expired'
    ask GET "$(AWS_ACCESS_KEY_ID=another presign2 GET /trial/a%20key "$later")"
    expect_refusal 403 InvalidAccessKeyId
    ask GET /trial/a%20key -H "Authorization: AWS $AWS_ACCESS_KEY_ID:c2lnbmF0dXJl"
    expect_refusal 400 InvalidRequest
    expect_body AWS4-HMAC-SHA256
    ask GET "$(presign2 GET /trial/a%20key "$later")" -H 'Authorization: AWS4-HMAC-SHA256 x'
    expect_refusal 400 InvalidArgument
}

# Unimplemented requests must not be treated as others, and must change nothing.
test_nothing_is_approximated() {
    start_open
    ask_put /trial/key original -H 'x-amz-tagging: a=b'
    local header param method
    for header in 'x-amz-write-offset-bytes: 8' 'x-amz-rename-source: /trial/other' 'x-amz-acl: public-read' \
        'x-amz-grant-read: id=1' 'x-amz-object-lock-mode: GOVERNANCE' 'x-amz-object-lock-legal-hold: ON' \
        'x-amz-object-lock-retain-until-date: 2030-01-01T00:00:00Z' 'x-amz-mfa: 1 2' 'x-amz-tagging-directive: REPLACE' \
        'x-amz-copy-source-range: bytes=0-1' 'x-amz-server-side-encryption-context: e30=' 'Content-Range: bytes 0-2/8' \
        'x-amz-bypass-governance-retention: true' 'x-amz-of-tomorrow: 1' 'x-minio-extract: true' 'If-None-Match: "abc"'; do
        ask_put /trial/key changed -H "$header"
        expect_refusal 501 NotImplemented
    done
    for header in 'x-amz-mfa: 1 2' 'x-amz-bypass-governance-retention: true' 'x-amz-if-match-size: 9' \
        'x-amz-if-match-last-modified-time: Mon, 30 Nov 2026 00:00:00 GMT' 'x-minio-force-delete: true' \
        'If-Unmodified-Since: Mon, 30 Nov 2020 00:00:00 GMT'; do
        ask DELETE /trial/key -H "$header"
        expect_refusal 501 NotImplemented
    done
    for param in acl torrent restore select 'select&select-type=2' attributes object-lock retention legal-hold renameObject \
        append partNumber=1 versions uploads=x annotation encryption of-tomorrow; do
        for method in GET PUT POST DELETE; do
            [ "$method:$param" != GET:partNumber=1 ] || continue
            [ "$method:${param%%=*}" != POST:uploads ] || continue
            ask "$method" "/trial/key?$param" -d changed -H 'Content-Type: text/plain'
            expect_refusal 501 NotImplemented
        done
    done
    for param in acl policy cors lifecycle tagging website encryption object-lock notification replication \
        logging accelerate requestPayment publicAccessBlock ownershipControls inventory analytics metrics session \
        intelligent-tiering metadataTable of-tomorrow; do
        for method in GET PUT POST DELETE; do
            ask "$method" "/trial?$param" -d changed
            expect_refusal 501 NotImplemented
        done
    done
    ask PUT '/trial?versioning' -d changed
    expect_refusal 400 MalformedXML
    ask PUT '/trial/key?versionId=abc' -d changed
    expect_refusal 501 NotImplemented
    ask POST /trial -F key=form -F file=changed
    expect_refusal 501 NotImplemented
    ask PUT /fresh -H 'x-amz-bucket-object-lock-enabled: true'
    expect_refusal 501 NotImplemented
    ask PUT /fresh -d '<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>'
    expect_refusal 501 NotImplemented
    ask HEAD /fresh
    expect_code 404
    ask POST "/trial/key?uploads" -H 'If-None-Match: *'
    expect_refusal 501 NotImplemented
    ask_put /trial/key changed -H 'Content-Encoding: aws-chunked'
    expect_refusal 400 InvalidRequest
    ask GET '/trial?list-type=2&prefix=a&prefix=b'
    expect_refusal 400 InvalidArgument
    for header in 'x-amz-expected-bucket-owner: 111122223333' 'x-amz-source-expected-bucket-owner: 111122223333'; do
        ask PUT /trial/key -H 'x-amz-copy-source: /trial/key' -H 'x-amz-storage-class: STANDARD_IA' -H "$header"
        expect_refusal 403 AccessDenied
    done
    ask GET /trial/key -H 'x-amz-expected-bucket-owner: 000000000000'
    expect_code 200
    expect_body original
    expect_header 'x-amz-tagging-count: 1'
    ask DELETE '/trial/key?versionId=null'
    expect_code 204
}

test_elements_of_a_removal_count() {
    start_open
    ask_put /trial/a x
    ask_put /trial/b x
    remove_many() {
        local list="<Delete>$1</Delete>"
        ask POST '/trial?delete' -d "$list" -H "Content-MD5: $(printf %s "$list" | openssl md5 -binary | base64)"
    }
    remove_many '<Object><Key>a</Key><VersionId>abc</VersionId><ETag>"other"</ETag></Object><Object><Key>b</Key><ETag>"other"</ETag></Object>'
    expect_code 200
    expect_body '<Key>a</Key><VersionId>abc</VersionId><Code>NotImplemented</Code>'
    expect_body '<Key>b</Key><Code>PreconditionFailed</Code>'
    remove_many '<Object><Key>a</Key><Size>9</Size></Object>'
    expect_body '<Code>NotImplemented</Code>'
    remove_many '<Object><Key>a</Key></Object><Everything>true</Everything>'
    expect_refusal 400 MalformedXML
    ask HEAD /trial/a
    expect_code 200
    ask HEAD /trial/b
    expect_code 200
    remove_many '<Object><Key>a</Key><VersionId>null</VersionId></Object><Object><Key>b</Key><ETag>9dd4e461268c8034f5c8564e155c67a6</ETag></Object>'
    ask HEAD /trial/a
    expect_code 404
    ask HEAD /trial/b
    expect_code 404
}

test_buckets_by_prefix_and_region() {
    start_open --region eu-west-3
    ask PUT /tricks -d '<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>'
    expect_refusal 400 IllegalLocationConstraintException
    ask PUT /tricks -d '<CreateBucketConfiguration><LocationConstraint>eu-west-3</LocationConstraint></CreateBucketConfiguration>'
    expect_code 200
    ask GET '/?prefix=tric'
    expect_body '<Name>tricks</Name>'
    ! grep -q '<Name>trial</Name>' "$T/body" || fail 'the prefix is ignored'
    ask GET '/?max-buckets=1'
    expect_body '<Name>trial</Name>'
    expect_body '<ContinuationToken>trial</ContinuationToken>'
    ! grep -q '<Name>tricks</Name>' "$T/body" || fail 'the page is too long'
    ask GET '/?max-buckets=1&continuation-token=trial'
    expect_body '<Name>tricks</Name>'
    ! grep -q '<ContinuationToken>' "$T/body" || fail 'a token after the last page'
    ask GET '/?max-buckets=0'
    expect_refusal 400 InvalidArgument
    ask GET '/?bucket-region=eu-west-3'
    expect_refusal 501 NotImplemented
}

run_tests
