#!/usr/bin/env bash
# Times the build of the index: evaluation files of EVALS_DIR (default: 67,240 generated records),
# and RECORDS generated records, in quarters, so that the time per record shows whether it grows linearly.
#   EVALS_DIR  reference files
#   RECORDS    the largest number of generated records (1000000; the target's 5000000 need 5 GB of disk, and 6 GB of memory)
#   POINTS     file that points for tools/plot.sh are added to
#   MEMORY_MIB limit of the address space (ulimit -v; none without it)
# Wall and CPU seconds, medians of RUNS (3) for the first; peak MiB, and MiB of anonymous memory afterwards.
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
records=${RECORDS:-1000000}
threads=$(($(nproc) - 1))
vocabularies=$top/detection/data

build() { # build DIR THREADS: one line of tests/bench/index_build.c
    (
        [ -z "${MEMORY_MIB:-}" ] || ulimit -v $((MEMORY_MIB * 1024))
        "$BENCH/index_build" "$1" "$2" "$vocabularies"
    )
}
# make_records COUNT DIR: 60 tokens of cl100k on average.
make_records() {
    mkdir -p "$2"
    { "$BENCH/make_english" $(($1 * 3 / 8192 + 2)) 7 2>/dev/null || true; } |
        "$BENCH/text_records" "$1" 7 >"$2/synthetic.jsonl"
}

machine
if [ -n "${EVALS_DIR:-}" ]; then
    evals=$(realpath "$EVALS_DIR")
else
    make_records 67240 few
    evals=$PWD/few
fi
for helpers in 0 "$threads"; do
    for ((i = 0; i < RUNS; i++)); do build "$evals" "$helpers"; done | sort -n -k 3,3 |
        awk -v cores=$((helpers + 1)) '{row[NR] = $0} END {
            split(row[int((NR + 1) / 2)], f)
            printf "%d records, %d n-grams, %d core%s: %.2f s, CPU %.2f s", f[1], f[2], cores, (cores > 1 ? "s" : ""), f[3], f[4]
            if (cores == 2) printf ", at most 0.8 s: %s", f[3] <= 0.8 ? "met" : "MISSED"
            printf "; %d MiB at most, %d afterwards\n", f[6], f[7]
        }'
done
for quarter in 1 2 4; do
    count=$((records * quarter / 4))
    rm -rf many
    make_records "$count" many
    build "$PWD/many" "$threads" >built
    [ -z "${POINTS:-}" ] || awk '{b = 1048576 / $1; print $1, $6 * b, "at most"; print $1, $7 * b, "afterwards"}' built >>"$POINTS"
    awk '{
        printf "%d records kept: %.1f s, CPU %.1f s: %.2f us of CPU a record; %d MiB at most, %d afterwards: %d bytes a record", \
            $1, $3, $4, $4 / $1 * 1e6, $6, $7, $7 * 1048576 / $1
        printf "; of 5 million: %.1f GiB (at most 6: %s), %.1f GiB afterwards (at most 4: %s)\n", \
            $6 / $1 * 5e6 / 1024, ($6 / $1 * 5e6 <= 6144 ? "met" : "MISSED"), $7 / $1 * 5e6 / 1024, ($7 / $1 * 5e6 <= 4096 ? "met" : "MISSED")
    }' built
done
