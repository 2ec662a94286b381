#!/usr/bin/env bash
# Credentials and the options of the connection, with the real programs against `decon-s3 serve`.
. "$(dirname "$0")/lib.sh"

# tool STATUS ARGUMENT... : its output is in $T/out and $T/err.
tool() {
    local want=$1 got=0
    shift
    timeout 60 "$BIN/decon-s3" "$@" >"$T/out" 2>"$T/err" || got=$?
    [ "$got" = "$want" ] || fail "status $got of decon-s3 $*: $(cat "$T/out" "$T/err")"
}
says() { # WORDS...
    grep -qF -- "$*" "$T/out" "$T/err" || fail "no output contains '$*': $(cat "$T/out" "$T/err")"
}
is_silent_about() {
    ! grep -qF -- "$*" "$T/out" "$T/err" || fail "'$*' is shown"
}

# The store's keys come from a program; the environment has none.
by_program() { # STATUS-OF-THE-PROGRAM
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    export HOME=$T AWS_CONFIG_FILE=$T/config AWS_SHARED_CREDENTIALS_FILE=$T/credentials
    cat >"$T/keys.sh" <<SH
echo 'looking for the card' >&2
[ "\$1" = 0 ] || { echo 'no card in the reader' >&2; exit \$1; }
cat <<JSON
{"Version": 1, "AccessKeyId": "test-key", "SecretAccessKey": "test-secret-key",
 "Expiration": "2100-01-01T00:00:00Z"}
JSON
SH
    printf '[profile card]\ncredential_process = sh "%s/keys.sh" %s\n' "$T" "$1" >"$T/config"
}

