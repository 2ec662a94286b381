#!/usr/bin/env bash
# decon-s3 and the main job against a Versity S3 gateway, a real store other than MinIO. Not part of
# `make test`: make check-stores.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/stores.sh"
export AWS_ACCESS_KEY_ID=versity-trial AWS_SECRET_ACCESS_KEY=versity-trial-secret
versitygw=$("$top/third_party/versitygw.sh") || no_store 'the Versity S3 gateway'
start_real=start_versitygw
# Its keys are paths of a file system.
hard_keys=('a b' 'a+b' 'a%41b' 'a#b' 'a?b' 'ä € 😀' "quote'\"" 'a=b&c' 'tilde~' 'star*' 'a;b,c@d!$' '[x]{y}'
    $'no\u00a0break' $'wide\u3000space' '~tilde' ' space ' 'deep/er/path')

run_tests "$0" "$(dirname "$0")/stores.sh"
