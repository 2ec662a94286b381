#!/usr/bin/env bash
# docs/s3-field-notes.md: the files and the tests that its table names are there.
. "$(dirname "$0")/lib.sh"
notes=$top/docs/s3-field-notes.md

test_each_row_is_there_once() {
    local row
    for row in $(seq 25); do
        [ "$(grep -c "^| $row |" "$notes")" = 1 ] || fail "row $row"
    done
}
test_files_that_are_named_exist() {
    local file files
    files=$(grep -oE '`[a-z0-9_/.-]+/[a-z0-9_/.-]+`' "$notes" | tr -d '`' | sort -u)
    [ "$(wc -l <<<"$files")" -ge 50 ] || fail "only these files are named: $files"
    for file in $files; do
        [ -e "$top/$file" ] || fail "there is no $file"
    done
}
test_tests_that_are_named_exist() {
    local file names name count=0
    while read -r file names; do
        while read -r name; do
            grep -qF -- "$name" "$top/$file" || fail "there is no '$name' in $file"
            count=$((count + 1))
        done < <(tr ',' '\n' <<<"$names" | sed 's/^ *//')
    done < <(grep -oE '`tests/[a-z0-9_/.]+` \([^)]*\)' "$notes" | sed 's/`\([^`]*\)` (\(.*\))/\1 \2/')
    [ "$count" -ge 60 ] || fail "only $count tests are named"
}
test_each_row_names_code_and_tests() {
    local row
    while read -r row; do
        [[ $row == *'| `'*'` |'*'`tests/'*'('* ]] || fail "this row names no code or no test: $row"
    done < <(grep '^| [0-9]' "$notes")
}
run_tests
