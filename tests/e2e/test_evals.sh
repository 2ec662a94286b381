#!/usr/bin/env bash
# The evals command: decon evals.
. "$(dirname "$0")/lib.sh"

# evals STATUS WORD... : runs in $T, expects the exit status; standard output in $T/out.
evals() {
    local want=$1 status=0
    shift
    (cd "$T" && "$BIN/decon" evals "$@") >"$T/out" 2>"$T/evals.log" || status=$?
    [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cat "$T/out" "$T/evals.log")"
}

expect_out() { # REGEX
    grep -qE -- "$1" "$T/out" || fail "no line $1 in: $(cat "$T/out")"
}

make_sets() {
    mkdir "$T/sets"
    {
        echo '{"doc_id":1,"eval_key":"alpha","split":"test","question":"How many of the seven barges left the harbour before the storm came in from the west that night?","answer":"three barges","fingerprint":"a"}'
        echo '{"doc_id":2,"eval_key":"alpha","split":"test","question":"How many of the seven barges left the harbour before the storm came in from the west that night?","answer":"three barges","fingerprint":"a"}'
        echo '{"doc_id":3,"eval_key":"alpha","split":"train","question":"too short"}'
        echo '{"doc_id":3,"eval_key":"beta","passage":"a passage","question":"Which of the two lighthouse keepers wrote the letter that was found behind the lamp in the winter of that year?"}'
        echo '# a comment'
    } >"$T/sets/one.jsonl"
    {
        echo '{"doc_id":5,"eval_key":"beta","prompt":"no question here"}'
        echo '{"doc_id":"six","question":"x"}'
        echo 'no JSON'
    } | gzip >"$T/sets/two.jsonl.gz"
}

test_the_table_counts_by_set_and_split() {
    make_sets
    evals 0 sets
    expect_out '^set +split +records +questions +answers +passages +used +too short +duplicates +no question +unreadable +repeated ids$'
    expect_out '^alpha +test +2 +2 +2 +0 +1 +0 +1 +0 +0 +0$'
    expect_out '^alpha +train +1 +1 +0 +0 +0 +1 +0 +0 +0 +0$'
    expect_out '^beta +2 +1 +0 +1 +1 +0 +0 +1 +0 +1$'
    expect_out '^total +5 +4 +2 +1 +2 '
    grep -q '4 faults; list them with decon evals --check sets' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    evals 0 --eval beta --dir sets
    ! grep -q alpha "$T/out" || fail 'a set that was not asked for'
    expect_out '^8 lines: 2 records, 1 unreadable, 4 of other sets, 1 blank or comment$'
    evals 0 --stats sets
    expect_out '^beta +question +1 +2[0-9] +2[0-9] +2[0-9]\.0 '
    evals 0 --json sets
    expect_out '^\{"blank":1,"dir":"sets","faults":4,"files":2,"lines":8,"not_json":1,"other_sets":0,"sets":\[\{"answers":2,"duplicates":1,'
    # The records that the detection uses.
    echo '{"text":"x"}' >"$T/training.jsonl"
    (cd "$T" && "$BIN/decon" detect --evals-dir sets --bad-eval-line end-file training.jsonl) >"$T/out" 2>"$T/detect.log"
    grep -q 'index: 2 records of 2 sets' "$T/detect.log" || fail "$(cat "$T/detect.log")"
}

