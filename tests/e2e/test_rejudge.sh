#!/usr/bin/env bash
# Near misses (--report-threshold) and the rejudge command.
. "$(dirname "$0")/lib.sh"

# training FILE: the questions of the sample sets, with none to four words replaced, with and without
# their answers.
training() {
    mkdir -p "$(dirname "$1")"
    cat "$evals"/*.jsonl | awk -v filler='the quiet mill stood beside a grey river while boats went by in the evening ' '
        match($0, /"question":"[^"]*"/) {
            question = substr($0, RSTART + 12, RLENGTH - 13)
            answer = match($0, /"answer":"[^"]*"/) ? substr($0, RSTART + 10, RLENGTH - 11) : ""
            passage = match($0, /"passage":"[^"]*"/) ? substr($0, RSTART + 11, RLENGTH - 12) : ""
            for (edits = 0; edits < 5; edits++) {
                count = split(question, words, " ")
                for (i = 1; i <= edits; i++)
                    words[int(count * i / (edits + 1)) + 1] = "lantern"
                text = ""
                for (i = 1; i <= count; i++)
                    text = text " " words[i]
                printf "{\"text\":\"%s%s %s. %s. %s\"}\n", filler, passage, text, answer, filler
                printf "{\"text\":\"%s %s. %s\"}\n", filler, text, filler
            }
        }' >"$1"
    [ "$(wc -l <"$1")" = 250 ] || fail "$(wc -l "$1")"
    for _ in 1 2 3; do echo '{"text":"nothing of interest in a short text about the sea"}'; done >"${1%.jsonl}-clean.jsonl"
}

# detect FOLDER OPTION... : reports in $T/FOLDER.
detect() {
    local folder=$1
    shift
    (cd "$T" && "$BIN/decon" detect --evals-dir "$evals" --report-output-dir "$folder" "$@" t) \
        >"$T/detect.out" 2>"$T/detect.log" || fail "$(cat "$T/detect.out" "$T/detect.log")"
}

# rejudge STATUS WORD... : output in $T/out.
rejudge() {
    local want=$1 status=0
    shift
    (cd "$T" && "$BIN/decon" rejudge "$@") >"$T/out" 2>"$T/rejudge.log" || status=$?
    [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cat "$T/out" "$T/rejudge.log")"
}

expect_out() { # REGEX
    grep -qE -- "$1" "$T/out" || fail "no line $1 in: $(cat "$T/out")"
}

lines_of() { # FILE...
    cat "$@" | wc -l
}

# same_lines FILE FILE: the same lines in any order.
same_lines() {
    cmp <(LC_ALL=C sort "$1") <(LC_ALL=C sort "$2") || fail "$1 and $2 differ"
}

# all_lines FOLDER: of reports and near misses, without copies.
all_lines() {
    find "$1" -name '*.jsonl' ! -path '*/_decon/*' -exec cat {} + | LC_ALL=C sort -u
}

test_near_misses_are_kept_apart() {
    training "$T/t/sub/web.jsonl"
    detect plain --purify --cleaned-output-dir c0
    detect r --purify --cleaned-output-dir c1 --report-threshold 0.5
    grep -qE '^SUMMARY: .* Contaminated=1 .* NearMisses=[1-9][0-9]*$' "$T/detect.out" || fail "$(cat "$T/detect.out")"
    cmp "$T/plain/sub/web.report.jsonl" "$T/r/sub/web.report.jsonl"
    cmp "$T/c0/sub/web.clean.jsonl.gz" "$T/c1/sub/web.clean.jsonl.gz"
    [ ! -e "$T/plain/sub/web.near.jsonl" ] || fail 'near misses without the option'
    [ "$(lines_of "$T/r/sub/web.near.jsonl")" -gt 20 ] || fail "$(lines_of "$T/r/sub/web.near.jsonl") near misses"
    # All have the lower score; those of 0.8 or more found too little of a short question.
    sed 's/.*"contamination_score":\([0-9.]*\).*"idf_overlap":\([0-9.]*\).*"length_adjusted_question_threshold":\([0-9.]*\).*/\1 \2 \3/' \
        "$T/r/sub/web.near.jsonl" | awk '$1 < 0.5 || ($1 >= 0.8 && $2 >= $3) { print; bad = 1 } END { exit bad }' || fail 'a score out of range'
    (cd "$T" && "$BIN/decon" review --stats r) | head -n 1 >"$T/with"
    (cd "$T" && "$BIN/decon" review --stats plain) | head -n 1 >"$T/without"
    cmp "$T/with" "$T/without"
    # Another run removes what it no longer finds.
    detect r
    [ ! -e "$T/r/sub/web.near.jsonl" ] || fail 'near misses of an earlier run'
}

