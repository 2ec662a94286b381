#!/usr/bin/env bash
# The main job on a real MinIO as a user with exactly the policy of deploy/iam. Needs mc, which
# creates the user. Not part of `make test`: make check-deploy.
. "$(dirname "$0")/../e2e/lib.sh"
export AWS_ACCESS_KEY_ID=minio-trial AWS_SECRET_ACCESS_KEY=minio-trial-secret
. "$(dirname "$0")/stores.sh"
minio=$("$top/third_party/minio.sh") || no_store MinIO
mc=$("$top/third_party/mc.sh") || no_store mc

# Bucket `data` with training files, and user `worker`, who has the policy.
prepare() {
    start_minio
    s3 mb s3://data
    s3 cp -q -r "$samples/" s3://data/training/
    s3 rm 's3://data/training/web pages/broken.jsonl.gz'
    s3 cp -q "$evals" s3://data/other/ -r
    export MC_CONFIG_DIR=$T/mc
    sed 's/BUCKET/data/' "$top/deploy/iam/policy.json" >"$T/policy.json"
    {
        "$mc" alias set trial "$AWS_ENDPOINT_URL" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
        "$mc" admin user add trial worker worker-secret-key
        "$mc" admin policy create trial decon "$T/policy.json"
        "$mc" admin policy attach trial decon --user worker
    } >"$T/mc.log" 2>&1
    export AWS_ACCESS_KEY_ID=worker AWS_SECRET_ACCESS_KEY=worker-secret-key
}

work() {
    orchestrate "$@" --remote-file-input s3://data/training \
        --remote-report-output-dir s3://data/decon/reports --remote-cleaned-output-dir s3://data/decon/cleaned
}

test_the_policy_is_sufficient() {
    prepare
    start_server
    work first --part-size 5MiB
    expect_status 0
    expect_log 'SUMMARY: Processed=9 .*Failed=0 '
    expect_no_log 'AccessDenied|403'
    work second --redo # removes and replaces results
    expect_status 0
    expect_no_log 'AccessDenied|403'
}

denied() {
    ! s3 "$@" >"$T/said" 2>&1 || fail "allowed: $*"
    grep -qE 'AccessDenied|: 403' "$T/said" || fail "$(cat "$T/said")"
}

test_the_policy_allows_nothing_else() {
    prepare
    denied cat s3://data/other/harbour-quiz.jsonl
    denied ls s3://data/other/
    denied rm s3://data/training/books/part-01.jsonl
    denied cp -q "$T/policy.json" s3://data/training/new.jsonl
    denied rb s3://data
}

# without ACTION OTHER: the job fails if OTHER replaces the action.
without() {
    rm -rf "$T/minio" "$T/mc" "$T/work"
    export AWS_ACCESS_KEY_ID=minio-trial AWS_SECRET_ACCESS_KEY=minio-trial-secret
    prepare
    sed "s/\"$1\"/\"$2\"/" "$T/policy.json" >"$T/less.json"
    {
        "$mc" admin policy create trial less "$T/less.json"
        "$mc" admin policy attach trial less --user worker
        "$mc" admin policy detach trial decon --user worker
    } >>"$T/mc.log" 2>&1
    start_server
    work "without-${1#s3:}"
    [ "$status" != 0 ] || fail "the job succeeds without $1"
    expect_log 'AccessDenied|403'
    stop "$server"
    stop "$store"
}

test_no_action_of_the_policy_is_superfluous() {
    without s3:ListBucket s3:ListBucketVersions
    without s3:GetObject s3:GetObjectTagging
    without s3:PutObject s3:PutObjectTagging
}

run_tests
