#!/usr/bin/env bash
# docs/report-format.md against real output, and the examples of the documents.
. "$(dirname "$0")/lib.sh"
doc=$top/docs/report-format.md

# Records with every optional field, and documents with copies of them: complete, without the
# answer, and with other words.
make_world() {
    mkdir -p "$T/evals" "$T/training"
    local i common='"eval_key":"marsh","split":"test"'
    for i in 0 1 2 3 4 5; do
        printf '{"doc_id":%d,%s,"eval_instance_index":%d,"fingerprint":"print-%d","is_correct":%s,"passage":"the heron number %d waits beside the old sluice every morning until the tide has left the flat meadow","question":"which of the birds named %d waits beside the sluice of the marsh in the cold morning and what does it do when the tide comes back","answer":"it flies over the dyke number %d to the meadow"}\n' \
            "$i" "$common" "$i" "$i" "$([ "$i" = 3 ] && echo false || echo true)" "$((i * 37))" "$((i * 91))" "$((i * 53))"
    done >"$T/evals/marsh.jsonl"
    sed 's/.*"passage":"\([^"]*\)","question":"\([^"]*\)","answer":"\([^"]*\)".*/{"text":"some words at first. \1. \2? \3. and some words after it"}/' "$T/evals/marsh.jsonl" >"$T/training/a.jsonl"
    sed 's/.*"question":"\([^"]*\)".*/{"text":"before it. \1? that is not known. after it"}/' "$T/evals/marsh.jsonl" >>"$T/training/a.jsonl"
    sed 's/.*"question":"\([^"]*\)".*/{"text":"before it. \1? that is not known. after it"}/; s/cold/warm/' "$T/evals/marsh.jsonl" >>"$T/training/a.jsonl"
}

# documented SECTION: the fields of its table, with their ranges.
documented() {
    sed -n "/^## $1/,/^## /p" "$doc" | sed -n 's/^| `\([a-z_]*\)` | \([^|]*\) |.*/\1|\2/p'
}

# fields FILE: the keys of all lines.
fields() {
    grep -oE '[{,]"[a-z_]+":' "$1" | tr -d '{,":' | LC_ALL=C sort -u
}

test_every_field_is_documented() {
    make_world
    (cd "$T" && "$BIN/decon" detect --evals-dir evals --report-threshold 0.3 training) >"$T/detect.out" 2>&1 || fail "$(cat "$T/detect.out")"
    cat "$T/reports/a.report.jsonl" "$T/reports/a.near.jsonl" >"$T/lines"
    fields "$T/lines" >"$T/real"
    documented Fields | cut -d '|' -f 1 >"$T/documented"
    diff "$T/documented" "$T/real" || fail 'docs/report-format.md has other fields than a report, or in another order'
}

test_values_are_in_their_ranges() {
    make_world
    (cd "$T" && "$BIN/decon" detect --evals-dir evals --report-threshold 0.3 training) >"$T/detect.out" 2>&1
    cat "$T/reports/a.report.jsonl" "$T/reports/a.near.jsonl" >"$T/lines"
    local field range checked=0
    while IFS='|' read -r field range; do
        case $range in
        '0 to 1') grep -oE "\"$field\":[^,}]*" "$T/lines" | sed 's/.*://' | awk '$1 !~ /^[0-9.e-]+$/ || $1 < 0 || $1 > 1 { bad = 1; print } END { exit bad }' ;;
        'from 0' | 'from 1') grep -oE "\"$field\":[^,}]*" "$T/lines" | sed 's/.*://' | awk -v least="${range#from }" '$1 !~ /^[0-9]+$/ || $1 < least { bad = 1; print } END { exit bad }' ;;
        'text') ! grep -oE "\"$field\":." "$T/lines" | grep -qv '"$' ;;
        *) continue ;;
        esac || fail "$field is not $range"
        checked=$((checked + 1))
    done < <(documented Fields)
    [ "$checked" -gt 25 ] || fail "$checked fields only"
    # The column `present` of fields that every line has.
    sed -n 's/^| `\([a-z_]*\)` | [^|]* | always |.*/\1/p' "$doc" | while read -r field; do
        [ "$(grep -c "\"$field\":" "$T/lines")" = "$(wc -l <"$T/lines")" ] || fail "$field is not in every line"
    done
}

# members FILE: the keys of the object itself, without those of nested objects and lists.
members() {
    sed 's/\[[^]]*\]/0/g' "$1" | sed ':again; s/:{[^{}]*}/:0/g; t again' | grep -oE '[{,]"[a-z_]+":' | tr -d '{,":' | LC_ALL=C sort -u
}

# members_of NAME: the members in the table after the line that names the record; not those of records in a store only.
members_of() {
    awk -v name="_decon/$1.json" 'index($0, name) == 2 { on = 1 } on && /^\| `/ { print; seen = 1 } on && seen && !/^\|/ { exit }' "$doc" |
        grep -vE "\| in a (store|new folder):" | cut -d '|' -f 2 | grep -oE '`[a-z_]+`' | tr -d '`' | LC_ALL=C sort -u
}

test_records_are_documented() {
    make_world
    (cd "$T" && "$BIN/decon" detect --evals-dir evals --report-threshold 0.3 training && "$BIN/decon" rejudge --threshold 0.9 --in-place reports) >"$T/detect.out" 2>&1 || fail "$(cat "$T/detect.out")"
    for record in detect rejudge; do
        # punctuation_chars has brackets of all kinds
        sed 's/"punctuation_chars":"\([^"\\]\|\\.\)*",//' "$T/reports/_decon/$record.json" >"$T/record"
        diff <(members_of "$record") <(members "$T/record") || fail "$record.json"
    done
}

# examples FILE SECTION: the lines of its blocks of commands.
examples() {
    sed -n "/^## $2/,/^## /p" "$top/docs/$1" | sed -n '/^```sh/,/^```$/p' | grep -v '^```'
}

test_the_examples_run() {
    make_world
    start_store
    s3 mb s3://my-bucket
    mkdir -p "$T/bin" "$T/training/web"
    cp "$T/training/a.jsonl" "$T/training/web/a.jsonl"
    cp "$T/training/a.jsonl" "$T/a.jsonl" && gzip "$T/a.jsonl"
    printf '{"eval_key":"marsh","split":"test","eval_instance_index":0,"verdict":"false_positive"}\n' >"$T/false.jsonl"
    (cd "$T" && for folder in reports results-a results-b; do
        "$BIN/decon" detect --evals-dir evals --report-output-dir "$folder" --report-threshold 0.3 training
    done) >"$T/detect.out" 2>&1
    s3 cp -r "$T/reports/" s3://my-bucket/decon/reports/ >"$T/cp.log"
    local line count=0
    while read -r line; do
        # The sets of the examples are not in these evaluation files.
        line=${line//gsm8k/marsh} line=${line//mmlu/marsh}
        (cd "$T" && PATH=$BIN:$PATH bash -c "set -e; ${line//\/data\/evals/evals}" </dev/null) >"$T/example.out" 2>&1 ||
            fail "$line: $(cat "$T/example.out")"
        count=$((count + 1))
    done < <(
        examples report-format.md Examples
        examples server.md 'Reading reports'
        examples server.md 'Near misses'
        examples server.md 'Comparing two runs'
    )
    [ "$count" -ge 20 ] || fail "$count examples only"
    [ -e "$T/reports-0.7/_decon/rejudge.json" ] && [ -s "$T/review.html" ] || fail 'an example had no effect'
}

run_tests