test_near_misses_in_json_and_in_the_record() {
    training "$T/t/web.jsonl"
    detect r --report-threshold 0.5 --json
    near=$(lines_of "$T/r/web.near.jsonl")
    grep -q "\"near_misses\":$near,\"near_path\":\"[^\"]*/r/web.near.jsonl\"" "$T/detect.out" || fail "$(cat "$T/detect.out")"
    grep -q "\"near_misses\":$near,.*\"report_threshold\":0.5," "$T/r/_decon/detect.json" || fail "$(cat "$T/r/_decon/detect.json")"
    status=0
    "$BIN/decon" detect --evals-dir "$evals" --report-threshold 0.8 "$T/t" 2>"$T/log" || status=$?
    [ "$status" = 2 ] || fail "exit status $status"
    grep -q 'report_threshold 0.8 is not below contamination_score_threshold 0.8' "$T/log" || fail "$(cat "$T/log")"
}

# Without the rule for short records a score does not depend on the threshold: a scan with the other
# threshold finds the same.
test_another_threshold_finds_what_a_scan_finds() {
    training "$T/t/web.jsonl"
    no_decay=(--perfect-match-decay-start none --perfect-match-decay-end none)
    detect r --report-threshold 0.4 "${no_decay[@]}"
    for threshold in 0.4 0.55 0.7 0.8 0.9 1; do
        detect "scan-$threshold" --contamination-score-threshold "$threshold" "${no_decay[@]}"
        rejudge 0 --threshold "$threshold" --output "o-$threshold" r
        # The threshold of a question depends on that of the scan, and is part of a line.
        for folder in scan o; do
            sed 's/"length_adjusted_question_threshold":[0-9.]*,//' "$T/$folder-$threshold/web.report.jsonl" >"$T/$folder.lines"
        done
        same_lines "$T/scan.lines" "$T/o.lines"
        all_lines "$T/r" | cmp - <(all_lines "$T/o-$threshold") || fail 'a match is lost'
    done
}

test_the_threshold_of_the_scan_changes_nothing() {
    training "$T/t/web.jsonl"
    detect r --report-threshold 0.5
    rejudge 0 --output o/ r
    expect_out '^SUMMARY: Threshold=0.8 ScanThreshold=0.8 .* CleanAgain=0 LeftAlone=0$'
    cmp "$T/r/web.report.jsonl" "$T/o/web.report.jsonl"
    cmp "$T/r/web.near.jsonl" "$T/o/web.near.jsonl"
    cmp "$T/r/_decon/detect.json" "$T/o/_decon/detect.json"
    [ -z "$(find "$T" -name '*.tmp-*')" ] || fail 'a temporary folder is left'
    rejudge 2 --output o r
    grep -q 'o: exists and is not an empty folder' "$T/rejudge.log" || fail "$(cat "$T/rejudge.log")"
}

test_copies_with_changed_words() {
    training "$T/t/web.jsonl"
    detect r --report-threshold 0.5 --recall high
    grep -q '"method":"align"' "$T/r/web.report.jsonl" || fail 'no aligned match'
    rejudge 0 --output o r
    expect_out ' CleanAgain=0 LeftAlone=0$'
    same_lines "$T/r/web.report.jsonl" "$T/o/web.report.jsonl"
}

test_what_would_change_is_shown_first() {
    training "$T/t/sub/web.jsonl"
    detect r --report-threshold 0.5
    cp -r "$T/r" "$T/before"
    rejudge 0 --threshold 0.6 r
    expect_out '^CLEAN AGAIN: sub/web: [1-9][0-9]* more and 0 fewer contaminated lines, still contaminated$'
    expect_out '^Scores are those of the scan with threshold 0.8; '
    diff -r "$T/r" "$T/before" || fail 'a file was changed'
    rejudge 4 --threshold 1 --fail-on-change --json r
    expect_out '^\{"changes":\[\{"clean_again":true,.*"name":"sub/web","verdict":"contaminated","verdict_before":"contaminated"\}\],"clean_again":1,'
    rejudge 0 --threshold 0.8 --fail-on-change r
}

