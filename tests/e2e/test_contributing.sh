#!/usr/bin/env bash
# CONTRIBUTING.md: files, folders and targets that it names exist, and a recipe has at most ten lines.
. "$(dirname "$0")/lib.sh"

# quoted PATTERN: what matches it between backquotes, outside of ``` blocks.
quoted() {
    sed '/^```/,/^```/d' "$top/CONTRIBUTING.md" | grep -oE '`[^`]+`' | tr -d '`' | grep -E "$1" | sort -u
}

# NAME in a path stands for the new file.
test_every_path_exists() {
    local path count=0
    cd "$top"
    while IFS= read -r path; do
        compgen -G "${path//NAME/*}" >/dev/null || fail "there is no $path"
        count=$((count + 1))
    done < <(quoted '^\.?[A-Za-z][A-Za-z0-9_.*/-]*(/|\.[a-z0-9]+)[A-Za-z0-9_.*/-]*$' | grep -vE '^build/|^\.c$|^\.h$')
    [ "$count" -gt 25 ] || fail "only $count paths"
}

test_every_target_exists() {
    local target count=0
    while read -r _ target; do
        grep -qE "^(\.PHONY:.* )?([a-z0-9.-]+ )*$target([ :]|\$)" "$top"/{Makefile,quality.mk,packages.mk,install.mk} || fail "there is no make $target"
        count=$((count + 1))
    done < <(quoted '^make [a-z]')
    [ "$count" -gt 12 ] || fail "only $count targets"
}

test_a_recipe_has_at_most_ten_lines() {
    awk '/^## (Add|Make) /{recipe = $0; count++; lines = 0; next} recipe && NF && ++lines > 10 {print recipe; bad = 1}
        END {exit bad || count < 5}' "$top/CONTRIBUTING.md" || fail 'longer'
}

run_tests
