#!/usr/bin/env bash
# Builds the archives that other programs link: libdecon-base.a, libdecon-s3.a, libdecon-compression.a.
#
#   tools/library.sh FOLDER ARCHIVE/UNIT OBJECT... [-- ARCHIVE/UNIT OBJECT...]...
#
# Each UNIT becomes one relocatable object of its ARCHIVE. Within the tree functions have short names
# (buf_append); here the symbols get the names that the public headers declare (decon_buf_append),
# from the same list that the headers are compiled with, base/names/short_names.h. Only symbols that
# a public header names stay global. Symbols that one unit needs of another and that no public
# header names get the prefix decon_private_. So a program may define functions with any other name.
# Environment: CC, NM, OBJCOPY, AR; RELOCATE, the command that links objects into one relocatable
# object (`ld -r`); PUBLIC_FLAGS, the flags that public headers are read with.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C
folder=$1
shift
work=$folder/units
rm -rf "$work"
mkdir -p "$work"

# Relocatable objects, one for each unit.
units=()
while [ $# -gt 0 ]; do
    unit=$1
    shift
    objects=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        objects+=("$1")
        shift
    done
    shift $(($# > 0))
    mkdir -p "$work/${unit%/*}"
    # shellcheck disable=SC2086  # a command and its flags
    ${RELOCATE:-ld -r} -o "$work/$unit.raw" "${objects[@]}"
    units+=("$unit")
done

symbols() { # FILE TYPES: the global symbols of these nm types, sorted
    "${NM:-nm}" -g -P "$1" | awk -v types="$2" 'index(types, $2) { print $1 }' | sort -u
}

# Every identifier of the public headers, after preprocessing.
# shellcheck disable=SC2086  # compiler and flags are words
(cd "$top/include" && printf '#include "%s"\n' decon/*/*.h | ${CC:-cc} ${PUBLIC_FLAGS-} -I. -E -P -x c -) |
    grep -oE '\b(decon|s3)_[A-Za-z0-9_]+' | sort -u >"$work/public"

awk '$1 == "#define" && $2 ~ /^decon_/ { print $3, $2 }' "$top/base/names/short_names.h" | sort >"$work/renames"
cut -d' ' -f1 "$work/renames" >"$work/renamed"
for unit in "${units[@]}"; do
    symbols "$work/$unit.raw" TDBRVWCS >"$work/$unit.defined"
    symbols "$work/$unit.raw" Uw >"$work/$unit.needed"
done
# Private symbols used by other units.
for unit in "${units[@]}"; do
    for other in "${units[@]}"; do
        [ "$unit" = "$other" ] || comm -12 "$work/$unit.needed" "$work/$other.defined"
    done
done | sort -u | comm -23 - "$work/renamed" | comm -23 - "$work/public" >"$work/private"
sed 's/.*/& decon_private_&/' "$work/private" >>"$work/renames"
sed 's/^/decon_private_/' "$work/private" | sort -u - "$work/public" >"$work/kept"

rm -f "$folder"/libdecon-{base,s3,compression}.a
for unit in "${units[@]}"; do
    "${OBJCOPY:-objcopy}" --redefine-syms="$work/renames" "$work/$unit.raw" "$work/$unit.renamed"
    "${OBJCOPY:-objcopy}" --keep-global-symbols="$work/kept" "$work/$unit.renamed" "$work/$unit.o"
    "${AR:-ar}" rcs "$folder/libdecon-${unit%/*}.a" "$work/$unit.o"
    rm "$work/$unit.raw" "$work/$unit.renamed"
done
