#!/usr/bin/env bash
# The Debian packages for arm64: lintian; then installed beside the native ones in the system that built them (ROOT), used
# by qemu-user, and purged. Needs root. Not part of `make test`: make check-deb-arm64.
. "$(dirname "$0")/lib.sh"
debs=$packages/deb
built_in=$(realpath "$ROOT")

test_lintian_has_no_objections() {
    lintian --allow-root --fail-on error,warning "$debs"/*_arm64.changes >"$T/said" 2>&1 || fail "$(cat "$T/said")"
}

test_the_files_are_programs_of_arm64_with_completion() {
    local deb
    for deb in "$debs"/*_arm64.deb; do
        dpkg-deb -x "$deb" "$T/files"
    done
    for program in decon decon-s3 decon-orchestrator; do
        [ "$(machine_of "$T/files/usr/bin/$program")" = aarch64 ] || fail "$program: $(readelf -h "$T/files/usr/bin/$program")"
        grep -q complete "$T/files/usr/share/bash-completion/completions/$program" || fail "no completion of $program"
    done
    [ -s "$T/files/usr/lib/aarch64-linux-gnu/libdecon-s3.a" ] || fail 'no library'
}

test_they_are_installed_used_and_purged() {
    needs_root
    root=$T/root
    cp -a "$built_in" "$root"
    mkdir "$root/tmp/debs" && cp "$debs"/decon_*_arm64.deb "$debs"/decon-s3_*_arm64.deb "$root/tmp/debs"
    inside_environment=(AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b)
    local name
    for name in http_proxy https_proxy no_proxy; do
        [ -z "${!name:-}" ] || inside_environment+=("$name=${!name}")
    done
    inside "$root" sh -c 'apt-get -q -y --no-install-recommends install /tmp/debs/*.deb' >"$T/apt.log" 2>&1 || fail "$(tail -n 5 "$T/apt.log")"
    cp "$samples/books/part-01.jsonl" "$root/tmp/part-01.jsonl"
    # Not detection, which starts its program again: qemu-user does not do that.
    inside "$root" qemu-aarch64 /usr/bin/decon evals /usr/share/decon/sample-evals >"$T/out" 2>&1 || fail "$(tail -n 3 "$T/out")"
    grep -q '^harbour_quiz  *test  *10 ' "$T/out" || fail "$(cat "$T/out")"
    inside "$root" qemu-aarch64 /usr/bin/decon-orchestrator verify /tmp/part-01.jsonl >"$T/out" 2>&1 || fail "$(tail -n 3 "$T/out")"
    grep -q 'plain, 40 lines' "$T/out" || fail "$(cat "$T/out")"
    inside "$root" qemu-aarch64 /usr/bin/decon-s3 --version >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    inside "$root" apt-get -q -y purge decon decon-s3 >"$T/apt.log" 2>&1 || fail "$(tail -n 5 "$T/apt.log")"
    [ ! -e "$root/etc/decon" ] && [ ! -e "$root/usr/bin/decon" ] || fail 'left after purge'
}

run_tests
