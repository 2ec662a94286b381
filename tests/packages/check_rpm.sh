#!/usr/bin/env bash
# The rpm packages: built from the spec, what is in them, and programs that run on glibc 2.34. docs/packages.md names
# what is not tested, an installation above all. Not part of `make test`: make check-rpm.
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
    mkdir "$T/root"
    (cd "$T/root" && rpm2cpio "$rpms"/decon-[0-9]*.rpm | cpio -id --quiet && rpm2cpio "$rpms"/decon-s3-*.rpm | cpio -id --quiet)
    local program needed
    for program in decon decon-orchestrator decon-s3; do
        "$T/root/usr/bin/$program" --version >/dev/null || fail "$program"
        needed=$(glibc_needed "$T/root/usr/bin/$program")
        [ "$(printf '2.34\n%s\n' "$needed" | sort -V | tail -n 1)" = 2.34 ] || fail "$program needs glibc $needed"
    done
}

run_tests