test_the_columns_add_up_to_the_lines() {
    make_sets
    printf '\n  \n{"doc_id":8,"eval_key":"beta","question":"so so so so so so so so so so so so so so so so so so so so so so so so"}\n' >>"$T/sets/one.jsonl"
    evals 0 sets
    expect_out '^two\.jsonl +0 .* 1 +0$'
    expect_out '^\(not JSON\) +0 .* 1 +0$'
    expect_out '^11 lines: 6 records, 2 unreadable, 3 blank or comments$'
    # used + too short + few words + duplicates + no question = records
    sed 's/^\((not JSON)\|[a-z.]* *\(test\|train\)\?\) */x /' "$T/out" | awk '
        $1 == "x" && NF == 12 { rows++; if ($6 + $7 + $8 + $9 + $10 != $2) { print; bad = 1 } all += $2 + $11 }
        END { exit bad || rows != 6 || all != 16 }' || fail "$(cat "$T/out")"
    evals 0 --json sets
    jq -e '(.lines == .blank + .not_json + .other_sets + ([.sets[] | .records + .unreadable] | add)) and
        ([.sets[] | .records == .used + .few_tokens + .few_words + .duplicates + .no_question] | all)' "$T/out" >"$T/jq" || fail "$(cat "$T/out")"
}

test_text_without_spaces_is_counted_by_tokens() {
    mkdir "$T/sets"
    printf '{"doc_id":%d,"eval_key":"zh","question":"太陽系中哪一顆行星距離太陽最近而且體積最小並且沒有任何衛星環繞著它運行","answer":"%d"}\n' 1 1 2 2 >"$T/sets/zh.jsonl"
    evals 0 sets
    expect_out '^zh +2 +2 +2 +0 +0 +2$'
    evals 0 --normalization extended sets
    expect_out '^zh +2 +2 +2 +0 +2$'
}

test_check_names_each_faulty_line() {
    make_sets
    evals 3 --check sets
    grep -q 'one.jsonl: line 4: doc_id 3 is used before, in sets/one.jsonl, line 3' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    grep -q 'two.jsonl.gz: line 1: no question' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    grep -q 'two.jsonl.gz: line 2: no doc_id' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    grep -q 'two.jsonl.gz: line 3: byte 0: not a JSON value' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    head -c 20 "$T/sets/two.jsonl.gz" >"$T/sets/cut.jsonl.gz"
    evals 3 --check sets
    grep -q 'cut.jsonl.gz' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    evals 0 --check "$evals"
}

test_repeated_doc_ids_are_renumbered() {
    make_sets
    rm "$T/sets/two.jsonl.gz"
    evals 0 --renumber --output-dir new sets
    expect_out '^4 records in 1 file, 1 renumbered$'
    evals 0 --check new
    gzip -dc "$T/new/one.jsonl.gz" | grep -q '{"doc_id":4,"eval_key":"beta"' || fail "$(gzip -dc "$T/new/one.jsonl.gz")"
    evals 2 --renumber --output-dir sets sets
    evals 2 --renumber --output-dir new sets # they exist
}

test_benchmarks_are_converted() {
    mkdir -p "$T/files/org/quiz/main" "$T/files/csv"
    echo '[{"q":"Is it so?","c":["no","yes"],"a":1,"topic":"t1"},{"q":"","c":[],"a":0}]' >"$T/files/org/quiz/main/test-00000.json"
    printf '{"q":"First?","c":["no"],"a":0}\n' | gzip >"$T/files/org/quiz/main/train.jsonl.gz"
    printf 'question,answer\r\n"What, then?",nothing\r\n' >"$T/files/csv/all.csv"
    cat >"$T/evals.yaml" <<'YAML'
evals:
  quiz:
    hf_path: org/quiz
    hf_config: main
    splits:
    - train
    - test
    prompt: q
    extra_fields:
    - topic
    answers:
    - expand_choices:
        field: c
        correct_index: a
  table:
    local_path: csv
    splits:
    - test
    no_answer_splits: [validation]
    prompt: question
    answers:
    - answer
YAML
    evals 0 --convert --config evals.yaml --source-dir files --output-dir made
    expect_out '^quiz, split test: 2 records of 2 rows in 1 file, 1 row without a question$'
    expect_out '^table, split test: 1 record of 1 row in 1 file$'
    gzip -dc "$T/made/quiz_test-1.jsonl.gz" >"$T/quiz"
    grep -qxF '{"eval_key":"quiz","config":"main","split":"test","eval_instance_index":0,"doc_id":2,"question":"Is it so?","answer":"no","is_correct":false,"fingerprint":"'"$(printf 'Is it so?no' | sha256sum | cut -c1-16)"'","topic":"t1"}' "$T/quiz" ||
        fail "$(cat "$T/quiz")"
    gzip -dc "$T/made/table_test-1.jsonl.gz" | grep -q '"question":"What, then?","answer":"nothing"' || fail 'CSV'
    evals 0 --check --eval-min-token-length 0 --eval-min-unique-word-count 0 made
    expect_out '^total +4 +4 +4 +0 +4$'
    # Files are not replaced; ids continue after the last one of the folder.
    evals 2 --convert --config evals.yaml --source-dir files --output-dir made
    grep -q 'made/quiz_train-1.jsonl.gz exists' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    rm "$T/made/quiz_test-1.jsonl.gz" "$T/made/quiz_train-1.jsonl.gz"
    evals 0 --convert --config evals.yaml --source-dir files --output-dir made --eval quiz
    gzip -dc "$T/made/quiz_train-1.jsonl.gz" | grep -q '"doc_id":5,' || fail "$(gzip -dc "$T/made/quiz_train-1.jsonl.gz")"
    evals 0 --check --eval-min-token-length 0 --eval-min-unique-word-count 0 made
}

