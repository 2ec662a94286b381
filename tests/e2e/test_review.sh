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
    expect_out 'books/part-01, line 27  contains test #1 (workshop-problems.jsonl, line 2)'
    expect_out '  answer      nine bells'
    grep -q '⟦ *nine bells⟧' "$T/out" || fail "$(cat "$T/out")"
    ! grep -q "$(printf '\033')" "$T/out" || fail 'colours in a file'
}

test_colours() {
    make_reports
    NO_COLOR=1 review 0 --color always reports
    grep -qF "$(printf '\033[30;42m')nine bells" "$T/out" || fail 'no colour of the answer'
    ! grep -q '⟦' "$T/out" || fail 'brackets beside colours'
    # On a terminal, if script(1) is installed.
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
    expect_out '(4 excluded by filters)'
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
    expect_out '400 documents in 9 files were checked, 1.750 % are contaminated'
    grep -qE '^  workshop_problems +test +3 of 9 questions, 33.33 %$' "$T/out" || fail "$(cat "$T/out")"
    grep -q '^  workshop_problems  test  ' "$T/out" || fail 'the column of names is wider than the longest name'
    # The record knows the sets without a match.
    grep -qE '^  meadow_reading +test +0 of 6 questions, 0.00 %$' "$T/out" || fail "$(cat "$T/out")"
    expect_out 'Questions found in most documents'
    sed '1,/^Contaminated documents by source folder/d' "$T/out" >"$T/folders"
    [ "$(grep -cE '^  (books +4|web pages +3) documents$' "$T/folders")" = 2 ] || fail "$(cat "$T/folders")"
    grep -qE '^  workshop_problems test #1 +2 documents$' "$T/out" || fail "$(cat "$T/out")"
    ! grep -q 'nine bells' "$T/out" || fail 'an example'
    review 0 --stats --eval harbour reports
    ! grep -q meadow "$T/out" || fail 'a set that was filtered out'
    review 0 --stats --json reports
    expect_out '{"found":0,"known":6,"set":"meadow_reading","split":"test"}'
}

test_every_match_can_be_dumped() {
    make_reports
    review 0 --dump reports
    [ "$(grep -cE '^  1\.000 .* contains test #' "$T/out")" = 7 ] || fail "$(cat "$T/out")"
    review 0 --dump --eval harbour reports
    [ "$(grep -cE '^  1\.000 .* contains test #' "$T/out")" = 3 ] || fail "$(cat "$T/out")"
    review 2 --dump --json reports
}

test_lists_of_questions() {
    make_reports
    review 0 --stats --evals-dir "$evals" --contaminated found.csv --clean-subset clean.json reports
    [ "$(head -n 1 "$T/found.csv")" = 'eval_key,split,eval_instance_index,documents,best_score' ] || fail "$(cat "$T/found.csv")"
    [ "$(wc -l <"$T/found.csv")" = 7 ] || fail "$(cat "$T/found.csv")"
    grep -qxF 'workshop_problems,test,1,2,1.0' "$T/found.csv" || fail "$(cat "$T/found.csv")"
    grep -q '"meadow_reading":{"test":\[0,1,2,3,4,5\]}' "$T/clean.json" || fail "$(cat "$T/clean.json")"
    # Found and clean questions together are all questions of the set.
    [ "$(grep -c '^harbour_quiz,' "$T/found.csv")" = 3 ] || fail "$(cat "$T/found.csv")"
    [ "$(grep -o '"harbour_quiz":{"test":\[[0-9,]*' "$T/clean.json" | tr ',' '\n' | wc -l)" = 7 ] || fail "$(cat "$T/clean.json")"
    review 0 --evals-dir "$evals" --split test --clean-subset clean.json --contaminated found.json reports
    grep -q '"meadow_reading":\[0,1,2,3,4,5\]' "$T/clean.json" || fail "$(cat "$T/clean.json")"
    grep -qF '{"best_score":1.0,"documents":2,"eval_instance_index":1,"eval_key":"workshop_problems","split":"test"}' "$T/found.json" || fail "$(cat "$T/found.json")"
    review 0 --json --stats reports
    expect_out '"checked_files":9,"checked_lines":400,"questions":[{"found":3,"known":10,"set":"harbour_quiz","split":"test"}'
    review 2 --clean-subset clean.json reports
}

test_no_clean_subset_with_filters() {
    make_reports
    for option in '--eval harbour' '--file books' '--min-score 0.5' '--max-score 0.99'; do
        # shellcheck disable=SC2086 # two words
        review 2 $option --evals-dir "$evals" --clean-subset clean.json reports
        grep -q 'omit --eval, --file, --min-score and --max-score' "$T/review.log" || fail "$(cat "$T/review.log")"
        [ ! -e "$T/clean.json" ] || fail "$option: $(cat "$T/clean.json")"
    done
}

# refused TEXT OPTION... : no clean subset, with advice.
refused() {
    local text=$1
    shift
    rm -f "$T/clean.json"
    review 2 "$@" --clean-subset clean.json reports
    grep -q "$text" "$T/review.log" || fail "$(cat "$T/review.log")"
    [ ! -e "$T/clean.json" ] || fail "$(cat "$T/clean.json")"
}

