#!/usr/bin/env bash
# Compares this build's detection with that of an earlier commit, whose results equal the reference's: reports
# and cleaned text must be the same, byte for byte, with `--compatible`.
#   BIN, BENCH  folders of the built programs
#   EVALS_DIR   evaluation files (the sample set)
#   DOCUMENTS   documents of each generated file (1500)
#   SEED        of the generator (1)
# The earlier build is kept in build/oracle. Skipped if the repository lacks the commit.
set -euo pipefail
commit=c8aad80
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
BENCH=$(realpath "${BENCH:-$top/build/bench}")
evals=$(realpath "${EVALS_DIR:-$top/config/sample-evals}")
kept=${KEPT:-$top/build/oracle}
oracle=$kept/build/bin/decon-server

if ! git -C "$top" cat-file -e "$commit^{commit}" 2>/dev/null; then
    echo "skipped: check-oracle: the repository lacks commit $commit"
    exit 0
fi
if [ ! -x "$oracle" ]; then
    echo "building $commit"
    mkdir -p "$kept"
    git -C "$top" archive "$commit" | tar -x -C "$kept"
    make -C "$kept" -s -j"$(nproc)" build/bin/decon-server >"$kept/build.log" 2>&1 ||
        { tail -n 20 "$kept/build.log" >&2; exit 1; }
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-oracle.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
find "$evals" -name '*.gz' -exec gzip -dc {} + >evals.jsonl
find "$evals" -name '*.jsonl' -exec cat {} + >>evals.jsonl
# Passage, question and answer of each record, one a line, escaped as in JSON.
awk 'function member(name,  text) {
    if (!match($0, "\"" name "\": *\"([^\"\\\\]|\\\\.)*\""))
        return ""
    text = substr($0, RSTART, RLENGTH - 1)
    sub(/^"[a-z]+": *"/, "", text)
    return text " "
}
NR <= 20000 { print member("passage") member("question") member("answer") }' evals.jsonl >strings.txt
mkdir input
for seed in "${SEED:-1}" $((${SEED:-1} + 1)); do
    "$BENCH/oracle_corpus" "${DOCUMENTS:-1500}" "$seed" <strings.txt >"input/part-$seed.jsonl"
done

detect() { # detect PROGRAM FOLDER OPTION...
    local program=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    "$program" detect --compatible --purify --worker-threads 1 --scan-threads 1 --evals-dir "$evals" \
        --vocabulary-dir "$top/detection/data" --report-output-dir "$folder/reports" \
        --cleaned-output-dir "$folder/cleaned" "$@" input >"$folder/log" 2>&1 ||
        { tail -n 5 "$folder/log" >&2; exit 1; }
    find "$folder/cleaned" -name '*.gz' -exec gzip -d {} +
}
settings=(
    "--tokenizer-str cl100k"
    "--tokenizer-str cl100k --sample-every-m-tokens 1"
    "--tokenizer-str cl100k --ngram-size 3 --contamination-score-threshold 0.5"
    "--tokenizer-str cl100k --question-max-consecutive-misses 2 --passage-ngram-size 2"
    "--tokenizer-str uniseg"
    "--tokenizer-str uniseg --sample-every-m-tokens 3 --contamination-score-threshold 0.4"
    "--tokenizer-str word --ngram-size 8"
)
# _decon/ holds records of runs, which differ.
different=0
for options in "${settings[@]}"; do
    rm -rf old new
    # shellcheck disable=SC2086 # several options
    detect "$oracle" old $options
    # shellcheck disable=SC2086
    detect "$BIN/decon-server" new $options
    lines=$(cat old/reports/*.jsonl 2>/dev/null | wc -l)
    if diff -r --exclude=_decon old/reports new/reports >differences && diff -r --exclude=_decon old/cleaned new/cleaned >>differences &&
        [ "$lines" -gt 0 ]; then
        echo "same: $options: $lines report lines"
    else
        echo "DIFFERENT: $options: $lines report lines"
        cut -c 1-300 differences | head -n 10
        different=1
    fi
done
exit "$different"
