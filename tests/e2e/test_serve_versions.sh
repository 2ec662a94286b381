#!/usr/bin/env bash
# Buckets with versioning in decon-s3 serve: ids, delete markers, listings, removal of versions.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ask.sh"

set_versioning() { # set_versioning Enabled|Suspended
    ask PUT '/trial?versioning' -d "<VersioningConfiguration><Status>$1</Status></VersioningConfiguration>"
    expect_code 200
}
start_versioned() {
    start_open "$@"
    set_versioning Enabled
}
version() { # of the last reply
    tr -d '\r' <"$T/head" | sed -n 's/^x-amz-version-id: //Ip'
}
# put KEY TEXT: the new version in $id.
put() {
    ask_put "/trial/$1" "$2"
    expect_code 200
    id=$(version)
    [ -n "$id" ] || fail "no version: $(cat "$T/head")"
}
# listed [PARAMETERS]: one line for each version: kind, key, id, whether it is the latest.
listed() {
    ask GET "/trial?versions&${1:-}"
    expect_code 200
    { cat "$T/body"; echo; } | sed 's/<\(Version\|DeleteMarker\|CommonPrefixes\)>/\n<\1>/g' | sed -n \
        -e 's|^<\(Version\)><Key>\([^<]*\)</Key><VersionId>\([^<]*\)</VersionId><IsLatest>\([^<]*\)<.*|\1 \2 \3 \4|p' \
        -e 's|^<\(DeleteMarker\)><Key>\([^<]*\)</Key><VersionId>\([^<]*\)</VersionId><IsLatest>\([^<]*\)<.*|\1 \2 \3 \4|p' \
        -e 's|^<CommonPrefixes><Prefix>\([^<]*\)</Prefix>.*|Prefix \1|p'
}
expect_listed() { # expect_listed PARAMETERS LINE...
    local params=$1
    shift
    listed "$params" >"$T/listed"
    { [ $# = 0 ] || printf '%s\n' "$@"; } | diff - "$T/listed" || fail "listed with '$params': $(cat "$T/listed")"
}
expect_text() { # expect_text TARGET TEXT
    ask GET "$1"
    expect_code 200
    [ "$(cat "$T/body")" = "$2" ] || fail "$1: $(cat "$T/body"), expected $2"
}

test_the_state_of_a_bucket() {
    start_open
    ask GET '/trial?versioning'
    expect_code 200
    ! grep -q Status "$T/body"
    set_versioning Enabled
    ask GET '/trial?versioning'
    expect_body '<Status>Enabled</Status>'
    set_versioning Suspended
    ask GET '/trial?versioning'
    expect_body '<Status>Suspended</Status>'
    ask PUT '/trial?versioning' -d '<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>'
    expect_refusal 400 MalformedXML
    ask PUT '/trial?versioning' -d '<VersioningConfiguration><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>'
    expect_refusal 501 NotImplemented
    ask PUT '/absent?versioning' -d '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    expect_refusal 404 NoSuchBucket
}

test_objects_before_versioning_have_the_version_null() {
    start_open
    ask_put /trial/key first
    expect_no_header x-amz-version-id
    expect_listed '' 'Version key null true'
    expect_text '/trial/key?versionId=null' first
    ask GET '/trial/key?versionId=other'
    expect_refusal 404 NoSuchVersion
    set_versioning Enabled
    put key second
    expect_listed '' "Version key $id true" 'Version key null false'
    expect_text '/trial/key?versionId=null' first
    expect_text "/trial/key?versionId=$id" second
    expect_text /trial/key second
    expect_header "x-amz-version-id: $id"
}

test_a_deletion_hides_and_a_deleted_marker_shows_again() {
    start_versioned
    put a/key first
    local first=$id
    put a/key second
    local second=$id
    ask DELETE /trial/a/key
    expect_code 204
    expect_header 'x-amz-delete-marker: true'
    local marker
    marker=$(version)
    ask GET /trial/a/key
    expect_refusal 404 NoSuchKey
    expect_header 'x-amz-delete-marker: true'
    expect_header "x-amz-version-id: $marker"
    ask GET "/trial/a/key?versionId=$marker"
    expect_refusal 405 MethodNotAllowed
    ask GET '/trial?list-type=2'
    ! grep -q '<Key>' "$T/body"
    expect_listed '' "DeleteMarker a/key $marker true" "Version a/key $second false" "Version a/key $first false"
    ask PUT /trial/copy -H "x-amz-copy-source: /trial/a/key?versionId=$marker"
    expect_refusal 400 InvalidRequest
    ask DELETE "/trial/a/key?versionId=$marker"
    expect_code 204
    expect_header 'x-amz-delete-marker: true'
    expect_text /trial/a/key second
    ask DELETE "/trial/a/key?versionId=$second"
    expect_code 204
    expect_no_header x-amz-delete-marker
    expect_text /trial/a/key first
    expect_listed '' "Version a/key $first true"
    ask DELETE "/trial/a/key?versionId=$second" # again
    expect_code 204
    ask DELETE "/trial/a/key?versionId=$first"
    expect_code 204
    expect_listed ''
    ask GET /trial/a/key
    expect_refusal 404 NoSuchKey
    expect_no_header x-amz-delete-marker
    [ -z "$(find "$T/store/versions/trial" "$T/store/buckets/trial" -mindepth 1)" ] || fail 'folders are left'
    ask DELETE /trial
    expect_code 204
}

test_a_middle_version_goes_without_the_others() {
    start_versioned
    put key 1
    local first=$id
    put key 2
    local second=$id
    put key 3
    ask DELETE "/trial/key?versionId=$second"
    expect_code 204
    expect_listed '' "Version key $id true" "Version key $first false"
    expect_text /trial/key 3
    ask DELETE /trial
    expect_refusal 409 BucketNotEmpty
    ask DELETE /trial/key
    ask DELETE /trial
    expect_refusal 409 BucketNotEmpty
}

test_a_suspended_bucket_replaces_the_version_null() {
    start_versioned
    put key 1
    local first=$id
    set_versioning Suspended
    put key 2
    [ "$id" = null ]
    put key 3
    expect_listed '' 'Version key null true' "Version key $first false"
    expect_text /trial/key 3
    ask DELETE /trial/key
    expect_header 'x-amz-version-id: null'
    expect_listed '' 'DeleteMarker key null true' "Version key $first false"
    set_versioning Enabled
    put key 4
    local fourth=$id
    expect_listed '' "Version key $fourth true" 'DeleteMarker key null false' "Version key $first false"
    set_versioning Suspended
    put key 5
    expect_listed '' 'Version key null true' "Version key $fourth false" "Version key $first false"
}

test_versions_of_copies_uploads_and_tags() {
    start_versioned
    put key 1
    local first=$id
    put key 2
    local second=$id
    ask PUT /trial/key -H "x-amz-copy-source: /trial/key?versionId=$first" # restores it
    expect_code 200
    expect_header "x-amz-copy-source-version-id: $first"
    local third
    third=$(version)
    expect_text /trial/key 1
    expect_listed '' "Version key $third true" "Version key $second false" "Version key $first false"
    ask PUT /trial/copy -H 'x-amz-copy-source: /trial/key?versionId=absent'
    expect_refusal 404 NoSuchVersion
    ask PUT "/trial/key?tagging&versionId=$second" -d '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'
    expect_code 200
    ask GET "/trial/key?tagging&versionId=$second"
    expect_body '<Key>a</Key><Value>b</Value>'
    ask GET '/trial/key?tagging'
    ! grep -q '<Key>' "$T/body"
    expect_listed '' "Version key $third true" "Version key $second false" "Version key $first false"
    five_mib_and_a_bit
    parts=
    create key
    part key 1 "$T/five"
    part key 2 "$T/bit"
    complete key
    expect_code 200
    local up
    up=$(version)
    ask DELETE /trial/key
    local marker
    marker=$(version)
    expect_listed '' "DeleteMarker key $marker true" "Version key $up false" "Version key $third false" \
        "Version key $second false" "Version key $first false"
}

test_removal_of_many_versions_by_one_request() {
    start_versioned
    put a 1
    local first=$id
    put a 2
    local second=$id
    put b 1
    local other=$id
    local object='<Object><Key>a</Key><VersionId>'
    ask POST '/trial?delete' -H 'Content-MD5: x' -d x # only to have $code
    printf '<Delete>%s%s</VersionId></Object>%s%s</VersionId></Object><Object><Key>b</Key></Object></Delete>' \
        "$object" "$first" "$object" absent >"$T/list"
    ask POST '/trial?delete' --data-binary "@$T/list" -H "Content-MD5: $(openssl md5 -binary "$T/list" | base64)"
    expect_code 200
    expect_body "<Deleted><Key>a</Key><VersionId>$first</VersionId></Deleted>"
    expect_body '<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>'
    local marker
    marker=$(sed -n 's|.*<DeleteMarkerVersionId>\([^<]*\)<.*|\1|p' "$T/body")
    expect_listed '' "Version a $second true" "DeleteMarker b $marker true" "Version b $other false"
}

test_pages_prefixes_and_delimiters() {
    start_versioned
    local key all=()
    for key in a a/1 a/2 'b c' b/1 z; do
        put "${key// /%20}" 1
        put "${key// /%20}" 2
    done
    ask DELETE /trial/z
    ask DELETE /trial/a/1
    listed '' >"$T/all"
    [ "$(wc -l <"$T/all")" = 14 ] || fail "$(cat "$T/all")"
    mapfile -t all <"$T/all"
    local size
    for size in 1 2 3 5 13 14; do
        local more='' count=0
        : >"$T/pages"
        while :; do
            listed "max-keys=$size&encoding-type=url$more" >>"$T/pages"
            count=$((count + 1))
            grep -q '<IsTruncated>true' "$T/body" || break
            more="&key-marker=$(sed -n 's|.*<NextKeyMarker>\([^<]*\)<.*|\1|p' "$T/body")"
            more+="&version-id-marker=$(sed -n 's|.*<NextVersionIdMarker>\([^<]*\)<.*|\1|p' "$T/body")"
        done
        sed -i 's/b+c/b c/' "$T/pages"
        diff "$T/all" "$T/pages" || fail "pages of $size"
        [ "$count" = $(((14 + size - 1) / size)) ] || fail "$count pages of $size"
    done
    listed 'delimiter=/' | cut -d' ' -f1,2 | sort | uniq -c | sed 's/^ *//' >"$T/level"
    printf '%s\n' '1 DeleteMarker z' '1 Prefix a/' '1 Prefix b/' '2 Version a' '2 Version b' '2 Version z' | diff - "$T/level"
    listed 'delimiter=/&max-keys=2' >"$T/level"
    [ "$(grep -c Version "$T/level")" = 2 ]
    listed 'delimiter=/&key-marker=a/' | head -n 1 | grep -q '^Version b c ' || fail "$(listed 'delimiter=/&key-marker=a/')"
    listed 'prefix=a/' | cut -d' ' -f2 | sort -u | xargs | grep -qx 'a/1 a/2'
    listed 'max-keys=0' >"$T/level"
    [ ! -s "$T/level" ]
    grep -q '<IsTruncated>false' "$T/body"
    # A marker that was removed meanwhile: its key begins again.
    [ "$(listed 'key-marker=a&version-id-marker=absent' | wc -l)" = 14 ]
}

test_versions_survive_a_restart_and_a_killed_change() {
    start_versioned
    put key 1
    local first=$id
    put key 2
    stop "$store"
    # As if the server had been killed between the two steps of a write.
    ln "$T/store/buckets/trial/key@o" "$T/store/versions/trial/key@o/0000000002-$id"
    start_store --anonymous all
    expect_listed '' "Version key $id true" "Version key $first false"
    local second=$id
    put key 3
    expect_listed '' "Version key $id true" "Version key $second false" "Version key $first false"
    ask DELETE "/trial/key?versionId=$second"
    ask GET "/trial/key?versionId=$second"
    expect_refusal 404 NoSuchVersion
}

test_a_folder_of_files_has_no_versions() {
    mkdir -p "$T/store/trial"
    echo text >"$T/store/trial/file"
    start_store --anonymous all --adopt
    ask PUT '/trial?versioning' -d '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    expect_refusal 501 NotImplemented
    expect_listed '' 'Version file null true'
    expect_text '/trial/file?versionId=null' text
    ask GET '/trial/file?versionId=other'
    expect_refusal 404 NoSuchVersion
    ask DELETE '/trial/file?versionId=other'
    expect_code 204
    [ -f "$T/store/trial/file" ]
}

run_tests
