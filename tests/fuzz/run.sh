#!/usr/bin/env bash
# Runs fuzz targets, each for FUZZ_SECONDS, one after the other.
#   tests/fuzz/run.sh PROGRAM...
# Each starts from tests/fuzz/corpus/NAME. New inputs are collected in FINDINGS/corpus-NAME; one
# that breaks a target is kept as FINDINGS/NAME-crash-..., and the exit status is then 1.
set -u
seconds=${FUZZ_SECONDS:-60}
findings=${FINDINGS:-build/fuzz}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
broken=0
for program in "$@"; do
    name=$(basename "$program") name=${name#fuzz_}
    gathered=$findings/corpus-$name
    mkdir -p "$gathered"
    echo "fuzz: $name, $seconds s"
    if "$program" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="$findings/$name-" "$gathered" "tests/fuzz/corpus/$name" \
        >"$findings/$name.log" 2>&1; then
        grep -E 'number_of_executed_units|new_units_added' "$findings/$name.log" | sed 's/^/    /'
    else
        tail -n 40 "$findings/$name.log" | sed 's/^/    /'
        broken=$((broken + 1))
    fi
done
if [ "$broken" -gt 0 ]; then
    echo "fuzz: $broken targets broke; their inputs: $findings/*-crash-*, *-timeout-*, *-oom-*"
    exit 1
fi
echo "fuzz: no findings"
