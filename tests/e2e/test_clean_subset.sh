#!/usr/bin/env bash
# Which questions `decon review --clean-subset` lists: those without a match that the scan searched for.
. "$(dirname "$0")/lib.sh"

# run STATUS COMMAND WORD... : `decon COMMAND` in $T; output in $T/out.
run() {
    local want=$1 status=0
    shift
    (cd "$T" && "$BIN/decon" "$@") >"$T/out" 2>"$T/run.log" || status=$?
    [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cat "$T/out" "$T/run.log")"
}

expect_error() { # REGEX
    grep -qE -- "$1" "$T/run.log" || fail "no line $1 in: $(cat "$T/run.log")"
}

# The sample sets, a short question, one that is shorter than an n-gram, and a copy.
make_sets() {
    mkdir -p "$T/sets"
    cp "$evals"/*.jsonl "$T/sets"
    {
        echo '{"doc_id":9001,"eval_key":"harbour_quiz","eval_instance_index":77,"split":"test","question":"Who rang the old bell of the chapel by the sea?","answer":"the monk"}'
        echo '{"doc_id":9002,"eval_key":"harbour_quiz","eval_instance_index":78,"split":"test","question":"Who rang?","answer":"the monk"}'
        echo '{"doc_id":9003,"eval_key":"harbour_quiz","eval_instance_index":79,"split":"test","question":"Which of the seven grey barges left the harbour before the storm came in from the west that night in autumn?","answer":"the third","fingerprint":"f"}'
        echo '{"doc_id":9004,"eval_key":"harbour_quiz","eval_instance_index":80,"split":"test","question":"Which of the seven grey barges left the harbour before the storm came in from the west that night in autumn?","answer":"the third","fingerprint":"f"}'
    } >"$T/sets/other.jsonl"
}

# A document for every other question of the samples, and one of the short question.
make_training() {
    mkdir -p "$T/t"
    cat "$evals"/*.jsonl | awk 'NR % 2' | jq -c '{text: ("Seen: " + .passage + " " + .question + " " + .answer)}' >"$T/t/web.jsonl"
    echo '{"text":"nothing of interest in a short text about the sea"}' >"$T/t/clean.jsonl"
}

# detect FOLDER OPTION... : of $T/t and the sets $T/sets.
detect() {
    local folder=$1
    shift
    run 0 detect --evals-dir sets --report-output-dir "$folder" "$@" t
}

# expect_clean FOLDER SET-SPLIT-INSTANCE... : the list has all questions but those with a match and those named.
expect_clean() {
    local folder=$1 reports
    shift
    rm -f "$T/clean.json"
    run 0 review --evals-dir sets --clean-subset clean.json "$folder"
    jq -r 'to_entries[] | .key as $set | .value | to_entries[] | "\($set) \(.key) \(.value[])"' "$T/clean.json" | LC_ALL=C sort >"$T/listed"
    reports=${expect_from:-$T/$folder}
    {
        find "$reports" -name '*.report.jsonl' -exec cat {} + | jq -r '"\(.eval_key) \(.split) \(.eval_instance_index)"'
        printf '%s\n' "$@"
    } | LC_ALL=C sort -u >"$T/others"
    cat "$T/sets"/*.jsonl | jq -r '"\(.eval_key) \(.split) \(.eval_instance_index)"' | LC_ALL=C sort -u | LC_ALL=C comm -23 - "$T/others" >"$T/wanted"
    [ -s "$T/wanted" ] || fail 'no clean question'
    cmp "$T/wanted" "$T/listed" || fail "$(diff "$T/wanted" "$T/listed")"
}

# expect_refused TEXT FOLDER OPTION...
expect_refused() {
    local text=$1 folder=$2
    shift 2
    rm -f "$T/clean.json"
    run 2 review --evals-dir sets --clean-subset clean.json "$@" "$folder"
    expect_error "$text"
    [ ! -e "$T/clean.json" ] || fail "$(cat "$T/clean.json")"
}

not_short=('harbour_quiz test 77' 'harbour_quiz test 78')

test_filters_of_the_scan_are_applied() {
    make_sets
    make_training
    detect default
    expect_clean default "${not_short[@]}" 'harbour_quiz test 80'
    expect_error 'sets: 3 questions were not searched for'
    detect all --eval-min-token-length 0 --eval-min-unique-word-count 0
    expect_clean all 'harbour_quiz test 78' 'harbour_quiz test 80'
    expect_error 'sets: 2 questions were not searched for'
    detect long --eval-min-token-length 30
    [ "$(jq .filters.eval_min_token_length "$T/long/_decon/detect.json")" = 30 ] || fail "$(cat "$T/long/_decon/detect.json")"
    run 0 review --evals-dir sets --clean-subset clean.json long
    jq -e '.harbour_quiz.test | index(79) == null' "$T/clean.json" || fail "$(cat "$T/clean.json")"
    detect copies --eval-dedup false
    expect_clean copies "${not_short[@]}"
    detect questions --index-answers false --index-passages false
    jq -e '.filters.index_answers == false and .filters.index_passages == false' "$T/questions/_decon/detect.json" ||
        fail "$(cat "$T/questions/_decon/detect.json")"
    expect_clean questions "${not_short[@]}" 'harbour_quiz test 80'
    detect any --eval-min-token-length 0 --eval-min-unique-word-count 0 --eval-dedup false --index-answers false --ngram-size 4 --vocabulary-dir .
    [ "$(jq -r .filters.vocabulary_dir "$T/any/_decon/detect.json")" = "$T" ] || fail "$(cat "$T/any/_decon/detect.json")"
    expect_clean any 'harbour_quiz test 78'
    # The record of an earlier version has no filters.
    jq -c 'del(.filters)' "$T/any/_decon/detect.json" >"$T/record" && mv "$T/record" "$T/any/_decon/detect.json"
    expect_refused 'give its --evals-dir, or scan again: the record does not name its filters' any
    jq -c 'del(.filters)' "$T/default/_decon/detect.json" >"$T/record" && mv "$T/record" "$T/default/_decon/detect.json"
    expect_clean default "${not_short[@]}" 'harbour_quiz test 80'
}

test_lines_after_a_bad_one_were_not_searched_for() {
    make_sets
    make_training
    { head -n 1 "$evals/harbour-quiz.jsonl"; echo 'no JSON'; sed 1d "$evals/harbour-quiz.jsonl"; } >"$T/sets/harbour-quiz.jsonl"
    detect r --bad-eval-line end-file
    rm -f "$T/clean.json"
    run 0 review --evals-dir sets --clean-subset clean.json r
    jq -e '.harbour_quiz.test == [79]' "$T/clean.json" || fail "$(cat "$T/clean.json")"
}

# The digest of the records has no numbers of questions, by which reports name them.
test_records_with_other_numbers_are_refused() {
    make_sets
    make_training
    detect r
    cp -r "$T/sets" "$T/before"
    sed -i 's/"eval_instance_index": *\([0-9]\)/"eval_instance_index":1\1/' "$T/sets/harbour-quiz.jsonl"
    ! cmp -s "$T/sets/harbour-quiz.jsonl" "$T/before/harbour-quiz.jsonl" || fail 'the numbers are the same'
    expect_refused 'sets: the records have other numbers than in the scan .*detect.json: instances_digest' r
    # Without eval_instance_index the number is that of the line.
    sed 's/"eval_instance_index": *[0-9]*, *//' "$T/before/harbour-quiz.jsonl" >"$T/sets/harbour-quiz.jsonl"
    ! grep -q eval_instance_index "$T/sets/harbour-quiz.jsonl" || fail 'numbers are left'
    detect lines
    run 0 review --evals-dir sets --clean-subset clean.json lines
    sed -i '1i # a comment' "$T/sets/harbour-quiz.jsonl"
    expect_refused 'sets: the records have other numbers than in the scan' lines
}

