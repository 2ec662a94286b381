#!/usr/bin/env bash
# Verification (decode and check every line) against what only decodes: gzip, pigz, zstd, bzip2,
# lbzip2, xz. English JSON lines, MIB (512) of them; runs interleaved, medians of RUNS (3). For each
# format the figure that its peer is compared by: CPU seconds on one core, or wall seconds.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
MIB=${MIB:-512}
FORMATS=${FORMATS:-plain zst gz gz-zlib bz2 xz}

machine
echo "instructions: $(grep -o -w -E 'sse4_2|pclmulqdq|bmi2|avx2|avx512bw|pmull|crc32' /proc/cpuinfo | sort -u | tr '\n' ' ')"
"$BENCH/make_english" "$MIB" >text.jsonl
bytes=$(stat -c %s text.jsonl)
compress() { # compress FORMAT: text.jsonl.SUFFIX
    case $1 in
    gz*) gzip -k text.jsonl ;;
    zst) zstd -q text.jsonl ;;
    bz2) { command -v lbzip2 >/dev/null && lbzip2 -k text.jsonl; } || bzip2 -k text.jsonl ;;
    xz) xz -k -T 0 text.jsonl ;;
    esac
}
verify() { # verify THREADS [SUFFIX [OPTION...]]
    echo "$BIN/decon-orchestrator verify --codec-threads $1 ${*:3} text.jsonl${2:+.$2}"
}
# Lines of a table: format, limit, column of `usage` (1 wall, 2 CPU), the peer, ours, others.
cases() {
    cat <<CASES
plain|-|2|cat text.jsonl|$(verify 1)
zst|1.4|2|zstd -q -t text.jsonl.zst|$(verify 1 zst)
gz|0.4|2|gzip -t text.jsonl.gz|$(verify 1 gz)|pigz -t text.jsonl.gz
gz-zlib|0.85|2|gzip -t text.jsonl.gz|$(verify 1 gz --gzip-decoder zlib)|
bz2|0.55|1|bzip2 -t text.jsonl.bz2|$(verify 0 bz2)|lbzip2 -t text.jsonl.bz2
xz|0.65|1|xz -t text.jsonl.xz|$(verify 0 xz)|xz -T 0 -t text.jsonl.xz
CASES
}
run() { # run NAME COMMAND: appends its figures to NAME.use
    command -v "${2%% *}" >/dev/null || return 0
    # shellcheck disable=SC2086
    "$BENCH/usage" "$1.use" $2 </dev/null >/dev/null
}
median() { # median FILE COLUMN
    [ -s "$1" ] || { echo 0; return; }
    awk -v c="$2" '{print $c}' "$1" | sort -n | awk '{t[NR] = $1} END {print t[int((NR + 1) / 2)]}'
}
show() { # show FORMAT WHO FILE COLUMN PEER LIMIT
    [ -s "$3" ] || return 0
    awk -v format="$1" -v who="$2" -v wall="$(median "$3" 1)" -v cpu="$(median "$3" 2)" -v peer="$5" -v limit="$6" \
        -v column="$4" -v bytes="$bytes" -v kib="$(median "$3" 3)" 'BEGIN {
            by = column == 1 ? wall : cpu
            printf "%-7s %-12s %8.2f %8.2f %9.0f %8.1f   %.2f of %s%s\n", format, who, wall, cpu, (by > 0 ? bytes / 1e6 / by : 0),
                kib / 1024, (peer > 0 ? by / peer : 0), (column == 1 ? "wall" : "CPU"),
                (limit == "" || limit == "-" ? "" : " (at most " limit ")")
        }'
}
printf '%-7s %-12s %8s %8s %9s %8s   %s\n' format who 'wall s' 'CPU s' MB/s MiB 'against the tool'
cases | while IFS='|' read -r format limit column peer ours other; do
    [[ " $FORMATS " == *" $format "* ]] || continue
    compress "$format"
    for ((i = 0; i < RUNS; i++)); do
        run peer "$peer"
        run ours "$ours"
        [ -z "$other" ] || run other "$other"
    done
    against=$(median peer.use "$column")
    show "$format" "${peer%% *}" peer.use "$column" "$against" ''
    show "$format" decon ours.use "$column" "$against" "$limit"
    show "$format" "${other%% *}" other.use "$column" "$against" ''
    rm -f ./*.use "text.jsonl.${format%-*}"
done
