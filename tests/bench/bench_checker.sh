#!/usr/bin/env bash
# The JSON Lines checker against simdjson's DOM parser and jansson, each line by line over the same
# texts, against counting lines, hashing them (hashes), and hashing them beside the checker as a run
# of the orchestrator does (hashed): CPU seconds of the check alone, in memory, on one core; runs
# interleaved, medians of RUNS (5). Each code path of this project is compared with simdjson's
# choice for this processor, and with its code for the same instructions. MIB (512): the size of
# each text. jansson, thirty times as slow as the
# others, gets the first eighth of a text, and its time is scaled to the whole text.
# The texts are generated once and kept (1.6 GB at 512 MiB; `make clean` removes them).
set -euo pipefail
RUNS=${RUNS:-5}
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
MIB=${MIB:-512}
PART=8 # of a text, for jansson

machine
echo "vector instructions: $(grep -o -w -m 1 -E 'sse4_2|pclmulqdq|avx2|avx512bw|avx512_vbmi2|asimd' /proc/cpuinfo |
    sort -u | tr '\n' ' ')"
indexers=$("$BENCH/check_text" --indexers)
peers='jansson lines hashes hashed'
implementations=
if "${CXX:-g++}" -O3 -std=c++17 -o simdjson_lines "$top/tests/bench/peers/simdjson_lines.cpp" -lsimdjson 2>cxx.log; then
    ./simdjson_lines --version
    implementations=$(./simdjson_lines --implementations)
    peers="simdjson $peers $(sed 's/^/simdjson-/' <<<"$implementations")"
else
    echo "simdjson is skipped: its program does not build here (third_party/install.sh bench)"
fi
# same INDEXER: simdjson's implementation for the same instructions.
same() {
    case $1 in
    avx512) echo simdjson-icelake ;;
    avx2) echo simdjson-haswell ;;
    sse4.2) echo simdjson-westmere ;;
    neon) echo simdjson-arm64 ;;
    *) echo simdjson-fallback ;;
    esac
}
seconds() { # seconds WHO TEXT
    case $1 in
    simdjson) ./simdjson_lines "$2" ;;
    simdjson-*) ./simdjson_lines "$2" "${1#simdjson-}" ;;
    jansson) "$BENCH/check_text" part.jsonl jansson | awk -v parts="$PART" '{print $1 * parts}' ;;
    lines | hashes | hashed) "$BENCH/check_text" "$2" "$1" ;;
    *) "$BENCH/check_text" "$2" jsonl "$1" ;;
    esac
}
pairs=$(for indexer in $indexers; do echo "$indexer $(same "$indexer")"; done)
for text in english cyrillic structure; do
    keep "checker-$text-$MIB.jsonl" "$top/tests/bench/jsonl_text.c" "$BENCH/jsonl_text" "$text" "$MIB"
done
keep_wait
printf '%-10s %-18s %8s %7s %11s %11s %11s\n' text who seconds MB/s '/ simdjson' '/ its same' '/ jansson'
for text in english cyrillic structure; do
    file=$KEPT/checker-$text-$MIB.jsonl
    bytes=$(stat -c %s "$file")
    head -c $((bytes / PART)) "$file" | sed '$d' >part.jsonl # whole lines
    for ((i = 0; i < RUNS; i++)); do
        for who in $peers $indexers none; do
            echo "$who $(seconds "$who" "$file")"
        done
    done | sort -k 1,1 -k 2,2n | awk -v text="$text" -v bytes="$bytes" -v order="$peers $indexers none" -v pairs="$pairs" '
        { t[$1, ++n[$1]] = $2 }
        function median(who) { return t[who, int((n[who] + 1) / 2)] }
        function ratio(who, peer) { return peer != "" && n[peer] ? sprintf("%.2f", median(who) / median(peer)) : "-" }
        END {
            count = split(pairs, words, /[ \n]/)
            for (i = 1; i < count; i += 2) same[words[i]] = words[i + 1]
            count = split(order, names, /[ \n]/)
            for (i = 1; i <= count; i++) {
                who = names[i]
                limit = who == words[1] && n["simdjson"] ? sprintf("   chosen here; at most 1.00 of simdjson: %s", median(who) <= median("simdjson") ? "met" : "MISSED") : ""
                printf "%-10s %-18s %8.3f %7.0f %11s %11s %11s%s\n", text, who, median(who), bytes / 1e6 / median(who),
                    ratio(who, "simdjson"), ratio(who, same[who]), ratio(who, "jansson"), limit
            }
        }'
done