# settings FOLDER: the record of a scan as the orchestrator writes it.
settings() {
    mkdir -p "$T/mixed/_decon/settings"
    jq -c '{filters, fingerprint, format, sets, settings}' "$T/$1/_decon/detect.json" >"$T/mixed/_decon/settings/$(jq -r .fingerprint "$T/$1/_decon/detect.json").json"
    cp "$T/$1"/*.report.jsonl "$T/mixed/"
}

test_records_of_several_settings() {
    make_sets
    make_training
    detect one
    mv "$T/t/web.jsonl" "$T/t/news.jsonl"
    detect two --contamination-score-threshold 0.95
    settings one
    settings two
    expect_clean mixed "${not_short[@]}" 'harbour_quiz test 80'
    # One of them did not search for short questions.
    detect three --eval-min-token-length 0 --eval-min-unique-word-count 0
    settings three
    expect_clean mixed "${not_short[@]}" 'harbour_quiz test 80'
    # Or only for some sets.
    detect four --report-sets harbour_quiz
    settings four
    rm -f "$T/clean.json"
    run 0 review --evals-dir sets --clean-subset clean.json mixed
    jq -e '(.workshop_problems.test == []) and (.harbour_quiz.test | length > 2)' "$T/clean.json" || fail "$(cat "$T/clean.json")"
    # Or for the questions of other files.
    mv "$T/sets/other.jsonl" "$T/"
    detect five
    mv "$T/other.jsonl" "$T/sets/"
    settings five
    expect_refused 'these are not the evaluation records that the scan searched for' mixed
    rm "$T/mixed/_decon/settings/$(jq -r .fingerprint "$T/five/_decon/detect.json").json"
    echo '{"settings":' >"$T/mixed/_decon/settings/half.json"
    expect_refused '1 record of its scans \(_decon/\) cannot be read' mixed
}

test_merged_scans() {
    make_sets
    make_training
    mkdir "$T/all"
    cp "$T/sets"/*.jsonl "$T/all"
    rm "$T/sets/workshop-problems.jsonl"
    detect old
    cp "$T/all"/*.jsonl "$T/sets/"
    # The later scan keeps short questions, which the first did not search for.
    detect added --report-sets workshop_problems --eval-min-token-length 0 --eval-min-unique-word-count 0
    run 0 merge --output merged old added
    expect_clean merged "${not_short[@]}" 'harbour_quiz test 80'
    # A third scan, and another threshold in a new folder.
    echo '{"doc_id":9100,"eval_key":"tide","eval_instance_index":1,"split":"test","question":"At which hour of the night does the tide turn in the narrow bay behind the old mill of the village?","answer":"at four"}' >"$T/sets/tide.jsonl"
    detect third --report-sets tide
    run 0 merge --output both merged third
    [ "$(jq '.scans | length' "$T/both/_decon/merge.json")" = 3 ] || fail "$(cat "$T/both/_decon/merge.json")"
    expect_clean both "${not_short[@]}" 'harbour_quiz test 80'
    run 0 rejudge --threshold 0.9 --output again both
    expect_clean again "${not_short[@]}" 'harbour_quiz test 80'
    cmp "$T/both/_decon/merge.json" "$T/again/_decon/merge.json"
    run 0 rejudge --eval tide both
    # A scan into the folder replaces what it describes.
    detect both
    [ ! -e "$T/both/_decon/merge.json" ] || fail 'the record of a merge describes another scan'
}

test_sets_that_rejudge_excluded() {
    make_sets
    make_training
    detect r
    cp -r "$T/r" "$T/before"
    run 0 rejudge --eval harbour --in-place r
    mapfile -t left < <(cat "$T/sets"/*.jsonl | jq -r 'select(.eval_key != "harbour_quiz") | "\(.eval_key) \(.split) \(.eval_instance_index)"')
    expect_from=$T/before expect_clean r "${not_short[@]}" 'harbour_quiz test 80' "${left[@]}"
    run 0 rejudge --in-place r
    expect_clean r "${not_short[@]}" 'harbour_quiz test 80'
}

# The report of the compressed file keeps the verdicts of the scan, or is not in the new folder.
test_reports_that_rejudge_left_as_they_were() {
    make_sets
    make_training
    cp "$T/t/web.jsonl" "$T/t/more.jsonl"
    detect r --report-threshold 0.5
    gzip "$T/r/web.report.jsonl"
    run 3 rejudge --threshold 0.6 --in-place r
    expect_refused 'r: decon rejudge was interrupted or left reports as they were' r
    rm "$T/r/_decon/rejudge.json"
    gzip -d "$T/r/web.report.jsonl.gz"
    echo 'no line' >>"$T/r/web.report.jsonl"
    run 3 rejudge --threshold 0.6 --output new r
    [ ! -e "$T/new/web.report.jsonl" ] || fail 'a damaged report was copied'
    expect_refused 'new: decon rejudge was interrupted or left reports as they were' new
}

# Ended before each of its events: no list, or that of the verdicts before or after.
test_an_interrupted_rejudge() {
    make_sets
    make_training
    jq -c '{text: ("Changed: " + (.question | split(" ") | .[length / 2 | floor] = "lantern" | join(" ")) + " " + .answer)}' \
        "$evals"/workshop*.jsonl >"$T/t/changed.jsonl"
    detect r --report-threshold 0.3
    run 0 review --evals-dir sets --clean-subset before.json r
    run 0 rejudge --threshold 0.5 --output after r
    run 0 review --evals-dir sets --clean-subset after.json after
    ! cmp -s "$T/before.json" "$T/after.json" || fail 'the threshold changes nothing'
    local at refused=0 status
    for ((at = 1; at < 200; at++)); do
        rm -rf "$T/k" "$T/clean.json"
        cp -r "$T/r" "$T/k"
        "$BIN/../tests/chaos/control" "$T/control" new
        "$BIN/../tests/chaos/control" "$T/control" arm "$at"
        status=0
        (cd "$T" && env DECON_KILL_FILE="$T/control" LD_PRELOAD="$BIN/../tests/preload/kill.so" \
            ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" "$BIN/decon" rejudge --threshold 0.5 --in-place k) >"$T/kill.out" 2>&1 || status=$?
        [ "$status" = 137 ] || break
        status=0
        (cd "$T" && "$BIN/decon" review --evals-dir sets --clean-subset clean.json k) >"$T/out" 2>"$T/run.log" || status=$?
        if [ "$status" = 0 ]; then
            cmp -s "$T/clean.json" "$T/before.json" || cmp -s "$T/clean.json" "$T/after.json" || fail "event $at: $(cat "$T/clean.json")"
            continue
        fi
        [ "$status" = 2 ] && [ ! -e "$T/clean.json" ] || fail "event $at: status $status"
        expect_error 'k: decon rejudge was interrupted'
        refused=$((refused + 1))
    done
    [ "$status" = 0 ] && [ "$refused" -gt 4 ] || fail "status $status, $refused events: $(cat "$T/kill.out")"
    [ -z "$(find "$T" -maxdepth 1 -name 'clean.json*')" ] || fail 'a temporary list is left'
}

test_lines_that_were_not_read_are_named() {
    make_sets
    make_training
    detect r
    run 0 review --evals-dir sets --clean-subset clean.json r
    ! grep -q 'could not read' "$T/run.log" || fail "$(cat "$T/run.log")"
    echo '{"body":"no text"}' >>"$T/t/clean.jsonl"
    detect r
    run 0 review --evals-dir sets --clean-subset clean.json r
    expect_error 'r: the scan could not read 1 line; questions in it count as clean'
}

test_scans_that_are_not_known() {
    make_sets
    make_training
    detect r
    cp -r "$T/r" "$T/cut"
    jq -c '.skipped = 1' "$T/r/_decon/detect.json" >"$T/cut/_decon/detect.json"
    expect_refused 'cut: the scan was interrupted before 1 file; run it again first' cut
    rm "$T/r/_decon/detect.json"
    expect_refused 'r: has no record of its scan' r
    run 0 review --evals-dir sets --assume-searched --clean-subset clean.json r
    expect_error 'all questions of sets count as searched for'
    # A scan that begins removes the record of the one before it.
    detect r
    status=0
    (ulimit -f 0; cd "$T" && "$BIN/decon" detect --evals-dir sets --report-output-dir r t) >"$T/out" 2>&1 || status=$?
    [ "$status" != 0 ] && [ ! -e "$T/r/_decon/detect.json" ] || fail "status $status: $(cat "$T/out")"
}

test_a_folder_of_the_orchestrator() {
    make_sets
    make_training
    evals=$T/sets
    purify=()
    start_store
    start_server --eval-min-token-length 0 --eval-min-unique-word-count 0 --eval-dedup false
    s3 mb s3://data
    s3 cp -r "$T/t/" s3://data/in/ >"$T/cp.log"
    orchestrate run
    expect_status 0
    s3 cp -r s3://data/out/reports/ "$T/stored/" >"$T/cp.log"
    jq -e '.filters.eval_dedup == false and (.sets | map(.set) | index("meadow_reading") != null)' "$T/stored/_decon/settings"/*.json >/dev/null ||
        fail "$(cat "$T/stored/_decon/settings"/*.json)"
    expect_from=$T/stored expect_clean s3://data/out/reports 'harbour_quiz test 78'
    # Sets without a match are known, with their questions.
    run 0 review --stats s3://data/out/reports
    grep -qE '^  meadow_reading +test +[0-9] of 6 questions' "$T/out" || fail "$(cat "$T/out")"
    grep -q 'documents in 2 files were checked' "$T/out" || fail "$(cat "$T/out")"
    # Verdicts in a new folder: numbers and sets of the scan are still known.
    run 0 rejudge --threshold 0.9 --output again s3://data/out/reports
    run 0 review --stats again
    grep -q 'documents in 2 files were checked' "$T/out" || fail "$(cat "$T/out")"
    expect_clean again 'harbour_quiz test 78'
}

test_a_set_without_a_match_may_be_named() {
    make_sets
    make_training
    evals=$T/sets
    purify=()
    head -n 1 "$T/t/web.jsonl" >"$T/t/web.new" && mv "$T/t/web.new" "$T/t/web.jsonl"
    start_store
    start_server
    s3 mb s3://data
    s3 cp -r "$T/t/" s3://data/in/ >"$T/cp.log"
    orchestrate run
    expect_status 0
    run 0 rejudge --eval workshop_problems s3://data/out/reports
    run 2 rejudge --eval workshop_problms s3://data/out/reports
    expect_error 'has such a set; the nearest is workshop_problems; decon review --stats lists the sets'
    run 2 rejudge --eval MEDOW s3://data/out/reports
    expect_error 'the nearest is meadow_reading;'
    run 2 rejudge --eval zzz s3://data/out/reports
    expect_error 'such a set; decon review'
}

run_tests
