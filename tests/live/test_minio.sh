#!/usr/bin/env bash
# The main job and decon-s3 against a real MinIO. Skipped if there is none and none can be built;
# REQUIRE_LIVE=1 makes that a failure.
. "$(dirname "$0")/../e2e/lib.sh"
export AWS_ACCESS_KEY_ID=minio-trial AWS_SECRET_ACCESS_KEY=minio-trial-secret

. "$(dirname "$0")/stores.sh"
. "$top/tests/e2e/claim_hosts.sh"
minio=$("$top/third_party/minio.sh") || no_store MinIO
start_real=start_minio
# It refuses `//`, a leading `/`, and `.` and `..` as segments.
hard_keys=('a b' 'a+b' 'a%41b' 'a#b' 'a?b' 'ä € 😀' "quote'\"" 'a=b&c' 'tilde~' 'star*' 'a;b,c@d!$' '[x]{y}' 'back\slash'
    $'no\u00a0break' $'wide\u3000space' '~tilde' ' space ' 'deep/er/path')

test_the_main_job() {
    start_minio
    start_server
    fill
    s3 cp "$samples/web pages/broken.jsonl.gz" 's3://data/in/web pages/broken.jsonl.gz'
    orchestrate first --part-size 5MiB
    expect_status 3
    expect_log 'SUMMARY: Processed=9 .*Failed=1 '
    expect_log 'FAILED: s3://data/in/web pages/broken.jsonl.gz'
    expect_last_line 'WORK COMPLETE EXITING'
    digests >"$T/first"
    [ "$(grep -c 'reports/' "$T/first")" = 9 ] || fail "not 9 commit objects: $(cat "$T/first")"
    expect_work_clean
    orchestrate second
    expect_status 3
    expect_log 'SUMMARY: Processed=0 .*Failed=1 .*Skipped=9'
    expect_log 'comparing 9 results with the current versions'
    expect_no_log 'do not say which version'
    digests >"$T/second"
    expect_same "$T/first" "$T/second"
}
test_the_same_outputs_as_with_the_embedded_store() {
    start_minio
    start_server
    fill
    orchestrate minio
    expect_status 0
    digests >"$T/minio.digests"
    stop "$store"
    start_store
    fill
    orchestrate embedded
    expect_status 0
    digests >"$T/embedded.digests"
    expect_same "$T/minio.digests" "$T/embedded.digests"
}
test_verdicts_are_replaced_in_place_and_restored() {
    start_minio
    start_server
    fill
    orchestrate run
    expect_status 0
    digests >"$T/before"
    all_false_positives "$evals" >"$T/verdicts"
    "$BIN/decon" rejudge --suppress "$T/verdicts" --in-place s3://data/out/reports >"$T/judged"
    ! keys out/reports/ | grep '\.report\.jsonl$' || fail 'a report is left'
    [ "$(keys out/reports/ | grep -c '\.clean$')" = 9 ] || fail "$(keys out/reports/)"
    "$BIN/decon" rejudge --in-place s3://data/out/reports >"$T/judged"
    digests >"$T/after"
    expect_same "$T/before" "$T/after"
}
test_two_hosts_share_the_work() {
    start_minio
    start_server
    fill
    orchestrate undisturbed
    digests >"$T/want"
    keys out/ | while read -r key; do s3 rm "s3://data/$key"; done
    orchestrate host0 --host-index 0 --host-count 2
    expect_status 0
    orchestrate host1 --host-index 1 --host-count 2
    expect_status 0
    digests >"$T/got"
    expect_same "$T/want" "$T/got"
}
test_four_hosts_claim_their_work_two_killed_one_stopped_one_slow() {
    start_minio
    start_server
    fill_pairs 20
    four_hosts
}
# locked_bucket: bucket `data` with versions, each of which is locked for a day.
locked_bucket() {
    local rule='<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>'
    put_bucket() {
        curl -sS --fail-with-body --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
            -X PUT -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" "$@" >"$T/put-bucket" || fail "$(cat "$T/put-bucket")"
    }
    put_bucket -H 'x-amz-bucket-object-lock-enabled: true' "$AWS_ENDPOINT_URL/data"
    put_bucket -H "Content-MD5: $(printf '%s' "$rule" | openssl md5 -binary | base64)" --data-binary "$rule" \
        "$AWS_ENDPOINT_URL/data?object-lock="
}
test_results_are_replaced_in_a_bucket_with_object_lock() {
    start_minio
    start_server
    locked_bucket
    s3 cp -q -r "$samples/" s3://data/in/
    s3 rm 's3://data/in/web pages/broken.jsonl.gz'
    orchestrate first
    expect_status 0
    orchestrate redo --redo
    expect_status 0
    expect_log 'SUMMARY: Processed=9 .*Failed=0 '
    # Other bytes: times have a resolution of a second.
    { cat "$samples/books/part-02.jsonl.gz" && echo '{"id":"more","text":"one more line"}' | gzip; } >"$T/changed.gz"
    put "$T/changed.gz" in/books/part-02.jsonl.gz
    orchestrate changed
    expect_status 0
    expect_log 'SUMMARY: Processed=1 .*Failed=0 '
    put "$samples/books/part-01.jsonl" in/new.jsonl
    orchestrate claim --distribution claim
    expect_status 0
    expect_log 'SUMMARY: Processed=1 .*Failed=0 '
}
test_an_encryption_that_it_does_not_have_is_one_error() {
    start_minio
    s3 mb s3://data
    status=0
    s3 cp --sse AES256 "$samples/books/part-01.jsonl" s3://data/file 2>"$T/why" || status=$?
    expect_status 1
    grep -q '501 NotImplemented.*remove the option' "$T/why" || fail "$(cat "$T/why")"
    [ "$(wc -l <"$T/why")" = 1 ] || fail "$(cat "$T/why")"
}
run_tests "$0" "$(dirname "$0")/stores.sh"
