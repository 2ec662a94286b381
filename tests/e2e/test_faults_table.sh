#!/usr/bin/env bash
# docs/faults.md and docs/security.md: the files and the tests that their tables name exist.
. "$(dirname "$0")/lib.sh"
table=$top/docs/faults.md
tables=("$table" "$top/docs/security.md")

test_files_that_are_named_exist() {
    local file files
    files=$(grep -ohE '`[a-z0-9_]+/[a-z0-9_/.-]+`' "${tables[@]}" | tr -d '`' | sort -u)
    [ "$(wc -l <<<"$files")" -ge 60 ] || fail "only these files are named: $files"
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
    done < <(grep -ohE '`tests/[a-z0-9_/.]+` \([^)]*\)' "${tables[@]}" | sed 's/`\([^`]*\)` (\(.*\))/\1 \2/')
    [ "$count" -ge 25 ] || fail "only $count tests are named"
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
