#!/usr/bin/env bash
# A power cut at each change that a program makes below a directory (write, name, fsync; numbered by
# tests/preload/power.c), then the state of the disk (tests/torture/power_cut.c), then the next run.
#   main: the orchestrator over five files, with its work directory: the next run ends with exit status 0,
#         the outputs of an undisturbed run and an empty work directory. After every third cut the next run
#         is cut too, at a change chosen by SEED.
#   kept: the same over files whose ranges are recorded during the download (--bandwidth-limit).
#   move: decon-s3 mv into folders that it creates: each object is in the store, or complete on the disk.
# Of each cut: SEED 0, only what was synced, and WAYS (2) others, which keep any part of the rest.
# LIMIT (200): no cut begins after this number of seconds; main ends at two thirds of it. LANES (6) run at once.
#   ONLY='move' SEED=7 tests/torture/power.sh
set -u
. "$(dirname "$0")/lib.sh"
seed=${SEED:-1} ways=${WAYS:-2} limit=${LIMIT:-200} lanes=${LANES:-6}
scenarios=${ONLY:-move main kept}
begin_torture power

wrong() {
    faults+=("$*")
}

# watched CUT COMMAND...: with a log of changes below $lane/disk.
watched() {
    local cut=$1
    shift
    "$TESTS/torture/power_cut" snapshot "$lane/disk" >"$lane/power.log"
    "$@" POWER_LOG="$lane/power.log" POWER_ROOT="$lane/disk" POWER_CUT="$cut" LD_PRELOAD="$TESTS/preload/power.so"
}

# replay WAY: the disk after the cut.
replay() {
    "$TESTS/torture/power_cut" replay "$lane/disk" "$lane/power.log" "$1" || wrong "power_cut replay"
}

# changes: one letter for each call; a call that failed is -.
changes() {
    "$TESTS/torture/power_cut" kinds "$lane/power.log" | sed '1d; s/^N//; s/^$/-/; s/^\(.\).*/\1/' | tr -d '\n'
}

# --- main, kept ---
files_run() {
    if [ "$scenario" = kept ]; then
        orchestrate "$@" -- --part-size 5MiB --bandwidth-limit 6MiB
    else
        orchestrate "$@"
    fi
}

fill_disk() {
    rm -rf "$lane/disk"
    mkdir -p "$lane/disk"
}

# cut_files CHANGE WAY
cut_files() {
    clear_lane
    fill_disk
    watched "$1" files_run first
    [ "$status" = 137 ] || [ "$status" = 0 ] || wrong "the first run: exit status $status"
    replay "$2"
    if [ $(($1 % 3)) = 2 ]; then
        watched $((1 + (seed * 7919 + $1) % changes_count)) orchestrate again
        [ "$status" = 137 ] || [ "$status" = 0 ] || wrong "the run after it: exit status $status"
        replay "$2"
    fi
    orchestrate second
    [ "$status" = 0 ] || wrong "the next run: exit status $status"
    [ "$(digest)" = "$want" ] || wrong "the next run: other outputs"
    [ -z "$(leftovers)" ] || third_run
}

# --- move ---
objects=(a/b/one.bin a/two.bin three.bin)

