#!/usr/bin/env bash
# Prints the newest version of a tool on PATH: `newest.sh clang-format` prints clang-format-19 if
# the distribution uses such names, otherwise the name without a version. `newest.sh --find NAME` prints nothing and
# exits with status 1 if there is neither.
set -euo pipefail
find_only=""
if [ "${1-}" = --find ]; then
    find_only=1
    shift
fi
name=${1:?usage: newest.sh [--find] NAME}
newest=$(compgen -c -- "$name-" | grep -xE -- "$name-[0-9]+" | sort -V | tail -n 1 || true)
if [ -n "$newest" ]; then
    echo "$newest"
elif [ -z "$find_only" ] || command -v "$name" >/dev/null; then
    echo "$name"
else
    exit 1
fi
