# shellcheck shell=bash
# Shared by the tests of documents whose tables name files and tests, after lib.sh.

# expect_files COUNT DOCUMENT...: they name at least so many files, and all of them exist.
expect_files() {
    local file files least=$1
    shift
    files=$(grep -ohE '`[a-z0-9_.-]+/[a-z0-9_/.-]+`' "$@" | tr -d '`' | sort -u)
    [ "$(wc -l <<<"$files")" -ge "$least" ] || fail "only these files are named: $files"
    for file in $files; do
        [ -e "$top/$file" ] || fail "there is no $file"
    done
}
# expect_tests COUNT DOCUMENT...: they name at least so many tests, and all of them are in their files.
expect_tests() {
    local file names name count=0 least=$1
    shift
    while read -r file names; do
        while read -r name; do
            grep -qF -- "$name" "$top/$file" || fail "there is no '$name' in $file"
            count=$((count + 1))
        done < <(tr ',' '\n' <<<"$names" | sed 's/^ *//')
    done < <(grep -ohE '`tests/[a-z0-9_/.]+` \([^)]*\)' "$@" | sed 's/`\([^`]*\)` (\(.*\))/\1 \2/')
    [ "$count" -ge "$least" ] || fail "only $count tests are named"
}
