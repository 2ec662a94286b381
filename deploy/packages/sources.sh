#!/usr/bin/env bash
# Prints the files of the sources in the folder $1, each ended by a zero byte: those of the checkout
# or, in an unpacked release, all except build results.
set -euo pipefail
cd "$1"
if [ -e .git ]; then
    git ls-files -z
else
    find . -path ./build -prune -o -type f -print0
fi
