#!/usr/bin/env bash
# Runs test programs (cmocka, or scripts that print TAP lines), and counts.
#   tests/run.sh PROGRAM...
# JOBS (default: one per core) of them run at once, each for TEST_TIMEOUT seconds at most. WRAPPER
# is prepended to each program (`WRAPPER='valgrind -q'`).
# Ends with `N passed, N failed, N skipped`; exit status 1 when a test failed or a program broke.
set -u
jobs=${JOBS:-$(nproc)}
limit=${TEST_TIMEOUT:-600}
export CMOCKA_MESSAGE_OUTPUT=TAP
# A sanitizer finding, including a leak, ends the program with a distinct status.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=99:detect_stack_use_after_return=1}
export LSAN_OPTIONS=${LSAN_OPTIONS:-exitcode=99}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1:exitcode=99}

logs=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

passed=0 failed=0 skipped=0
failures=()

# count NAME LOG STATUS: adds up one program's TAP lines and prints the important ones.
count() {
    local name=$1 log=$2 status=$3 ok skip bad
    # cmocka prints `not ok N # SKIP` for a skipped test.
    skip=$(grep -cE '^(not )?ok .*# SKIP' "$log")
    ok=$(grep -E '^ok ' "$log" | grep -cv '# SKIP')
    bad=$(grep -E '^not ok ' "$log" | grep -cv '# SKIP')
    # A program that aborted (a sanitizer's report, a signal) counts as one failure.
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
        echo "exit status $status (124: stopped after $limit s; 99: a sanitizer's finding)" >>"$log"
        bad=1
    elif [ "$status" -eq 0 ] && [ $((ok + skip + bad)) -eq 0 ]; then
        echo "no test ran" >>"$log"
        bad=1
    fi
    passed=$((passed + ok)) skipped=$((skipped + skip)) failed=$((failed + bad))
    printf '%-56s %4d passed %3d failed %3d skipped\n' "$name" "$ok" "$bad" "$skip"
    if [ "$bad" -gt 0 ]; then
        failures+=("$name")
        sed 's/^/    /' "$log" | tail -n 80
    elif [ "$skip" -gt 0 ]; then
        grep -E '^(not )?ok .*# SKIP' "$log" | sed 's/^/    /'
    fi
    sed -n 's/^# note: /    /p' "$log"
}

# Each program N writes N.log and then N.status; reap counts the finished ones.
reap() {
    local status number
    for status in "$logs"/*.status; do
        [ -e "$status" ] || continue
        number=$(basename "$status" .status)
        count "${names[$number]}" "$logs/$number.log" "$(cat "$status")"
        rm -f "$status" "$logs/$number.log"
    done
}

names=()
running=0
for program in "$@"; do
    number=${#names[@]}
    names+=("${program#*/tests/}")
    (
        timeout --kill-after=20 "$limit" ${WRAPPER:-} "$program" >"$logs/$number.log" 2>&1 </dev/null
        echo $? >"$logs/$number.part" && mv "$logs/$number.part" "$logs/$number.status"
    ) &
    running=$((running + 1))
    if [ "$running" -ge "$jobs" ]; then
        wait -n
        running=$((running - 1))
        reap
    fi
done
wait
reap
for name in ${failures[@]+"${failures[@]}"}; do
    echo "FAILED: $name"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
