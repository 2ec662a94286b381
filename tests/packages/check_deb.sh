#!/usr/bin/env bash
# The Debian packages: lintian; then installed, used, and purged in fresh systems of Debian 12 and 13 (SUITES). Needs
# root, debootstrap and the package mirror (MIRROR: another one). Not part of `make test`: make check-deb.
. "$(dirname "$0")/lib.sh"
debs=$packages/deb
read -ra suites <<<"${SUITES:-bookworm trixie}"

test_lintian_has_no_objections() {
    lintian --allow-root --fail-on error,warning "$debs"/*.changes >"$T/said" 2>&1 || fail "$(cat "$T/said")"
    # Overrides would hide findings.
    [ -z "$(find "$top/deploy/packages/debian" -name '*lintian-overrides*')" ] || fail 'there are overrides'
}

test_copyright_says_that_no_licence_was_chosen() {
    local deb
    for deb in "$debs"/{decon,decon-s3,libdecon-dev}_*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/share/doc/*/copyright' >"$T/copyright"
        grep -q 'No licence has been chosen' "$T/copyright" && grep -q 'cl100k_base.tiktoken.xz' "$T/copyright" || fail "$deb"
    done
}

# A program built against libdecon-dev.
build_example() {
    apt install gcc libc6-dev pkg-config '/tmp/packages/libdecon-dev_*.deb'
    inside "$root" sh -c 'cc /usr/share/doc/libdecon-dev/examples/count_lines.c* $(pkg-config --cflags --libs decon-compression) -o /tmp/count_lines &&
        cc /usr/share/doc/libdecon-dev/examples/s3_get.c $(pkg-config --cflags --libs decon-s3) -o /tmp/s3_get &&
        /tmp/count_lines /tmp/in/part-01.jsonl' >"$T/out" 2>&1 || fail "$(tail -n 5 "$T/out")"
    [ "$(cat "$T/out")" = 40 ] || fail "count_lines: $(cat "$T/out")"
}

install_use_and_purge() {
    needs_root
    fresh "$1" "$debs"/*.deb
    apt install '/tmp/packages/decon_*.deb /tmp/packages/decon-s3_*.deb'
    inside "$root" sh -c 'decon --version && decon-orchestrator --version && decon-s3 --version && decon-server --version' >"$T/out"
    [ "$(stat -c '%a %U' "$root/var/lib/decon")" = "750 $(stat -c %U "$root/var/lib/decon/evals")" ] || fail "$(stat "$root/var/lib/decon")"
    inside "$root" getent passwd decon >"$T/passwd" || fail 'no user decon'
    [ ! -e "$root/etc/systemd/system/multi-user.target.wants/decon-server.service" ] || fail 'the unit is enabled before it is set up'
    use
    build_example
    apt purge decon decon-s3 libdecon-dev
    files >"$T/left"
    ! grep -E 'decon' "$T/left" | grep -vE '^\./var/lib/decon(/|$)' >"$T/said" || fail "left after purge: $(cat "$T/said")"
    # Evaluation sets are the user's.
    [ -s "$root/var/lib/decon/evals/harbour-quiz.jsonl" ] || fail 'purge removed user data'
}

# Unused packages leave no files.
purge_of_unused_packages() {
    needs_root
    fresh "$1" "$debs"/*.deb
    apt install '/tmp/packages/decon_*.deb'
    apt purge decon
    ! files | grep decon >"$T/said" || fail "left after purge: $(cat "$T/said")"
}

test_debian_12() {
    [[ " ${suites[*]} " == *' bookworm '* ]] || { echo 'not in SUITES'; exit 77; }
    install_use_and_purge bookworm
}

test_debian_12_purged_unused() {
    [[ " ${suites[*]} " == *' bookworm '* ]] || { echo 'not in SUITES'; exit 77; }
    purge_of_unused_packages bookworm
}

test_debian_13() {
    [[ " ${suites[*]} " == *' trixie '* ]] || { echo 'not in SUITES'; exit 77; }
    install_use_and_purge trixie
}

run_tests
