#!/usr/bin/env bash
# The relocatable tarball: unpacked in another folder, with an empty environment, and in a root that
# contains only glibc. Not part of `make test`: make check-tarball.
. "$(dirname "$0")/lib.sh"

# detects PREFIX WORD...: `decon`, called with the preceding words, finds the copies of evaluation sets in a sample.
detects() {
    "$@" detect --evals-dir sample --report-output-dir /tmp/reports /tmp/in >"$T/out" 2>&1 || fail "$(tail -n 3 "$T/out")"
    grep -q '^CONTAMINATED: /tmp/in/part-01.jsonl: 2 of 40 lines' "$T/out" || fail "$(cat "$T/out")"
}

test_it_runs_in_any_folder_with_an_empty_environment() {
    local program
    unpack_tarball "$T/a b"
    for program in decon decon-server decon-s3 decon-orchestrator; do
        env -i "$unpacked/bin/$program" --version >"$T/out" || fail "$program"
        grep -qE "^${program/-server/} [0-9]" "$T/out" || fail "$program: $(cat "$T/out")"
    done
    mv "$unpacked" "$T/moved"
    (cd / && env -i "$T/moved/bin/decon" detect --evals-dir sample --report-output-dir "$T/reports" "$samples/books/part-01.jsonl") >"$T/out"
    grep -q '2 of 40 lines' "$T/out" || fail "$(cat "$T/out")"
}

test_all_libraries_but_glibc_are_in_it() {
    local program name path
    unpack_tarball "$T"
    [ -z "$(LD_LIBRARY_PATH='' ldd "$unpacked"/bin/decon-s3 | grep 'not found')" ] || fail "$(ldd "$unpacked/bin/decon-s3")"
    for program in decon decon-s3 decon-orchestrator; do
        ldd "$unpacked/bin/$program" | sed -n 's/^[[:space:]]*\([^ ]*\) => \([^ ]*\) .*/\1 \2/p' >"$T/loaded"
        [ "$(wc -l <"$T/loaded")" -gt 8 ] || fail "$program: $(cat "$T/loaded")"
        while read -r name path; do
            is_glibc "$name" || [ "$(realpath "$path")" = "$(realpath "$unpacked/lib/$name")" ] || fail "$program loads $path"
        done <"$T/loaded"
    done
    # A bundled glibc would be harmful: glibc has to match the dynamic linker.
    for path in "$unpacked"/lib/*; do
        ! is_glibc "${path##*/}" || fail "$path"
    done
}

test_every_library_has_a_copyright_notice_and_a_row_in_the_sbom() {
    local path
    unpack_tarball "$T"
    for path in "$unpacked"/lib/*; do
        grep -qF "\"name\": \"${path##*/}\"" "$unpacked/share/doc/decon/decon.spdx.json" || fail "no row: $path"
    done
    [ "$(find "$unpacked/share/doc/decon/third-party" -name '*.copyright' | wc -l)" -gt 20 ] || fail 'notices are missing'
    grep -q 'glibc 2\.[0-9][0-9]* or newer' "$unpacked/README.txt" || fail 'README.txt names no glibc'
}

# Those of Debian 12 without ICU; later ones call functions of their own glibc.
test_an_archive_of_debian_12_needs_glibc_2_34() {
    grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release || { echo 'not built on Debian 12'; exit 77; }
    unpack_tarball "$T"
    grep -q 'glibc 2\.34 or newer' "$unpacked/README.txt" || fail "$(cat "$unpacked/README.txt")"
    [ "$(glibc_needed "$unpacked"/bin/* "$unpacked"/lib/*)" = 2.34 ] || fail "$(glibc_needed "$unpacked"/bin/* "$unpacked"/lib/*)"
    for name in libstdc++ libgcc_s libicudata; do
        ! ls "$unpacked/lib/$name"* 2>/dev/null || fail "$name is in it"
    done
}

# as_root_of_its_own: $root has glibc, /tmp, a sample and the unpacked tarball in /opt/decon.
bare_root() {
    needs_root
    root=$T/root
    mkdir -p "$root/tmp/in" "$root/opt"
    unpack_tarball "$root/opt"
    mv "$unpacked" "$root/opt/decon"
    glibc_of "$root/opt/decon/bin/decon-orchestrator" "$root"
    glibc_of "$root/opt/decon/bin/decon" "$root"
    cp "$samples/books/part-01.jsonl" "$root/tmp/in"
}

test_it_runs_in_a_root_with_nothing_but_glibc() {
    bare_root
    detects bare "$root" /opt/decon/bin/decon
    rm "$root"/opt/decon/lib/libcurl.so.4
    ! bare "$root" /opt/decon/bin/decon --version >"$T/out" 2>&1 || fail 'it runs without a library: the test is void'
}

# ca_trial FILE: the message of decon-s3 for an https store, with certificate authorities in FILE of the root.
ca_trial() {
    rm -rf "${root:?}/etc"
    mkdir -p "$root/etc/$(dirname "$1")"
    cp "$T/https/ca.pem" "$root/etc/$1"
    bare "$root" /opt/decon/bin/decon-s3 ls --no-sign-request --endpoint-url "$https" s3://bucket/ >"$T/out" 2>&1 || true
}

test_certificate_authorities_come_from_the_host() {
    bare_root
    start_https
    local file
    for file in ssl/certs/ca-certificates.crt pki/tls/certs/ca-bundle.crt ssl/ca-bundle.pem; do
        ca_trial "$file"
        grep -q 'not from S3: "s_server' "$T/out" || fail "$file: $(cat "$T/out")"
    done
    ca_trial elsewhere.pem
    grep -q 'certificate' "$T/out" && ! grep -q s_server "$T/out" || fail "without certificate authorities: $(cat "$T/out")"
}

run_tests
