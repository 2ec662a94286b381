#!/usr/bin/env bash
# Secrets are in no log, no file of a run and no command line.
. "$(dirname "$0")/lib.sh"

# One secret for each way in which the programs receive secrets.
secrets=(key-0123456789abcdef-of-the-store token-0123456789abcdef-of-a-session server-password-0123
    proxy-password-0123 process-key-0123456789abcdef)

# expect_no_secret FILE-OR-FOLDER...: nor one of the signatures in $T/signatures.
expect_no_secret() {
    printf '%s\n' "${secrets[@]}" >"$T/secrets"
    cat "$T/signatures" >>"$T/secrets" 2>/dev/null || true
    grep -rlF -f "$T/secrets" "$@" >"$T/found" || return 0
    fail "a secret in: $(cat "$T/found"): $(grep -rhF -f "$T/secrets" "$@" | head -n 3)"
}

# expect_clean_command_line PID
expect_clean_command_line() {
    tr '\0' '\n' <"/proc/$1/cmdline" >"$T/cmdline" 2>/dev/null || true
    expect_no_secret "$T/cmdline"
}

# start_with_password LOG URL OPTION...: the server's URL comes from the configuration file.
start_with_password() {
    local log=$1
    printf 'server_url: %s\n' "$2" >"$T/$log.yaml"
    shift 2
    "$BIN/decon-orchestrator" --config "$T/$log.yaml" --remote-file-input s3://data/in \
        --remote-report-output-dir s3://data/out/reports --local-work-dir "$T/work" --cleanup-delay 0 \
        --poll-interval 0.2 --log-level debug "$@" >"$T/$log.log" 2>&1 &
    orchestrator=$!
    started+=("$orchestrator")
}

begin() {
    export AWS_SECRET_ACCESS_KEY=${secrets[0]}
    start_store
    fill
    start_server
    server_address=http://user:${secrets[2]}@127.0.0.1:$server_port
}

test_a_run_writes_no_secret() {
    begin
    export AWS_SESSION_TOKEN=${secrets[1]}
    local format
    for format in text json; do
        start_with_password "run-$format" "$server_address" \
            --remote-report-output-dir "s3://data/$format" --log-json="$([ "$format" = text ] && echo false || echo true)"
        expect_clean_command_line "$store"
        expect_clean_command_line "$orchestrator"
        wait_exit "$orchestrator"
        expect_status 0
    done
    expect_no_secret "$T"/*.log "$T/work" "$T/access" "$T/server" "$T/store" # the store holds records of the runs
}

test_failures_show_no_secret() {
    begin
    stop "$server"
    log=down
    start_with_password down "$server_address" --server-wait 0
    wait_exit "$orchestrator"
    expect_status 1
    expect_log "detection server at http://127.0.0.1:$server_port"
    # A host without a server, and an invalid URL.
    log=other
    start_with_password other "http://user:${secrets[2]}@127.0.0.1:$store_port" --server-wait 0
    wait_exit "$orchestrator"
    log=typo
    start_with_password typo "http//user:${secrets[2]}@127.0.0.1"
    wait_exit "$orchestrator"
    expect_status 2
    log=endpoint
    start_orchestrator flag --server-url "$server_address"
    wait_exit "$orchestrator"
    expect_status 2
    log=flag
    expect_log 'set server_url in the configuration file'
    log=endpoint
    start_orchestrator endpoint --endpoint-url "http://user:${secrets[2]}@127.0.0.1:$store_port"
    wait_exit "$orchestrator"
    expect_status 2
    # The store refuses the key, a proxy does not answer.
    AWS_SECRET_ACCESS_KEY=${secrets[4]} s3 ls s3://data --log-level debug >"$T/refused.log" 2>&1 && fail 'no refusal'
    NO_PROXY='' no_proxy='' http_proxy=http://user:${secrets[3]}@127.0.0.1:9 s3 ls s3://data \
        --max-attempts 1 --log-level debug >"$T/proxy.log" 2>&1 && fail 'no failure'
    expect_no_secret "$T"/*.log
}

test_presigned_urls_are_in_no_log() {
    begin
    local url
    for url in "$(s3 presign s3://data/in/none)" "$(AWS_SESSION_TOKEN=${secrets[1]} s3 presign s3://data/in/none)"; do
        sed 's/.*X-Amz-Signature=//' <<<"$url" >>"$T/signatures"
        curl -sS -o /dev/null "$url"
    done
    grep -q 'X-Amz-Signature=\*\*\*' "$T/access" || fail "not in the access log: $(tail -n 2 "$T/access")"
    expect_no_secret "$T/access" "$T"/*.log
}

test_programs_that_give_keys_stay_out_of_the_log() {
    begin
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    cat >"$T/config" <<INI
[default]
credential_process = cat $T/keys
INI
    cat >"$T/keys" <<JSON
{"Version": 1, "AccessKeyId": "test-key", "SecretAccessKey": "${secrets[0]}", "SessionToken": "${secrets[1]}"}
JSON
    AWS_CONFIG_FILE=$T/config s3 ls -r s3://data --log-level debug >"$T/process.log" 2>&1 || true
    AWS_CONFIG_FILE=$T/config s3 whoami --log-level debug >"$T/whoami.log" 2>&1 || true
    grep -q 'test-key\|credential_process' "$T/whoami.log" || fail "$(cat "$T/whoami.log")"
    # The output of such a program is not quoted if it is not a valid reply.
    echo "{\"Version\": 1, \"SecretAccessKey\": \"${secrets[4]}\"" >"$T/keys"
    AWS_CONFIG_FILE=$T/config s3 ls s3://data --log-level debug >"$T/broken.log" 2>&1 && fail 'no failure'
    expect_no_secret "$T"/*.log
}

run_tests
