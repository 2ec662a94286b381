#!/usr/bin/env bash
# Runs test programs (cmocka, or scripts that print TAP lines), and counts.
#   tests/run.sh PROGRAM...
# Ends with `N passed, N failed, N skipped`; exit status 1 when a test failed or a program broke.
set -u
passed=0 failed=0 skipped=0
failures=()
export CMOCKA_MESSAGE_OUTPUT=TAP
for program in "$@"; do
    log=$(mktemp)
    "$program" >"$log" 2>&1 </dev/null
    status=$?
    ok=$(grep -cE '^ok ' "$log")
    skip=$(grep -cE '^ok .*# SKIP' "$log")
    bad=$(grep -cE '^not ok ' "$log")
    # A program that broke off (a sanitizer's report, a signal) counts as one failure.
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    elif [ "$status" -eq 0 ] && [ $((ok + bad)) -eq 0 ]; then
        echo "no test ran" >>"$log"
        bad=1
    fi
    passed=$((passed + ok - skip)) skipped=$((skipped + skip)) failed=$((failed + bad))
    printf '%-56s %4d passed %3d failed %3d skipped\n' "${program#*/tests/}" $((ok - skip)) "$bad" "$skip"
    if [ "$bad" -gt 0 ]; then
        failures+=("$program")
        sed 's/^/    /' "$log" | tail -n 80
    elif [ "$skip" -gt 0 ]; then
        grep -E '^ok .*# SKIP' "$log" | sed 's/^/    /'
    fi
    rm -f "$log"
done
for program in ${failures[@]+"${failures[@]}"}; do
    echo "FAILED: $program"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
