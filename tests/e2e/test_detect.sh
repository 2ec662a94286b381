#!/usr/bin/env bash
# The batch command: decon detect.
. "$(dirname "$0")/lib.sh"

# detect STATUS WORD... : runs in $T, expects the exit status; standard output in $T/out.
detect() {
    local want=$1 status=0
    shift
    (cd "$T" && "$BIN/decon" detect --evals-dir "$evals" --worker-threads 2 "$@") \
        >"$T/out" 2>"$T/detect.log" || status=$?
    [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cat "$T/out" "$T/detect.log")"
}

expect_out() { # REGEX
    grep -qE -- "$1" "$T/out" || fail "no line $1 in: $(cat "$T/out")"
}

# hits FILE: a line for each question of the sample sets, followed by its answer.
hits() {
    sed -n 's/.*"question": *"\([^"]*\)".*"answer": *"\([^"]*\)".*/{"text":"some words before it all \1 \2"}/p' \
        "$evals"/*.jsonl
}

test_a_folder_of_all_formats() {
    cp -r "$samples" "$T/in"
    rm "$T/in/web pages/broken.jsonl.gz"
    detect 0 --purify in
    expect_out '^CONTAMINATED: in/books/part-01.jsonl: 2 of 40 lines, 2 matches: reports/books/part-01.report.jsonl$'
    expect_out '^SUMMARY: Files=9 Clean=4 Contaminated=5 Failed=0 Skipped=0 Lines=400 ContaminatedLines=7 Matches=7 Bytes=[0-9]+ Time='
    expect_out '^To see the matches: decon review reports$'
    [ "$(find "$T/reports" -name _decon -prune -o -type f -print | wc -l)" = 5 ] || fail "reports: $(find "$T/reports" -name _decon -prune -o -type f -print)"
    [ "$(find "$T/cleaned" -type f | wc -l)" = 9 ] || fail "cleaned: $(find "$T/cleaned" -type f)"
    # The cleaned file is the input without the lines that the report names.
    sed -n 's/.*"training_line":\([0-9]*\),.*/\1/p' "$T/reports/books/part-01.report.jsonl" |
        sort -nu | sed 's/$/ + 1/' | while read -r line; do echo "$((line))d"; done >"$T/drop.sed"
    [ "$(wc -l <"$T/drop.sed")" = 2 ] || fail "lines: $(cat "$T/drop.sed")"
    sed -f "$T/drop.sed" "$T/in/books/part-01.jsonl" >"$T/want"
    gzip -dc "$T/cleaned/books/part-01.clean.jsonl.gz" | cmp - "$T/want" || fail 'cleaned file'
}

test_a_bad_file_is_named_and_the_others_are_done() {
    cp -r "$samples" "$T/in"
    detect 3 in
    expect_out '^FAILED: in/web pages/broken.jsonl.gz: gzip: ends early at raw byte'
    expect_out '^SUMMARY: Files=10 Clean=4 Contaminated=5 Failed=1 '
    [ ! -e "$T/cleaned" ] || fail 'cleaned files without --purify'
}

test_the_batch_is_recorded() {
    local record=$T/reports/_decon/detect.json
    cp -r "$samples/books" "$T/in"
    detect 0 in
    grep -qE '^\{"clean":1,"contaminated":3,"contaminated_lines":4,"failed":0,"files":4,"filters":\{[^}]*\},"fingerprint":"[0-9a-f]{64}","format":1,"lines":220,"matches":4,' "$record" || fail "$(cat "$record")"
    grep -qF '{"questions":10,"records":10,"set":"harbour_quiz","split":"test"}' "$record" || fail "$(cat "$record")"
    grep -qF '"settings":{"algorithm_version":' "$record" || fail "$(cat "$record")"
    # The record is not a training file.
    mkdir "$T/in/reports"
    mv "$T/reports/_decon" "$T/in/reports"
    detect 0 in
    expect_out '^SUMMARY: Files=4 '
}

