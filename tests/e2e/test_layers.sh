#!/usr/bin/env bash
# make layers and make check-headers find their faults.
. "$(dirname "$0")/lib.sh"

table=$top/tests/tools/layers.awk

# layers TABLE FILE...: runs the check inside $T; its report goes to $T/said.
layers() {
    (cd "$T" && awk -v partial=1 -f "$1" "${@:2}" 2>&1 | grep -v 'is not used' >"$T/said")
    [ -s "$T/said" ]
}

# source FOLDER INCLUDE: a source of FOLDER with one #include line.
source_of() {
    mkdir -p "$T/$1"
    printf '#include "%s"\n' "$2" >"$T/$1/a.c"
}

test_an_include_of_a_higher_or_equal_layer_is_refused() {
    local pair
    for pair in 'orchestrator/plan orchestrator/flow/flow.h' 'base/digest base/loop/loop_private.h' \
        's3/client decon/compression/codec.h' 's3/get programs/decon-s3.h' 'unknown/folder base/httpd/httpd.h' \
        's3/get s3_get.h'; do
        # shellcheck disable=SC2086  # two words
        source_of $pair
        layers "$table" "${pair% *}/a.c" || fail "accepted: $pair"
    done
    source_of s3/get s3/client/client.h
    ! layers "$table" s3/get/a.c || fail "refused: $(cat "$T/said")"
}

test_a_call_of_a_higher_layer_is_refused() {
    {
        echo 'build/obj/s3/get/get.o: s3_get T 0 10'
        echo 'build/obj/s3/put/put.o: s3_get U         '
    } >"$T/a.nm"
    layers "$table" a.nm || fail 'accepted'
    grep -q 'put.o: s3/put must not call s3_get() of s3/get' "$T/said" || fail "$(cat "$T/said")"
    echo 'build/obj/orchestrator/transfer/a.o: s3_get U         ' >"$T/b.nm"
    grep get.o "$T/a.nm" >>"$T/b.nm"
    ! layers "$table" b.nm || fail "refused: $(cat "$T/said")"
}

test_a_cycle_and_an_unused_dependency_are_reported() {
    sed 's|row("s3/protocol", "base s3", "|&s3/get |' "$table" >"$T/cycle.awk"
    layers "$T/cycle.awk" /dev/null || fail 'a cycle was accepted'
    grep -q 'row s3/protocol: s3/get is not a row above this one' "$T/said" || fail "$(cat "$T/said")"
    source_of s3/get s3/client/client.h
    (cd "$T" && awk -f "$table" s3/get/a.c >said) && fail 'unused arrows were accepted'
    grep -q 'row s3/get: s3/protocol is not used' "$T/said" || fail "$(cat "$T/said")"
    ! grep -q 'row s3/get: s3/client' "$T/said" || fail 'a used arrow was reported'
}

test_a_public_name_without_a_row_in_the_list_of_short_names_is_reported() {
    cp -r "$top/include" "$top/base" "$T"
    local list=$T/base/names/short_names.h
    "$top/tests/tools/headers.sh" "$T" || fail 'the headers of the tree'
    sed -i '/decon_buf_append_str/d; /JSONL_DEPTH_MAX/d; $i #define decon_md4 md4' "$list"
    ! "$top/tests/tools/headers.sh" "$T" >"$T/said" || fail 'accepted'
    [ "$(cut -d: -f2 "$T/said" | tr '\n' ' ')" = \
        ' no row for DECON_JSONL_DEPTH_MAX, which a public header declares  no row for decon_buf_append_str, which a public header declares  no public header declares decon_md4 ' ] ||
        fail "$(cat "$T/said")"
}

test_a_public_function_without_a_prefix_is_reported() {
    cp -r "$top/include" "$top/base" "$T"
    sed -i 's/^void decon_log_setup/const char *log_name(void);\n&/' "$T/include/decon/base/log.h"
    ! CC=gcc "$top/tests/tools/headers.sh" "$T" >"$T/said" || fail 'accepted'
    [ "$(cat "$T/said")" = 'include/decon: log_name() has no prefix decon_ or s3_' ] || fail "$(cat "$T/said")"
}

run_tests
