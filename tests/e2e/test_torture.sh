#!/usr/bin/env bash
# The mechanisms of make torture, with a small program: failing calls, and power cuts at each
# change.
. "$(dirname "$0")/lib.sh"
tests=$(realpath "$BIN/../tests")
sample=$tests/torture/sample

# run_sample VARIABLE=VALUE...: its exit status is in $status, its messages in $T/err.
run_sample() {
    rm -rf "$T/disk"
    mkdir -p "$T/disk"
    [ -z "${snapshot:-}" ] || "$tests/torture/power_cut" snapshot "$T/disk" >"$T/log"
    status=0
    { env "$@" "$sample" "$T/disk" x >"$T/out" 2>"$T/err"; } 2>/dev/null || status=$?
}

# expect_whole_or_absent: the sample's file.
expect_whole_or_absent() {
    [ ! -e "$T/disk/new/a/file" ] || [ "$(tr -d x <"$T/disk/new/a/file" | wc -c) $(wc -c <"$T/disk/new/a/file")" = '0 20000' ] ||
        fail 'the file is not whole'
}

# state VARIABLE=VALUE...: a run with fail.so and a new file of sites.
state() {
    rm -f "$T/state"
    truncate -s 524288 "$T/state"
    run_sample LD_PRELOAD="$tests/preload/fail.so" TORTURE_STATE="$T/state" "$@"
}

# sites: hash and kind (in hexadecimal) of each call site.
sites() {
    od -An -v -tx8 -w64 "$T/state" | awk 'NR > 1 && $1 !~ /^0*$/ {print $1, substr($2, 14)}'
}

test_each_call_site_fails_once() {
    local hash kind error
    state
    expect_status 0
    sites >"$T/sites"
    for kind in 101 102 103 104 107; do # allocations, writes, fsync, names, opening
        grep -q " $kind\$" "$T/sites" || fail "no site of the kind $kind: $(cat "$T/sites")"
    done
    while read -r hash kind; do
        error=5
        [ "${kind:1}" != 01 ] || error=12
        state TORTURE_SITE="$hash" TORTURE_CALL=1 TORTURE_ERROR=$error
        [ "$(od -An -j8 -N8 -td8 "$T/state" | tr -d ' ')" = 1 ] || fail "the call at $hash did not fail"
        case $kind in
        001) ;; # of a library; stdio works without it
        101)
            expect_status 1
            grep -qx 'out of memory: .*' "$T/err" || fail "no message: $(cat "$T/err")"
            ;;
        *) [ "$status $(cat "$T/out")" = '0 done' ] || expect_status 3 ;; # 0: the file does not need it
        esac
        [ "$status" = 0 ] || [ "$(wc -l <"$T/err")" = 1 ] || fail "not one line: $(cat "$T/err")"
        expect_whole_or_absent
    done <"$T/sites"
}

test_half_of_the_bytes_is_no_failure() {
    local hash
    state
    hash=$(sites | awk '$2 == "102" {print $1; exit}')
    state TORTURE_SITE="$hash" TORTURE_CALL=1 TORTURE_ERROR=0
    expect_status 0
    [ -e "$T/disk/new/a/file" ] || fail 'no file'
    expect_whole_or_absent
}

# cut_at CHANGE SEED
cut_at() {
    snapshot=yes run_sample LD_PRELOAD="$tests/preload/power.so" POWER_LOG="$T/log" POWER_ROOT="$T/disk" POWER_CUT="$1"
    "$tests/torture/power_cut" replay "$T/disk" "$T/log" "$2"
}

test_a_power_cut_leaves_what_was_synced() {
    local change seed
    for seed in 0 1 2 3 4 5; do
        for ((change = 1; change < 100; change++)); do
            cut_at $change $seed
            expect_whole_or_absent
            [ "$status" = 137 ] || break
        done
        expect_status 0
        [ "$change" -gt 6 ] || fail "only $change changes"
        [ -e "$T/disk/new/a/file" ] || fail "after the end the file is lost (seed $seed)"
    done
}

test_what_was_not_synced_may_be_lost() {
    # Before the first fsync nothing is guaranteed, and with some seeds a part exists.
    local change seed seen=0
    change=$(cut_at 0 0 && "$tests/torture/power_cut" kinds "$T/log" | sed 1d | grep -n S | head -n 1 | cut -d : -f 1)
    cut_at "$change" 0
    [ -z "$(ls "$T/disk")" ] || fail 'not synced, but kept'
    for seed in 1 2 3 4 5 6; do
        cut_at "$change" $seed
        seen=$((seen + $(find "$T/disk" | wc -l) - 1))
    done
    [ "$seen" -gt 0 ] || fail 'nothing is kept with any seed'
}

run_tests
