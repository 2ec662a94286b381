#!/usr/bin/env bash
# New evaluation sets for a corpus that was scanned before: --report-sets and decon merge.
. "$(dirname "$0")/lib.sh"

# run STATUS COMMAND WORD... : `decon COMMAND` in $T; output in $T/out.
run() {
    local want=$1
    shift
    status=0
    (cd "$T" && "$BIN/decon" "$@") >"$T/out" 2>"$T/run.log" || status=$?
    [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cat "$T/out" "$T/run.log")"
}

expect_error() { # REGEX
    grep -qE -- "$1" "$T/run.log" || fail "no line $1 in: $(cat "$T/run.log")"
}

# Documents with questions of the old and the new sets at many distances from each other.
make_corpus() {
    mkdir -p "$T/old-sets" "$T/all-sets" "$T/training"
    cp "$evals/harbour-quiz.jsonl" "$evals/meadow-reading.jsonl" "$T/old-sets"
    cp "$evals"/*.jsonl "$T/all-sets"
    jq -nc --slurpfile old <(cat "$T/old-sets"/*.jsonl) --slurpfile new "$evals/workshop-problems.jsonl" '
        def words(n): [range(n) | "filler\(.)"] | join(" ");
        def start(n): split(" ")[:n] | join(" ");
        range(0; $old | length; 4) as $i | range(0; $new | length; 2) as $j | range(4) as $gap |
        ($old[$i].question + " " + $old[$i].answer) as $a | ($new[$j].question + " " + $new[$j].answer) as $b |
        {text: "\(words($i + $gap)) \($a) \(words($gap)) \($b) \(words($j))"},
        {text: "\(words($j + 2 * $gap)) \($b) \($a | start(18))"},
        {text: "\($a | start(6 + $gap)) \($b) \(words(20))"}' >"$T/training/mixed.jsonl"
    jq -c '{text: ("Of old: " + .question + " " + .answer)}' "$T/old-sets"/*.jsonl >"$T/training/old.jsonl"
    jq -c '{text: ("Of new: " + .question + " " + .answer)}' "$evals/workshop-problems.jsonl" >"$T/training/new.jsonl"
    # Near misses: the beginnings of questions.
    jq -c '{text: ("Begun: " + (.question | split(" ")[:20] | join(" ")) + " " + .answer)}' "$evals"/*.jsonl \
        >"$T/training/begun.jsonl"
}

# lines FOLDER SUFFIX: of all its reports.
lines() {
    find "$T/$1" -name "*$2" -print0 | LC_ALL=C sort -z | xargs -0 cat
}

without_scan() {
    sed 's/"scored_by":"[0-9a-f]*",//'
}

expect_equal() { # FILE FILE
    [ -s "$1" ] || fail "$1 is empty"
    cmp "$1" "$2" || fail "$(diff "$1" "$2" | head -5)"
}

test_the_example_of_the_documentation() {
    local suffix old new
    make_corpus
    sed -n '/^## New evaluation sets/,/^## Self-test/p' "$top/docs/server.md" | sed -n '/^```sh/,/^```/{/^```/!p}' >"$T/example.sh"
    [ "$(wc -l <"$T/example.sh")" = 3 ] || fail "$(cat "$T/example.sh")"
    (cd "$T" && PATH=$BIN:$PATH bash -euo pipefail example.sh) >"$T/out" 2>"$T/run.log" || fail "$(cat "$T/run.log")"
    grep -qE '^CLEAN AGAIN: mixed \([1-9][0-9]* more lines\)$' "$T/out" || fail "$(cat "$T/out")"
    grep -qx 'CLEAN AGAIN: new (9 more lines)' "$T/out" || fail "$(cat "$T/out")"
    ! grep -q 'CLEAN AGAIN: old' "$T/out" || fail "$(cat "$T/out")"
    # Matches of the added sets equal those of a full scan, byte for byte.
    run 0 detect --evals-dir all-sets --report-output-dir full training/
    lines full .report.jsonl | grep '"eval_key":"workshop_problems"' >"$T/wanted"
    lines added .report.jsonl >"$T/found"
    expect_equal "$T/wanted" "$T/found"
    # The merged reports have all lines of both, sorted by training line, with their scans.
    old=$(jq -r .fingerprint "$T/reports/_decon/detect.json")
    new=$(jq -r .fingerprint "$T/added/_decon/detect.json")
    [ "$old" != "$new" ]
    lines merged .report.jsonl | without_scan | LC_ALL=C sort >"$T/merged.lines"
    { lines reports .report.jsonl; lines added .report.jsonl; } | LC_ALL=C sort >"$T/wanted"
    expect_equal "$T/wanted" "$T/merged.lines"
    lines merged .report.jsonl | jq -r '.eval_key + " " + .scored_by' | sort -u >"$T/found"
    printf '%s\n' "harbour_quiz $old" "meadow_reading $old" "workshop_problems $new" >"$T/wanted"
    expect_equal "$T/wanted" "$T/found"
    jq .training_line "$T/merged/mixed.report.jsonl" | sort -nc
    [ "$(lines merged .report.jsonl | jq -c 'keys_unsorted == keys' | sort -u)" = true ]
    jq -e --arg old "$old" --arg new "$new" '[.scans[].fingerprint] == [$old, $new] and .settings.scores_of_several_scans' \
        "$T/merged/_decon/merge.json"
    # Other commands read the merged folder.
    run 0 review --stats merged
    run 0 rejudge --threshold 0.9 merged
}

test_matches_are_those_of_a_full_scan_in_every_mode() {
    local mode
    make_corpus
    jq -c '{text: ("Changed: " + (.question | split(" ") | .[4] = "zebra" | .[9] = "quartz" | join(" ")) + " " + .answer)}' \
        "$evals"/*.jsonl >"$T/training/changed.jsonl"
    for mode in '--recall high' '--normalization extended' '--sample-every-m-tokens 3' '--compatible'; do
        # shellcheck disable=SC2086  # words
        run 0 detect --evals-dir all-sets $mode --report-output-dir "full $mode" training/
        # shellcheck disable=SC2086
        run 0 detect --evals-dir all-sets $mode --report-sets workshop_problems --report-output-dir "added $mode" training/
        lines "full $mode" .report.jsonl | grep '"eval_key":"workshop_problems"' >"$T/wanted"
        lines "added $mode" .report.jsonl >"$T/found"
        expect_equal "$T/wanted" "$T/found"
    done
}

test_near_misses_and_further_sets_are_merged() {
    make_corpus
    mkdir "$T/one"
    cp "$evals/harbour-quiz.jsonl" "$T/one"
    run 0 detect --evals-dir one --report-threshold 0.3 --report-output-dir reports training/
    run 0 detect --evals-dir old-sets --report-threshold 0.3 --report-sets meadow_reading --report-output-dir second training/
    run 0 detect --evals-dir all-sets --report-threshold 0.3 --report-sets workshop_problems --report-output-dir third training/
    run 0 merge --output m2 reports second
    run 0 merge --output m3 m2 third
    for suffix in .report.jsonl .near.jsonl; do
        lines m3 "$suffix" | without_scan | LC_ALL=C sort >"$T/found"
        { lines reports "$suffix"; lines second "$suffix"; lines third "$suffix"; } | LC_ALL=C sort >"$T/wanted"
        expect_equal "$T/wanted" "$T/found"
    done
    [ "$(lines m3 .report.jsonl | jq -r .scored_by | sort -u | wc -l)" = 3 ]
    run 2 merge --output m4 m3 third
    expect_error 'm3: has matches of the set workshop_problems, which third adds; each set can be merged only once'
    [ ! -e "$T/m4" ] || fail 'a folder was written'
    run 0 detect --evals-dir all-sets --report-threshold 0.3 --report-output-dir full training/
    lines full .near.jsonl | grep '"eval_key":"workshop_problems"' >"$T/wanted"
    lines third .near.jsonl >"$T/found"
    expect_equal "$T/wanted" "$T/found"
}

test_scans_that_do_not_fit_are_refused() {
    make_corpus
    run 0 detect --evals-dir old-sets --report-output-dir reports training/
    run 0 detect --evals-dir all-sets --report-output-dir full training/
    run 0 detect --evals-dir all-sets --report-sets workshop_problems --report-output-dir added training/
    run 0 detect --evals-dir all-sets --report-sets workshop_problems --contamination-score-threshold 0.7 \
        --report-output-dir lower training/
    run 2 merge --output m reports full
    expect_error 'full: the scan has reported all sets'
    run 2 merge --output m added reports
    expect_error 'reports: the scan has reported all sets'
    run 2 merge --output m added added
    expect_error 'added: the scan has reported some sets only'
    run 2 merge --output m reports lower
    expect_error 'the settings differ \(contamination_score_threshold 0.8 and 0.7\)'
    cp -r "$T/reports" "$T/bad"
    echo '{"eval_key":' >>"$T/bad/old.report.jsonl"
    run 1 merge --output m bad added
    expect_error 'bad/old.report.jsonl: old: line '
    rm -r "$T/reports/_decon"
    run 2 merge --output m reports added
    expect_error 'reports: no record of its settings'
    run 2 merge --output full full added
    expect_error 'full: exists'
    run 2 merge full added
    expect_error -- '--output DIR is required'
    [ ! -e "$T/m" ] || fail 'a folder was written'
    run 2 detect --evals-dir all-sets --report-sets workshop_problems --purify --report-output-dir p training/
    expect_error 'report_sets: purify would keep lines'
    run 2 detect --evals-dir all-sets --report-sets workshop_problem --report-output-dir p training/
    expect_error 'report_sets: workshop_problem: no usable record'
}

# scan_both: folders `reports` and `added`, of the same files.
scan_both() {
    make_corpus
    run 0 detect --evals-dir old-sets --report-output-dir reports training/
    run 0 detect --evals-dir all-sets --report-sets workshop_problems --report-output-dir added training/
}

test_scans_of_other_files_are_refused() {
    scan_both
    mkdir "$T/one"
    cp "$T/training/new.jsonl" "$T/one"
    run 0 detect --evals-dir all-sets --report-sets workshop_problems --report-output-dir fewer one/
    run 2 merge --output m reports fewer
    expect_error 'reports has 4 files with [0-9]+ lines, and fewer 1 with 9; scan the same files'
    jq -c .text "$T/training/new.jsonl" | jq -c '{text: .}, {text: "more"}' >"$T/training/more.jsonl"
    mv "$T/training/more.jsonl" "$T/training/new.jsonl"
    run 0 detect --evals-dir all-sets --report-sets workshop_problems --report-output-dir longer training/
    run 2 merge --output m reports longer
    expect_error 'reports has 4 files with [0-9]+ lines, and longer 4 with [0-9]+; scan the same files'
    [ ! -e "$T/m" ] || fail 'a folder was written'
}

test_folders_that_were_judged_again_are_refused() {
    local rules
    scan_both
    for rules in '--threshold 0.95' '--eval meadow_reading'; do
        rm -rf "$T/again"
        cp -r "$T/reports" "$T/again"
        # shellcheck disable=SC2086  # words
        run 0 rejudge $rules --in-place again
        run 2 merge --output m again added
        expect_error 'again: decon rejudge has changed its verdicts.*then rejudge the merged ones'
        run 2 merge --output m reports again
    done
    run 0 rejudge --in-place again
    run 0 merge --output restored again added
    run 0 merge --output merged reports added
    lines merged .report.jsonl >"$T/wanted"
    lines restored .report.jsonl >"$T/found"
    expect_equal "$T/wanted" "$T/found"
    jq -c '.settings.suppress = "false.jsonl"' "$T/again/_decon/rejudge.json" >"$T/record"
    cp "$T/record" "$T/again/_decon/rejudge.json"
    run 2 merge --output m again added
    echo '{}' >"$T/again/_decon/rejudge.json"
    run 2 merge --output m again added
    [ ! -e "$T/m" ] || fail 'a folder was written'
}

test_results_of_several_settings_are_refused() {
    scan_both
    cp -r "$T/reports" "$T/several"
    mkdir "$T/several/_decon/settings"
    cp "$T/reports/_decon/detect.json" "$T/several/_decon/settings/a.json"
    mv "$T/several/_decon/detect.json" "$T/several/_decon/settings/b.json"
    run 2 merge --output m several added
    expect_error 'several: its results are of several settings; merge folders of one'
    rm "$T/several/_decon/settings/b.json"
    run 0 merge --output m several added
}

test_statistics_have_the_questions_of_all_sets() {
    local name
    scan_both
    run 0 merge --output merged reports added
    run 0 detect --evals-dir all-sets --report-output-dir full training/
    for name in full merged; do
        jq -S '[.files, .lines, (.sets | sort_by(.set))]' "$T/$name/_decon/detect.json" >"$T/$name.sets"
        run 0 review --stats "$name"
        grep -qE '^ +workshop_problems +test +9 of 9 questions' "$T/out" || fail "$(cat "$T/out")"
    done
    expect_equal "$T/full.sets" "$T/merged.sets"
}

test_reports_of_the_orchestrator_are_merged_from_the_store() {
    make_corpus
    purify=()
    start_store
    s3 mb s3://data
    s3 cp -r "$T/training/" s3://data/in/
    evals=$T/old-sets
    start_server
    orchestrate first
    expect_status 0
    stop "$server"
    evals=$T/all-sets
    start_server --report-sets workshop_problems
    orchestrate refused
    expect_status 2
    expect_log 'results were made with other settings'
    orchestrate second --remote-report-output-dir s3://data/out/added
    expect_status 0
    run 0 merge --output merged s3://data/out/reports s3://data/out/added
    grep -qx 'CLEAN AGAIN: new (9 more lines)' "$T/out" || fail "$(cat "$T/out")"
    run 0 detect --evals-dir all-sets --report-output-dir full training/
    lines full .report.jsonl | grep '"eval_key":"workshop_problems"' | LC_ALL=C sort >"$T/wanted"
    lines merged .report.jsonl | grep '"eval_key":"workshop_problems"' | without_scan | LC_ALL=C sort >"$T/found"
    expect_equal "$T/wanted" "$T/found"
    ! grep -q 'other files' "$T/run.log" || fail "$(cat "$T/run.log")"
    # A ledger may lack files: a warning.
    put "$T/training/new.jsonl" in/later.jsonl
    orchestrate third --remote-report-output-dir s3://data/out/added
    expect_status 0
    run 0 merge --output more s3://data/out/reports s3://data/out/added
    expect_error 'reports has 4 files with [0-9]+ lines, and s3://data/out/added 5 with [0-9]+: the scans may have read other files'
}

run_tests
