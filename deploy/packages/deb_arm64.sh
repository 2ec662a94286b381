#!/usr/bin/env bash
# Builds the Debian packages for arm64 on another machine: in a fresh system of this Debian release below a folder, which
# has the cross-compiler and the libraries of arm64 beside its own. The packages and architectures of this system do
# not change. Needs root, debootstrap and the package mirror (MIRROR: another one).
#   deploy/packages/deb_arm64.sh VERSION FOLDER ROOT
# FOLDER: where the packages go. ROOT: the system, made once. SOURCE_DATE_EPOCH, MAINTAINER: see deb.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..
[ $# = 3 ] || { echo "usage: $0 VERSION FOLDER ROOT" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "$0: needs root: it installs a Debian system in a folder and runs commands there" >&2; exit 1; }
version=$1
mkdir -p "$2" "$3"
folder=$(cd "$2" && pwd) root=$(cd "$3" && pwd)
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
libraries=(libbz2-dev libcurl4-openssl-dev libjansson-dev liblzma-dev libmicrohttpd-dev libssl-dev libxml2-dev libyaml-dev libzstd-dev zlib1g-dev)
tools=(build-essential gcc-aarch64-linux-gnu libc6-dev-arm64-cross debhelper dpkg-dev fakeroot qemu-user ca-certificates)

# inside COMMAND...: in the root, with an empty environment but for the proxies.
inside() {
    local name environment=()
    for name in http_proxy https_proxy no_proxy MAINTAINER SOURCE_DATE_EPOCH; do
        [ -z "${!name:-}" ] || environment+=("$name=${!name}")
    done
    # shellcheck disable=SC2016  # for the inner shell
    unshare -m sh -c 'mount --make-rprivate / && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' \
        "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        "${environment[@]}" "$@"
}

apt() {
    inside apt-get -q -y --no-install-recommends "$@" >>"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; return 1; }
}

if [ ! -e "$root.complete" ]; then
    rm -rf "$root"
    debootstrap --variant=minbase "$suite" "$root" ${MIRROR:+"$MIRROR"} >"$root.log" 2>&1 || { tail -n 2 "$root.log" >&2; exit 1; }
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    inside dpkg --add-architecture arm64
    apt update
    apt install "${tools[@]}" "${libraries[@]/%/:arm64}"
    touch "$root.complete"
fi
rm -rf "$root"/{src,out} "$folder"/*_arm64.*
mkdir "$root/src" "$root/out"
"$here/sources.sh" "$top" | tar -C "$top" --null -T - -c | tar -C "$root/src" -x
# The programs print their completion scripts, so qemu-user runs them. nocheck: it does not start a program again, as
# detection does.
inside env RUN=qemu-aarch64 DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
    /src/deploy/packages/deb.sh "$version" /out --host-arch arm64
mv "$root"/out/* "$folder"
ls "$folder"/*_arm64.deb
