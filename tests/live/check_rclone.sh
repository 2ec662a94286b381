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

run_tests "$0" "$(dirname "$0")/stores.sh"
