#!/usr/bin/env bash
# docs/credentials.md: its tables are those of s3/config/settings.c, and the tests that it names exist.
. "$(dirname "$0")/lib.sh"
page=$top/docs/credentials.md

# "key variable use", one row a line; "-" for none.
rows_of_the_code() {
    tr '\n' ' ' <"$top/s3/config/settings.c" |
        grep -oE '(USED|ONE_OF|IGNORED|REFUSED_ELSEWHERE|REFUSED)\( *(NULL|"[^"]*"), *(NULL|"[^"]*")' |
        sed -E 's/\( */ /; s/, */ /; s/NULL/-/g; s/"//g
                s/^(USED|ONE_OF) (.*)/\2 supported/; s/^IGNORED (.*)/\1 ignored/
                s/^REFUSED(_ELSEWHERE)? (.*)/\2 refused/'
}
rows_of_the_page() {
    sed -nE 's/^\| (`[a-z0-9_.]+`|-) \| (`[A-Z0-9_]+`|-) \| (supported|ignored|refused) \|.*/\1 \2 \3/p' "$page" |
        tr -d '`'
}
test_the_page_has_the_rows_of_the_code() {
    rows_of_the_code | sort >"$T/code"
    rows_of_the_page | sort >"$T/page"
    [ "$(wc -l <"$T/code")" -ge 80 ] || fail "only these rows: $(cat "$T/code")"
    diff "$T/code" "$T/page"
}
test_each_row_has_a_reason_and_a_test() {
    local row
    while read -r row; do
        [[ $row == *'| '?*' | `tests/'*'('*') |' ]] || fail "no test: $row"
        [[ $row != *'|  |'* ]] || fail "no reason: $row"
    done < <(grep -E '^\| (`[a-z0-9_.]+`|-) \| (`|-)' "$page")
}
test_tests_that_are_named_exist() {
    local file names name count=0
    while read -r file names; do
        while read -r name; do
            grep -qE "^static void $name\(" "$top/$file" || fail "there is no '$name' in $file"
            count=$((count + 1))
        done < <(tr ',' '\n' <<<"$names" | sed 's/^ *//')
    done < <(grep -oE '`tests/[a-z0-9_/.]+` \([^)]*\)' "$page" | sed 's/`\([^`]*\)` (\(.*\))/\1 \2/' | sort -u)
    [ "$count" -ge 40 ] || fail "only $count tests are named"
}
run_tests