# Names of the maximum length, with one and two bytes per character.
test_files_of_long_names() {
    local bytes name
    mkdir "$T/in"
    for bytes in 235 243 250 255; do
        name=$(printf 'a%.0s' $(seq $((bytes - 9))))
        hits >"$T/in/$bytes$name.jsonl"
    done
    name=$(printf 'é%.0s' $(seq 124))
    hits >"$T/in/$name.jsonl"
    hits >"$T/in/y${name%?}b.jsonl"
    detect 0 --purify in
    expect_out '^SUMMARY: Files=6 Clean=0 Contaminated=6 Failed=0 '
    [ "$(find "$T/reports" -type f -name '*.report.jsonl' | wc -l)" = 6 ] || fail "$(find "$T/reports")"
    [ "$(find "$T/cleaned" -type f -name '*.clean.jsonl.gz' | wc -l)" = 6 ] || fail "$(find "$T/cleaned")"
    [ "$(find "$T/reports" -name '*.report.jsonl' | iconv -f UTF-8 -t UTF-8 | wc -l)" = 6 ] || fail 'a name is cut inside a character'
}

test_found_can_be_a_status() {
    hits >"$T/hit.jsonl"
    echo '{"text":"nothing of note"}' >"$T/clean.jsonl"
    detect 0 hit.jsonl
    detect 4 --fail-on-match hit.jsonl clean.jsonl
    detect 0 --fail-on-match clean.jsonl
}

test_json() {
    hits >"$T/hit.jsonl"
    printf '{"text":"bad \377"}\n' >"$T/bad.jsonl"
    detect 3 --json hit.jsonl bad.jsonl
    [ "$(wc -l <"$T/out")" = 3 ] || fail "$(cat "$T/out")"
    expect_out '^\{"contaminated_lines":[1-9][0-9]*,"file":"hit.jsonl","lines":[0-9]+,"matches":[0-9]+,"report_path":"/.*/reports/hit.report.jsonl","status":"contaminated","text_bytes":[0-9]+,"unread_lines":0\}$'
    expect_out '"error":"bad.jsonl: line 1, byte 13 of the decoded text: invalid UTF-8: .*"file":"bad.jsonl","lines":0,.*"status":"failed"'
    tail -n 1 "$T/out" | grep -qE '^\{"clean":0,"contaminated":1,.*"failed":1,"files":2,.*"status":"summary"' ||
        fail "summary: $(tail -n 1 "$T/out")"
}

# The reference read nothing of these files and called them clean.
test_files_that_cannot_be_read_are_not_clean() {
    mkdir "$T/in"
    hits >"$T/lines"
    { echo '['; sed 's/$/,/' "$T/lines"; echo ']'; } >"$T/in/array.jsonl"
    sed 's/{/{\n  /' "$T/lines" >"$T/in/pretty.jsonl"
    iconv -t UTF-16 "$T/lines" >"$T/in/utf16.jsonl"
    iconv -t UTF-16LE "$T/lines" >"$T/in/utf16le.jsonl"
    { echo '<html><body>'; cat "$T/lines"; } >"$T/in/page.jsonl"
    sed 's/"text"/"content"/' "$T/lines" >"$T/in/key.jsonl"
    head -c 200 "$T/lines" >"$T/in/cut.jsonl"
    gzip -c "$T/lines" | gzip -c >"$T/in/twice.jsonl.gz"
    head -c 20000 /dev/urandom >"$T/in/random.jsonl"
    detect 3 --purify in
    expect_out '^SUMMARY: Files=9 Clean=0 Contaminated=0 Failed=9 Skipped=0 Lines=0 '
    expect_out "^FAILED: in/array.jsonl: line 1, byte 0 of the decoded text: .*; this is a JSON array"
    expect_out "^FAILED: in/key.jsonl: no line has a string under 'text'; the lines have the keys: content;"
    expect_out '^FAILED: in/twice.jsonl.gz: line 1, .*; this is gzip inside gzip$'
    [ -z "$(find "$T/reports" "$T/cleaned" -name _decon -prune -o -type f -print)" ] || fail "left: $(find "$T/reports" "$T/cleaned" -name _decon -prune -o -type f -print)"
    detect 3 --purify --invalid-utf8 skip in
    expect_out '^SUMMARY: Files=9 Clean=0 Contaminated=0 Failed=9 '
    ! grep -q 'invalid-utf8' "$T/out" || fail "advice: $(cat "$T/out")"
}

test_the_training_folder_can_be_an_option() {
    mkdir "$T/in" "$T/more"
    hits >"$T/in/a.jsonl"
    hits >"$T/more/b.jsonl"
    detect 0 --training-dir in
    expect_out '^SUMMARY: Files=1 '
    detect 0 --training-dir in more/b.jsonl
    expect_out '^SUMMARY: Files=2 '
    echo 'training_dir: in' >"$T/c.yaml"
    detect 0 --config c.yaml
    expect_out '^CONTAMINATED: in/a.jsonl: '
    detect 0 --config c.yaml more/b.jsonl
    expect_out '^SUMMARY: Files=1 '
    expect_out '^CONTAMINATED: more/b.jsonl: '
    detect 2
    echo 'training_dirs: in' >"$T/c.yaml"
    detect 2 --config c.yaml
    grep -q 'training_dirs: unknown key; did you mean training_dir?' "$T/detect.log" || fail "$(cat "$T/detect.log")"
}

