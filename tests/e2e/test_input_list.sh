#!/usr/bin/env bash
# The input is listed once by `plan`; hosts read the list, or one of S3 Inventory.
. "$(dirname "$0")/lib.sh"

# plan_inputs [OPTION...]: the name of the list is in $list, the exit status in $status.
plan_inputs() {
    status=0
    list=$("$BIN/decon-orchestrator" plan --remote-file-input s3://data/in \
        --remote-report-output-dir s3://data/out/reports --remote-cleaned-output-dir s3://data/out/cleaned \
        "$@" 2>"$T/plan.log") || status=$?
    log=plan
}

# listed_prefixes: prefixes listed since the access log was emptied.
listings_of_the_input() {
    grep -c '^GET /data?.*prefix=in%2F\|^GET /data?.*prefix=in/' "$T/access" || true
}

test_hosts_read_the_list_of_plan() {
    start_store
    start_server
    fill
    plan_inputs
    expect_status 0
    [[ $list == s3://data/out/reports/_decon/inputs/*.csv.zst ]] || fail "the list is $list"
    [ "$(listings_of_the_input)" -gt 0 ] || fail 'plan listed nothing'
    : >"$T/access"
    orchestrate host0 --host-index 0 --host-count 2 --input-list "$list"
    expect_status 0
    expect_log 'input_list: 9 inputs of s3://data/in/'
    orchestrate host1 --host-index 1 --host-count 2 --input-list "$list"
    expect_status 0
    [ "$(listings_of_the_input)" = 0 ] || fail 'a host listed the input'
    [ "$(grep -hc 'state DONE' "$T/host0.log" "$T/host1.log" | awk '{n += $1} END {print n}')" = 9 ] || fail 'not all files'
    orchestrate again
    expect_status 0
    expect_log 'SUMMARY: Processed=0 .*Skipped=9'
}
test_a_list_may_be_a_file_or_an_inventory() {
    start_store
    start_server
    fill
    plan_inputs --output "$T/list.csv"
    expect_status 0
    [ "$list" = "$T/list.csv" ] || fail "the list is $list"
    plan_inputs --output s3://data/list.csv.gz
    expect_status 0
    s3 cat s3://data/list.csv.gz | gzip -dc | cmp - "$T/list.csv" || fail 'the two lists differ'
    # An inventory has no header and no end marker; it has several files, some in gzip.
    sed -n '/^data,/p' "$T/list.csv" | sed 's/[^,]*/"&"/g; s/""/"/g' >"$T/rows"
    head -n 4 "$T/rows" >"$T/one.csv"
    tail -n +5 "$T/rows" | gzip >"$T/two.csv.gz"
    s3 cp "$T/two.csv.gz" s3://data/inventory/two.csv.gz
    orchestrate inventory --input-list "$T/one.csv" --input-list s3://data/inventory/two.csv.gz
    expect_status 0
    expect_log '^SUMMARY: Processed=9 Clean=4 Contaminated=5 '
    orchestrate list --input-list "$T/list.csv"
    expect_status 0
    expect_log 'SUMMARY: Processed=0 .*Skipped=9'
}
test_bad_lists_end_before_a_file_is_begun() {
    start_store
    start_server
    fill
    plan_inputs --output "$T/list.csv"
    head -n 5 "$T/list.csv" >"$T/part.csv"
    orchestrate part --input-list "$T/part.csv"
    expect_status 1
    expect_log 'part.csv: the list ends early'
    orchestrate absent --input-list "$T/absent.csv"
    expect_status 2
    expect_log 'input_list: .*absent.csv: cannot be opened'
    orchestrate columns --input-list "$T/list.csv" --input-list-columns Bucket,Key
    expect_status 2
    expect_log 'input_list_columns: .*lacks one of Key, Size and ETag'
    plan_inputs --remote-file-input s3://data/nothing
    expect_status 2
    expect_log 'there is no training file in s3://data/nothing/'
    plan_inputs --output s3://absent/list.csv
    expect_status 1
    expect_log 'plan: the input list s3://absent/list.csv'
    [ -z "$(keys out/)" ] || fail 'something was written'
}
# A list that is older than its input: the new version is used, or the file is named.
test_an_input_that_changed_after_the_list() {
    start_store
    start_server
    fill
    plan_inputs --output "$T/list.csv"
    s3 rm s3://data/in/books/part-01.jsonl
    orchestrate run --input-list "$T/list.csv"
    expect_status 3
    expect_log '^FAILED: .*books/part-01.jsonl'
    expect_log '^SUMMARY: Processed=8 '
}

run_tests