test_clean_are_questions_that_were_searched_for() {
    make_reports
    review 0 --evals-dir "$evals" --clean-subset clean.json reports
    grep -q 'reports: the scan failed for 1 file; questions in it count as clean' "$T/review.log" || fail "$(cat "$T/review.log")"
    # Evaluation files with a set more, or a question less.
    mkdir "$T/more" "$T/less"
    cp "$evals"/*.jsonl "$T/more/"
    sed 's/harbour_quiz/new_quiz/; s/harbour master/master of the port/; s/"doc_id":1/"doc_id":7/' "$evals"/harbour*.jsonl >"$T/more/new.jsonl"
    refused 'not the evaluation records that the scan searched for' --evals-dir more
    for file in "$evals"/*.jsonl; do sed 1d "$file" >"$T/less/${file##*/}"; done
    refused 'not the evaluation records that the scan searched for' --evals-dir less
    # A record that the index drops is not listed as clean.
    cp -r "$evals" "$T/short"
    echo '{"doc_id":9001,"eval_key":"harbour_quiz","eval_instance_index":77,"split":"test","question":"Who rang the bell?","answer":"the monk"}' >"$T/short/short.jsonl"
    review 0 --evals-dir short --clean-subset clean.json reports
    grep -q 'short: 1 question was not searched for' "$T/review.log" || fail "$(cat "$T/review.log")"
    ! grep -q '[^0-9]77[^0-9]' "$T/clean.json" || fail "$(cat "$T/clean.json")"
    mkdir "$T/empty"
    review 2 --evals-dir "$evals" --clean-subset none.json empty
    [ ! -e "$T/none.json" ] || fail 'all questions are clean without a scan'
}

test_clean_are_questions_of_reported_sets() {
    (cd "$samples" && "$BIN/decon" detect --evals-dir "$evals" --report-sets harbour_quiz --report-output-dir "$T/reports" .) >"$T/detect.out" 2>"$T/detect.log" || true
    review 0 --evals-dir "$evals" --clean-subset clean.json reports
    grep -q '"workshop_problems":{"test":\[\]}' "$T/clean.json" || fail "$(cat "$T/clean.json")"
    grep -q ' 15 questions were not searched for' "$T/review.log" || fail "$(cat "$T/review.log")"
    [ "$(grep -o '"harbour_quiz":{"test":\[[0-9,]*' "$T/clean.json" | tr ',' '\n' | wc -l)" = 7 ] || fail "$(cat "$T/clean.json")"
}

test_no_lists_of_reports_that_cannot_be_read() {
    make_reports
    echo 'no report line' >>"$T/reports/books/part-02.report.jsonl"
    review 3 --evals-dir "$evals" --clean-subset clean.json --contaminated found.csv reports
    grep -q 'clean.json: is not written' "$T/review.log" || fail "$(cat "$T/review.log")"
    [ ! -e "$T/clean.json" ] && [ ! -e "$T/found.csv" ] || fail 'a list of a damaged report'
}

test_verdicts_suppress_matches() {
    make_reports
    review 2 --judge reports
    status=0
    (cd "$T" && printf 'x\nf\ne\nt\ns\n' | "$BIN/decon" review --judge --suppress v.jsonl --eval workshop reports) >"$T/out" 2>&1 || status=$?
    [ "$status" = 0 ] || fail "$(cat "$T/out")"
    expect_out 'please answer f, e, t, s or q'
    expect_out '3 of 3 matches judged; verdicts are in v.jsonl'
    [ "$(wc -l <"$T/v.jsonl")" = 3 ] || fail "$(cat "$T/v.jsonl")"
    [ "$(grep -c '"verdict":"false_positive"' "$T/v.jsonl")" = 2 ] || fail "$(cat "$T/v.jsonl")"
    [ "$(grep -c '"training_file"' "$T/v.jsonl")" = 2 ] || fail "$(cat "$T/v.jsonl")"
    review 0 --suppress v.jsonl --stats reports
    grep -qE '^[45] matches in [45] documents .*[23] judged to be false' "$T/out" || fail "$(cat "$T/out")"
    # Judged matches are not asked again.
    (cd "$T" && "$BIN/decon" review --judge --suppress v.jsonl --eval workshop reports) >"$T/out" 2>&1 </dev/null
    grep -qE '0 of (0 matches|1 match) judged' "$T/out" || fail "$(cat "$T/out")"
    echo '{"eval_key":"x"}' >>"$T/v.jsonl"
    review 2 --suppress v.jsonl reports
    grep -q 'v.jsonl: line 4: ' "$T/review.log" || fail "$(cat "$T/review.log")"
    review 1 --suppress none.jsonl reports
}

