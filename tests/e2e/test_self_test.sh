#!/usr/bin/env bash
# The recall self-test: decon detect --self-test, decon server --self-test.
. "$(dirname "$0")/lib.sh"

# self_test STATUS WORD... : in $T; output in $T/out.
self_test() {
    local want=$1 status=0
    shift
    (cd "$T" && "$BIN/decon" detect --evals-dir "$evals" --self-test "$@") >"$T/out" 2>"$T/detect.log" || status=$?
    [ "$status" = "$want" ] || fail "exit status $status instead of $want: $(cat "$T/out" "$T/detect.log")"
}

recall_of() { # KIND: its row in $T/out, injected and found
    sed -n "s/^$1 *\([0-9]*\) *\([0-9]*\) .*/\1 \2/p" "$T/out"
}

test_recall_by_kind_and_set() {
    self_test 0 --sample-every-m-tokens 1
    [ "$(recall_of verbatim)" = '25 25' ] || fail "$(cat "$T/out")"
    [ "$(recall_of upper_case)" = '25 25' ] || fail "$(cat "$T/out")"
    [ "$(recall_of full_width | cut -d' ' -f1)" = 25 ] || fail "$(cat "$T/out")"
    grep -q '^precision: 100.00 %' "$T/out" || fail "$(cat "$T/out")"
    grep -qE '^harbour_quiz +10 +100.0 ' "$T/out" || fail "$(cat "$T/out")"
    self_test 0 --self-test-records 2
    [ "$(recall_of verbatim | cut -d' ' -f1)" = 6 ] || fail "$(cat "$T/out")"
}

test_extended_normalization_finds_other_forms() {
    local kind
    self_test 0 --sample-every-m-tokens 1
    for kind in full_width zero_width soft_hyphen html; do
        [ "$(recall_of $kind)" = '25 0' ] || fail "$kind by default: $(cat "$T/out")"
    done
    self_test 0 --sample-every-m-tokens 1 --normalization extended
    for kind in verbatim upper_case punctuation full_width zero_width soft_hyphen html; do
        [ "$(recall_of $kind)" = '25 25' ] || fail "$kind: $(cat "$T/out")"
    done
    grep -q '^precision: 100.00 %' "$T/out" || fail "$(cat "$T/out")"
    # Questions that lie between two steps are found too.
    self_test 0 --sample-every-m-tokens 50
    [ "$(recall_of verbatim | cut -d' ' -f2)" -lt 25 ] || fail "$(cat "$T/out")"
    self_test 0 --sample-every-m-tokens 50 --normalization extended
    for kind in verbatim upper_case full_width zero_width soft_hyphen html; do
        [ "$(recall_of $kind)" = '25 25' ] || fail "$kind: $(cat "$T/out")"
    done
}

test_high_recall_finds_changed_words() {
    local kind
    self_test 0
    [ "$(recall_of edit_2 | cut -d' ' -f2)" -lt 20 ] || fail "by default: $(cat "$T/out")"
    self_test 0 --recall high
    for kind in verbatim edit_1 edit_2; do
        [ "$(recall_of $kind)" = '25 25' ] || fail "$kind: $(cat "$T/out")"
    done
    [ "$(recall_of edit_4 | cut -d' ' -f2)" -ge 20 ] || fail "$(cat "$T/out")"
    grep -q '^precision: 100.00 %.*, 0 of [1-9][0-9]* near neighbours$' "$T/out" || fail "$(cat "$T/out")"
    grep -qE '^31 to 50 +[0-9]+ +100.0 ' "$T/out" || fail "$(cat "$T/out")"
    # Kinds without changed words are found as before.
    self_test 0 --recall high --normalization extended
    for kind in full_width zero_width soft_hyphen html; do
        [ "$(recall_of $kind)" = '25 25' ] || fail "$kind: $(cat "$T/out")"
    done
}

test_high_recall_in_reports_and_in_a_server() {
    printf '{"text":"%s"}\n' 'It goes: A boat leaves the north quay every forty minutes and the crossing takes twenty nine minutes, so how many ferries are on the water at noon? one ferry on the water' >"$T/a.jsonl"
    (cd "$T" && "$BIN/decon" detect --evals-dir "$evals" a.jsonl) >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    grep -q 'ContaminatedLines=0' "$T/out" || fail "$(cat "$T/out")"
    (cd "$T" && "$BIN/decon" detect --evals-dir "$evals" --recall high a.jsonl) >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    grep -q 'ContaminatedLines=1' "$T/out" || fail "$(cat "$T/out")"
    grep -q '"method":"align"' "$T/reports/a.report.jsonl" || fail "$(cat "$T/reports/a.report.jsonl")"
    printf 'recall: high\nevals_dir: %s\n' "$evals" >"$T/server.yaml"
    start_server --config "$T/server.yaml"
    curl -sS "http://127.0.0.1:$server_port/health" >"$T/out"
    grep -q '"recall":"high"' "$T/out" || fail "$(cat "$T/out")"
}

test_equal_settings_give_equal_results() {
    local file
    self_test 0 --json
    cp "$T/out" "$T/first"
    self_test 0 --json --worker-threads 3
    expect_same "$T/first" "$T/out"
    file=$(find "$T/reports/_decon/recall" -name '*.json')
    expect_same "$T/first" "$file"
    grep -q "\"fingerprint\":\"$(basename "$file" .json)\",\"format\":1,\"recall\":{" "$T/first" || fail "$file: $(cat "$T/first")"
    # Recall depends on the settings.
    self_test 0 --json --ngram-size 15
    ! cmp -s "$T/first" "$T/out" || fail 'the same recall with n-grams of 15 tokens'
    [ "$(find "$T/reports/_decon/recall" -name '*.json' | wc -l)" = 2 ] || fail "$(ls "$T/reports/_decon/recall")"
}

test_a_server_reports_its_recall() {
    start_server --self-test --self-test-records 3
    grep -q 'INFO  self-test: verbatim [0-9.]* %, upper_case ' "$T/server.log" || fail "$(cat "$T/server.log")"
    curl -sS "http://127.0.0.1:$server_port/health" >"$T/out"
    grep -qE '"recall":\{"clean_documents":9,"clean_flagged":0,"flagged":[0-9]+,"kinds":\{"verbatim":\{"found":[0-9],"injected":9\},.*"records":9,"seed":1\},"records":25' "$T/out" ||
        fail "$(cat "$T/out")"
    stop "$server"
    start_server
    curl -sS "http://127.0.0.1:$server_port/health" >"$T/out"
    ! grep -q recall "$T/out" || fail 'recall without a self-test'
}

test_usage() {
    self_test 2 file.jsonl
    grep -q 'reads no training files' "$T/detect.log" || fail "$(cat "$T/detect.log")"
    self_test 2 --self-test-records x
    self_test 2 --recall low
}

run_tests
