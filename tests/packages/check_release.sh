#!/usr/bin/env bash
# The source archive of a tag: all of it is built, used and installed without git, network and package manager. Not part of
# `make test`: make check-release.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/../e2e/release.sh"

test_programs_and_libraries_of_the_archive_work() {
    local program
    clone
    unpack
    offline make -s -j"$(nproc)" -C "$unpacked" install DESTDIR="$T/" PREFIX=installed >"$T/made" 2>&1 || fail "$(tail -n 5 "$T/made")"
    for program in decon decon-server decon-s3 decon-orchestrator; do
        "$T/installed/bin/$program" --version >"$T/out" || fail "$program"
        grep -qxE "${program/-server/} 9\.8\.7" "$T/out" || fail "$program: $(cat "$T/out")"
    done
    offline "$T/installed/bin/decon" detect --evals-dir sample --report-output-dir "$T/reports" \
        "$samples/books/part-01.jsonl" >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    grep -q '2 of 40 lines' "$T/out" || fail "$(cat "$T/out")"
    for library in base s3 compression; do
        [ -s "$T/installed/lib/libdecon-$library.a" ] || fail "no libdecon-$library.a"
    done
}

run_tests
