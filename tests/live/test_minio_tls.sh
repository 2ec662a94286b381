#!/usr/bin/env bash
# A real MinIO over TLS: certificates, customer keys (SSE-C), roles by its STS. Skipped without
# MinIO; REQUIRE_LIVE=1 makes that a failure.
. "$(dirname "$0")/../e2e/lib.sh"
export AWS_ACCESS_KEY_ID=minio-trial AWS_SECRET_ACCESS_KEY=minio-trial-secret

if ! minio=$("$top/third_party/minio.sh"); then
    if [ "${REQUIRE_LIVE:-0}" = 1 ]; then
        echo 'not ok 1 - a MinIO server is available (REQUIRE_LIVE=1)'
        exit 1
    fi
    echo 'ok 1 - MinIO # SKIP no minio on PATH and none could be built (third_party/minio.sh)'
    exit 0
fi

start_tls_minio() {
    mkdir -p "$T/certs"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=trial \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$T/certs/private.key" -out "$T/certs/public.crt" \
        >"$T/openssl.log" 2>&1
    MINIO_ROOT_USER=$AWS_ACCESS_KEY_ID MINIO_ROOT_PASSWORD=$AWS_SECRET_ACCESS_KEY \
        MINIO_BROWSER=off MINIO_UPDATE=off "$minio" server --certs-dir "$T/certs" --address 127.0.0.1:0 \
        --console-address 127.0.0.1:0 "$T/minio" >"$T/minio.log" 2>&1 &
    store=$!
    started+=("$store")
    wait_for grep -q 'API: https' "$T/minio.log"
    AWS_ENDPOINT_URL=$(sed -n 's/^API: *\(https:[^ ]*\).*/\1/p' "$T/minio.log")
    export AWS_ENDPOINT_URL AWS_CA_BUNDLE=$T/certs/public.crt
    wait_for s3 mb s3://ready
    seq 2000000 >"$T/large" # some 14 MiB: several parts
    seq 1000 >"$T/small"
}
refused() { # WORDS ARGUMENT...
    local words=$1
    shift
    ! s3 "$@" >"$T/out" 2>&1 || fail "decon-s3 $* succeeded"
    grep -qF -- "$words" "$T/out" || fail "no output contains '$words': $(cat "$T/out")"
}

test_certificates() {
    start_tls_minio
    s3 ls s3://ready
    s3 ls --ca-bundle "$AWS_CA_BUNDLE" s3://ready
    unset AWS_CA_BUNDLE
    refused AWS_CA_BUNDLE ls --start-wait 1 s3://ready
    s3 ls --no-verify-ssl s3://ready 2>"$T/said"
    grep -q 'certificates are not checked' "$T/said"
    export AWS_CONFIG_FILE=$T/config AWS_SHARED_CREDENTIALS_FILE=$T/none
    printf '[default]\nca_bundle = %s\n' "$T/certs/public.crt" >"$T/config"
    s3 ls s3://ready
}
test_a_key_of_the_customers() {
    local name
    start_tls_minio
    openssl rand 32 >"$T/key"
    openssl rand -base64 32 >"$T/other"
    s3 mb s3://box
    for name in small large; do
        s3 cp --part-size 5MiB --sse-c-key-file "$T/key" "$T/$name" "s3://box/$name"
        refused "s3://box/$name" cat "s3://box/$name"
        refused "s3://box/$name" cat --sse-c-key-file "$T/other" "s3://box/$name"
        s3 cp --part-size 5MiB --sse-c-key-file "$T/key" "s3://box/$name" "$T/back"
        cmp "$T/$name" "$T/back"
        s3 cat --sse-c-key-file "$T/key" "s3://box/$name" | cmp - "$T/$name"
        s3 cp --sse-c-copy-source-key-file "$T/key" --sse-c-key-file "$T/other" "s3://box/$name" "s3://box/$name-2"
        s3 cat --sse-c-key-file "$T/other" "s3://box/$name-2" | cmp - "$T/$name"
    done
}
test_a_role_by_sts() {
    start_tls_minio
    cat >"$T/config" <<INI
[profile base]
aws_access_key_id = $AWS_ACCESS_KEY_ID
aws_secret_access_key = $AWS_SECRET_ACCESS_KEY
[profile role]
role_arn = arn:minio:iam:::role/trial
source_profile = base
duration_seconds = 900
INI
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    export AWS_CONFIG_FILE=$T/config AWS_SHARED_CREDENTIALS_FILE=$T/none
    s3 whoami --profile role >"$T/who"
    grep -q "^provider: shared files (profile 'role', by keys of a profile and AssumeRole)\$" "$T/who"
    grep -q '^session-token: yes$' "$T/who"
    grep -q '^expires: .* UTC (in 1[45]m' "$T/who" || fail "$(cat "$T/who")"
    s3 cp --profile role "$T/large" s3://ready/large
    s3 cat --profile role s3://ready/large | cmp - "$T/large"
}
test_the_main_job_over_tls() {
    start_tls_minio
    start_server
    fill
    orchestrate run
    expect_status 0
    openssl rand 32 >"$T/key"
    s3 cp -r --sse-c-key-file "$T/key" "$samples/" s3://data/secret/
    s3 rm --sse-c-key-file "$T/key" 's3://data/secret/web pages/broken.jsonl.gz'
    orchestrate encrypted --remote-file-input s3://data/secret --remote-report-output-dir s3://data/secret-out \
        --remote-cleaned-output-dir s3://data/secret-out/cleaned --sse-c-key-file "$T/key"
    expect_status 0
}

run_tests
