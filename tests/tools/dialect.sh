#!/usr/bin/env bash
# Finds words of tests/tools/dialect.txt in sources, documents and scripts, and in names of tests.
#   tests/tools/dialect.sh [BASE]
# With BASE (a git revision), only in lines that were added since BASE. Exit status 1 when one is found.
set -euo pipefail
cd "$(dirname "$0")/../.."
list=tests/tools/dialect.txt
files=('*.c' '*.h' '*.def' '*.md' '*.sh' '*.1' '*.mk' '*.yaml' Makefile ':!CHANGELOG.md' ":!$list")

pattern="\\b($(grep -v '^#' "$list" | cut -f1 | paste -sd'|'))\\b"
if [ $# -gt 0 ]; then
    found=$(git diff --no-color -M -U0 "$1" -- "${files[@]}" |
        awk '/^\+\+\+ /{f = substr($0, 7); next} /^@@/{split($3, at, /[+,]/); n = at[2]; next}
             /^\+/{print f ":" n++ ":" substr($0, 2)}' | grep -iE -- "$pattern" || true)
else
    found=$(git grep -niE -- "$pattern" -- "${files[@]}" || true)
fi
# Names of tests are sentences: a_file_is_found is read as "a file is found".
names=$(git grep -noE '(static void [a-z0-9_]+\(void \*\*|^test_[a-z0-9_]+\()' -- tests | tr _ ' ' |
    grep -iE -- "$pattern" || true)
found=$found${names:+${found:+$'\n'}$names}
[ -z "$found" ] && exit 0
echo "$found" | cut -c1-160
echo "check-dialect: $(wc -l <<<"$found") lines use words of $list; its second column gives the standard term"
exit 1
