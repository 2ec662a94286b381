#!/usr/bin/env bash
# Prints the software bill of materials of programs, as SPDX 2.3 in JSON: each program, each shared library that
# it loads (those of libraries included) and the data that is built in, with version, licence and relation.
#   deploy/packages/sbom.sh VERSION PROGRAM...
# Licences: third_party/libraries.txt. SOURCE_DATE_EPOCH: the date of the document. SYSROOT, OWN_LIBRARIES: see elf.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
list=$here/../../third_party/libraries.txt
. "$here/elf.sh"
[ $# -ge 2 ] || { echo "usage: $0 VERSION PROGRAM..." >&2; exit 2; }
version=$1
shift

# at_least A B: version A is B or newer.
at_least() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# licence NAME VERSION
licence() {
    local name words since found=NOASSERTION
    while read -r name words; do
        since=${words##*  } words=${words%%  *}
        [ "$name" = "$1" ] || continue
        [ "$since" = "$words" ] || at_least "$2" "${since// /}" || continue
        found=$words
    done <"$list"
    [ "$found" != NOASSERTION ] || echo "sbom: $1: no licence is known; add it to third_party/libraries.txt" >&2
    echo "$found"
}

# item ID NAME VERSION LICENCE [MORE]: a package of the document; MORE: further members, each with a leading comma.
item() {
    printf '%s    {\n      "SPDXID": "SPDXRef-%s",\n      "name": "%s",\n      "versionInfo": "%s",\n' "$comma" "$1" "$2" "$3"
    printf '      "downloadLocation": "NOASSERTION",\n      "filesAnalyzed": false,\n      "licenseConcluded": "%s",\n' "$4"
    printf '      "licenseDeclared": "%s",\n      "copyrightText": "NOASSERTION"%s\n    }' "$4" "${5:-}"
    comma=$',\n'
}

# relation FROM KIND TO
relation() {
    printf '%s    {"spdxElementId": "SPDXRef-%s", "relationshipType": "%s", "relatedSpdxElement": "SPDXRef-%s"}' \
        "$comma" "$1" "$2" "$3"
    comma=$',\n'
}

id_of() {
    tr -c 'A-Za-z0-9.\n-' - <<<"$1"
}

# library_item NAME PATH PACKAGE PACKAGE-VERSION
library_item() {
    local name=$1 base=${1%%.so*} release=${4:-} more=''
    if [ "${2%/*}" = "${OWN_LIBRARIES:-}" ]; then
        item "$(id_of "$name")" "$name" "$version" NONE ',
      "comment": "replaces the library of this name, without its functions; part of decon"'
        return
    fi
    base=${base%%-[0-9]*} base=${base/ld-linux*/ld-linux}
    if [ -n "${3:-}" ]; then
        release=${4#*:} release=${release%-*}
        more=$(printf ',\n      "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:deb/debian/%s@%s"}]' \
            "$3" "$(sed 's/%/%25/g; s/:/%3A/g; s/+/%2B/g; s/~/%7E/g' <<<"$4")")
    else
        release=$(realpath "$2") release=${release##*.so.}
    fi
    item "$(id_of "$name")" "$name" "$release" "$(licence "$base" "$release")" "$more"
}

data_items() {
    local name words
    while read -r name words; do
        case $name in \#* | '') ;; *=*) item "data-$(id_of "${name%=*}")" "${name%=*}" "${name#*=}" "$words" ;; esac
    done <"$list"
}

program_item() {
    local sum
    sum=$(sha256sum "$1" | cut -c1-64)
    item "program-${1##*/}" "${1##*/}" "$version" NONE \
        "$(printf ',\n      "packageFileName": "%s",\n      "primaryPackagePurpose": "APPLICATION",\n      "checksums": [{"algorithm": "SHA256", "checksumValue": "%s"}]' "${1##*/}" "$sum")"
}

# Vocabulary and tables are only in the program that detects, and so are tables of names and cases.
relations() {
    local program name path library
    for program; do
        relation DOCUMENT DESCRIBES "program-${program##*/}"
        for library in $(needed "$program"); do
            relation "program-${program##*/}" DEPENDS_ON "$(id_of "$library")"
        done
    done
    while read -r name path; do
        for library in $(needed "$path"); do
            relation "$(id_of "$name")" DEPENDS_ON "$(id_of "$library")"
        done
    done <<<"$found"
    for name in $(sed -n 's/^\([^#= ]*\)=.*/\1/p' "$list"); do
        relation "program-decon" CONTAINS "data-$(id_of "$name")"
    done
}

found=$(libraries "$@")
# shellcheck disable=SC2046  # paths of libraries have no spaces
owned=$(owners $(awk '{ print $2 }' <<<"$found"))
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)
sum=$(cat "$@" | sha256sum | cut -c1-32)
cat <<HEAD
{
  "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "decon-$version",
  "documentNamespace": "urn:decon:spdx:$version:$sum",
  "creationInfo": {"created": "$created", "creators": ["Tool: sbom.sh-$version"]},
  "hasExtractedLicensingInfos": [
    {"licenseId": "LicenseRef-public-domain", "extractedText": "The authors have put this file into the public domain."}
  ],
  "packages": [
HEAD
comma=
for program; do
    program_item "$program"
done
while read -r name path; do
    read -r _ package package_version <<<"$(grep -F "$path " <<<"$owned" || true)"
    library_item "$name" "$path" "${package:-}" "${package_version:-}"
done <<<"$found"
data_items
printf '\n  ],\n  "relationships": [\n'
comma=
relations "$@"
printf '\n  ]\n}\n'
