#!/usr/bin/env bash
# Makes the source archive of a tagged version; `make release` runs it.
#   tools/release.sh VERSION FILE
# The archive has the files of the tag v$VERSION and nothing else, and the same bytes on each host.
set -euo pipefail
version=$1 file=$2 tag=v$1

refuse() {
    echo "release: $*" >&2
    exit 1
}

git rev-parse --quiet --verify "$tag^{commit}" >/dev/null ||
    refuse "there is no tag $tag; set VERSION in the Makefile, date its section in CHANGELOG.md, commit and tag"
makefile=$(git show "$tag:Makefile")
changelog=$(git show "$tag:CHANGELOG.md")
grep -qxE "VERSION *:= *${version//./\\.}" <<<"$makefile" ||
    refuse "$tag: its Makefile does not set VERSION to $version; tag the commit that does"
grep -qxE "## ${version//./\\.} \([0-9]{4}-[0-9]{2}-[0-9]{2}\)" <<<"$changelog" ||
    refuse "$tag: CHANGELOG.md has no section '## $version (YYYY-MM-DD)'; add it and tag that commit"
git archive --format=tar --prefix="decon-$version/" "$tag" | gzip -n9 >"$file.part"
mv "$file.part" "$file"
echo "$file"
