#!/usr/bin/env bash
# Builds the Debian packages from a copy of the sources below a folder, and places them there.
#   deploy/packages/deb.sh VERSION FOLDER [OPTION OF dpkg-buildpackage]...
# MAINTAINER: "NAME <ADDRESS>" of the packager. SOURCE_DATE_EPOCH: the date of the changelog and of all files.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..
[ $# -ge 2 ] || { echo "usage: $0 VERSION FOLDER [OPTION]..." >&2; exit 2; }
version=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
tree=$folder/decon-$version
maintainer=${MAINTAINER:-decon packagers <packagers@example.org>}

rm -rf "$tree" "$folder"/*.{deb,changes,buildinfo}
mkdir -p "$tree"
"$here/sources.sh" "$top" | tar -C "$top" --null -T - -c | tar -C "$tree" -x
cp -r "$here/debian" "$tree/debian"
sed -i "s/@MAINTAINER@/$(sed 's/[&/\]/\\&/g' <<<"$maintainer")/" "$tree/debian/control"
cat >"$tree/debian/changelog" <<TEXT
decon ($version) unstable; urgency=medium

  * What changed: /usr/share/doc/decon/CHANGELOG.md

 -- $maintainer  $(LC_ALL=C date -R -u -d "@$SOURCE_DATE_EPOCH")
TEXT
cd "$tree"
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL # of the make that runs this
dpkg-buildpackage --build=binary --unsigned-changes --unsigned-buildinfo "$@"
cd "$folder"
rm -rf "$tree"
ls -- *.deb
