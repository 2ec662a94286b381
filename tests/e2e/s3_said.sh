# shellcheck shell=bash
# Shared by the tests of decon-s3, after lib.sh: what a command prints, and the keys that it leaves.

# say COMMAND...: its output in $T/said (standard output) and $T/why, its exit status in $status.
say() {
    status=0
    "$@" >"$T/said" 2>"$T/why" || status=$?
}
expect_why() {
    grep -qF -- "$1" "$T/why" || fail "not said: $1: $(cat "$T/why")"
}
# expect_keys PREFIX KEY...: these objects are below the prefix, and no other.
expect_keys() {
    local prefix=$1
    shift
    [ "$(keys "$prefix")" = "$([ $# = 0 ] || printf '%s\n' "$@")" ] || fail "keys: $(keys "$prefix")"
}
