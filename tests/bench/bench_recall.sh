#!/usr/bin/env bash
# Recall by kind of copy, and CPU time, for several settings side by side.
#   EVALS=DIR    evaluation files (default: the sample set)
#   RECORDS=N    records of each set (default 200; 0: all)
#   SETTINGS     one line of options for each column (default below)
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
EVALS=$(realpath "${EVALS:-$top/config/sample-evals}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
: "${SETTINGS:=
--normalization extended
--sample-every-m-tokens 1
--contamination-score-threshold 0.6}"

number=0
while read -r options; do
    # shellcheck disable=SC2086  # words
    (TIMEFORMAT='%U'; time "$BIN/decon" detect --evals-dir "$EVALS" --self-test --self-test-records "${RECORDS:-200}" \
        $options >"$number.out" 2>"$number.log") 2>"$number.time" || { cat "$number.log"; exit 1; }
    # shellcheck disable=SC2086
    echo "[$number] ${options:-default}: CPU $(cat "$number.time") s with the index, $(grep '^precision' "$number.out")"
    sed -n 's/^\([a-z_0-9]*\)  *\([0-9]*\)  *[0-9]*  *\([0-9.]*\) %.*/\1 \2 \3/p' "$number.out" >"$number.kinds"
    number=$((number + 1))
done <<<"$SETTINGS"

echo
printf '%-16s %9s' 'kind of copy' injected
for ((i = 0; i < number; i++)); do printf ' %8s' "[$i] %"; done
echo
while read -r kind injected _; do
    printf '%-16s %9s' "$kind" "$injected"
    for ((i = 0; i < number; i++)); do printf ' %8s' "$(sed -n "s/^$kind [0-9]* //p" "$i.kinds")"; done
    echo
done <0.kinds