test_keys_from_a_program() {
    start_store
    by_program 0
    tool 0 mb s3://box --profile card
    AWS_PROFILE=card tool 0 ls
    says box
    tool 0 whoami --profile card
    says "provider: shared files (profile 'card', by credential_process)"
    says 'access-key-id: test-key'
    says 'expires: 2100-01-01 00:00:00 UTC'
}
test_a_program_that_fails_says_why() {
    start_store
    by_program 5
    tool 1 ls --profile card
    says "profile 'card': credential_process: it ended with status 5 and says: no card in the reader"
}
# The store also serves the replies of AWS's services, as objects that everyone may read.
test_keys_of_a_containers_agent() {
    start_store --anonymous read
    tool 0 mb s3://agent
    printf '{"AccessKeyId": "test-key", "SecretAccessKey": "test-secret-key", "Token": "T"}' >"$T/keys"
    tool 0 cp "$T/keys" s3://agent/v2/keys
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS_ENDPOINT_URL/agent/v2/keys
    tool 0 whoami
    says 'provider: container'
    says 'session-token: yes'
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://192.0.2.1/keys
    tool 1 whoami
    says "'http://192.0.2.1/keys' is not allowed"
}
# An unreachable proxy: requests to the store use it, those to the agent do not.
test_a_containers_agent_is_asked_past_the_proxy() {
    start_store --anonymous read
    tool 0 mb s3://agent
    printf '{"AccessKeyId": "agent-key", "SecretAccessKey": "agent-secret-key"}' >"$T/keys"
    tool 0 cp "$T/keys" s3://agent/keys
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY NO_PROXY no_proxy
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS_ENDPOINT_URL/agent/keys http_proxy=http://127.0.0.1:1
    tool 0 whoami
    says 'access-key-id: agent-key'
    tool 1 ls --max-attempts 1
    says '127.0.0.1 port 1'
}
test_keys_of_sso() {
    local cache=$T/.aws/sso/cache
    start_store --anonymous read
    tool 0 mb s3://federation
    cat >"$T/keys" <<JSON
{"roleCredentials": {"accessKeyId": "test-key", "secretAccessKey": "test-secret-key",
 "sessionToken": "T", "expiration": 4102444800000}}
JSON
    tool 0 cp "$T/keys" s3://federation/credentials
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    export HOME=$T AWS_ENDPOINT_URL_SSO=$AWS_ENDPOINT_URL
    mkdir -p "$cache"
    printf '[profile research]\nsso_session = lab\nsso_account_id = 1\nsso_role_name = Reader\n' >"$T/.aws/config"
    printf '[sso-session lab]\nsso_region = eu-west-1\nsso_start_url = https://lab.invalid/start\n' >>"$T/.aws/config"
    tool 1 whoami --profile research
    says 'there is no token of AWS SSO: run `aws sso login --profile research`'
    printf '{"accessToken": "sso-token", "expiresAt": "2100-01-01T00:00:00Z"}' >"$cache/$(printf lab | sha1sum | cut -c1-40).json"
    tool 0 whoami --profile research
    says "provider: shared files (profile 'research', by SSO)"
    says 'expires: 2100-01-01 00:00:00 UTC'
}
# The precedence of the AWS CLI; 2: invalid settings.
test_the_number_of_attempts() {
    local server_port=1
    export AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_CONFIG_FILE=$T/config
    printf '[default]\nmax_attempts = none\n' >"$T/config"
    tool 2 ls
    says "max_attempts ($T/config:2): 'none' is not a number from 1"
    AWS_MAX_ATTEMPTS=0 tool 2 ls
    says "AWS_MAX_ATTEMPTS: '0' is not a number from 1"
    AWS_MAX_ATTEMPTS=1 tool 1 ls
    AWS_MAX_ATTEMPTS=0 tool 1 ls --max-attempts 1
    AWS_MAX_ATTEMPTS=100000 tool 1 ls --start-wait 0.01
    says 'AWS_MAX_ATTEMPTS: limited to 1000 attempts'
    tool 1 ls --max-attempts 100000 --start-wait 0.01
    says 'max_attempts: limited to 1000 attempts'
    orchestrate dry --dry-run
    expect_status 2
    expect_log "max_attempts .*/config:2.: 'none' is not a number from 1"
    printf '[default]\nretry_mode = legacy\n' >"$T/config"
    tool 2 ls
    says "retry_mode ($T/config:2): 'legacy' is not one of standard|adaptive"
}
test_a_part_of_the_keys_is_an_error_that_names_it() {
    start_store
    unset AWS_ACCESS_KEY_ID
    tool 1 ls
    says 'AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not; set both'
    is_silent_about test-secret-key
    unset AWS_SECRET_ACCESS_KEY
    export AWS_SHARED_CREDENTIALS_FILE=$T/credentials
    printf '\xef\xbb\xbf[default]\r\naws_access_key_id = test-key\r\naws_secret_access_key = test-secret-key\r\n' >"$T/credentials"
    tool 0 ls
    printf '[default]\naws_access_key_id = test-key\naws_secret_acess_key = test-secret-key\n' >"$T/credentials"
    tool 2 ls
    says "$T/credentials:3: unknown setting 'aws_secret_acess_key'; is aws_secret_access_key meant?"
    is_silent_about test-secret-key
    printf '[default]\na = 1\n[default]\nb = 1\n' >"$T/credentials"
    tool 2 ls
    says "in line 1 and in line 3"
}
test_without_home_the_user_database_names_it() {
    local home
    home=$(getent passwd "$(id -u)" | cut -d: -f6)
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SHARED_CREDENTIALS_FILE HOME
    export AWS_PROFILE=no-such-profile
    tool 2 whoami
    says "profile 'no-such-profile' is neither in $home/.aws/credentials nor in /dev/null; check AWS_PROFILE"
}
test_addresses_with_blanks_and_capitals() {
    start_store --anonymous read
    tool 0 mb s3://agent
    printf '{"AccessKeyId": "test-key", "SecretAccessKey": "test-secret-key"}' >"$T/keys"
    tool 0 cp "$T/keys" s3://agent/keys
    tool 0 ls --endpoint-url "HTTP${AWS_ENDPOINT_URL#http} "
    AWS_ENDPOINT_URL="  Http${AWS_ENDPOINT_URL#http}/ " tool 0 ls
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    AWS_CONTAINER_CREDENTIALS_FULL_URI="HTTP${AWS_ENDPOINT_URL#http}/agent/keys " tool 0 ls
    says agent
}
test_no_secret_is_shown() {
    export AWS_SESSION_TOKEN=test-session-token AWS_ENDPOINT_URL=http://127.0.0.1:1
    tool 0 whoami --log-level debug
    says 'session-token: yes'
    is_silent_about test-secret-key
    is_silent_about test-session-token
    tool 0 whoami --json
    says '"provider":"environment","access_key_id":"test-key"'
    is_silent_about test-secret-key
    is_silent_about test-session-token
}
test_each_provider_says_why_it_has_nothing() {
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    tool 1 whoami --log-level debug
    local provider
    for provider in environment 'web identity' 'shared files' container 'instance role'; do
        [ "$(grep -c "DEBUG credentials: $provider: " "$T/err")" = 1 ] ||
            fail "not one line of $provider: $(cat "$T/err")"
    done
}
test_anonymous() {
    start_store --anonymous read
    tool 0 mb s3://box
    tool 0 ls s3://box --no-sign-request
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    tool 0 ls s3://box --no-sign-request
    tool 0 whoami --no-sign-request
    says 'requests are not signed'
    tool 1 ls s3://box
}
test_class_and_encryption_of_uploads() {
    start_store
    tool 0 mb s3://box
    seq 1000 >"$T/file"
    tool 0 cp --storage-class STANDARD_IA --sse AES256 --bandwidth-limit 1GiB "$T/file" s3://box/k
    tool 0 stat s3://box/k
    says 'storage-class: STANDARD_IA'
    printf 'cp --storage-class GLACIER_IR "%s" s3://box/line\n' "$T/file" >"$T/commands"
    tool 0 run "$T/commands"
    tool 0 stat s3://box/line
    says 'storage-class: GLACIER_IR'
    tool 0 cp --bandwidth-limit 100KiB s3://box/k "$T/back"
    cmp "$T/file" "$T/back"
}
test_few_open_files_mean_few_workers() {
    start_store
    mkdir "$T/many"
    local i
    for i in {1..60}; do echo "$i" >"$T/many/$i"; done
    tool 0 mb s3://box
    (ulimit -n 40 && tool 0 cp -r --log-level info "$T/many/" s3://box/many/)
    says 'workers instead of 50: at most 40 files may be open'
    (ulimit -n 40 && tool 0 cp -r s3://box/many/ "$T/back/")
    diff -r "$T/many" "$T/back"
}
test_settings_that_cannot_be() {
    start_store
    tool 2 ls --use-fips-endpoint
    says AWS_USE_FIPS_ENDPOINT
    head -c 32 /dev/zero >"$T/key"
    echo x >"$T/file"
    tool 0 mb s3://box
    tool 1 cp --sse-c-key-file "$T/key" "$T/file" s3://box/k
    says 'not sent over plain http'
    tool 2 cp --sse-kms-key-id K "$T/file" s3://box/k
    says 'needs the encryption aws:kms'
}
test_unchecked_certificates_are_warned_of() {
    tool 0 whoami --no-verify-ssl
    says 'certificates are not checked (--no-verify-ssl)'
    tool 0 whoami
    is_silent_about 'certificates'
}
test_certificates_of_ones_own() {
    start_store
    export AWS_ENDPOINT_URL=${AWS_ENDPOINT_URL/http:/https:}
    AWS_CA_BUNDLE=$T/of-variable tool 2 ls --max-attempts 1
    says "$T/of-variable"
    AWS_CA_BUNDLE=$T/of-variable tool 2 ls --max-attempts 1 --ca-bundle "$T/of-option"
    says "$T/of-option"
    is_silent_about "$T/of-variable"
}
test_outputs_of_a_run_have_class_and_encryption() {
    start_store
    start_server
    fill
    orchestrate run --storage-class STANDARD_IA --sse AES256 --bandwidth-limit 1GiB \
        --request-payer requester
    expect_status 0
    local key
    key=$(keys out/ | grep 'report.jsonl$' | head -n 1)
    [ -n "$key" ] || fail 'no report'
    tool 0 stat "s3://data/$key"
    says 'storage-class: STANDARD_IA'
}

run_tests