test_in_place_and_back() {
    training "$T/t/web.jsonl"
    detect r --report-threshold 0.5
    cp -r "$T/r" "$T/before"
    rejudge 0 --threshold 0.6 --in-place r
    grep -q '"complete":true.*"contamination_score_threshold":0.6,.*"scores_of_threshold":0.8' "$T/r/_decon/rejudge.json" || fail "$(cat "$T/r/_decon/rejudge.json")"
    [ "$(lines_of "$T/r/web.report.jsonl")" -gt "$(lines_of "$T/before/web.report.jsonl")" ] || fail 'no match more'
    # compare shows the threshold that holds.
    (cd "$T" && "$BIN/decon" compare before r) | grep -qE 'contamination_score_threshold: 0.8 -> 0.6' || fail 'the threshold is not compared'
    rejudge 0 --threshold 0.8 --in-place r
    cmp "$T/r/web.report.jsonl" "$T/before/web.report.jsonl"
    cmp "$T/r/web.near.jsonl" "$T/before/web.near.jsonl"
    # A scan makes the record obsolete.
    detect r
    [ ! -e "$T/r/_decon/rejudge.json" ] || fail 'the record describes another scan'
}

# judged_false: a verdict for each question of the sample sets.
judged_false() {
    sed 's/}$/,"verdict":"false_positive"}/' "$evals"/*.jsonl
}

# The record and the reports know no such set: without this, all files would be clean.
test_an_unknown_set_is_refused() {
    training "$T/t/web.jsonl"
    detect r
    cp -r "$T/r" "$T/before"
    for options in '--eval nosuch' '--eval harbour --eval harbor' '--eval quiz_harbour*'; do
        # shellcheck disable=SC2086 # several words
        rejudge 2 $options --in-place r
        grep -q "neither the scan's record nor a report of r has such a set" "$T/rejudge.log" || fail "$(cat "$T/rejudge.log")"
        diff -r "$T/before" "$T/r" || fail "$options: files were changed"
    done
    # Without the record of the sets, those of the reports are known.
    rm -r "$T/r/_decon" "$T/before/_decon"
    rejudge 2 --scan-threshold 0.8 --eval nosuch --in-place r
    diff -r "$T/before" "$T/r" || fail 'files were changed'
    rejudge 0 --scan-threshold 0.8 --eval HARBOUR r
}

test_verdicts_and_sets() {
    training "$T/t/web.jsonl"
    detect r
    total=$(lines_of "$T/r/web.report.jsonl")
    grep -c '"eval_key":"harbour_quiz"' "$T/r/web.report.jsonl" >"$T/harbour"
    rejudge 0 --eval harbour --output h r
    [ "$(lines_of "$T/h/web.report.jsonl")" = "$(cat "$T/harbour")" ] || fail 'other sets'
    [ "$(lines_of "$T/h/web.report.jsonl" "$T/h/web.near.jsonl")" = "$total" ] || fail 'a match is lost'
    echo '{"eval_key":"harbour_quiz","split":"test","eval_instance_index":0,"verdict":"false_positive"}' >"$T/v.jsonl"
    rejudge 0 --suppress v.jsonl --output s r
    ! grep -q '"eval_instance_index":0,"eval_key":"harbour_quiz"' "$T/s/web.report.jsonl" || fail 'a match that was judged to be false'
    grep -q '"eval_instance_index":0,"eval_key":"harbour_quiz"' "$T/s/web.near.jsonl" || fail 'a match is lost'
    # Nothing is left of a file: its report goes, and it is clean.
    judged_false >"$T/v.jsonl"
    rejudge 0 --suppress v.jsonl --in-place r
    expect_out '^CLEAN AGAIN: web: 0 more and [1-9][0-9]* fewer contaminated lines, was contaminated, is clean$'
    [ ! -e "$T/r/web.report.jsonl" ] || fail 'a report without a match'
    rejudge 0 --in-place r
    expect_out 'was clean, is contaminated$'
    [ "$(lines_of "$T/r/web.report.jsonl")" = "$total" ] || fail 'a match is lost'
}

test_what_is_refused() {
    training "$T/t/web.jsonl"
    detect r --report-threshold 0.6
    rejudge 2 --threshold 0.5 r
    grep -q "threshold 0.5 is too low: the scan kept no scores below its report_threshold of 0.6; scan again with --report-threshold 0.5" "$T/rejudge.log" || fail "$(cat "$T/rejudge.log")"
    rejudge 2 --scan-threshold 0.2 --threshold 0.3 --in-place r
    grep -q "record (_decon/detect.json) has the scan's threshold 0.8" "$T/rejudge.log" || fail "$(cat "$T/rejudge.log")"
    rejudge 2 --in-place --output x r
    rejudge 2 --in-place s3://data/reports/web.report.jsonl
    grep -q 's3://data/reports/web.report.jsonl: --in-place needs the folder of reports, not one of them' "$T/rejudge.log" || fail "$(cat "$T/rejudge.log")"
    rejudge 2 r r
    rejudge 2 no-such-folder
    rm -r "$T/r/_decon"
    rejudge 2 --threshold 0.9 r
    grep -q 'has no record of the scan.s settings' "$T/rejudge.log" || fail "$(cat "$T/rejudge.log")"
    rejudge 0 --threshold 0.9 --scan-threshold 0.8 r
    rejudge 2 --threshold 0.7 --scan-threshold 0.8 r
    # A report that cannot be read completely is left unchanged.
    echo 'no line' >>"$T/r/web.report.jsonl"
    cp "$T/r/web.report.jsonl" "$T/before"
    rejudge 3 --threshold 0.9 --scan-threshold 0.8 --in-place r
    expect_out 'LeftAlone=1$'
    cmp "$T/before" "$T/r/web.report.jsonl"
}

# Ended before each of its events: no match is lost, and the next run comes to the same result.
test_an_interrupted_run_loses_nothing() {
    training "$T/t/web.jsonl"
    detect r --report-threshold 0.5
    echo '{"eval_key":"harbour_quiz","split":"test","eval_instance_index":0,"verdict":"false_positive"}' >"$T/v.jsonl"
    options=(--threshold 0.6 --suppress v.jsonl) # matches move both ways
    all_lines "$T/r" >"$T/all"
    rejudge 0 "${options[@]}" --output want r
    local at killed=0 ended=no
    for ((at = 1; at < 200; at++)); do
        rm -rf "$T/k"
        cp -r "$T/r" "$T/k"
        "$BIN/../tests/chaos/control" "$T/control" new
        "$BIN/../tests/chaos/control" "$T/control" arm "$at"
        status=0
        (cd "$T" && env DECON_KILL_FILE="$T/control" LD_PRELOAD="$BIN/../tests/preload/kill.so" \
            ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" "$BIN/decon" rejudge "${options[@]}" --in-place k) >"$T/kill.out" 2>&1 || status=$?
        all_lines "$T/k" | cmp - "$T/all" || fail "a match is lost at event $at"
        [ "$status" = 137 ] || { ended=yes; break; }
        killed=$((killed + 1))
        rejudge 0 "${options[@]}" --in-place k
        cmp "$T/k/web.report.jsonl" "$T/want/web.report.jsonl" || fail "another report after event $at"
        cmp "$T/k/web.near.jsonl" "$T/want/web.near.jsonl" || fail "other near misses after event $at"
    done
    [ "$status" = 0 ] && [ "$ended" = yes ] || fail "status $status: $(cat "$T/kill.out")"
    [ "$killed" -gt 8 ] || fail "$killed events only"
}

test_reports_in_a_store() {
    training "$T/t/sub/web.jsonl"
    detect r --report-threshold 0.5
    start_store
    s3 mb s3://data
    s3 cp -r "$T/r/" s3://data/out/reports/ >"$T/cp.log"
    rejudge 0 --threshold 0.6 --output local r
    rejudge 0 --threshold 0.6 --output remote s3://data/out/reports
    expect_out '^CLEAN AGAIN: sub/web: '
    rm "$T/local/_decon/rejudge.json" "$T/remote/_decon/rejudge.json" # with their times
    diff -r "$T/local" "$T/remote" || fail 'other verdicts'
}

# submit: the id of a job of t/web.jsonl, which has ended; its status in $T/status.
submit() {
    local id
    curl -sS -X POST -H 'Content-Type: application/json' -H 'Idempotency-Key: one' -d "{\"file_path\":\"$T/t/web.jsonl\"}" \
        "http://127.0.0.1:$server_port/submit" >"$T/submitted"
    id=$(sed 's/.*"job_id":"\([^"]*\)".*/\1/' "$T/submitted")
    is_completed() { curl -sS "http://127.0.0.1:$server_port/status/$id" | tee "$T/status" | grep -q '"status":"completed"'; }
    wait_for is_completed
    echo "$id"
}

