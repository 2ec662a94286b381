#!/usr/bin/env bash
# The JSON Lines checker against simdjson's DOM parser and jansson, each line by line over the same
# texts: CPU seconds of the check alone, in memory, on one core; runs interleaved, medians of RUNS
# (5). MIB (512): the size of each text.
set -euo pipefail
RUNS=${RUNS:-5}
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
MIB=${MIB:-512}

machine
echo "vector instructions: $(grep -o -w -m 1 -E 'sse4_2|pclmulqdq|avx2|avx512bw|avx512_vbmi2|asimd' /proc/cpuinfo |
    sort -u | tr '\n' ' ')"
indexers=$("$BENCH/check_text" --indexers)
peers=jansson
if "${CXX:-g++}" -O3 -std=c++17 -o simdjson_lines "$top/tests/bench/peers/simdjson_lines.cpp" -lsimdjson 2>cxx.log; then
    peers="simdjson jansson"
    ./simdjson_lines --version
else
    echo "simdjson is left out: its program does not build here (third_party/install.sh bench)"
fi
seconds() { # seconds WHO TEXT
    case $1 in
    simdjson) ./simdjson_lines "$2" ;;
    jansson) "$BENCH/check_text" "$2" jansson ;;
    *) "$BENCH/check_text" "$2" jsonl "$1" ;;
    esac
}
printf '%-10s %-10s %8s %10s %12s %12s\n' text who seconds MB/s '/ simdjson' '/ jansson'
for text in english cyrillic structure; do
    "$BENCH/jsonl_text" "$text" "$MIB" >text.jsonl
    bytes=$(stat -c %s text.jsonl)
    for ((i = 0; i < RUNS; i++)); do
        for who in $peers $indexers none; do
            echo "$who $(seconds "$who" text.jsonl)"
        done
    done | sort -k 1,1 -k 2,2n | awk -v text="$text" -v bytes="$bytes" -v order="$peers $indexers none" '
        { t[$1, ++n[$1]] = $2 }
        function median(who) { return t[who, int((n[who] + 1) / 2)] }
        function ratio(who, peer) { return n[peer] ? sprintf("%.2f", median(who) / median(peer)) : "-" }
        END {
            count = split(order, names, " ")
            for (i = 1; i <= count; i++) {
                who = names[i]
                printf "%-10s %-10s %8.3f %10.0f %12s %12s\n", text, who, median(who), bytes / 1e6 / median(who),
                    ratio(who, "simdjson"), ratio(who, "jansson")
            }
        }'
done
