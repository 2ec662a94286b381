# shellcheck shell=bash
# What the tests of packages share, on top of the library of the end-to-end tests: roots of other systems, in which
# commands run. Environment: PACKAGES, the folder of the packages.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
packages=$(realpath "${PACKAGES:-$top/build/packages}")
. "$top/deploy/packages/elf.sh"
unset BIN

needs_root() {
    [ "$(id -u)" = 0 ] || { echo 'needs root (chroot)'; exit 77; }
}

# inside ROOT WORD...: runs a command in a root of its own, with an empty environment, /proc and /dev of this system
# for as long as it runs.
inside() {
    local root=$1
    shift
    mkdir -p "$root/proc" "$root/dev"
    # shellcheck disable=SC2016  # for the inner shell
    unshare -m sh -c 'mount --make-rprivate / && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' \
        "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        "${inside_environment[@]}" "$@"
}
inside_environment=()

# bare ROOT WORD...: the same for a root without any program of a system: the environment is empty.
bare() {
    local root=$1
    shift
    mkdir -p "$root/proc" "$root/dev"
    # shellcheck disable=SC2016
    env -i PATH="$PATH" unshare -m sh -c 'mount --make-rprivate / && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        unset PWD OLDPWD SHLVL PATH && exec /usr/sbin/chroot "$0" "$@"' "$root" "$@"
}

# unpack_tarball FOLDER: sets $unpacked.
unpack_tarball() {
    local archive=("$packages"/decon-*-linux-"$(uname -m)".tar.gz)
    [ -e "${archive[0]}" ] || fail "no tarball in $packages: make tarball"
    mkdir -p "$1"
    tar -xzf "${archive[0]}" -C "$1"
    unpacked=$(echo "$1"/decon-*)
}

# glibc_of PROGRAM ROOT: copies glibc, at the paths where the programs look for it.
glibc_of() {
    local name path loader
    loader=$(readelf -lW "$1" | sed -n 's/.*program interpreter: \(.*\)\]$/\1/p')
    install -D -m 755 "$loader" "$2$loader"
    while read -r name path; do
        if is_glibc "$name"; then install -D -m 755 "$path" "$2/usr/lib/$name"; fi
    done < <(libraries "$1")
}

# start_https: answers each request, over TLS, with a certificate that only $T/https/ca.pem vouches for; $https is its URL.
start_https() {
    local port
    mkdir -p "$T/https"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=trial \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$T/https/key.pem" -out "$T/https/ca.pem" >"$T/openssl.log" 2>&1
    openssl s_server -accept 127.0.0.1:0 -cert "$T/https/ca.pem" -key "$T/https/key.pem" -www >"$T/s_server.out" 2>&1 &
    started+=("$!")
    wait_for grep -q '^ACCEPT 127' "$T/s_server.out"
    port=$(sed -n 's/^ACCEPT 127.0.0.1:\([0-9]*\).*/\1/p' "$T/s_server.out")
    https=https://127.0.0.1:$port
}
