#!/usr/bin/env bash
# decon-s3 and the main job against `rclone serve s3`, whose S3 layer is gofakes3. Not part of
# `make test`: make check-stores.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/stores.sh"
export AWS_ACCESS_KEY_ID=rclone-trial AWS_SECRET_ACCESS_KEY=rclone-trial-secret
rclone=$("$top/third_party/rclone.sh") || no_store 'rclone serve s3'
start_real=start_rclone
# Its keys are paths of a file system.
hard_keys=('a b' 'a+b' 'a%41b' 'a#b' 'a?b' 'ä € 😀' "quote'\"" 'a=b&c' 'tilde~' 'star*' 'a;b,c@d!$' '[x]{y}'
    $'no\u00a0break' $'wide\u3000space' '~tilde' 'deep/er/path')
store_options=(--listing-order any) # its listings are not sorted
multipart_suffix= # its ETags are those of whole files
store_lacks=(
    [test_commands_as_a_user_types_them]='sync needs a sorted listing'
    [test_a_pinned_download_fails_where_the_object_is_another]='gofakes3 ignores If-Match and If-None-Match'
    [test_uploads_that_were_left_are_aborted]='gofakes3 omits IsTruncated in ListMultipartUploads, which decon-s3 refuses'
    [test_versions_and_delete_markers]='rclone serve s3 has no versions'
    [test_tags_of_objects]='rclone serve s3 has no tags'
    [test_tags_of_an_object_of_several_parts]='rclone serve s3 has no tags'
    [test_copies_with_other_tags]='rclone serve s3 has no tags'
    [test_tags_of_an_upload_in_parts]='rclone serve s3 has no tags'
)

s3() {
    "$BIN/decon-s3" "$1" "${store_options[@]}" "${@:2}"
}

run_tests "$0" "$(dirname "$0")/stores.sh"
