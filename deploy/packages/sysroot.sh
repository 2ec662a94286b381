#!/usr/bin/env bash
# Makes a folder with the libraries and headers of another architecture, for cross-compilers and
# qemu-user: packages of this Debian's mirror, downloaded by apt-get with a separate state and
# unpacked. The packages and architectures of this system do not change; root is not needed.
#   deploy/packages/sysroot.sh ARCHITECTURE FOLDER PACKAGE...
# FOLDER/owners.txt: "PATH PACKAGE VERSION" of each library.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 ARCHITECTURE FOLDER PACKAGE..." >&2; exit 2; }
architecture=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
state=$folder.apt

# The sources of the packages of this release that this system uses, without third parties.
sources() {
    # shellcheck disable=SC2016  # apt-get replaces them
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk '$1 == "Debian" { print "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]", $2, $3, $4 }' | sort -u
}

apt() {
    apt-get -q -o APT::Architecture="$architecture" -o APT::Architectures::="$architecture" -o Dir::State="$state/state" \
        -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" -o Dir::Etc::SourceList="$state/sources.list" \
        -o Dir::Etc::SourceParts=- -o APT::Sandbox::User= -o APT::Install-Recommends=0 "$@" >>"$state/log" 2>&1 ||
        { tail -n 5 "$state/log" >&2; return 1; }
}

rm -rf "$state" "$folder"
mkdir -p "$state"/{state/lists/partial,cache/archives/partial} "$folder/usr/lib"
: >"$state/status"
sources >"$state/sources.list"
[ -s "$state/sources.list" ] || { echo 'sysroot: no sources of Debian packages are known; run apt-get update' >&2; exit 1; }
apt update
apt install -y --download-only "$@"
ln -s usr/lib "$folder/lib"
for deb in "$state"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -C "$folder" -x --keep-directory-symlink --no-same-owner \
        --exclude='./usr/share/[!d]*' --exclude='./usr/bin' --exclude='./usr/sbin' --exclude='./etc' --exclude='./var'
    name=$(dpkg-deb -f "$deb" Package) version=$(dpkg-deb -f "$deb" Version)
    dpkg-deb -c "$deb" | awk -v words="$name $version" '$1 ~ /^-/ && $6 ~ /\.so/ { path = substr($6, 2); sub(/^\/lib\//, "/usr/lib/", path); print path, words }'
done >"$state/owners.txt"
mv "$state/owners.txt" "$folder/owners.txt"
# Links in -dev packages are absolute.
find "$folder" -type l -lname '/*' | while read -r link; do
    ln -sfn "$folder$(readlink "$link")" "$link"
done
rm -rf "$state"
