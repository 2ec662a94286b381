#!/usr/bin/env bash
# Generates config/demo/samples/: small training files for the demo and the end-to-end tests.
# They are in the repository, since a fresh machine has no bzip2, xz or zstd; this script needs
# them. Some lines quote records of config/sample-evals: those are the contaminated ones.
set -euo pipefail
cd "$(dirname "$0")"
rm -rf samples
evals=$(realpath "${EVALS_DIR:-../sample-evals}")
mkdir -p samples/books "samples/web pages"

# text SEED LINES [FILE:LINE...]: documents of generated sentences; each FILE:LINE inserts the
# question and answer of that evaluation record into one of them.
text() {
    local seed=$1 lines=$2 quotes='' quote record
    shift 2
    for quote in "$@"; do
        record=$(sed -n "${quote#*:}p" "$evals/${quote%:*}.jsonl")
        quotes+=$(sed 's/.*"question":"\([^"]*\)","answer":"\([^"]*\)".*/\1 The answer is \2./' <<<"$record")$'\n'
    done
    awk -v seed="$seed" -v lines="$lines" -v quotes="$quotes" '
        function pick(list, n) { seed = (seed * 16807) % 2147483647; return list[1 + seed % n] }
        function sentence() {
            return "The " pick(adjective, na) " " pick(noun, nn) " " pick(verb, nv) " the " \
                pick(adjective, na) " " pick(noun, nn) " " pick(ending, ne) "."
        }
        BEGIN {
            na = split("quiet old narrow painted distant patient green heavy borrowed wooden early", adjective, " ")
            nn = split("garden bridge lantern orchard teacher river station letter kitchen mountain window", noun, " ")
            nv = split("follows remembers hides repairs crosses describes carries forgets answers", verb, " ")
            ne = split("in the rain,before breakfast,without a word,near the market,every winter,by hand,at last,for a friend", ending, ",")
            count = split(quotes, quoted, "\n") - 1
            for (i = 1; i <= lines; i++) {
                words = ""
                for (s = 0; s < 4; s++) words = words sentence() " "
                # Spread over the file, none in the first or last line.
                for (q = 1; q <= count; q++)
                    if (i == int(lines * q / (count + 1)) + 1) words = words "A friend asked: " quoted[q] " "
                for (s = 0; s < 3; s++) words = words sentence() (s < 2 ? " " : "")
                printf "{\"id\":\"%s-%d\",\"text\":\"%s\"}\n", lines, i, words
            }
        }'
}

cd samples
# Contaminated files.
text 11 40 harbour-quiz:1 workshop-problems:2 >books/part-01.jsonl
{ text 12 30 | gzip -9n; text 13 30 harbour-quiz:2 | gzip -9n; } >books/part-02.jsonl.gz # two members
text 14 50 workshop-problems:1 | bzip2 -9 >'books/short stories.jsonl.bz2'
text 15 60 harbour-quiz:3 workshop-problems:3 | xz -9 >'web pages/forum+answers 2026.jsonl.xz'
text 16 45 workshop-problems:2 | zstd -q -19 >'web pages/letters.json.zst'
# Clean files; the first has the name of a contaminated one in the other folder.
text 21 35 >'web pages/part-01.jsonl'
text 22 70 | zstd -q -19 >books/part-03.jsonl.zst
text 23 40 | gzip -9n >'web pages/news+sport.jsonl.gz'
: >'web pages/empty.jsonl'
# Cut off in the middle, as after a full disk.
text 31 200 | gzip -9n | head -c 2000 >'web pages/broken.jsonl.gz'
