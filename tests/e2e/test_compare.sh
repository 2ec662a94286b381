#!/usr/bin/env bash
# The compare command: decon compare.
. "$(dirname "$0")/lib.sh"

# compare STATUS WORD... : runs in $T, expects the exit status; standard output in $T/out.
compare() {
    local want=$1 status=0
    shift
    (cd "$T" && "$BIN/decon" compare "$@") >"$T/out" 2>"$T/compare.log" || status=$?
    [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cat "$T/out" "$T/compare.log")"
}

expect_out() { # REGEX
    grep -qE -- "$1" "$T/out" || fail "no line $1 in: $(cat "$T/out")"
}

# report NAME: lines `file line set split instance score` of standard input as a report.
report() {
    local file line set split instance score
    mkdir -p "$(dirname "$T/$1")"
    while read -r file line set split instance score; do
        printf '{"contamination_score":%s,"eval_key":"%s","eval_instance_index":%s,"split":"%s","training_file":"%s","training_line":%s}\n' \
            "$score" "$set" "$instance" "$split" "$file" "$line"
    done >"$T/$1"
}

make_sides() {
    report a/web.report.jsonl <<'END'
f 0 alpha test 1 1.0
f 0 beta test 5 0.85
f 3 alpha test 2 0.9
f 9 alpha test 3 0.82
END
    report b/web.report.jsonl <<'END'
f 0 alpha test 1 1.0
f 3 alpha test 2 0.95
f 3 alpha test 2 0.8
f 9 alpha train 3 0.82
END
    report b/sub/more.report.jsonl <<'END'
g 4 gamma test 7 0.88
END
}

test_what_both_have_and_one() {
    make_sides
    compare 0 a b
    expect_out '^A  a: 4 matches in 3 documents, 1 report$'
    expect_out '^B  b: 5 matches in 4 documents, 2 reports$'
    expect_out '^alpha +2 +1 +1 +1$'
    expect_out '^beta +0 +0 +1 +0$'
    expect_out '^gamma +0 +0 +0 +1$'
    expect_out '^total +2 +1 +2 +2$'
    expect_out '^Settings: not recorded in both folders$'
    expect_out '^Only in A: 2$'
    expect_out '^  0.850  web, line 1  beta test #5$'
    expect_out '^  0.880  sub/more, line 5  gamma test #7$'
    expect_out '^  0.900 -> 0.950  web, line 4  alpha test #2$'
    compare 0 --stats a b
    ! grep -q 'Only in A: 2' "$T/out" || fail 'matches in spite of --stats'
    compare 0 --top 1 a b
    expect_out '^  and 1 more \(--top\)$'
    compare 0 --eval bet a b
    expect_out '^total +0 +0 +1 +0$'
    compare 0 --tolerance 0.1 a b
    expect_out '^total +2 +0 +2 +2$'
}

test_status_json_and_page() {
    make_sides
    compare 4 --fail-on-difference a b
    compare 0 --fail-on-difference a a
    compare 0 --json a b
    [ "$(wc -l <"$T/out")" = 1 ] || fail 'more than one line'
    expect_out '^\{"a":\{"documents":3,"matches":4,"name":"a","reports":1\},.*"both":2,"moved":1,"only_a":2,"only_b":2,'
    expect_out '"matches_moved":\[\{"eval_instance_index":2,"eval_key":"alpha","file":"web","score_a":0.8999999761581421,'
    report c/x.report.jsonl <<<'<script>alert(1)</script> 1 <b>set</b> test 1 1.0'
    compare 0 --html page.html a c
    grep -qF '&lt;b&gt;set' "$T/page.html" || fail 'no set in the page'
    ! grep -qF '<b>set' "$T/page.html" || fail 'markup of a report in the page'
    ! grep -q '<script' "$T/page.html" || fail 'a script'
    compare 2 --json --html - a b
}

test_differing_settings_are_named() {
    local side
    echo '{"text":"nothing of note"}' >"$T/f.jsonl"
    for side in a b; do
        (cd "$T" && "$BIN/decon" detect --evals-dir "$evals" --report-output-dir "$side" f.jsonl) >"$T/out" 2>&1
    done
    compare 0 a b
    expect_out '^Settings: the same$'
    (cd "$T" && "$BIN/decon" detect --evals-dir "$evals" --report-output-dir b --ngram-size 6 f.jsonl) >"$T/out" 2>&1
    compare 0 a b
    expect_out '^  ngram_size: 5 -> 6$'
    compare 0 --json a b
    expect_out '"settings":\{"ngram_size":\[5,6\]\}'
    # As the orchestrator records them.
    mkdir -p "$T/c/_decon/settings"
    echo '{"fingerprint":"0","format":1,"settings":{"ngram_size":4}}' >"$T/c/_decon/settings/0.json"
    compare 0 a c
    expect_out '^  ngram_size: 5 -> 4$'
}

test_what_cannot_be_read() {
    make_sides
    echo 'no report line' >>"$T/a/web.report.jsonl"
    compare 3 a b
    grep -q 'web.report.jsonl: line 5 is not a line of a report' "$T/compare.log" || fail "$(cat "$T/compare.log")"
    mkdir "$T/empty"
    compare 0 empty empty
    grep -q 'empty contains no reports' "$T/compare.log" || fail "$(cat "$T/compare.log")"
    compare 2 a
    compare 2 a b c
    compare 2 a none
}

run_tests
