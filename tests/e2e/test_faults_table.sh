#!/usr/bin/env bash
# docs/faults.md and docs/security.md: the files and the tests that their tables name exist.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/named_tests.sh"
table=$top/docs/faults.md
tables=("$table" "$top/docs/security.md")

test_files_that_are_named_exist() {
    expect_files 60 "${tables[@]}"
}
test_tests_that_are_named_exist() {
    expect_tests 25 "${tables[@]}"
}
test_each_row_names_code_and_a_test() {
    local row
    while read -r row; do
        [[ $row == '| '*' | '*' | `'*'` | `tests/'*'` '*'|' ]] || fail "this row names no code or no test: $row"
    done < <(grep -E '^\| ([A-E][0-9]|exact|copies)' "$table")
}
test_no_row_is_missing_or_doubled() {
    local expected section last
    expected=$(for section in A:16 B:13 C:7 D:6 E:10; do
        last=${section#*:}
        seq -f "${section%:*}%.0f" "$last"
    done | sort)
    [ "$(grep -oE '^\| [A-E][0-9]+ ' "$table" | tr -d '| ' | sort)" = "$expected" ] ||
        fail "rows: $(grep -oE '^\| [A-E][0-9]+ ' "$table" | tr -d '| ' | sort | diff - <(echo "$expected"))"
}
run_tests
