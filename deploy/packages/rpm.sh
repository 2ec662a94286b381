#!/usr/bin/env bash
# Builds the packages of decon.spec from a copy of the sources below a folder, and places them there.
#   deploy/packages/rpm.sh VERSION FOLDER [OPTION of rpmbuild]...
# On Debian, where the build packages have other names, dependencies are not checked; such packages
# are for inspection only.
# SOURCE_DATE_EPOCH: the date of all files.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..
[ $# -ge 2 ] || { echo "usage: $0 VERSION FOLDER [OPTION]..." >&2; exit 2; }
version=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
rm -rf "$folder"/{tree,*.rpm}
mkdir -p "$folder/tree/SOURCES"
"$here/sources.sh" "$top" | tar -C "$top" --null --no-recursion -T - --transform "s|^|decon-$version/|" --sort=name --owner=0 --group=0 \
    --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c | gzip -n9 >"$folder/tree/SOURCES/decon-$version.tar.gz"
options=()
if ! rpm -q rpm >/dev/null 2>&1; then
    # Macros of systemd-rpm-macros, and the folder of libraries of Fedora.
    options=(--nodeps --define '_unitdir /usr/lib/systemd/system' --define '_sysusersdir /usr/lib/sysusers.d'
        --define '_tmpfilesdir /usr/lib/tmpfiles.d' --define '_libdir /usr/lib64' --define '_docdir /usr/share/doc')
fi
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL # of the make that runs this
rpmbuild -bb --define "_topdir $folder/tree" --define "decon_version $version" "${options[@]}" "$@" "$here/decon.spec"
mv "$folder"/tree/RPMS/*/*.rpm "$folder"
rm -rf "$folder/tree"
ls "$folder"/*.rpm
