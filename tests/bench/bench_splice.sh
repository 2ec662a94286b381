#!/usr/bin/env bash
# The cleaned copy of plain text, gzip, zstd and bzip2 in the input's own format: CPU seconds against
# `gzip -6`, `zstd -3` or `bzip2 -9` of the whole text, MIB (256) of English JSON lines, one removed line in EVERY (2000) and in 10;
# medians of RUNS (3). The limits are those of one line in 2,000.
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
MIB=${MIB:-256}
EVERY=${EVERY:-2000}
text=$KEPT/english-$MIB.jsonl

cpu() { # cpu COMMAND...: the median of its CPU seconds
    local i
    for ((i = 0; i < RUNS; i++)); do
        "$BENCH/usage" one.use "$@" </dev/null >/dev/null
    done
    sort -n -k 2,2 one.use | awk '{t[NR] = $2} END {print t[int((NR + 1) / 2)]}'
    rm -f one.use
}
spliced() { # spliced EVERY FILE: the median of the CPU seconds of its cleaned copy, out.gz or out.jsonl
    local i
    for ((i = 0; i < RUNS; i++)); do
        "$BENCH/splice_lines" "$1" "$2" "out.${2##*.}"
    done | sort -n | awk '{t[NR] = $1} END {print t[int((NR + 1) / 2)]}'
}
show() { # show NAME EVERY SECONDS LIMIT FILE OUT
    local peer=$gzip peer_name='gzip -6'
    case $1 in
    zstd*) peer=$zstd peer_name='zstd -3' ;;
    bzip2*) peer=$bzip2 peer_name='bzip2 -9' ;;
    esac
    awk -v name="$1" -v every="$2" -v s="$3" -v limit="$4" -v peer="$peer" -v of="of $peer_name" -v before="$(stat -c %s "$5")" \
        -v after="$(stat -c %s "$6")" -v gb="$(stat -c %s "$text")" 'BEGIN {
            printf "%-12s 1 line in %-5d %7.3f s  size %.4f", name, every, s, after / before
            if (name == "plain") value = s / gb * 1e9; else value = s / peer
            printf "   %.3f %s", value, name == "plain" ? "s a GB" : of
            if (limit) printf ", at most %.2f: %s", limit, value <= limit ? "met" : "MISSED"
            print ""
        }'
}

machine
keep "${text##*/}" "$top/tests/bench/make_english.c" "$BENCH/make_english" "$MIB"
keep_wait
for level in 1 6 9; do
    keep "${text##*/}.$level.gz" "$text" gzip -c "-$level" "$text"
done
command -v pigz >/dev/null && keep "${text##*/}.pigz.gz" "$text" pigz -c "$text"
command -v bgzip >/dev/null && keep "${text##*/}.bgzip.gz" "$text" bgzip -c "$text"
keep_wait
keep "${text##*/}.one.zst" "$text" zstd -q -c "$text"
keep "${text##*/}.stdin.zst" "$text" sh -c "zstd -q -c <'$text'"
mib_frames() { # one frame per MiB, as in pzstd and the seekable format
    local i
    for ((i = 0; i * 1048576 < $(stat -c %s "$text"); i++)); do
        dd if="$text" bs=1M skip="$i" count=1 status=none | zstd -q -c
    done
}
export -f mib_frames
export text
keep "${text##*/}.frames.zst" "$text" bash -c mib_frames
bzip2_streams() { # one stream per 900,000 bytes, as written by pbzip2
    split -b 900000 --filter='bzip2 -9 -c' "$text"
}
export -f bzip2_streams
keep "${text##*/}.9.bz2" "$text" bzip2 -c -9 "$text"
keep "${text##*/}.streams.bz2" "$text" bash -c bzip2_streams
keep_wait
bzip2=$(cpu bzip2 -c -9 "$text")
gzip=$(cpu gzip -c -6 "$text")
zstd=$(cpu zstd -q -c -3 --single-thread "$text")
echo "of $MIB MiB: gzip -6 $gzip s, zstd -3 $zstd s, bzip2 -9 $bzip2 s"
for every in "$EVERY" 10; do
    limit=$([ "$every" = 10 ] || echo 0.12)
    for file in "$text".{1,6,9,pigz,bgzip}.gz; do
        [ -s "$file" ] || continue
        seconds=$(spliced "$every" "$file")
        gzip -dc out.gz | cmp -s - <(awk -v e="$every" '(NR - 1) % e != int(e / 2)' "$text") ||
            { echo "bench: the cleaned copy is wrong" >&2; exit 1; }
        name=${file#"$text".}
        show "gzip, ${name%.gz}" "$every" "$seconds" "$limit" "$file" out.gz
    done
    for make in one stdin frames; do
        file=$text.$make.zst
        seconds=$(spliced "$every" "$file")
        zstd -dcq out.zst | cmp -s - <(awk -v e="$every" '(NR - 1) % e != int(e / 2)' "$text") ||
            { echo "bench: the cleaned copy is wrong" >&2; exit 1; }
        zstd_limit=$([ $make = frames ] && echo 0.4 || echo 1.1)
        show "zstd, $make" "$every" "$seconds" "${limit:+$zstd_limit}" "$file" out.zst
    done
    for make in 9 streams; do
        file=$text.$make.bz2
        seconds=$(spliced "$every" "$file")
        bzip2 -dc out.bz2 | cmp -s - <(awk -v e="$every" '(NR - 1) % e != int(e / 2)' "$text") ||
            { echo "bench: the cleaned copy is wrong" >&2; exit 1; }
        show "bzip2, $make" "$every" "$seconds" "${limit:+0.35}" "$file" out.bz2
    done
    show plain "$every" "$(spliced "$every" "$text")" "$([ "$every" = 10 ] || echo 0.05)" "$text" out.jsonl
done
