#!/usr/bin/env bash
# Prints the size figures of the sources: functions, files, folders.
#   tests/tools/figures.sh FILE...
# Exit status 1 if a limit of docs/design.md ("Style") is exceeded.
set -euo pipefail
functions=$(mktemp)
trap 'rm -f "$functions"' EXIT
within=0
awk -v functions_out="$functions" -f "$(dirname "$0")/figures.awk" "$@" || within=1
sort -n -o "$functions" "$functions"
count=$(wc -l <"$functions")
at() { sed -n "$1p" "$functions" | cut -d' ' -f1; }
median=$(at $(((count + 1) / 2)))
p90=$(at $(((count * 90 + 99) / 100)))
longest=$(tail -n 1 "$functions")
printf '%-44s %d\n' functions "$count"
printf '%-44s %d\n' 'function lines, median (at most 10)' "$median"
printf '%-44s %d\n' 'function lines, p90 (at most 22)' "$p90"
printf '%-44s %s\n' 'function lines, longest (at most 70)' "$longest"
[ "$within" -eq 0 ] && [ "$median" -le 10 ] && [ "$p90" -le 22 ] && [ "${longest%% *}" -le 70 ]
