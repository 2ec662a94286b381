#!/usr/bin/env bash
# Prints a compilation database (compile_commands.json).
#   tests/tools/compile_commands.sh 'CC FLAGS' FILE...
set -euo pipefail
command=${1//\\/\\\\}
command=${command//\"/\\\"}
shift
separator='['
for file in "$@"; do
    printf '%s\n{"directory": "%s", "file": "%s", "command": "%s -c %s"}' \
        "$separator" "$PWD" "$file" "$command" "$file"
    separator=','
done
printf '\n]\n'
