#!/usr/bin/env bash
# Checks the titles of the commits since BASE: `module: imperative`, at most 60 characters.
#   tests/tools/titles.sh BASE
set -euo pipefail
bad=$(git log --no-merges --format='%h %s' "$1"..HEAD |
    awk '{title = substr($0, length($1) + 2)} length(title) > 60 || title !~ /^[a-z0-9_\/.,+ -]+: [^ A-Z]/')
[ -z "$bad" ] && exit 0
echo "$bad"
echo "check-titles: a title is 'module: imperative' of at most 60 characters"
exit 1
