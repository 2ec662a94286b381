#!/usr/bin/env bash
# Requirements of packages: programs that need no other files, and no glibc newer than that of the
# target systems. The packages themselves are tested by make check-packages.
. "$(dirname "$0")/lib.sh"
. "$top/deploy/packages/elf.sh"

test_a_lone_program_detects_with_its_default_tokenizer() {
    mkdir "$T/lone"
    cp "$BIN/decon" "$T/lone/"
    cp "$evals"/*.jsonl "$T/lone/"
    (cd "$T/lone" && env -i ASAN_OPTIONS="${ASAN_OPTIONS:-}" ./decon detect --evals-dir . --report-output-dir "$T/reports" \
        "$samples/books/part-01.jsonl") >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    grep -q '2 of 40 lines' "$T/out" || fail "$(cat "$T/out")"
}

# Amazon Linux 2023 and RHEL 9 have glibc 2.34. Newer headers give some functions other names (__isoc23_strtol).
test_no_program_needs_a_function_that_is_newer_than_glibc_2_34() {
    local program
    for program in decon decon-s3 decon-orchestrator; do
        objdump -T "$BIN/$program" | grep -oE '\(GLIBC_[0-9.]+\) +[^ ]+' | tr -d '()' | grep -v ' __isoc23_' |
            sed 's/^GLIBC_//' | sort -V >"$T/symbols"
        [ "$(wc -l <"$T/symbols")" -gt 50 ] || fail "only: $(cat "$T/symbols")"
        awk '{ split($1, part, "."); if (part[1] > 2 || part[2] > 34) print }' "$T/symbols" >"$T/newer"
        [ ! -s "$T/newer" ] || fail "$program: $(cat "$T/newer")"
    done
}

test_programs_load_only_the_libraries_that_they_call() {
    needed "$BIN/decon-s3" >"$T/needed"
    grep -q libxml2 "$T/needed" || fail "$(cat "$T/needed")"
    ! grep -q libyaml "$T/needed" || fail "$(cat "$T/needed")"
}

# member NAME: the values of this member in the document.
member() {
    sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$T/sbom.json"
}

test_the_sbom_names_every_library_with_version_and_licence() {
    command -v dpkg-query >/dev/null || { echo 'Debian only'; exit 77; }
    local name
    SOURCE_DATE_EPOCH=86400 "$top/deploy/packages/sbom.sh" 9.8.7 "$BIN"/decon{,-s3,-orchestrator} >"$T/sbom.json" 2>"$T/said"
    [ ! -s "$T/said" ] || fail "$(cat "$T/said")"
    # One JSON value, by this project's own strict reader.
    tr -d '\n' <"$T/sbom.json" >"$T/sbom.jsonl"
    "$BIN/decon-orchestrator" verify --content-key name "$T/sbom.jsonl" >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    member name >"$T/names"
    for name in decon decon-s3 decon-orchestrator cl100k_base unicode-data $(libraries "$BIN"/decon{,-s3,-orchestrator} | cut -d' ' -f1); do
        grep -qxF -- "$name" "$T/names" || fail "no row: $name"
    done
    [ "$(member versionInfo | grep -cE '^[0-9]+[0-9.a-z~+-]*$')" = "$(grep -c versionInfo "$T/sbom.json")" ] || fail "versions: $(member versionInfo)"
    ! member licenseDeclared | grep -E 'NOASSERTION|^$' || fail 'a licence is missing'
    grep -q '"created": "1970-01-02T00:00:00Z"' "$T/sbom.json" || fail 'another date'
}

test_the_sbom_says_which_program_depends_on_which_library() {
    SOURCE_DATE_EPOCH=0 "$top/deploy/packages/sbom.sh" 1.0 "$BIN"/decon{,-s3} >"$T/sbom.json" 2>/dev/null
    grep -qF '"SPDXRef-program-decon", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-libyaml-0.so' "$T/sbom.json" ||
        fail 'decon needs libyaml'
    ! grep -qF '"SPDXRef-program-decon-s3", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-libyaml' "$T/sbom.json" ||
        fail 'decon-s3 does not need libyaml'
    # Each element that a relation names is described.
    sed -n 's/.*"relatedSpdxElement": "\([^"]*\)".*/\1/p' "$T/sbom.json" | sort -u >"$T/named"
    member SPDXID | sort -u >"$T/described"
    [ -z "$(comm -23 "$T/named" "$T/described")" ] || fail "not described: $(comm -23 "$T/named" "$T/described")"
}

test_builds_do_not_name_the_folder_of_the_sources() {
    ! grep -qF -- "$top/" "$BIN/decon-s3" || fail 'the program has the path of its sources'
}

run_tests
