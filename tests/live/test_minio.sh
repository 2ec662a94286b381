#!/usr/bin/env bash
# The main job and decon-s3 against a real MinIO. Skipped where there is none and none can be
# built; REQUIRE_LIVE=1 makes that a failure.
. "$(dirname "$0")/../e2e/lib.sh"
export AWS_ACCESS_KEY_ID=minio-trial AWS_SECRET_ACCESS_KEY=minio-trial-secret

if ! minio=$("$top/third_party/minio.sh"); then
    if [ "${REQUIRE_LIVE:-0}" = 1 ]; then
        echo 'not ok 1 - a MinIO server is to be had (REQUIRE_LIVE=1)'
        exit 1
    fi
    echo 'ok 1 - MinIO # SKIP no minio on PATH and none could be built (third_party/minio.sh)'
    exit 0
fi

start_minio() {
    MINIO_ROOT_USER=$AWS_ACCESS_KEY_ID MINIO_ROOT_PASSWORD=$AWS_SECRET_ACCESS_KEY \
        MINIO_BROWSER=off MINIO_UPDATE=off "$minio" server --address 127.0.0.1:0 \
        --console-address 127.0.0.1:0 "$T/minio" >"$T/minio.log" 2>&1 &
    store=$!
    started+=("$store")
    wait_for grep -q 'API: http' "$T/minio.log"
    AWS_ENDPOINT_URL=$(sed -n 's/^API: *\(http:[^ ]*\).*/\1/p' "$T/minio.log")
    export AWS_ENDPOINT_URL
    wait_for s3 mb s3://ready
}

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
test_a_large_file_in_parts_and_ranges() {
    start_minio
    s3 mb s3://data
    head -c 23000000 /dev/urandom >"$T/large"
    s3 cp --part-size 5MiB "$T/large" s3://data/large
    s3 stat s3://data/large | grep -qE 'etag: "[0-9a-f]{32}-5"' || fail 'not in five parts'
    s3 cp --part-size 5MiB s3://data/large "$T/back"
    cmp "$T/large" "$T/back"
    s3 cp s3://data/large s3://data/copy
    s3 cat s3://data/copy | cmp "$T/large" -
    s3 rm s3://data/copy
    ! s3 cat s3://data/copy || fail 'what was removed is still there'
}
test_an_empty_object() {
    start_minio
    s3 mb s3://data
    : >"$T/empty"
    s3 cp "$T/empty" s3://data/empty
    s3 cp s3://data/empty "$T/back"
    [ -e "$T/back" ] && [ ! -s "$T/back" ] || fail 'the empty object came back otherwise'
}
test_hard_keys() {
    start_minio
    s3 mb s3://data
    local key
    for key in 'a b' 'a+b' 'a%41b' 'a#b' 'a?b' 'ä € 😀' "quote'\"" 'a=b&c' 'tilde~' 'star*'; do
        echo "$key" >"$T/content"
        s3 cp "$T/content" "s3://data/keys/$key"
        [ "$(s3 cat --raw "s3://data/keys/$key")" = "$key" ] || fail "key '$key'"
    done
    [ "$(keys keys/ | wc -l)" = 10 ] || fail "listed: $(keys keys/)"
}
test_a_wrong_secret_is_refused() {
    start_minio
    s3 mb s3://data
    ! AWS_SECRET_ACCESS_KEY=another-secret s3 ls s3://data/ || fail 'a wrong secret was taken'
}
run_tests
