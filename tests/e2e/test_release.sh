#!/usr/bin/env bash
# The source archive of a tag. `make check-release` builds all of it; this test builds one library.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/release.sh"

test_the_archive_has_the_files_of_the_tag() {
    clone
    echo 'not committed' >>"$T/clone/README.md"
    echo 'not tracked' >"$T/clone/extra"
    unpack
    in_clone ls-tree -r --name-only v9.8.7 | LC_ALL=C sort >"$T/tracked"
    (cd "$unpacked" && find . -type f -o -type l) | sed 's|^\./||' | LC_ALL=C sort >"$T/found"
    [ "$(wc -l <"$T/found")" -gt 1000 ] || fail "$(wc -l <"$T/found") files"
    diff "$T/tracked" "$T/found" || fail 'other files'
    ! grep -q 'not committed' "$unpacked/README.md" || fail 'not the text of the tag'
    mv "$T/release/decon-9.8.7.tar.gz" "$T/first.tar.gz"
    make -s -C "$T/clone" release BUILD="$T/release" >"$T/made"
    cmp "$T/first.tar.gz" "$T/release/decon-9.8.7.tar.gz" || fail 'other bytes the second time'
}

# refused WORDS: make release fails with this text and leaves no archive.
refused() {
    mkdir -p "$T/release"
    ! make -s -C "$T/clone" release BUILD="$T/release" >"$T/made" 2>&1 || fail "not refused: $1"
    grep -qF "$1" "$T/made" || fail "without '$1': $(cat "$T/made")"
    [ -z "$(find "$T/release" -type f)" ] || fail "$(ls "$T/release")"
}

test_a_tag_that_does_not_name_its_own_version_is_refused() {
    mkdir -p "$T/release"
    clone
    in_clone tag -d v9.8.7 >/dev/null
    refused 'there is no tag v9.8.7; set VERSION'
    in_clone tag v9.8.7 HEAD~1
    refused 'v9.8.7: its Makefile does not set VERSION to 9.8.7'
    sed -i 's/^## 9.8.7 .*/## 9.8.7/' "$T/clone/CHANGELOG.md"
    in_clone commit -q --all --message='release: no date'
    in_clone tag --force v9.8.7 >/dev/null
    refused "v9.8.7: CHANGELOG.md has no section '## 9.8.7 (YYYY-MM-DD)'"
}

test_the_archive_builds_without_git_network_and_package_manager() {
    local tool
    clone
    unpack
    for tool in git curl apt-get dpkg-query dnf rpm pip go; do
        ! offline sh -c "command -v $tool" || fail "$tool is on PATH"
    done
    # Every command of a whole build can be listed, and one library is built.
    offline make -n -C "$unpacked" all >"$T/listed" 2>"$T/said" || fail "$(tail -n 5 "$T/said")"
    [ "$(grep -c ' -c -o ' "$T/listed")" -gt 500 ] || fail "only $(grep -c ' -c -o ' "$T/listed") files are compiled"
    offline make -s -C "$unpacked" CFLAGS=-O0 build/lib/libbase.a >"$T/made" 2>"$T/said" || fail "$(tail -n 5 "$T/said")"
    ! grep -v 'install: installed packages are not known here' "$T/said" || fail 'it complains'
    [ -s "$unpacked/build/lib/libbase.a" ] || fail 'no library'
}

test_sections_of_the_changelog_have_versions_and_dates() {
    local case
    cd "$T"
    awk -f "$top/tests/tools/changelog.awk" "$top/CHANGELOG.md" || fail 'the changelog'
    printf '# Changelog\n\n## Unreleased\n\n- a\n\n## 0.10.0 (2026-12-01)\n\n- b\n\n## 0.9.1 (2026-11-24)\n\n- c\n' >good.md
    awk -f "$top/tests/tools/changelog.awk" good.md || fail 'good.md'
    for case in 's/^## Unreleased/## 1.0.0 (2026-12-24)/' 's/ (2026-12-01)//' 's/0.10.0/0.9.0/' 's/2026-12-01/2026-11-01/' \
        's/^- c/- b/' '/^##/d'; do
        sed "$case" good.md >bad.md
        ! awk -f "$top/tests/tools/changelog.awk" bad.md >found || fail "nothing found after $case"
        grep -q '^bad.md:[0-9]' found || fail "$(cat found)"
    done
}

# named_versions: "FILE:LINE:VERSION" of each version of decon in deploy/, docs/packages.md and the newest section of the changelog.
named_versions() {
    grep -rnoE 'decon[a-z0-9-]*[-_:][0-9]+[.][0-9]+[.][0-9]+|decon_version [0-9]+[.][0-9]+[.][0-9]+' deploy docs/packages.md |
        sed -E 's/:[^:]*[-_: ]([0-9.]+)$/:\1/'
    grep -nE -m 1 '^## [0-9]' CHANGELOG.md | sed -E 's/^([0-9]+):## ([0-9.]+) .*/CHANGELOG.md:\1:\2/'
}

test_all_files_name_the_version_of_the_makefile() {
    local version
    cd "$top"
    version=$(sed -n 's/^VERSION *:= *//p' Makefile)
    named_versions >"$T/named"
    [ "$(wc -l <"$T/named")" -ge 16 ] || fail "only $(cat "$T/named")"
    ! grep -v ":$version\$" "$T/named" || fail "the version is $version"
}

run_tests
