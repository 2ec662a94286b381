#!/usr/bin/env bash
# Times transfers of decon-s3 against `decon-s3 serve`, both on the same cores. Figures are wall
# seconds and rates derived from them, medians of RUNS (3). Also the verification during a download:
# RATES (MB/s, the program's own rate limit; 0: none), milliseconds from the last byte to the
# verdict, and the speed up to the last byte against that of a download alone.
#   ONLY='verified zst' tests/bench/bench_transfer.sh only measurements whose name contains these words
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
RATES=${RATES:-100 200 250 0}

wanted() { # wanted NAME
    local word
    for word in ${ONLY:-}; do
        [[ " $1 " == *" $word "* ]] || return 1
    done
}
transfers() {
    local mib=256 i
    make_large large.jsonl "$mib"
    measure "put one object of $mib MiB" "$mib" MiB s3 cp large.jsonl s3://bench/large/large.jsonl
    measure "get one object of $mib MiB" "$mib" MiB s3 cp s3://bench/large/large.jsonl back
    rm -f back
    mkdir small
    for ((i = 0; i < 2000; i++)); do head -c 16384 /dev/urandom >"small/$i"; done
    measure 'put 2,000 objects of 16 KiB' 2000 objects s3 cp --recursive small/ s3://bench/small/
    prepare() { rm -rf back; }
    measure 'get 2,000 objects of 16 KiB' 2000 objects s3 cp --recursive s3://bench/small/ back/
    prepare() { :; }
    measure 'list 2,000 objects' 2000 objects s3 ls --recursive s3://bench/small/
}

# --- verification during a download ---
alone() { s3 cp --bandwidth-limit "$1" "s3://bench/verified/$2" back; }
verified() {
    "$BIN/decon-orchestrator" verify --log-level debug --local-work-dir work --bandwidth-limit "$1" \
        "s3://bench/verified/$2"
}
took_ms() { # took_ms COMMAND...: its wall time; its output is in out.log
    local begin
    begin=$(now)
    "$@" >out.log 2>&1 || { cat out.log >&2; exit 1; }
    awk -v begin="$begin" -v end="$(now)" 'BEGIN {printf "%.0f", (end - begin) * 1000}'
}
# during_download FORMAT FILE: a line for each rate.
during_download() {
    local rate i bytes
    bytes=$(stat -c %s "$2")
    s3 cp "$2" "s3://bench/verified/$2" >out.log
    for rate in $RATES; do
        wanted "verified $1 $rate" || continue
        for ((i = 0; i < RUNS; i++)); do
            rm -f back
            echo "alone $(took_ms alone "${rate}000000" "$2")"
            echo "total $(took_ms verified "${rate}000000" "$2")"
            echo "tail $(sed -n 's/.*verified \([0-9]*\) ms after the last byte.*/\1/p' out.log)"
        done | sort -k 1,1 -k 2,2n | awk -v format="$1" -v rate="$rate" -v bytes="$bytes" '
            { t[$1, ++n[$1]] = $2 }
            function median(what) { return t[what, int((n[what] + 1) / 2)] }
            END {
                received = median("total") - median("tail")
                printf "%-8s %8s %10.0f %10.0f %8.2f %8d %8d\n", format, (rate > 0 ? rate : "none"), bytes / 1000 / median("alone"),
                    bytes / 1000 / received, median("alone") / received, median("tail"), t["tail", n["tail"]]
            }'
    done
}
verification() {
    echo 'verification during a download, MB/s and ms'
    printf '%-8s %8s %10s %10s %8s %8s %8s\n' format cap alone verified speed tail most
    "$BENCH/make_english" 512 >english.jsonl
    during_download plain english.jsonl
    zstd -q --rm english.jsonl
    during_download zst english.jsonl.zst
}

start_store
machine
s3 mb s3://bench
wanted transfers && transfers
verification
