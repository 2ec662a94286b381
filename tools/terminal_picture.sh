#!/usr/bin/env bash
# Prints docs/terminal.svg, the picture of a terminal in README.md: decon finds a question of the sample
# set in one file, and shows it.
#
#   BIN=build/bin tools/terminal_picture.sh >docs/terminal.svg
set -euo pipefail
export LC_ALL=C.UTF-8 # bars are drawn with other characters elsewhere
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$(cd "${BIN:-$top/build/bin}" && pwd):$PATH
dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-picture.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir training
cat >training/a.jsonl <<'LINES'
{"text":"Quiz night. The harbour master counts nineteen sailing boats, seven tugs and four barges at dawn, and half of the barges leave before noon. How many vessels remain in the harbour? Twenty-eight vessels."}
{"text":"The harbour master counts nineteen sailing boats each morning and writes the number into a book."}
LINES

show() {
    printf '$ %s\n' "$*"
    "$@" 2>/dev/null | sed 's/ Time=[0-9.]*s//'
}

# Lines of text as an SVG: a character is 8 pixels wide, a line 18 high.
svg() {
    awk '{ gsub(/&/, "\\&amp;"); gsub(/</, "\\&lt;"); gsub(/>/, "\\&gt;"); line[NR] = $0 }
        END {
            printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1030\" height=\"%d\">\n", NR * 18 + 24
            print "<title>decon detect and decon review in a terminal</title>"
            print "<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#1e1e1e\"/>"
            print "<g font-family=\"monospace\" font-size=\"13\" fill=\"#d4d4d4\" xml:space=\"preserve\">"
            for (i = 1; i <= NR; i++)
                printf "<text x=\"12\" y=\"%d\"%s>%s</text>\n", i * 18 + 8, line[i] ~ /^\$ / ? " fill=\"#9cdcfe\"" : "", line[i]
            print "</g>\n</svg>"
        }'
}

{
    show decon detect --evals-dir sample training/
    echo
    show decon review --top 1 reports
} | svg