test_near_misses_of_the_server() {
    local id again
    training "$T/t/web.jsonl"
    purify=()
    start_server --report-threshold 0.5
    detect r --report-threshold 0.5
    id=$(submit)
    grep -qF "\"near_path\":\"$T/server/reports/$id.near.jsonl\",\"output_path\":\"$T/server/reports/$id.report.jsonl\"" "$T/status" || fail "$(cat "$T/status")"
    same_lines "$T/server/reports/$id.near.jsonl" "$T/r/web.near.jsonl"
    # The same submission is the same job as long as both files are there.
    [ "$(submit)" = "$id" ] || fail 'another job with the same key'
    rm "$T/server/reports/$id.near.jsonl"
    again=$(submit)
    [ "$again" != "$id" ] || fail 'the job of the lost near misses'
    same_lines "$T/server/reports/$again.near.jsonl" "$T/r/web.near.jsonl"
}

test_near_misses_through_the_orchestrator() {
    training "$T/t/sub/web.jsonl"
    # A clean file with near misses only.
    head -n 4 "$T/t/sub/web.jsonl" | tail -n 1 >"$T/t/near.jsonl"
    start_store
    start_server --report-threshold 0.3 --perfect-match-decay-start none --perfect-match-decay-end none
    detect r --report-threshold 0.3 --perfect-match-decay-start none --perfect-match-decay-end none
    [ ! -e "$T/r/near.report.jsonl" ] && [ -s "$T/r/near.near.jsonl" ] || fail "$(find "$T/r")"
    s3 mb s3://data
    s3 cp -r "$T/t/" s3://data/in/ >"$T/cp.log"
    orchestrate run
    expect_status 0
    s3 cp -r s3://data/out/reports/ "$T/stored/" >"$T/cp.log"
    cmp "$T/stored/sub/web.near.jsonl" "$T/r/sub/web.near.jsonl"
    cmp "$T/stored/near.near.jsonl" "$T/r/near.near.jsonl"
    [ -e "$T/stored/near.clean" ] && [ ! -e "$T/stored/sub/web-clean.near.jsonl" ] || fail "$(find "$T/stored")"
    [ -z "$(find "$T/server" -type f)" ] || fail "left at the server: $(find "$T/server" -type f)"
    [ -z "$(find "$T/work" -name '*.jsonl')" ] || fail "left here: $(find "$T/work" -name '*.jsonl')"
    # The store has all that another threshold needs.
    rejudge 0 --threshold 0.5 --json r
    cp "$T/out" "$T/local"
    rejudge 0 --threshold 0.5 --json s3://data/out/reports
    cmp "$T/out" "$T/local"
    expect_out '"name":"near","verdict":"contaminated","verdict_before":"clean"'
    (cd "$T" && "$BIN/decon" review --stats s3://data/out/reports) >"$T/out"
    expect_out '^254 documents in 3 files were checked, '
    # An input without near misses replaces one with them.
    head -n 1 "$T/t/sub/web-clean.jsonl" >"$T/t/near.jsonl"
    s3 cp "$T/t/near.jsonl" s3://data/in/near.jsonl >"$T/cp.log"
    orchestrate again
    expect_status 0
    keys out/reports/ >"$T/keys"
    grep -qx out/reports/near.clean "$T/keys" && ! grep -qx out/reports/near.near.jsonl "$T/keys" || fail "$(cat "$T/keys")"
    grep -qx out/reports/sub/web.near.jsonl "$T/keys" || fail "$(cat "$T/keys")"
    # A file that was committed twice counts once.
    (cd "$T" && "$BIN/decon" review --stats s3://data/out/reports) >"$T/out"
    expect_out '^254 documents in 3 files were checked, '
}

# scanned_in_a_store: reports and near misses of the orchestrator, s3://data/out/reports.
scanned_in_a_store() {
    training "$T/t/sub/web.jsonl"
    head -n 4 "$T/t/sub/web.jsonl" | tail -n 1 >"$T/t/near.jsonl" # a clean file with near misses only
    start_store
    purify=()
    start_server --report-threshold 0.3 --perfect-match-decay-start none --perfect-match-decay-end none
    s3 mb s3://data
    s3 cp -r "$T/t/" s3://data/in/ >"$T/cp.log"
    orchestrate run
    expect_status 0
}

# stored: each result with its digest and its own metadata.
stored() {
    digests
    keys out/ | while read -r key; do
        echo "$key"
        s3 stat "s3://data/$key" | grep -i 'decon-' | LC_ALL=C sort
    done
}

test_in_place_in_a_store() {
    scanned_in_a_store
    stored >"$T/before"
    rejudge 0 --threshold 0.5 --output want s3://data/out/reports
    rejudge 0 --threshold 0.5 --in-place s3://data/out/reports
    expect_out '^CLEAN AGAIN: near: 1 more and 0 fewer contaminated lines, was clean, is contaminated$'
    keys out/reports/ >"$T/keys"
    grep -qx out/reports/near.report.jsonl "$T/keys" && ! grep -q 'out/reports/near\.\(clean\|near\)' "$T/keys" || fail "$(cat "$T/keys")"
    for file in sub/web near; do
        s3 cat "s3://data/out/reports/$file.report.jsonl" | cmp - "$T/want/$file.report.jsonl"
    done
    s3 cat s3://data/out/reports/sub/web.near.jsonl | cmp - "$T/want/sub/web.near.jsonl"
    # The new commit object names the version of the input, and a run skips it.
    s3 stat s3://data/out/reports/near.report.jsonl >"$T/head"
    grep -qi 'decon-contaminated-lines.*1' "$T/head" && grep -qi 'decon-input-etag' "$T/head" &&
        grep -qi 'decon-settings' "$T/head" && grep -qiE 'decon-judged-again.*[0-9a-f]{64}' "$T/head" || fail "$(cat "$T/head")"
    s3 cat s3://data/out/reports/_decon/rejudge.json >"$T/record"
    grep -qE '"complete":true,.*"rules":"[0-9a-f]{64}".*"contamination_score_threshold":0.5,' "$T/record" || fail "$(cat "$T/record")"
    stored >"$T/judged"
    orchestrate again
    expect_status 0
    stored | cmp - "$T/judged" || fail 'the run has replaced a verdict'
    # The rules of the scan restore everything.
    rejudge 0 --in-place s3://data/out/reports
    stored | cmp - "$T/before" || fail "$(stored | diff - "$T/before")"
    judged_false >"$T/v.jsonl"
    rejudge 0 --threshold 1 --suppress v.jsonl --in-place s3://data/out/reports/
    expect_out '^CLEAN AGAIN: sub/web: 0 more and [1-9][0-9]* fewer contaminated lines, was contaminated, is clean$'
    has_key out/reports/sub/web.clean && ! has_key out/reports/sub/web.report.jsonl || fail "$(keys out/)"
    rejudge 0 --in-place s3://data/out/reports
    stored | cmp - "$T/before" || fail "$(stored | diff - "$T/before")"
    [ -z "$(s3 ls -r s3://data/out/reports/_decon/ | grep probe)" ] || fail 'the probe is left'
}

# Killed while it replaces objects: a file may have both verdicts, which a run resolves by its own
# settings and a second rejudge by its rules.
test_an_interrupted_run_in_a_store() {
    scanned_in_a_store
    s3 cp -r s3://data/out/reports/ "$T/all/" >"$T/cp.log"
    all_lines "$T/all" >"$T/lines"
    s3 cp -r s3://data/out/ s3://data/copy/ >"$T/cp.log"
    rejudge 0 --threshold 0.5 --in-place s3://data/out/reports
    stored >"$T/want"
    local killed=0
    for delay in 30 38 46 54; do
        s3 rm -r s3://data/out/ >"$T/cp.log"
        s3 cp -r s3://data/copy/ s3://data/out/ >"$T/cp.log"
        "$BIN/../tests/chaos/control" "$T/control" new
        "$BIN/../tests/chaos/control" "$T/control" arm "$delay"
        status=0
        (cd "$T" && env DECON_KILL_FILE="$T/control" LD_PRELOAD="$BIN/../tests/preload/kill.so" \
            ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" "$BIN/decon" rejudge --threshold 0.5 --in-place s3://data/out/reports) >"$T/kill.out" 2>&1 || status=$?
        [ "$status" != 137 ] || killed=$((killed + 1))
        rm -rf "$T/left"
        s3 cp -r s3://data/out/reports/ "$T/left/" >"$T/cp.log"
        all_lines "$T/left" | cmp - "$T/lines" || fail "a match is lost at event $delay"
        rejudge 0 --threshold 0.5 --in-place s3://data/out/reports
        stored | cmp - "$T/want" || fail "event $delay: $(stored | diff - "$T/want")"
    done
    [ "$killed" -gt 0 ] || fail "no run was killed: $(cat "$T/kill.out")"
}

run_tests