test_what_cannot_be_converted_is_named() {
    mkdir "$T/files"
    printf 'evals:\n  a:\n    local_path: files\n    splits: [test]\n    prompt: q\n' >"$T/evals.yaml"
    : >"$T/files/test.parquet"
    evals 3 --convert --config evals.yaml --output-dir made
    grep -q 'a, split test: no file found; files of other formats' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    printf '{"q":"x"}\n{"q":\n' >"$T/files/test.jsonl"
    evals 1 --convert --config evals.yaml --output-dir made
    grep -q 'evals.a: ./files/test.jsonl: line 2: byte' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    [ -z "$(find "$T/made" -type f)" ] || fail "left: $(ls "$T/made")"
    sed 's/prompt/promt/' "$T/evals.yaml" >"$T/bad.yaml"
    evals 2 --convert --config bad.yaml --output-dir made
    grep -q 'bad.yaml: evals.a: unknown key promt; did you mean prompt?' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    evals 2 --convert --config evals.yaml --output-dir made --eval b
    evals 2 --download
    grep -q -- '--convert' "$T/evals.log" || fail "$(cat "$T/evals.log")"
    evals 2 --convert --output-dir made
    evals 2
    evals 2 none
}

test_sample_is_the_sample_set_in_every_command() {
    evals 0 sample
    expect_out '^total +25 '
    evals 0 --dir sample
    expect_out '^total +25 '
    evals 0 --renumber --output-dir numbered sample
    cp "$samples/books/part-01.jsonl" "$T/"
    (cd "$T" && "$BIN/decon" detect --evals-dir sample part-01.jsonl) >"$T/detect.out" 2>&1 || fail "$(cat "$T/detect.out")"
    (cd "$T" && "$BIN/decon" review --evals-dir sample --clean-subset clean.json reports) >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    expect_out 'workshop_problems'
    [ -s "$T/clean.json" ] || fail 'no clean subset'
    # Also a folder here: which one is meant?
    cp -r "$evals" "$T/sample"
    local words
    for words in 'evals' 'review --evals-dir' 'detect --evals-dir'; do
        local status=0 last=''
        [ "$words" = evals ] || last=reports
        # shellcheck disable=SC2086  # words
        (cd "$T" && "$BIN/decon" $words sample $last) >"$T/out" 2>&1 || status=$?
        [ "$status" = 2 ] || fail "$words: exit status $status: $(cat "$T/out")"
        expect_out "write decon $words ./sample for the folder or decon $words $evals for the sample set"
    done
    evals 0 ./sample
}

run_tests
