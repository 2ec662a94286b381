#!/usr/bin/env bash
# Two builds of the same sources in two folders of different length, at two times and with two umasks: programs, libraries, bill of
# materials, tarball and image are equal byte for byte. Not part of `make test`: make check-reproducible.
#   tests/packages/check_reproducible.sh FOLDER
# ONLY=base: only the archive of one folder of the sources, for a quick check.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
export CCACHE_DISABLE=1 DECON_INSTALL=no SOURCE_DATE_EPOCH=1750000000
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL BUILD OUT
targets=(image sbom install-libraries)
[ -z "${ONLY:-}" ] || targets=("build/lib/lib$ONLY.a")

"$top/deploy/packages/sources.sh" "$top" | tar -C "$top" --null -T - -cf "$folder/sources.tar"

# build NAME: the sources, in a folder of that name.
build() {
    rm -rf "${folder:?}/$1"
    mkdir -p "$folder/$1"
    tar -C "$folder/$1" -xf "$folder/sources.tar"
    echo "  BUILD $folder/$1"
    make -C "$folder/$1" -j"$(nproc)" -s DESTDIR=build/installed "${targets[@]}" >"$folder/$1.log" 2>&1 ||
        { tail -n 5 "$folder/$1.log"; exit 1; }
}

# digests NAME: installed files, without objects and logs.
digests() {
    (cd "$folder/$1/build" && find bin lib packages installed -type f 2>/dev/null | LC_ALL=C sort | xargs sha256sum)
}

build a
umask 077
build another-folder
digests a >"$folder/a.sums"
digests another-folder >"$folder/another.sums"
[ "$(wc -l <"$folder/a.sums")" -gt 0 ] || { echo 'nothing was built'; exit 1; }
diff "$folder/a.sums" "$folder/another.sums" || { echo 'not ok 1 - two builds are equal'; exit 1; }
echo "ok 1 - two builds are equal: $(wc -l <"$folder/a.sums") files"
