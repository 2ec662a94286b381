#!/usr/bin/env bash
# decon-s3 and the main job against S3Proxy on a folder. Not part of `make test`: make check-stores.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/stores.sh"
export AWS_ACCESS_KEY_ID=s3proxy-trial AWS_SECRET_ACCESS_KEY=s3proxy-trial-secret
s3proxy=$("$top/third_party/s3proxy.sh") || no_store S3Proxy
start_real=start_s3proxy
hard_keys=('a b' 'a+b' 'a%41b' 'a#b' 'a?b' 'ä € 😀' "quote'\"" 'a=b&c' 'tilde~' 'star*' 'a;b,c@d!$' '[x]{y}'
    $'no\u00a0break' $'wide\u3000space' '~tilde' ' space ' 'deep/er/path')
multipart_suffix= # its ETags are those of whole files
store_options=(--request-checksum-calculation when_required) # it refuses checksums in CompleteMultipartUpload
store_lacks=(
    [test_objects_carry_a_checksum_of_all_their_bytes]='S3Proxy 2.6 keeps no checksum but the ETag'
    [test_a_pinned_download_fails_where_the_object_is_another]='S3Proxy 2.6 ignores If-None-Match of uploads'
    [test_uploads_that_were_left_are_aborted]='S3Proxy 2.6 answers 501 to ListMultipartUploads with this provider'
    [test_versions_and_delete_markers]='S3Proxy 2.6 has no versions'
    [test_tags_of_objects]='S3Proxy 2.6 ignores tags'
    [test_tags_of_an_object_of_several_parts]='S3Proxy 2.6 ignores tags'
    [test_copies_with_other_tags]='S3Proxy 2.6 ignores tags'
    [test_tags_of_an_upload_in_parts]='S3Proxy 2.6 ignores tags'
)

s3() {
    "$BIN/decon-s3" "$1" "${store_options[@]}" "${@:2}"
}

start_s3proxy() {
    mkdir "$T/s3proxy"
    cat >"$T/s3proxy.conf" <<INI
s3proxy.authorization=aws-v2-or-v4
s3proxy.endpoint=http://127.0.0.1:0
s3proxy.identity=$AWS_ACCESS_KEY_ID
s3proxy.credential=$AWS_SECRET_ACCESS_KEY
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=$T/s3proxy
jclouds.identity=none
jclouds.credential=none
s3proxy.ignore-unknown-headers=true
INI
    echo '<configuration><root level="WARN"/></configuration>' >"$T/logback.xml"
    java -Xmx512m -Djava.net.preferIPv4Stack=true "-Dlogback.configurationFile=$T/logback.xml" -cp "$s3proxy/*" org.gaul.s3proxy.Main --properties "$T/s3proxy.conf" \
        >"$T/s3proxy.log" 2>&1 &
    wait_until_ready $!
}

run_tests "$0" "$(dirname "$0")/stores.sh"
