#!/usr/bin/env bash
# Makes a library that replaces ICU for libxml2: it has the functions of ICU that this libxml2 calls, and no encoding.
# libxml2 uses ICU only for encodings that neither itself nor iconv supports; stores reply in UTF-8. The archive is 33 MB
# smaller without ICU and needs no libstdc++, which alone among its libraries would need a newer glibc.
#   deploy/packages/no_icu.sh LIBXML2 FOLDER
# Makes nothing where LIBXML2 does not load ICU. CC: the compiler for the programs' machine.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/elf.sh"
[ $# = 2 ] || { echo "usage: $0 LIBXML2 FOLDER" >&2; exit 2; }
soname=$(needed "$1" | grep '^libicuuc\.so\.' || true)
[ -n "$soname" ] || exit 0

# Prints the undefined functions of a libxml2 that are ICU's: u..._72, UCNV_..._72.
functions() {
    readelf -W --dyn-syms "$1" | awk '$7 == "UND" && $8 ~ /^(u|UCNV_)[A-Za-z_]*_[0-9]+$/ { print $8 }' | LC_ALL=C sort -u
}

functions "$1" >"$2/functions"
grep -q '^ucnv_open_' "$2/functions" || { echo "no_icu: $1: calls ICU in a way that is not known" >&2; exit 1; }
# 4 is ICU's error for data that is not there. The other functions take what ucnv_open returned, so they are never called.
sed -e 's/^ucnv_open_.*/void *&(const char *name, int *error) { (void)name; *error = 4; return 0; }/; t' \
    -e 's/.*/void &(void) {}/' "$2/functions" |
    ${CC:-cc} -std=c11 -O2 -fPIC -shared -nostdlib -s -Wl,--build-id=none -Wl,-soname,"$soname" -x c - -o "$2/$soname"
rm "$2/functions"
