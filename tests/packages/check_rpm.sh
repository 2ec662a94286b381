#!/usr/bin/env bash
# The rpm packages: built from the spec, what is in them, programs that run on glibc 2.34, and an installation by rpm in a
# fresh Debian. docs/packages.md names what is not tested. Not part of `make test`: make check-rpm.
. "$(dirname "$0")/lib.sh"
rpms=$packages/rpm

files_of() {
    rpm -qpl "$rpms/$1"-[0-9]*.rpm 2>/dev/null
}

test_each_package_has_its_files() {
    local file
    files_of decon >"$T/decon"
    for file in /usr/bin/decon /usr/bin/decon-orchestrator /usr/bin/decon-server /usr/lib/systemd/system/decon-server.service \
        /usr/lib/sysusers.d/decon.conf /usr/lib/tmpfiles.d/decon.conf /etc/decon/server.yaml /usr/share/doc/decon/packages.md; do
        grep -qxF "$file" "$T/decon" || fail "$file"
    done
    ! grep -q 'decon-s3' "$T/decon" || fail 'decon has files of decon-s3'
    files_of decon-s3 | grep -qxF /usr/bin/decon-s3 || fail 'no decon-s3'
    files_of libdecon-devel >"$T/devel"
    grep -qxF /usr/lib64/libdecon-s3.a "$T/devel" && grep -qxF /usr/lib64/pkgconfig/decon-s3.pc "$T/devel" || fail "$(cat "$T/devel")"
}

test_configuration_is_kept_on_upgrade_and_scripts_are_shell() {
    rpm -qpc "$rpms"/decon-[0-9]*.rpm 2>/dev/null | grep -c '^/etc/decon/' | grep -qx 2 || fail 'configuration files'
    local tag
    for tag in PREIN POSTIN PREUN POSTUN; do
        rpm -qp --qf "%{$tag}\n" "$rpms"/decon-[0-9]*.rpm 2>/dev/null >"$T/script"
        [ "$(cat "$T/script")" != '(none)' ] || fail "no $tag"
        sh -n "$T/script" || fail "$tag: $(cat "$T/script")"
    done
}

test_the_pkg_config_files_name_the_folder_of_libraries() {
    mkdir "$T/root"
    (cd "$T/root" && rpm2cpio "$rpms"/libdecon-devel-*.rpm | cpio -id --quiet)
    [ "$(realpath "$(PKG_CONFIG_PATH=$T/root/usr/lib64/pkgconfig pkg-config --variable=libdir decon-base)")" = "$T/root/usr/lib64" ] ||
        fail "$(cat "$T/root/usr/lib64/pkgconfig/decon-base.pc")"
}

test_the_programs_run_and_need_no_newer_glibc_than_2_34() {
    local program needed
    unpacked_programs
    for program in "${programs[@]}"; do
        "$program" --version >/dev/null || fail "$program"
        needed=$(glibc_needed "$program")
        [ "$(printf '2.34\n%s\n' "$needed" | sort -V | tail -n 1)" = 2.34 ] || fail "$program needs glibc $needed"
    done
}

# unpacked_programs: sets $programs.
unpacked_programs() {
    mkdir "$T/unpacked"
    (cd "$T/unpacked" && rpm2cpio "$rpms"/decon-[0-9]*.rpm | cpio -id --quiet && rpm2cpio "$rpms"/decon-s3-*.rpm | cpio -id --quiet)
    programs=("$T/unpacked/usr/bin/decon" "$T/unpacked/usr/bin/decon-orchestrator" "$T/unpacked/usr/bin/decon-s3")
}

# A fresh Debian of this release with rpm, and the libraries that the programs load. Their packages have other names than
# those of Fedora, so rpm does not check dependencies; it does run the scripts.
debian_with_rpm() {
    local names
    unpacked_programs
    libraries "${programs[@]}" >"$T/libraries"
    names=$(cut -d' ' -f2 "$T/libraries" | while read -r path; do owners "$path"; done | awk '{ print $2 }' | sort -u | tr '\n' ' ')
    fresh "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$rpms"/*.rpm
    apt install "rpm systemd-standalone-tmpfiles ca-certificates $names"
}

rpm_inside() {
    inside "$root" sh -c "rpm --nodeps $*" >"$T/rpm.log" 2>&1 || fail "rpm $*: $(cat "$T/rpm.log")"
}

test_rpm_installs_them_the_main_job_runs_and_they_are_erased() {
    needs_root
    debian_with_rpm
    rpm_inside '-i /tmp/packages/decon-[0-9]*.rpm /tmp/packages/decon-s3-*.rpm'
    inside "$root" rpm -V --nodeps decon decon-s3 >"$T/out" 2>&1 || fail "$(cat "$T/out")"
    [ "$(inside "$root" stat -c '%a %U:%G' /var/lib/decon)" = '750 decon:decon' ] || fail "$(inside "$root" stat /var/lib/decon)"
    use
    # An update keeps the file that `use` changed.
    rpm_inside '-U --replacepkgs /tmp/packages/decon-[0-9]*.rpm'
    grep -q 's3://data/in' "$root/etc/decon/orchestration.yaml" || fail 'the configuration was replaced'
    rpm_inside '-e decon decon-s3'
    files >"$T/left"
    ! grep decon "$T/left" | grep -vE '^\./(var/lib/decon(/|$)|etc/decon(/orchestration.yaml.rpmsave)?$)' >"$T/said" ||
        fail "left: $(cat "$T/said")"
    [ -s "$root/var/lib/decon/evals/harbour-quiz.jsonl" ] || fail 'data of the user was removed'
}

run_tests
