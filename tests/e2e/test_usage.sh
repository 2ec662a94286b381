#!/usr/bin/env bash
# Configuration and usage: errors are found before any connection; exit status 2.
. "$(dirname "$0")/lib.sh"
server_port=1 # no server listens there, and none is contacted

refused() { # REGEX [OPTION...]
    local words=$1
    shift
    orchestrate run "$@"
    expect_status 2
    expect_log "$words"
    expect_no_log 'SUMMARY|waiting for'
}

test_an_unknown_key_names_the_nearest() {
    printf 'remote_file_input: s3://b/in\nremote_report_output_dir: s3://b/out\npol_interval: 3\n' >"$T/c.yaml"
    refused 'c\.yaml:3:1: .*pol_interval.*poll_interval' --config "$T/c.yaml"
}
test_a_wrong_type_is_named_with_its_line() {
    printf 'poll_interval: [1]\n' >"$T/c.yaml"
    refused 'c\.yaml:1:' --config "$T/c.yaml"
}
test_a_number_out_of_range_is_refused() {
    refused 's5cmd' --s5cmd-workers 0
}
test_a_bad_uri_is_refused() {
    refused 'remote.file.input' --remote-file-input /data/in
}
test_an_unknown_flag_is_refused() {
    refused 'dry-run' --dry-rum
}
test_a_report_directory_above_the_input_is_refused() {
    refused 'report' --remote-report-output-dir s3://data/
    refused 'report' --remote-report-output-dir s3://data/in
}
test_half_a_share_is_refused() {
    PMR_HOST_INDEX=1 refused 'PMR_HOST_COUNT'
    PMR_HOST_COUNT=2 refused 'PMR_HOST_INDEX'
    PMR_HOST_INDEX=2 PMR_HOST_COUNT=2 refused '2'
    PMR_HOST_INDEX=x PMR_HOST_COUNT=2 refused 'PMR_HOST_INDEX'
    PMR_HOST_INDEX='' PMR_HOST_COUNT=2 refused 'PMR_HOST_INDEX'
    JOB_COMPLETION_INDEX=0 refused 'PMR_HOST_COUNT=<completions of the Job>, or give --single'
    SLURM_ARRAY_TASK_ID=0 refused 'PMR_HOST_COUNT=<hosts>, or give --single'
    AWS_BATCH_JOB_ARRAY_SIZE=2 refused 'AWS_BATCH_JOB_ARRAY_INDEX is not'
    refused '--host-count 3' --host-count 3
}
test_a_missing_file_is_named() {
    refused 'missing.yaml' --config "$T/missing.yaml"
}
test_help_and_version() {
    local program
    for program in decon-orchestrator decon decon-s3; do
        "$BIN/$program" --help | grep -q "^Usage: $program" || fail "$program --help"
        "$BIN/$program" --version | grep -q '[0-9]\.[0-9]' || fail "$program --version"
    done
}
test_decon_is_one_program_with_commands() {
    local command status=0
    for command in server detect review compare evals; do
        "$BIN/decon" --help | grep -q "^  $command " || fail "decon --help has no $command"
        "$BIN/decon" "$command" --help | grep -q "^Usage: decon $command" || fail "decon $command --help"
        "$BIN/decon" help "$command" | grep -q "^Usage: decon $command" || fail "decon help $command"
        "$BIN/decon-server" "$command" --help | grep -q "^Usage: decon $command" || fail "decon-server $command"
    done
    "$BIN/decon-server" --help | grep -q '^Usage: decon server' || fail 'decon-server does not serve by default'
    "$BIN/decon" detct 2>"$T/out" || status=$?
    [ "$status" = 2 ] || fail "exit status $status"
    grep -q 'did you mean `decon detect`' "$T/out" || fail "$(cat "$T/out")"
    status=0
    "$BIN/decon" 2>"$T/out" || status=$?
    [ "$status" = 2 ] || fail "exit status $status"
}
test_make_asks_a_running_server() {
    local job
    start_server
    ask() { make -s -C "$top" SERVER_URL="http://127.0.0.1:$server_port" "$@"; }
    ask health | grep -q '"status":"ok"' || fail 'health'
    echo '{"text":"x"}' >"$T/a \"b\" 'c'.jsonl"
    job=$(ask submit FILE="$T/a \"b\" 'c'.jsonl" | sed 's/.*"job_id":"\([^"]*\)".*/\1/')
    wait_for sh -c "make -s -C '$top' SERVER_URL=http://127.0.0.1:$server_port status JOB_ID=$job | grep completed"
    ! ask submit FILE="$T/none" 2>"$T/out" || fail 'a missing file is accepted'
    ! ask submit 2>"$T/out" || fail 'no file is accepted'
    grep -q 'make submit FILE=PATH' "$T/out" || fail "$(cat "$T/out")"
    stop "$server"
    ! ask health 2>"$T/out" || fail 'no server is accepted'
    grep -q 'no reply from' "$T/out" || fail "$(cat "$T/out")"
}
# complete PROGRAM WORD...: bash completions of the last word.
complete_words() {
    # shellcheck disable=SC1090  # made by the program
    . <("$BIN/$1" completion)
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    "_${1//-/_}"
    printf '%s\n' "${COMPREPLY[@]}"
}
# The flags in a help text, as completion should offer them.
flags_of() { # PROGRAM [COMMAND]
    "$BIN/$1" "${@:2}" --help | sed 's|--\[no-\]|--no-|' | grep -oE '^ +(-[a-z], |    )?--[a-z0-9-]+' |
        grep -o -- '--.*' | sort -u
}
test_completion_knows_commands_flags_and_values() {
    local program command
    [ "$(complete_words decon-server d)" = detect ]
    [ "$(complete_words decon r | xargs)" = 'review rejudge' ]
    [ "$(complete_words decon-orchestrator '' | xargs)" = 'plan verify check status certify verify-certificate clean-state completion' ]
    for command in 'decon-server' 'decon server' 'decon detect' 'decon review' 'decon rejudge' 'decon merge' 'decon compare' 'decon evals' 'decon-orchestrator' \
        'decon-orchestrator verify' 'decon-orchestrator status' 'decon-orchestrator certify' \
        'decon-orchestrator verify-certificate' 'decon-orchestrator clean-state' 'decon health'; do
        # shellcheck disable=SC2086  # words
        complete_words $command -- | sort >"$T/offered"
        # shellcheck disable=SC2086
        flags_of $command >"$T/flags"
        grep -qx -- --help "$T/offered"
        [ "$(comm -13 "$T/flags" "$T/offered")" = "" ] || fail "$command: --help lacks an offered flag"
    done
    [ "$(complete_words decon-orchestrator verify --refuse- | wc -l)" = 2 ]
    [ "$(complete_words decon-server --no-ev)" = --no-eval-dedup ]
    [ "$(complete_words decon detect --fail-)" = --fail-on-match ]
    [ "$(complete_words decon-orchestrator --log-level w)" = warn ]
    [ "$(complete_words decon review --color n)" = never ]
    cd "$T"
    touch local-file
    [ "$(complete_words decon-server detect local)" = local-file ]
    [ "$(complete_words decon-server -c local)" = local-file ]
    for program in decon-orchestrator decon decon-server decon-s3; do
        "$BIN/$program" completion | bash -n || fail "$program"
        ! "$BIN/$program" completion much too much || fail "$program completes arguments"
    done
}
test_the_example_configurations_are_whole() {
    "$BIN/decon-orchestrator" --print-config | diff - "$top/config/orchestration.yaml"
}
# The reference of a program is in its document, after the line that names the flag and a blank one,
# up to the end.
same_reference() { # PROGRAM DOCUMENT
    "$BIN/$1" --print-reference >"$T/reference"
    [ -s "$T/reference" ] || fail "no reference of $1"
    sed "1,/^Generated by .$1 --print-reference/d" "$top/docs/$2" | sed 1d | diff "$T/reference" - ||
        fail "docs/$2 is out of date: $1 --print-reference"
}
test_the_references_in_the_documents_are_the_tables() {
    same_reference decon-orchestrator configuration.md
    same_reference decon-server server.md
}
test_existing_configuration_files_run_unchanged() {
    cat >"$T/c.yaml" <<YAML
remote_file_input: s3://data/in
remote_report_output_dir: s3://data/out/reports
remote_cleaned_output_dir: s3://data/out/cleaned
server_url: http://localhost:8080
local_work_dir: /tmp/decon-work
max_concurrent_jobs: 10
poll_interval: 5
s5cmd_workers: 50
cleanup_delay: 10
download_batch_size: 50
download_queue_max: 100
upload_queue_max: 100
upload_batch_size: 20
upload_batch_timeout: 30
download_retry_attempts: 3
download_retry_base_delay: 1.0
download_retry_jitter_max: 0.5
YAML
    start_store
    server_port=
    start_server
    fill
    orchestrate run --config "$T/c.yaml"
    expect_status 0
    expect_log 'SUMMARY: Processed=9 '
}

run_tests
