# shellcheck shell=bash
# A release in a clone: `. release.sh` after lib.sh.

# The variables of the make that runs the tests (SANITIZE, CFLAGS) must not reach these.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL CFLAGS CPPFLAGS LDFLAGS LDLIBS SANITIZE WERROR BUILD OUT

in_clone() {
    git -C "$T/clone" -c user.name=test -c user.email=test@example.org "$@"
}

# clone: this repository's HEAD as version 9.8.7, with its section in the changelog, tagged.
clone() {
    git -C "$top" rev-parse --quiet --verify HEAD >/dev/null 2>&1 || { echo 'not a git repository'; exit 77; }
    git clone -q "$top" "$T/clone"
    sed -i 's/^VERSION *:=.*/VERSION := 9.8.7/' "$T/clone/Makefile"
    sed -i 's/^## Unreleased$/&\n\n## 9.8.7 (2026-12-31)/' "$T/clone/CHANGELOG.md"
    in_clone commit -q --all --message='release: version 9.8.7'
    in_clone tag v9.8.7
}

# unpack: makes the archive and unpacks it; sets $unpacked.
unpack() {
    make -s -C "$T/clone" release BUILD="$T/release" >"$T/made" 2>&1 || fail "$(cat "$T/made")"
    tar -C "$T" -xzf "$T/release/decon-9.8.7.tar.gz"
    unpacked=$T/decon-9.8.7
}

# offline WORD...: runs the command without network, git and package manager. PATH has what the build needs and no more.
offline() {
    local tool
    mkdir -p "$T/tools"
    for tool in bash sh make gcc cc as ld ar nm objcopy awk sed grep tr find sort xargs basename cat cmp comm cut date dirname echo env expr \
        head id install ln mkdir mktemp mv nproc rm rmdir stat touch uname wc; do
        ln -sf "$(command -v "$tool")" "$T/tools/$tool"
    done
    env -i PATH="$T/tools" LC_ALL=C.UTF-8 "${unshare[@]}" "$@"
}

# No network: in a separate namespace, if the system permits it.
unshare=("$(command -v unshare)" --net)
[ "$(id -u)" = 0 ] || unshare+=(--map-root-user)
"${unshare[@]}" true 2>/dev/null || unshare=()
