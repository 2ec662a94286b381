#!/usr/bin/env bash
# Compares the public headers with base/names/short_names.h: each name that a header declares with the
# prefix decon_ or DECON_ has a row there, each row's name is in a header, and each function has a prefix.
#   tests/tools/headers.sh [TOP]
# Environment: CC; PUBLIC_FLAGS, the flags that public headers are read with.
set -euo pipefail
export LC_ALL=C
cd "${1:-.}"
list=base/names/short_names.h
read -ra flags <<<"${PUBLIC_FLAGS:--D_GNU_SOURCE}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
headers=(include/decon/*/*.h)

# Identifiers of the preprocessed headers, without guards, the codes of err.def, and names that
# DECON_DEFINE_AUTO defines.
{
    (cd include && printf '#include "%s"\n' decon/*/*.h | ${CC:-cc} "${flags[@]}" -I. -E -P -x c -) |
        grep -oE '\b(decon|DECON)_[A-Za-z0-9_]+' | grep -vE '_auto_(release|free)$'
    sed -nE 's/^ *# *define +(DECON_[A-Z0-9_]+|decon_[a-z0-9_]+).*/\1/p' "${headers[@]}" |
        grep -vE '^DECON_(.*_H|MUST_USE|PRINTF_LIKE|(DEFINE_)?AUTO(_PTR)?_?|ERR_(ROW|CODE))$'
} | sort -u >"$work/names"
sed -nE 's/^ *DECON_ERR_ROW\(([A-Z0-9_]+),.*/DECON_ERR_\1/p' include/decon/base/err.def | sort >"$work/codes"
comm -23 "$work/names" "$work/codes" >"$work/declared"
awk '$1 == "#define" && NF >= 3 { print ($2 ~ /^(decon|DECON)_/ ? $2 : $3) }' "$list" | grep -v '^DECON_ERR_CODE' | sort -u >"$work/listed"

status=0
# Functions of a header, without the short names. -aux-info is an option of GCC.
if printf '#include "%s"\n' "${headers[@]#include/}" >"$work/all.c" &&
    ${CC:-cc} "${flags[@]}" -Iinclude -fsyntax-only -aux-info "$work/functions" "$work/all.c" 2>/dev/null; then
    while read -r name; do
        echo "include/decon: $name() has no prefix decon_ or s3_"
        status=1
    done < <(sed -nE 's|^/\* include/decon/[^*]*\*/ *(extern\|static) ([^(]*[ *])?([A-Za-z_0-9]+) \(.*|\3|p' "$work/functions" |
        grep -vE '^(decon|s3)_' | sort -u)
fi
while read -r name; do
    echo "$list: no row for $name, which a public header declares"
    status=1
done < <(comm -23 "$work/declared" "$work/listed")
while read -r name; do
    echo "$list: no public header declares $name"
    status=1
done < <(comm -13 "$work/declared" "$work/listed")
exit $status
