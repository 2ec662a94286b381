#!/usr/bin/env bash
# The table of `make coverage`: sums by folder, and a folder with too few executed lines.
. "$(dirname "$0")/lib.sh"

table() {
    status=0
    awk -v least=85 -f "$top/tests/tools/coverage.awk" "$T/files.csv" >"$T/table" || status=$?
}

test_lines_of_a_folder_are_added_up() {
    printf '%s\n' filename,line_total,line_covered,line_percent base/a.c,90,81,0.9 base/b.c,10,4,0.4 s3/get/c.c,3,3,1.0 >"$T/files.csv"
    table
    expect_status 0
    grep -qx '| base  *|  *100 |  *85.0 % |' "$T/table" || fail "$(cat "$T/table")"
    grep -qx '| s3/get  *|  *3 |  *100.0 % |' "$T/table" || fail "$(cat "$T/table")"
    grep -qx '| all  *|  *103 |  *85.4 % |' "$T/table" || fail "$(cat "$T/table")"
}

test_a_folder_below_the_limit_is_named() {
    printf '%s\n' filename,line_total,line_covered,line_percent base/a.c,1000,849,0.8 s3/c.c,1000,1000,1.0 >"$T/files.csv"
    table
    expect_status 1
    grep -qx '| base  *|  *1000 |  *84.9 % (too few) |' "$T/table" || fail "$(cat "$T/table")"
    [ "$(grep -c 'too few' "$T/table")" = 1 ] || fail "$(cat "$T/table")"
}

run_tests
