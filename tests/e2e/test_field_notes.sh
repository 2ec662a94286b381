#!/usr/bin/env bash
# docs/s3-field-notes.md: the files and the tests that its table names exist.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/named_tests.sh"
notes=$top/docs/s3-field-notes.md

test_each_row_occurs_once() {
    local row
    for row in $(seq 25); do
        [ "$(grep -c "^| $row |" "$notes")" = 1 ] || fail "row $row"
    done
}
test_files_that_are_named_exist() {
    expect_files 50 "$notes"
}
test_tests_that_are_named_exist() {
    expect_tests 60 "$notes"
}
test_each_row_names_code_and_tests() {
    local row
    while read -r row; do
        [[ $row == *'| `'*'` |'*'`tests/'*'('* ]] || fail "this row names no code or no test: $row"
    done < <(grep '^| [0-9]' "$notes")
}
run_tests
