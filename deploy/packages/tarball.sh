#!/usr/bin/env bash
# Builds an archive from the folder of an installation (bin/, share/): adds the libraries that the programs load,
# except glibc, with paths relative to the files, so that the archive runs from any folder.
#   deploy/packages/tarball.sh VERSION FOLDER ARCHIVE
# SOURCE_DATE_EPOCH: the date of all files. SYSROOT: see elf.sh. STRIP, CC: strip and compiler of the programs' machine.
# Needs patchelf, and Debian's package database for the licences of the libraries.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/elf.sh"
[ $# = 3 ] || { echo "usage: $0 VERSION FOLDER ARCHIVE" >&2; exit 2; }
version=$1 folder=$2 archive=$3
notices=$folder/share/doc/decon/third-party

# notice PATH: the copyright notice of the package that the library comes from.
notice() {
    local package file
    read -r _ package _ <<<"$(owners "$1")"
    file=${SYSROOT:-}/usr/share/doc/$package/copyright
    [ -n "$package" ] && [ -r "$file" ] || { echo "tarball: $1: no copyright notice is known; build on Debian or Ubuntu" >&2; return 1; }
    install -m 644 "$file" "$notices/$package.copyright"
}

# add_library NAME PATH
add_library() {
    install -m 644 "$(realpath "$2")" "$folder/lib/$1"
    # shellcheck disable=SC2016  # the dynamic linker replaces $ORIGIN
    patchelf --set-rpath '$ORIGIN' "$folder/lib/$1"
    [ "${2%/*}" = "$OWN_LIBRARIES" ] || notice "$2"
}

write_readme() {
    cat >"$folder/README.txt" <<TEXT
decon $version for Linux on $1

Unpack it in any folder and run bin/decon, bin/decon-orchestrator and bin/decon-s3, or add bin to PATH. The folder
may be moved as a whole; bin alone may not.

From this system come: glibc $2 or newer, and the certificate authorities for https (the package ca-certificates).
All other libraries are in lib/, with their copyright notices in share/doc/decon/third-party and their versions and
licences in share/doc/decon/decon.spdx.json. share/doc/decon has the documentation, share/man the manual pages.
TEXT
}

OWN_LIBRARIES=$(mktemp -d)
export OWN_LIBRARIES
trap 'rm -rf "$OWN_LIBRARIES"' EXIT
mapfile -t programs < <(find "$folder/bin" -type f | LC_ALL=C sort)
"${STRIP:-strip}" "${programs[@]}"
libxml2=$(libraries "${programs[@]}" | sed -n 's/^libxml2[^ ]* //p')
"$here/no_icu.sh" "$libxml2" "$OWN_LIBRARIES"
install -d "$folder/lib" "$notices"
"$here/sbom.sh" "$version" "${programs[@]}" >"$folder/share/doc/decon/decon.spdx.json"
while read -r name path; do
    is_glibc "$name" || add_library "$name" "$path"
done < <(libraries "${programs[@]}")
for program in "${programs[@]}"; do
    # shellcheck disable=SC2016
    patchelf --set-rpath '$ORIGIN/../lib' "$program"
done
write_readme "$(machine_of "${programs[0]}")" "$(glibc_needed "${programs[@]}" "$folder"/lib/*)"
find "$folder" -exec chmod u+rwX,go+rX,go-w {} +
tar --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    -C "$(dirname "$folder")" -c "$(basename "$folder")" | gzip -n9 >"$archive.part"
mv "$archive.part" "$archive"
