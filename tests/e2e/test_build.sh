#!/usr/bin/env bash
# The build keeps its own flags, with any flags of the user; hardening is on by default.
. "$(dirname "$0")/lib.sh"

# The variables of the make that runs the tests (SANITIZE, CFLAGS) must not affect these builds.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES CFLAGS CPPFLAGS LDFLAGS LDLIBS SANITIZE WERROR OUT
cc=${CC:-cc}

# build WHAT [VARIABLE=VALUE]...: builds the file $T/b/WHAT.
build() {
    make -s -C "$top" BUILD="$T/b" CC="$cc" DECON_INSTALL=no "${@:2}" "$T/b/$1" >"$T/made" 2>&1 || fail "$*: $(tail -n 3 "$T/made")"
}

# commands WHAT [VARIABLE=VALUE]...: what make would run for it, in $T/said.
commands() {
    rm -rf "$T/b"
    make -n -C "$top" BUILD="$T/b" CC="$cc" "${@:2}" "$T/b/$1" >"$T/made" 2>&1 || fail "$*: $(tail -n 3 "$T/made")"
    # Without the line that compares the flags with those of the last build.
    grep -v 'cmp -s' "$T/made" >"$T/said"
}

has() {
    grep -qE -e "(^| |')$1( |\$)" "$T/said" || fail "without $1: $(cat "$T/said")"
}

has_not() {
    ! grep -qE -e "(^| |')$1( |\$)" "$T/said" || fail "with $1: $(cat "$T/said")"
}

test_the_programs_are_hardened() {
    "$top/tests/tools/hardening.sh" "$BIN"/decon-{s3,server,orchestrator} >"$T/said" || fail "$(cat "$T/said")"
}

# Flags of users, as arguments of `make`. An empty value replaces the default.
users_flags=('CFLAGS=' 'CFLAGS=-O3 -march=native' 'CFLAGS=-Ofast' 'CPPFLAGS=' 'CPPFLAGS=-DNDEBUG' 'LDFLAGS=' 'LDFLAGS=-Wl,-O1' 'LDLIBS=')

test_the_build_keeps_its_own_flags() {
    local flags
    for flags in "${users_flags[@]}"; do
        commands obj/detection/index/score.o "$flags"
        for needed in -std=gnu11 -fPIC -ffp-contract=off -fno-fast-math -I. -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fstack-protector-strong; do
            has "$needed"
        done
        commands bin/decon-s3 "$flags"
        for needed in -pie -Wl,-z,relro -Wl,-z,now -lcurl -lcrypto; do
            has "$needed"
        done
        [ "$flags" != LDFLAGS=-Wl,-O1 ] || has -Wl,-O1
    done
}

test_flags_come_from_the_environment_too() {
    export CFLAGS='-O3 -march=native' CPPFLAGS=-DNDEBUG LDFLAGS=-Wl,-O1
    commands bin/decon-s3
    has -march=native
    has -DNDEBUG
    has -Wl,-O1
    has -ffp-contract=off
    has -fPIC
}

test_the_build_works_with_any_flags() {
    local flags
    for flags in 'CFLAGS=' 'CPPFLAGS=' 'CFLAGS=-O3' 'CPPFLAGS=-D_FORTIFY_SOURCE=3 -O2'; do
        build obj/base/buf.o "$flags"
    done
}

# Fused multiply-add would round scores differently.
test_scores_are_computed_without_fused_operations() {
    [ "$(uname -m)" = x86_64 ] || { echo 'x86-64 only'; exit 77; }
    local flags
    for flags in '-O3 -mfma' '-Ofast -mfma' '-O2 -mfma -ffast-math' '-O3 -mfma -ffp-contract=fast -funsafe-math-optimizations'; do
        build obj/detection/index/score.o CFLAGS="$flags"
        objdump -d "$T/b/obj/detection/index/score.o" >"$T/said"
        grep -q 'mulss' "$T/said" || fail 'no multiplication'
        ! grep -qE 'vfn?m(add|sub)' "$T/said" || fail "fused operations with $flags"
    done
}

test_fortify_is_set_where_it_can_work() {
    local here='-D_FORTIFY_SOURCE=[23]'
    commands obj/base/buf.o
    has "$here"
    build obj/base/buf.o
    nm "$T/b/obj/base/buf.o" | grep -q '__vsnprintf_chk' || fail 'no checked call'
    commands obj/base/buf.o 'CFLAGS=-O3 -g'
    has "$here"
    commands obj/base/buf.o CFLAGS=-O0
    has_not "$here"
    commands obj/base/buf.o CFLAGS=-g
    has_not "$here"
    commands obj/base/buf.o HARDENING=0
    has_not "$here"
    has_not -fstack-protector-strong
    commands sanitize/obj/base/buf.o SANITIZE=1
    has_not "$here"
    has_not -fstack-protector-strong
    commands obj/base/buf.o CPPFLAGS=-D_FORTIFY_SOURCE=3
    [ "$(grep -o '_FORTIFY_SOURCE=' "$T/said" | wc -l)" = 1 ] || fail "$(cat "$T/said")"
}

test_warnings_are_errors_only_on_request() {
    commands obj/base/buf.o
    has_not -Werror
    commands obj/base/buf.o WERROR=1
    has -Werror
    commands obj/base/buf.o WERROR=0
    has_not -Werror
    grep -q 'WERROR=1' "$top/.ci/run" || fail '.ci/run does not set it'
    make -n -C "$top" BUILD="$T/b" CC="$cc" check-build | grep -q 'WERROR=1' || fail 'make check does not set it'
}

run_tests