# judge_all VERDICT: each of the six questions.
judge_all() {
    rm -f "$T/v.jsonl"
    for _ in 1 2 3 4 5 6; do echo "$1"; done >"$T/answers"
    (cd "$T" && "$BIN/decon" review --judge --suppress v.jsonl reports) <"$T/answers" >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    [ "$(wc -l <"$T/v.jsonl")" = 6 ] || fail "$(cat "$T/v.jsonl")"
}

test_the_last_verdict_holds() {
    make_reports
    judge_all t
    review 0 --suppress v.jsonl reports
    expect_out '7 matches in 7 documents of 5 training files'
    judge_all f
    review 0 --suppress v.jsonl reports
    expect_out '1 match in 1 document of 1 training file' # a question of two documents
    judge_all e
    review 0 --suppress v.jsonl reports
    expect_out '0 matches in 0 documents'
    sed 's/false_positive/true_positive/' "$T/v.jsonl" >"$T/true.jsonl"
    cat "$T/true.jsonl" >>"$T/v.jsonl"
    review 0 --suppress v.jsonl reports
    expect_out '7 matches in 7 documents of 5 training files'
    sed 's/false_positive/False_Positive/' "$T/v.jsonl" >"$T/word.jsonl"
    review 2 --suppress word.jsonl reports
    grep -q 'word.jsonl: line 1: verdict is neither false_positive nor true_positive' "$T/review.log" || fail "$(cat "$T/review.log")"
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
    grep -qF '"3 nine bells"' "$T/page.html" || fail 'the answer is not marked'
    grep -qE '<summary>Settings of the scan: threshold 0.8, 20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC<' "$T/page.html" || fail 'no settings and date'
    grep -qF '<dt>tokenizer</dt><dd>cl100k</dd>' "$T/page.html" || fail 'not all settings'
    grep -qF '<b>400</b> <span class="soft small">documents checked</span>' "$T/page.html" || fail 'how much was checked'
    # All matches, or the best of each set.
    [ "$(grep -o '"rows":.*' "$T/page.html" | grep -o '\],\[[0-9]*,[0-9]*,[0-9]*,1.0,' | wc -l)" = 6 ] || fail 'not all matches'
    review 0 --top 1 --html one.html reports
    [ "$(grep -o '"rows":.*' "$T/one.html" | grep -o '\],\[[0-9]*,[0-9]*,[0-9]*,1.0,' | wc -l)" = 1 ] || fail 'more than the best'
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
    grep -q 'part-02.report.jsonl: line 2 is not a line of a report' "$T/review.log" || fail "$(cat "$T/review.log")"
    grep -q 'cut.report.jsonl.xz' "$T/review.log" || fail "$(cat "$T/review.log")"
    mkdir "$T/empty"
    review 0 empty
    grep -q 'contains no reports' "$T/review.log" || fail "$(cat "$T/review.log")"
}

test_reports_in_a_store() {
    make_reports
    xz -k "$T/reports/books/part-01.report.jsonl" && rm "$T/reports/books/part-01.report.jsonl"
    start_store
    s3 mb s3://data
    s3 cp -r "$T/reports/" s3://data/out/reports/ >"$T/cp.log"
    s3 cp "$T/reports/books/part-02.report.jsonl" s3://data/out/reports-2/other.report.jsonl >"$T/cp.log"
    local name
    for options in '--stats' '--dump' '--json --top 2' '--file books/*'; do
        for name in reports s3://data/out/reports s3://data/out/reports/; do
            # shellcheck disable=SC2086 # several words
            review 0 $options "$name"
            [ "$name" = reports ] && cp "$T/out" "$T/local"
            cmp <(sed 's|s3://data/out/reports|reports|g; s|reports//|reports/|g' "$T/out") "$T/local" ||
                fail "$options $name: $(diff "$T/out" "$T/local")"
        done
    done
    review 0 --evals-dir "$evals" --clean-subset remote.json --html remote.html s3://data/out/reports
    review 0 --evals-dir "$evals" --clean-subset local.json reports
    cmp "$T/remote.json" "$T/local.json"
    review 0 s3://data/out/reports-2/other.report.jsonl
    expect_out '1 match in 1 document of 1 training file'
    (cd "$T" && printf 'f\nq\n' | "$BIN/decon" review --judge --suppress v.jsonl s3://data/out/reports) >"$T/out" 2>&1
    expect_out '1 of 6 matches judged'
    (cd "$T" && "$BIN/decon" compare --fail-on-difference reports s3://data/out/reports) >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    expect_out 'Settings: the same'
    # A damaged object is named; a folder without objects is an error.
    head -c 100 "$T/reports/books/part-01.report.jsonl.xz" >"$T/cut" && s3 cp "$T/cut" s3://data/out/reports/cut.report.jsonl.xz >"$T/cp.log"
    review 3 s3://data/out/reports
    grep -q 's3://data/out/reports/cut.report.jsonl.xz: ' "$T/review.log" || fail "$(cat "$T/review.log")"
    review 2 s3://data/nothing
    grep -q 's3://data/nothing: no such object, and no objects below it' "$T/review.log" || fail "$(cat "$T/review.log")"
    review 2 s3:/data/out
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
