#!/usr/bin/env bash
# The review command, on reports that detect wrote.
. "$(dirname "$0")/lib.sh"

# review STATUS WORD... : output in $T/out.
review() {
    local want=$1 status=0
    shift
    (cd "$T" && LC_ALL=C.UTF-8 COLUMNS=90 "$BIN/decon" review "$@") >"$T/out" 2>"$T/review.log" || status=$?
    [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cat "$T/out" "$T/review.log")"
}

expect_out() { # TEXT
    grep -qF -- "$1" "$T/out" || fail "no line with '$1' in: $(cat "$T/out")"
}

make_reports() {
    (cd "$samples" && "$BIN/decon" detect --evals-dir "$evals" --report-output-dir "$T/reports" .) \
        >"$T/detect.out" 2>"$T/detect.log" || true # one of the samples is broken
    [ "$(find "$T/reports" -name '*.report.jsonl' | wc -l)" = 5 ] || fail "reports: $(find "$T/reports")"
}

test_what_is_shown() {
    make_reports
    review 0 reports
    expect_out '7 matches in 7 documents of 5 training files, 2 evaluation sets, 5 reports'
    grep -qE '^  workshop_problems  █+.* 4  in 4 documents, best score 1\.000$' "$T/out" || fail "$(cat "$T/out")"
    grep -qE '^  books/part-01 .* 2  in 2 documents$' "$T/out" || fail "$(cat "$T/out")"
    expect_out 'books/part-01, line 27  has  test #1 (workshop-problems.jsonl, line 2)'
    expect_out '  answer      nine bells'
    grep -q '⟦ *nine bells⟧' "$T/out" || fail "$(cat "$T/out")"
    ! grep -q "$(printf '\033')" "$T/out" || fail 'colours in a file'
}

test_colours() {
    make_reports
    NO_COLOR=1 review 0 --color always reports
    grep -qF "$(printf '\033[30;42m')nine bells" "$T/out" || fail 'no colour of the answer'
    ! grep -q '⟦' "$T/out" || fail 'brackets beside colours'
    # On a terminal, where there is script(1) to make one.
    script -qec true /dev/null >/dev/null 2>&1 </dev/null || return 0
    LC_ALL=C.UTF-8 script -qec "'$BIN/decon' review '$T/reports'" /dev/null >"$T/out" 2>&1 </dev/null
    grep -qF "$(printf '\033[30;42m')" "$T/out" || fail 'no colours on a terminal'
    NO_COLOR=1 LC_ALL=C.UTF-8 script -qec "'$BIN/decon' review '$T/reports'" /dev/null >"$T/out" 2>&1 </dev/null
    ! grep -q "$(printf '\033')" "$T/out" || fail 'colours in spite of NO_COLOR'
}

test_filters() {
    make_reports
    review 0 --eval harbour reports
    expect_out '3 matches in 3 documents'
    expect_out '(4 left out by filters)'
    ! grep -q workshop "$T/out" || fail 'a set that was filtered out'
    review 0 --file 'books/*' --min-score 0.5 reports
    expect_out '4 matches in 4 documents of 3 training files'
    review 0 --max-score 0.5 reports
    expect_out '0 matches in 0 documents'
}

test_stats_show_figures_only() {
    make_reports
    review 0 --stats reports
    expect_out '6 distinct questions found'
    grep -qE '^  workshop_problems .* 3  distinct questions$' "$T/out" || fail "$(cat "$T/out")"
    ! grep -q 'nine bells' "$T/out" || fail 'an example'
}

test_json() {
    make_reports
    review 0 --json --top 1 reports
    [ "$(wc -l <"$T/out")" = 1 ] || fail 'more than one line'
    expect_out '{"bad_lines":0,"documents":7,"evals":[{"best_score":1.0,"documents":4,"examples":[{"answer":"nine bells",'
    expect_out '"matches":4,"name":"workshop_problems"}'
}

test_a_page() {
    make_reports
    review 0 --html page.html reports
    head -n 1 "$T/page.html" | grep -qix '<!doctype html>' || fail "$(head -n 1 "$T/page.html")"
    grep -qF '<mark class="a" data-k="answer">nine bells</mark>' "$T/page.html" || fail 'the answer is not marked'
    grep -q 'width=device-width' "$T/page.html" || fail 'not for phones'
    review 0 --html - reports
    diff <(sed 's/20[0-9-]* [0-9:]* UTC//' "$T/out") <(sed 's/20[0-9-]* [0-9:]* UTC//' "$T/page.html") || fail 'standard output'
}

test_what_cannot_be_read() {
    make_reports
    xz "$T/reports/books/part-01.report.jsonl"
    echo 'no report line' >>"$T/reports/books/part-02.report.jsonl"
    head -c 100 "$T/reports/books/part-01.report.jsonl.xz" >"$T/reports/cut.report.jsonl.xz"
    review 3 reports
    expect_out '7 matches in 7 documents'
    grep -q 'part-02.report.jsonl: line 2 is no line of a report' "$T/review.log" || fail "$(cat "$T/review.log")"
    grep -q 'cut.report.jsonl.xz' "$T/review.log" || fail "$(cat "$T/review.log")"
    mkdir "$T/empty"
    review 0 empty
    grep -q 'holds no reports' "$T/review.log" || fail "$(cat "$T/review.log")"
}

test_usage() {
    review 2
    review 2 no-such-folder
    review 2 --top 0 .
    review 2 --json --html - .
    review 0 --help
    expect_out 'Usage: decon review '
    status=0
    "$BIN/decon-server" reviews 2>"$T/out" || status=$?
    [ "$status" = 2 ] || fail "exit status $status"
    expect_out "'reviews' is not an option or a command"
}

run_tests
