#!/usr/bin/env bash
# Verification (decode and check every line) against tools that only decode: gzip, pigz, zstd,
# bzip2, lbzip2, xz. English JSON lines of about 2 KiB, MIB (512) of them; the runs of a format interleaved,
# medians of RUNS (3). Each format is compared with its own tool: by CPU seconds, or by wall seconds
# if both use two cores.
#   FORMATS='bz2 xz' tests/bench/bench_codecs.sh     only these
# The files are made once, in about a minute, and kept (1.2 GB at 512 MiB; `make clean` removes them).
# The xz file uses XZ_LEVEL (1): its default level, 6, takes about five minutes.
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
MIB=${MIB:-512}
FORMATS=${FORMATS:-plain zst gz bz2 xz}
XZ_LEVEL=${XZ_LEVEL:-1}
text=$KEPT/english-$MIB.jsonl
zst=$text.zst gz=$text.gz bz2=$text.bz2 xz=$KEPT/english-$MIB-level-$XZ_LEVEL.jsonl.xz

wanted() { [[ " $FORMATS " == *" $1 "* ]]; }
has() { command -v "$1" >/dev/null; }
make_files() {
    keep "${text##*/}" "$top/tests/bench/make_english.c" "$BENCH/make_english" "$MIB"
    keep_wait
    wanted xz && keep "${xz##*/}" "$text" xz -c -T 2 "-$XZ_LEVEL" "$text"
    wanted bz2 && keep "${bz2##*/}" "$text" "$(has lbzip2 && echo lbzip2 || echo bzip2)" -c "$text"
    wanted gz && keep "${gz##*/}" "$text" gzip -c "$text"
    wanted zst && keep "${zst##*/}" "$text" zstd -q -c "$text"
    keep_wait
}
run() { # run FILE COMMAND: appends its figures to FILE
    # shellcheck disable=SC2086
    "$BENCH/usage" "$1" $2 </dev/null >/dev/null
}
median() { # median FILE COLUMN
    sort -n -k "$2,$2" "$1" | awk -v c="$2" '{t[NR] = $c} END {print t[int((NR + 1) / 2)]}'
}
show() { # show FORMAT WHO FILE COLUMN PEER LIMIT: a line of the table
    awk -v format="$1" -v who="$2" -v wall="$(median "$3" 1)" -v cpu="$(median "$3" 2)" -v kib="$(median "$3" 3)" \
        -v column="$4" -v peer="$5" -v limit="$6" -v bytes="$bytes" 'BEGIN {
            by = column == 1 ? wall : cpu
            ratio = peer ? by / peer : 0
            printf "%-7s %-12s %7.2f %7.2f %7.0f %7.1f", format, who, wall, cpu, bytes / 1e6 / by, kib / 1024
            if (peer) printf "   %.2f of %s", ratio, column == 1 ? "wall" : "CPU"
            if (limit != "-") printf ", at most %.2f: %s", limit, ratio <= limit ? "met" : "MISSED"
            print ""
        }'
}
# compare FORMAT FILE COLUMN [WHO LIMIT COMMAND]...: column of `usage`, 1 for wall seconds, 2 for CPU;
# each command gets the file; the others are compared with the first. Tools that are not
# installed are skipped.
compare() {
    local format=$1 file=$2 column=$3 i at peer='' command
    shift 3
    wanted "$format" || return 0
    cat "$file" >/dev/null # all read from the page cache
    for ((i = 0; i < RUNS; i++)); do
        for ((at = 1; at <= $#; at += 3)); do
            command=${*:at + 2:1}
            has "${command%% *}" || continue
            run "$at.use" "$command $file"
        done
    done
    for ((at = 1; at <= $#; at += 3)); do
        [ -s "$at.use" ] || continue
        peer=${peer:-$(median "$at.use" "$column")}
        show "$format" "${*:at:1}" "$at.use" "$column" "$peer" "${*:at + 1:1}"
    done
    rm -f ./*.use
}

machine
echo "instructions: $(grep -o -w -E 'sse4_2|pclmulqdq|bmi2|avx2|avx512bw|avx512_vbmi2|pmull|crc32' /proc/cpuinfo |
    sort -u | tr '\n' ' ')"
make_files
bytes=$(stat -c %s "$text")
echo "files: $KEPT; of English text, $MIB MiB: zstd -3, gzip -6, bzip2 -9, xz -$XZ_LEVEL -T 2"
ours="$BIN/decon-orchestrator verify --codec-threads"
printf '%-7s %-12s %7s %7s %7s %7s   %s\n' format who 'wall s' 'CPU s' MB/s MiB 'against the first'
compare plain "$text" 2 decon - "$ours 1"
compare zst "$zst" 2 zstd - 'zstd -q -t' decon 1.4 "$ours 1"
compare gz "$gz" 2 gzip - 'gzip -t' decon 0.4 "$ours 1" 'decon, zlib' 0.85 "$ours 1 --gzip-decoder zlib" \
    pigz - 'pigz -t'
compare bz2 "$bz2" 1 bzip2 - 'bzip2 -t' 'decon, 2' 0.55 "$ours 2" 'lbzip2 -n 2' - 'lbzip2 -n 2 -t'
compare xz "$xz" 1 xz - 'xz -T 1 -t' 'decon, 2' 0.65 "$ours 2" 'xz -T 2' - 'xz -T 2 -t'
