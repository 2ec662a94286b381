#!/usr/bin/env bash
# decon-s3 and the main job against moto's server. Not part of `make test`: make check-stores.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/stores.sh"
export AWS_ACCESS_KEY_ID=moto-trial AWS_SECRET_ACCESS_KEY=moto-trial-secret
moto=$("$top/third_party/moto.sh") || no_store moto
start_real=start_moto
hard_keys=('a b' 'a+b' 'a%41b' 'a#b' 'a?b' 'ä € 😀' "quote'\"" 'a=b&c' 'tilde~' 'star*' 'a;b,c@d!$' '[x]{y}' 'back\slash'
    $'no\u00a0break' $'wide\u3000space' '~tilde' ' space ' 'deep/er/path')
store_lacks=(
    [test_objects_carry_a_checksum_of_all_their_bytes]='moto 5.1 stores no CRC-64/NVME'
    [test_presigned_urls]='moto 5.1 does not check signatures'
    [test_uploads_that_were_left_are_aborted]='moto 5.1 reports one fixed date in 2010 as the start of every upload'
    [test_a_wrong_secret_is_refused]='moto 5.1 does not check signatures'
)

run_tests "$0" "$(dirname "$0")/stores.sh"
