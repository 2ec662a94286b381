#!/usr/bin/env bash
# Recall by kind of copy, by kind and length of the record, near neighbours, and CPU time, for several
# settings side by side.
#   EVALS=DIR    evaluation files (default: the sample set)
#   RECORDS=N    records of each set (default 200; 0: all)
#   SETTINGS     one line of options for each column (default below)
#   TEXT=FILE    JSON lines without copies, for the CPU time (default: generated, MIB=16 MiB)
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
BENCH=$(realpath "${BENCH:-$top/build/bench}")
EVALS=$(realpath "${EVALS:-$top/config/sample-evals}")
TEXT=$(realpath "${TEXT:-/dev/null}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
: "${SETTINGS:=
--normalization extended
--recall high
--recall high --normalization extended}"
lengths='0 to 20|21 to 30|31 to 50|51 to 100|more than 100'

number=0
while read -r options; do
    # shellcheck disable=SC2086  # words
    "$BIN/decon" detect --evals-dir "$EVALS" --vocabulary-dir "$top/detection/data" --self-test \
        --self-test-records "${RECORDS:-200}" $options >"$number.out" 2>"$number.log" || { cat "$number.log"; exit 1; }
    echo "[$number] ${options:-default}: $(grep '^precision' "$number.out")"
    sed -n 's/^\([a-z_0-9]*\)  *\([0-9]*\)  *[0-9]*  *\([0-9.]*\) %.*/\1 \2 \3/p' "$number.out" >"$number.kinds"
    number=$((number + 1))
done <<<"$SETTINGS"
columns=$(seq 0 $((number - 1)))

heading() { # heading NAME COUNT
    printf '\n%-16s %9s' "$1" "$2"
    for i in $columns; do printf ' %8s' "[$i] %"; done
    echo
}
heading 'kind of copy' injected
while read -r kind injected _; do
    printf '%-16s %9s' "$kind" "$injected"
    for i in $columns; do printf ' %8s' "$(sed -n "s/^$kind [0-9]* //p" "$i.kinds")"; done
    echo
done <0.kinds
# Columns of the table by length: verbatim 2, edit_1 4, edit_2 5, edit_4 6 (detection/recall/recall_print.c).
for column in 'verbatim 2' 'edit_1 4' 'edit_2 5' 'edit_4 6'; do
    heading "${column% *}, by tokens" records
    grep -oE "^($lengths)" 0.out | while read -r length; do
        row() { sed -n "s/^$length  *//p" "$1.out" | awk -v n="$2" '{print $n}'; }
        printf '%-16s %9s' "$length" "$(row 0 1)"
        for i in $columns; do printf ' %8s' "$(row "$i" $((${column#* } + 0)))"; done
        echo
    done
done
echo
if [ "$TEXT" = /dev/null ]; then
    "$BENCH/make_english" "${MIB:-16}" >text.jsonl
    TEXT=text.jsonl
fi
"$BENCH/recall_cost" "$EVALS" "$TEXT" "$top/detection/data" 3
