#!/usr/bin/env bash
# The commands `check`, which reports faults of a set-up, and `clean-state`, which removes old records.
. "$(dirname "$0")/lib.sh"

# check [OPTION...]: exit status in $status, output in $T/check.log.
check() {
    log=check
    status=0
    "$BIN/decon-orchestrator" check --remote-file-input s3://data/in \
        --remote-report-output-dir s3://data/out/reports --remote-cleaned-output-dir s3://data/out/cleaned \
        --server-url "http://127.0.0.1:$server_port" --local-work-dir "$T/work" --poll-interval 0.2 \
        --disk-budget 1MiB "$@" >"$T/check.log" 2>"$T/check-errors.log" || status=$?
}

test_a_complete_set_up_passes() {
    start_store
    start_server
    fill
    check
    [ "$(grep -c '^FIX' "$T/check.log")" = 0 ] || [ "$(grep '^FIX' "$T/check.log" | cut -d: -f1)" = 'FIX  local_work_dir' ] ||
        fail "$(cat "$T/check.log")" # a test machine's disk may be nearly full
    expect_log '^OK   store: '
    expect_log '^OK   remote_file_input: s3://data/in/ has training files$'
    expect_log '^OK   remote_report_output_dir: s3://data/out/reports/ can be read and written$'
    expect_log '^OK   remote_cleaned_output_dir: '
    expect_log '^OK   object metadata: '
    expect_log '^OK   clock: '
    expect_log '^OK   conditional writes: the store honours If-None-Match and If-Match$'
    expect_log '^OK   detection server: [0-9,]+ evaluation records of [0-9]+ sets$'
    expect_log '^OK   settings: fingerprint [0-9a-f]{12}'
    expect_log "^OK   users: the detection server's user may read downloads$"
    [ -z "$(s3 ls -r s3://data/out/)" ] || fail 'the probe is left'
}

test_what_is_missing_is_named_with_what_to_do() {
    purify=()
    start_store
    start_server
    s3 mb s3://data
    check
    expect_status 1
    expect_log '^FIX  remote_file_input: s3://data/in/ has no training file; correct the folder'
    expect_log '^FIX  purify: the detection server writes no cleaned files, but remote_cleaned_output_dir is set; '
    stop "$server"
    check --content-key other
    expect_status 1
    expect_log '^FIX  detection server: '
    stop "$store"
    start_store --fault status=403
    check
    expect_status 1
    expect_log '^FIX  store: .*403'
    check --no-such-option
    expect_status 2
}

# The server resolves links of the folder and of the file.
test_a_work_directory_that_the_server_refuses_is_named() {
    start_store
    mkdir -p "$T/disk/files" "$T/elsewhere"
    ln -s disk/files "$T/work"
    start_server --allow-dir "$T/elsewhere"
    fill
    check
    expect_status 1
    expect_log "^FIX  allow_dir: the detection server takes files in $T/elsewhere only, and downloads are in $T/disk/files; start it with --allow-dir $T/disk/files too, "
    orchestrate refused
    expect_status 3
    expect_log 'file_path is not in a folder that --allow-dir permits'
    stop "$server"
    ln -s disk "$T/link"
    start_server --allow-dir "$T/link"
    check
    expect_log "^OK   allow_dir: the detection server may be given files in $T/disk/files$"
    orchestrate run
    expect_status 0
}

# age_all: sets the time of every output object to 2020.
age_all() {
    find "$T/store/buckets/data/out@d" -type f -name '*@o' \
        -exec sed -i '3s/^modified 1[0-9]\{9\}$/modified 1600000000/' {} +
}

clean_state() {
    log=clean
    status=0
    "$BIN/decon-orchestrator" clean-state "$@" >"$T/clean.log" 2>&1 || status=$?
}

test_only_old_records_are_removed() {
    start_store
    start_server
    fill
    orchestrate run
    expect_status 0
    s3 ls -r s3://data/out/ >"$T/before"
    clean_state s3://data/out/reports --older-than 1h
    expect_status 0
    expect_log '^removed 0 records$'
    s3 ls -r s3://data/out/ >"$T/after"
    expect_same "$T/before" "$T/after"
    age_all
    clean_state s3://data/out/reports --older-than 30d --dry-run
    expect_log '^would remove s3://data/out/reports/_decon/runs/'
    expect_log '^would remove s3://data/out/reports/_decon/ledger/'
    clean_state s3://data/out/reports --older-than 30d
    expect_status 0
    expect_log '^removed 2 records$'
    s3 ls -r s3://data/out/ | sed 's|^.*s3://data/||' | sort >"$T/after"
    sed 's|^.*s3://data/||' "$T/before" | grep -vE '/_decon/(runs|ledger)/' | sort >"$T/expected"
    expect_same "$T/expected" "$T/after"
    grep -q '/_decon/settings/' "$T/after" || fail 'the description of the settings is gone'
}

# put_crash DIGIT KEY ETAG: the record of a crash of this version of an input.
put_crash() {
    local name
    name=$(printf "%064d" "$1")-1.json
    printf '{"etag":"%s","format":1,"key":"%s"}\n' "${3//\"/\\\"}" "$2" >"$T/$name"
    put "$T/$name" "out/reports/_decon/crashes/$name"
}

test_records_of_claims_and_crashes_stay_as_long_as_they_belong_to_something() {
    local etag
    start_store
    start_server
    fill
    orchestrate run --distribution claim
    expect_status 0
    echo '{}' >"$T/claim"
    put "$T/claim" out/reports/_decon/claims/1-00000000/done/1-of-1024
    put "$T/claim" out/reports/_decon/claims/probe-0123
    etag=$(s3 stat s3://data/in/books/part-01.jsonl | sed -n 's/^ *etag: //p')
    put_crash 1 in/books/part-01.jsonl "$etag"
    put_crash 2 in/books/part-01.jsonl '"00000000000000000000000000000000"'
    put_crash 3 in/books/gone.jsonl '"00000000000000000000000000000000"'
    s3 rm -r --yes s3://data/out/reports/_decon/ledger/
    s3 ls -r s3://data/out/reports/_decon/ | sed 's|^.*/_decon/||' | sort >"$T/before"
    clean_state s3://data/out/reports --older-than 1h
    expect_log '^removed 0 records$'
    age_all
    clean_state s3://data/out/reports --older-than 30d
    expect_status 0
    expect_log '^removed 5 records$' # and that of the run
    s3 ls -r s3://data/out/reports/_decon/ | sed 's|^.*/_decon/||' | sort >"$T/after"
    grep -vE '^(runs/|claims/1-00000000/|claims/probe|crashes/0*[23]-)' "$T/before" >"$T/expected"
    expect_same "$T/expected" "$T/after"
    grep -q '^claims/plan.json$' "$T/after" || fail 'the plan is gone'
    grep -q '^claims/1-[0-9a-f]*/done/' "$T/after" || fail 'the last round is gone'
    # The newest run is removed: the place of the inputs is then unknown.
    put_crash 3 in/books/gone.jsonl '"00000000000000000000000000000000"'
    age_all
    clean_state s3://data/out/reports --older-than 30d
    expect_log '2 records of crashes are kept, since the input folder is unknown'
    clean_state s3://data/out/reports --older-than 30d --remote-file-input s3://data/in
    expect_log '^removed 1 records$'
}

run_tests