test_lines_without_a_text_are_counted() {
    { hits; echo '{"id":1}'; echo; echo '{"text":5}'; } >"$T/a.jsonl"
    detect 0 a.jsonl
    expect_out "^UNREAD: a.jsonl: 2 of 28 lines have no text under 'text'$"
    expect_out '^SUMMARY: .* UnreadLines=2$'
    grep -q "WARN .*a.jsonl: 2 of 28 lines have no text under 'text'" "$T/detect.log" || fail 'no warning'
    detect 0 --json a.jsonl
    expect_out '"file":"a.jsonl",.*"unread_lines":2\}$'
    echo '[1]' >>"$T/a.jsonl"
    detect 3 a.jsonl
    detect 0 --lenient a.jsonl
    expect_out '^SUMMARY: .* UnreadLines=3$'
    detect 0 --compatible --tokenizer word a.jsonl
}

test_an_index_without_records_is_refused() {
    mkdir "$T/none" "$T/empty"
    sed 's/"question"/"prompt"/' "$evals"/*.jsonl >"$T/none/a.jsonl"
    hits >"$T/a.jsonl"
    detect 2 --evals-dir none a.jsonl
    grep -q 'ERROR .*none of the 25 lines is a usable record.* 25 without a question (keys: .*prompt' "$T/detect.log" ||
        fail "$(cat "$T/detect.log")"
    detect 2 --evals-dir empty a.jsonl
    [ ! -s "$T/out" ] || fail "$(cat "$T/out")"
    printf '{"doc_id":%d,"question":"太陽系中哪一顆行星距離太陽最近而且體積最小並且沒有任何衛星"}\n' 1 2 3 >"$T/empty/zh.jsonl"
    detect 2 --evals-dir empty --eval-min-token-length 0 a.jsonl
    grep -q 'ERROR .* 3 of fewer than eval_min_unique_word_count different words' "$T/detect.log" ||
        fail "$(cat "$T/detect.log")"
    detect 2 --evals-dir empty --compatible a.jsonl
}

test_results_beside_their_inputs_are_not_read() {
    hits >"$T/a.jsonl"
    gzip -k "$T/a.jsonl" && mv "$T/a.jsonl" "$T/original"
    cp "$T/a.jsonl.gz" "$T/before"
    detect 0 --purify --report-output-dir . --cleaned-output-dir . a.jsonl.gz
    cmp "$T/a.jsonl.gz" "$T/before" || fail 'the input was overwritten'
    [ -s "$T/a.report.jsonl" ] && [ -s "$T/a.clean.jsonl.gz" ] || fail 'results'
}

test_folders_of_results_are_no_input() {
    mkdir "$T/in"
    hits >"$T/in/hit.jsonl"
    (cd "$T/in" && echo '{"text":"x"}' >notes.txt)
    detect 0 --purify --report-output-dir in/reports --cleaned-output-dir in/cleaned in
    detect 0 --purify --report-output-dir in/reports --cleaned-output-dir in/cleaned in
    expect_out '^SUMMARY: Files=1 '
}

test_an_old_report_goes_when_the_file_is_clean() {
    hits >"$T/f.jsonl"
    detect 0 f.jsonl
    [ -s "$T/reports/f.report.jsonl" ] || fail 'no report'
    echo '{"text":"nothing of note"}' >"$T/f.jsonl"
    : >"$T/reports/f.report.jsonl.tmp-0123abcd" # of a run that was killed
    detect 0 f.jsonl
    [ -z "$(find "$T/reports" -name _decon -prune -o -type f -print)" ] || fail "left: $(find "$T/reports" -name _decon -prune -o -type f -print)"
}

test_two_files_of_one_name_are_both_refused() {
    mkdir "$T/one" "$T/two"
    for f in one/f.jsonl two/f.jsonl two/g.jsonl two/g.jsonl.gz two/h.jsonl; do
        case $f in
        *.gz) echo '{"text":"x"}' | gzip >"$T/$f" ;;
        *) echo '{"text":"x"}' >"$T/$f" ;;
        esac
    done
    detect 3 one/f.jsonl two two/h.jsonl
    expect_out '^FAILED: one/f.jsonl: its results would have the same names as those of two/f.jsonl;'
    expect_out '^FAILED: two/f.jsonl: its results would have the same names as those of one/f.jsonl;'
    expect_out '^SUMMARY: Files=5 Clean=3 Contaminated=0 Failed=2 ' # h once
}

# As in the reference's own test data.
test_compressed_variants_side_by_side_keep_their_suffixes() {
    local name
    mkdir "$T/in"
    hits >"$T/in/mixed.jsonl"
    detect 0 --purify in
    [ -s "$T/reports/mixed.report.jsonl" ] || fail 'a single file has no suffix in its results'
    gzip -k "$T/in/mixed.jsonl"
    bzip2 -k "$T/in/mixed.jsonl"
    xz -k "$T/in/mixed.jsonl"
    zstd -q "$T/in/mixed.jsonl"
    echo '{"text":"x"}' >"$T/in/mixed"
    hits >"$T/in/other.json"
    detect 0 --purify in
    expect_out '^SUMMARY: Files=6 Clean=0 Contaminated=6 Failed=0 '
    for name in mixed.jsonl mixed.jsonl.gz mixed.jsonl.bz2 mixed.jsonl.xz mixed.jsonl.zst other; do
        [ -s "$T/reports/$name.report.jsonl" ] || fail "no report of $name: $(ls "$T/reports")"
        [ -s "$T/cleaned/$name.clean.jsonl.gz" ] || fail "no cleaned file of $name: $(ls "$T/cleaned")"
    done
    # Results of the first run could be mistaken for results of this one.
    [ "$(find "$T/reports" "$T/cleaned" -name _decon -prune -o -type f -print | wc -l)" = 12 ] || fail "$(ls "$T/reports" "$T/cleaned")"
    # The results of `mixed`, an argument as well, do not collide.
    detect 0 --purify in/mixed in/mixed.jsonl in/mixed.jsonl.gz
    [ -s "$T/cleaned/mixed.clean.jsonl.gz" ] || fail "$(ls "$T/cleaned")"
}

test_usage() {
    mkdir "$T/empty"
    detect 2
    grep -q 'no training files; name files' "$T/detect.log" || fail "$(cat "$T/detect.log")"
    detect 2 no-such-file.jsonl
    grep -q 'no-such-file.jsonl' "$T/detect.log" || fail "$(cat "$T/detect.log")"
    detect 2 empty
    detect 2 --port 1 x.jsonl
    detect 2 --no-such-option x.jsonl
    [ ! -e "$T/reports" ] || fail 'a folder of a run that did not start'
    detect 0 --help
    expect_out '^Usage: decon detect '
    ! grep -q -- '--port' "$T/out" || fail 'an option of the server'
}

large() {
    yes '{"text":"plain words that fill a line of a file which takes its time to be read"}' |
        head -n "$1" | gzip -1 || true
}

begin_large() { # a batch of a slow file and another one after it
    mkdir "$T/in"
    large "$1" >"$T/in/large.jsonl.gz"
    echo '{"text":"x"}' >"$T/in/small.jsonl"
    "$BIN/decon" detect --evals-dir "$evals" --worker-threads 1 --purify \
        --report-output-dir "$T/reports" --cleaned-output-dir "$T/cleaned" "$T/in" \
        >"$T/out" 2>"$T/detect.log" &
    batch=$!
    started+=("$batch")
    wait_for has_unfinished
}

has_unfinished() {
    [ -n "$(find "$T/cleaned" -name '*.tmp-*')" ]
}

test_a_signal_lets_what_has_begun_end() {
    begin_large 60000
    stop "$batch"
    expect_status 143
    expect_out '^SUMMARY: Files=2 Clean=1 Contaminated=0 Failed=0 Skipped=1 Lines=60000 '
    [ "$(find "$T/cleaned" -type f)" = "$T/cleaned/large.clean.jsonl.gz" ] || fail "$(find "$T/cleaned")"
}

test_a_second_signal_ends_it_at_once() {
    begin_large 2000000
    kill -TERM "$batch"
    wait_for grep -q 'another signal ends at once' "$T/detect.log"
    while kill -TERM "$batch" 2>/dev/null; do :; done
    wait_exit "$batch"
    expect_status 143
    [ -z "$(find "$T/cleaned" -name '*.gz')" ] || fail 'a result of a file that did not end'
}

run_tests