move_run() {
    shift
    status=0
    { timeout -k 1 30 env "$@" "$BIN/decon-s3" mv -r s3://moved/ "$lane/disk/down/new/" >"$lane/first.log" 2>&1; } 2>/dev/null || status=$?
}

cut_move() {
    local name
    fill_disk
    for name in "${objects[@]}"; do
        "$BIN/decon-s3" cp -q "$lane/$(basename "$name")" "s3://moved/$name"
    done
    watched "$1" move_run x
    [ "$status" = 137 ] || [ "$status" = 0 ] || wrong "exit status $status"
    replay "$2"
    for name in "${objects[@]}"; do
        cmp -s "$lane/$(basename "$name")" "$lane/disk/down/new/$name" && continue
        [ ! -e "$lane/disk/down/new/$name" ] || wrong "$name is not whole"
        "$BIN/decon-s3" cat "s3://moved/$name" 2>/dev/null | cmp -s - "$lane/$(basename "$name")" || wrong "$name is lost"
    done
}

# --- the cuts of one scenario ---
make_scenario() {
    local name i
    make_lane "$1" || return
    rmdir "$lane/disk" 2>/dev/null
    if [ "$scenario" = kept ]; then
        "$BIN/decon-s3" rm -r s3://data/in/ >/dev/null
        awk 'BEGIN {srand(1); for (i = 0; i < 60000; i++) {printf "{\"text\": \""; for (j = 0; j < 25; j++) printf "%08x ", rand() * 4294967295; print "\"}"}}' >"$lane/large.jsonl"
        # Without a checksum, and with an ETag that is not an MD5: only synced data can be relied
        # on.
        AWS_REQUEST_CHECKSUM_CALCULATION=when_required "$BIN/decon-s3" cp --part-size 5MiB \
            "$lane/large.jsonl" s3://data/in/large.jsonl >/dev/null
        clear_lane
        orchestrate undisturbed
        want=$(digest)
    elif [ "$scenario" = move ]; then
        "$BIN/decon-s3" mb s3://moved >/dev/null
        for name in "${objects[@]}"; do head -c 70000 /dev/urandom >"$lane/$(basename "$name")"; done
    fi
}

cut_one() {
    if [ "$scenario" = move ]; then cut_move "$@"; else cut_files "$@"; fi
}

# run_lane NUMBER: every $lanes-th of "change way".
run_lane() {
    local i=0 change way
    trap end_lane EXIT
    trap 'exit 130' INT TERM
    make_scenario "$dir/$scenario.$1" || exit 1
    while read -r change way <&3; do
        i=$((i + 1))
        [ $((i % lanes)) = $(($1 % lanes)) ] || continue
        if [ $SECONDS -gt "$until" ]; then
            echo late
            continue
        fi
        faults=()
        cut_one "$change" "$way"
        if [ ${#faults[@]} = 0 ]; then
            echo passed
        else
            echo failed
            echo "FAILED: $scenario: cut before change $change, seed $way: $(printf '%s; ' "${faults[@]}")" >&2
            tail -n 3 "$lane/second.log" 2>/dev/null | sed 's/^/    /' >&2
        fi
    done 3<"$dir/$scenario.cuts" >"$lane/results"
}

# count_changes: counts those of an undisturbed run, into $scenario.kinds.
count_changes() {
    local scenario_lane
    (
        trap end_lane EXIT
        make_scenario "$dir/$scenario.0" || exit 1
        cut_one 0 0 && changes >"$dir/$scenario.kinds"
    )
}

failed=0
for scenario in $scenarios; do
    changes_count=1 faults=() until=$limit
    [ "$scenario" != main ] || until=$((limit * 2 / 3))
    count_changes || { echo "power: $scenario: the undisturbed run failed"; exit 1; }
    kinds=$(cat "$dir/$scenario.kinds")
    changes_count=${#kinds}
    # The last cut is after the end: a run may make more changes than the counted one.
    for change in $(seq "$changes_count") 1000000; do
        # Of the many writes of a large file, only those next to another change.
        [ "$scenario" != kept ] || [ "${kinds:change-2:3}" != WWW ] || continue
        for ((way = 0; way <= ways; way++)); do
            echo "$change $((way == 0 ? 0 : seed * 1000 + change * 10 + way))"
        done
    done | awk -v seed="$seed" 'BEGIN {srand(seed)} {printf "%.9f %s\n", rand(), $0}' | sort | cut -d ' ' -f 2- >"$dir/$scenario.cuts"
    for ((n = 1; n <= lanes; n++)); do run_lane $n & done
    wait
    cat "$dir/$scenario".*/results | awk -v name="$scenario" -v changes="$changes_count" '
        {n[$1]++}
        END {
            printf "power: %s: %d changes, %d cuts passed, %d failed, %d not tried in time\n", name, changes, n["passed"], n["failed"], n["late"]
            exit n["failed"] > 0 || n["passed"] == 0 || n["late"] > 0
        }' || failed=1
done
exit $failed
