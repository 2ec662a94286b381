#!/usr/bin/env bash
# A small run of tests/chaos/chaos.sh (`make chaos`): one kill of each program.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

test_kills_change_no_output_and_leave_no_file() {
    env TMPDIR="$T" BIN="$BIN" HELPERS="$BIN/../tests" KILLS=3 FILES=10 SEED=2 "$top/tests/chaos/chaos.sh" ||
        fail "outputs differ, or files are left"
    for role in orchestrator server store; do
        grep -q "^kill .: $role at its event" "$T/test.log" || fail "the $role was not killed"
    done
}

run_tests
