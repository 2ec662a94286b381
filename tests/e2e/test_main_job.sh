#!/usr/bin/env bash
# The main job of the real programs: every format, second runs, several hosts, hard names.
. "$(dirname "$0")/lib.sh"

contaminated='books/part-01.jsonl books/part-02.jsonl.gz books/short%stories.jsonl.bz2
web%pages/forum+answers%2026.jsonl.xz web%pages/letters.json.zst'
clean='books/part-03.jsonl.zst web%pages/empty.jsonl web%pages/news+sport.jsonl.gz web%pages/part-01.jsonl'

# base NAME: without the suffixes of content and compression.
base() {
    sed -E 's/\.(gz|zst|zstd|bz2|xz)$//; s/\.jsonl?$//' <<<"$1"
}

# expected_outputs: the keys that a run over the samples leaves.
expected_outputs() {
    local name b
    for name in $contaminated; do
        name=${name//%/ } b=$(base "${name//%/ }")
        echo "out/reports/$b.report.jsonl"
        echo "out/cleaned/$b.clean.jsonl$(sed -nE 's/.*(\.(gz|zst|zstd|bz2|xz))$/\1/p' <<<"$name")"
    done
    for name in $clean; do
        echo "out/reports/$(base "${name//%/ }").clean"
    done
}

setup() {
    start_store
    start_server
    fill
}

expect_all_outputs() {
    keys out/ >"$T/keys"
    expected_outputs | LC_ALL=C sort >"$T/expected"
    expect_same "$T/expected" "$T/keys"
}

test_every_format_is_processed() {
    setup
    orchestrate run
    expect_status 0
    expect_all_outputs
    expect_log '^SUMMARY: Processed=9 Clean=4 Contaminated=5 Failed=0 Time=[0-9.]+s Skipped=0 '
    expect_last_line 'WORK COMPLETE EXITING'
    expect_work_clean
}

test_cleaned_files_are_the_inputs_without_the_contaminated_lines() {
    setup
    orchestrate run
    local name b
    for name in $contaminated; do
        name=${name//%/ } b=$(base "${name//%/ }")
        decode "$name" <"$samples/$name" | grep -v 'A friend asked' >"$T/want"
        key=$(keys "out/cleaned/$b.clean.")
        s3 cat "s3://data/$key" | decode "$key" >"$T/got"
        expect_same "$T/want" "$T/got"
        # A report names the local file, without .gz and .zst (as the reference server does).
        s3 cat "s3://data/out/reports/$b.report.jsonl" >"$T/report"
        name=${name##*/} name=${name%.gz} name=${name%.zst}
        grep -qF "\"training_file\":\"$name\"" "$T/report" ||
            fail "the report of $name does not name it"
    done
}

test_a_corrupt_file_fails_and_the_others_continue() {
    setup
    put "$samples/web pages/broken.jsonl.gz" 'in/web pages/broken.jsonl.gz'
    orchestrate run
    expect_status 3
    expect_all_outputs
    expect_log '^FAILED: .*web pages/broken.jsonl.gz.*ends early'
    expect_log '^SUMMARY: Processed=[0-9]+ Clean=4 Contaminated=5 Failed=1 '
    expect_last_line 'WORK COMPLETE EXITING'
}

test_a_wrong_content_key_makes_nothing_clean() {
    setup
    orchestrate run --content-key body
    expect_status 2 # the server uses another key
    expect_log "content_key is .body. here and .text. at the detection server"
    stop "$server"
    start_server --content-key body
    orchestrate run --content-key body
    expect_log '^FAILED: .*books/part-03.jsonl.zst.*no line has a string under .body.; the lines have the keys: .*text'
    expect_status 3
    keys out/ >"$T/keys"
    echo 'out/reports/web pages/empty.clean' >"$T/expected" # it has no lines
    expect_same "$T/expected" "$T/keys"
}
test_a_second_run_skips_all() {
    setup
    orchestrate first
    digests >"$T/before"
    : >"$T/access"
    orchestrate second
    expect_status 0
    expect_log '^SUMMARY: Processed=0 .* Failed=0 .*Skipped=9 '
    expect_log 'comparing 9 results with the current versions'
    expect_no_log 'do not say which version'
    digests >"$T/after"
    expect_same "$T/before" "$T/after"
    ! grep -E '^PUT ' "$T/access" || fail 'the second run wrote'
}

test_redo_gives_the_same_again() {
    setup
    orchestrate first
    digests >"$T/before"
    orchestrate second --redo
    expect_status 0
    expect_log '^SUMMARY: Processed=9 '
    digests >"$T/after"
    expect_same "$T/before" "$T/after"
}

test_redo_removes_the_opposite_commit() {
    setup
    : >"$T/nothing"
    put "$T/nothing" out/reports/books/part-01.clean
    orchestrate run --redo
    expect_status 0
    expect_all_outputs
}

test_an_input_folder_without_files_is_an_error() {
    setup
    orchestrate run --remote-file-input s3://data/inn
    expect_status 2
    expect_log 'ERROR .*no object in s3://data/inn/, the nearest that exists is s3://data/in/; correct it'
    orchestrate run --remote-file-input s3://data/inn --allow-empty
    expect_status 0
    expect_log 'WARN .*no training file in s3://data/inn/'
    expect_last_line 'WORK COMPLETE EXITING'
}

test_a_dry_run_touches_nothing() {
    setup
    orchestrate run --dry-run
    expect_status 0
    expect_log 'files to process: 9 '
    [ -z "$(keys out/)" ] || fail 'something was written'
    [ -z "$(find "$T/work" -type f -path '*/download/*' 2>/dev/null)" ] || fail 'something was downloaded'
    ! grep -E '^(PUT|DELETE) .*/out/' "$T/access" || fail 'something was written'
}

test_a_debug_run_uploads_and_removes_nothing() {
    setup
    MAX_FILES_DEBUG=2 orchestrate run
    expect_status 0
    expect_log '^SUMMARY: Processed=2 '
    expect_log "DEBUG RUN: .*$T/server/reports"
    [ -z "$(keys out/)" ] || fail 'something was uploaded'
    [ "$(find "$T/work" -type f -path '*/download/*' | grep -c json)" = 2 ] || fail 'downloads were removed'
}

test_two_hosts_share_all_files_without_overlap() {
    setup
    PMR_HOST_INDEX=0 PMR_HOST_COUNT=2 start_orchestrator host0
    local first=$orchestrator
    PMR_HOST_INDEX=1 PMR_HOST_COUNT=2 orchestrate host1
    expect_status 0
    wait_exit "$first"
    expect_status 0
    expect_all_outputs
    cat "$T/host0.log" "$T/host1.log" | sed -nE 's/.* (contaminated|clean): (s3:.*\.(jsonl?|gz|zst|bz2|xz)).*/\2/p' |
        sort >"$T/done"
    [ "$(wc -l <"$T/done")" = 9 ] || fail 'not nine files in all'
    [ "$(sort -u "$T/done" | wc -l)" = 9 ] || fail 'a file was done twice'
}

test_hard_names_are_ordinary_names() {
    start_store
    start_server
    s3 mb s3://data
    local name long
    long=$(printf 'x%.0s' {1..250})
    for name in 'a b.jsonl' "it's.jsonl" 'say "hi".jsonl' 'st*r.jsonl' 'why?.jsonl' 'a+b.jsonl' '100%.jsonl' \
        'number#1.jsonl' 'ünï-漢字.jsonl' 'x//y.jsonl' '../up.jsonl' './dot.jsonl' 'p.jsonl/below.jsonl' \
        'p.jsonl' "$long.jsonl" 'back\slash.jsonl' 'a&b=c;d.jsonl'; do
        put "$samples/books/part-01.jsonl" "in/$name"
    done
    orchestrate run
    expect_status 0
    expect_log '^SUMMARY: Processed=17 Clean=0 Contaminated=17 Failed=0 '
    expect_key 'out/reports/a b.report.jsonl'
    expect_key "out/reports/it's.report.jsonl"
    expect_key 'out/reports/x//y.report.jsonl'
    expect_key 'out/reports/../up.report.jsonl'
    expect_key "out/reports/$long.report.jsonl"
    [ -z "$(find "$T" -name 'up.jsonl' -not -path '*/download/*' -not -path '*/store/*')" ] || fail 'left the directory'
    orchestrate again
    expect_log '^SUMMARY: Processed=0 .*Skipped=17 '
}

test_the_same_name_in_two_folders_keeps_its_folder() {
    setup
    orchestrate run
    expect_key out/reports/books/part-01.report.jsonl
    expect_key 'out/reports/web pages/part-01.clean'
}

test_inputs_with_one_output_are_refused_and_named() {
    setup
    gzip -c "$samples/books/part-01.jsonl" >"$T/x.gz"
    put "$T/x.gz" in/books/part-01.jsonl.gz
    orchestrate run
    expect_status 3
    expect_log '^FAILED: .*in/books/part-01\.jsonl.*part-01\.jsonl\.gz'
    expect_no_key out/reports/books/part-01.report.jsonl
    expect_no_key out/reports/books/part-01.clean
}

test_clean_files_are_copied_where_that_is_asked_for() {
    setup
    orchestrate run --copy-uncontaminated
    expect_status 0
    key=$(keys 'out/cleaned/web pages/news+sport')
    s3 cat "s3://data/$key" >"$T/copy"
    cmp "$T/copy" "$samples/web pages/news+sport.jsonl.gz"
}

test_a_prefix_is_a_folder() {
    setup
    put "$samples/books/part-01.jsonl" in-old/x.jsonl
    orchestrate run
    expect_log '^SUMMARY: Processed=9 '
}

test_outputs_inside_the_input_folder_are_no_inputs() {
    setup
    orchestrate first --remote-report-output-dir s3://data/in/reports --remote-cleaned-output-dir s3://data/in/cleaned
    expect_status 0
    orchestrate second --remote-report-output-dir s3://data/in/reports --remote-cleaned-output-dir s3://data/in/cleaned
    expect_status 0
    expect_log '^SUMMARY: Processed=0 .*Skipped=9 '
}

test_without_purification_reports_and_markers_only() {
    start_store
    purify=()
    start_server
    fill
    orchestrate run
    expect_status 0
    expect_log '^SUMMARY: Processed=9 Clean=4 Contaminated=5 '
    [ -z "$(keys out/cleaned/)" ] || fail 'cleaned files without purification'
    expect_work_clean
}

# Real texts contain NUL, and evaluation records contain numbers of any size: both occur in the report.
test_texts_and_records_may_hold_nul_and_large_numbers() {
    start_store
    mkdir "$T/evals"
    sed 's/"eval_instance_index":[0-9]*/"eval_instance_index":18446744073709551615/' "$evals/harbour-quiz.jsonl" >"$T/evals/large.jsonl"
    start_server --evals-dir "$T/evals"
    s3 mb s3://data
    sed 's/A friend asked: /A friend\\u0000 asked: \\u0000/' "$samples/books/part-01.jsonl" >"$T/nul.jsonl"
    put "$T/nul.jsonl" in/nul.jsonl
    orchestrate run
    expect_status 0
    expect_log '^SUMMARY: Processed=1 Clean=0 Contaminated=1 Failed=0 '
    s3 cat s3://data/out/reports/nul.report.jsonl >"$T/report"
    grep -qF '\u0000' "$T/report" || fail 'no NUL in the report: the test is void'
    grep -qF ':18446744073709551615,' "$T/report" || fail 'no large number in the report: the test is void'
}

# Line ends, and a missing one at the end, are preserved.
test_line_ends_come_out_as_they_went_in() {
    setup
    s3 rm -r --yes s3://data/in/
    local bad good tail suffix
    bad=$(grep -m 1 'A friend asked' "$samples/books/part-01.jsonl")
    good='{"text":"the quiet window"}'
    for tail in "$good" "$bad" "$bad"$'\n' $'\n\n' $'\r\n' "$good"$'\r\n'; do
        printf '%s\r\n\n \t\n%s\r\n%s\n\n%s' "$good" "$bad" "$good" "$tail" >"$T/text"
        grep -v 'A friend asked' "$T/text" >"$T/want" || true
        [ -z "$(tail -c 1 "$T/text" | tr -d '\n')" ] || [ "$tail" = "$bad" ] || truncate -s -1 "$T/want"
        cp "$T/text" "$T/ends.jsonl"
        gzip -kf "$T/ends.jsonl"
        bzip2 -kf "$T/ends.jsonl"
        zstd -qkf "$T/ends.jsonl"
        xz -kf "$T/ends.jsonl"
        for suffix in '' .gz .bz2 .zst .xz; do
            put "$T/ends.jsonl$suffix" "in/ends${suffix#.}.jsonl$suffix"
        done
        orchestrate run --redo
        expect_status 0
        expect_log '^SUMMARY: Processed=5 Clean=0 Contaminated=5 Failed=0 '
        for suffix in '' .gz .bz2 .zst .xz; do
            s3 cat "s3://data/out/cleaned/ends${suffix#.}.clean.jsonl$suffix" | decode "x$suffix" >"$T/got"
            expect_same "$T/want" "$T/got"
        done
    done
}

test_no_secret_is_logged() {
    start_store
    start_server
    fill
    AWS_SESSION_TOKEN=test-session-token orchestrate run --log-level debug
    expect_log 'credentials: from environment'
    expect_no_log "$AWS_SECRET_ACCESS_KEY|test-session-token|Signature="
}

# A file that resembles a training file but has another suffix is never skipped silently.
test_files_with_other_suffixes_are_named_or_accepted() {
    start_store
    fill
    local source
    source=$samples/$(cd "$samples" && find . -name '*.jsonl' | LC_ALL=C sort | head -n 1)
    put "$source" in/other/a.ndjson
    put "$source" in/other/b.JSONL
    gzip -c "$source" >"$T/c.gz"
    put "$T/c.gz" in/other/c.jsonl.GZ
    put "$source" in/other/d.jsonl.lz4
    echo notes >"$T/notes"
    put "$T/notes" in/other/README.md
    start_server
    orchestrate plain
    expect_status 0
    expect_log 'WARN .*: 4 objects look like training files|WARN +4 objects look like training files'
    expect_log 'they are ignored: s3://data/in/other/a.ndjson, s3://data/in/other/b.JSONL, s3://data/in/other/c.jsonl.GZ, \.\.\.'
    expect_log 'DEBUG .*skipped, not an input: s3://data/in/other/README.md'
    expect_no_key out/reports/other/a.clean
    orchestrate dry --dry-run --log-level info
    expect_status 0
    for name in a.ndjson b.JSONL c.jsonl.GZ d.jsonl.lz4 README.md; do
        expect_log "INFO .*skipped, not an input: s3://data/in/other/$name"
    done
    orchestrate taken --input-suffixes .ndjson --input-suffixes .JSONL --input-suffixes .jsonl.GZ --copy-uncontaminated
    expect_status 0
    expect_log 'files to process: 3 '
    expect_log '1 objects look like training files.*d.jsonl.lz4'
    for name in a b c; do
        has_key "out/reports/other/$name.clean" || expect_key "out/reports/other/$name.report.jsonl"
    done
    expect_key out/cleaned/other/c.clean.jsonl.gz
    s3 cat s3://data/out/cleaned/other/c.clean.jsonl.gz | gzip -t
    cat >"$T/c.yaml" <<-'YAML'
	input_suffixes: [.ndjson, .JSONL, .jsonl.GZ]
	YAML
    orchestrate again --config "$T/c.yaml"
    expect_status 0
    expect_log 'files to process: 0 '
    orchestrate bad --input-suffixes ndjson
    expect_status 2
    expect_log 'is not a suffix'
}

run_tests
