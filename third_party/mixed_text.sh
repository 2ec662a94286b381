#!/usr/bin/env bash
# Prints a folder in the cache ($DECON_CACHE, else ${XDG_CACHE_HOME:-$HOME/.cache}/decon) with text of several kinds, for
# benchmarks: english.txt, german.txt, french.txt, spanish.txt, russian.txt, japanese.txt, code.txt, man.txt. The text comes
# from packages of Debian, which apt-get download fetches (16 MB); `versions` in the folder names them. `mixed_text.sh --find`
# only looks. Needs apt-get, dpkg-deb and gzip, no root.
set -euo pipefail
kinds="english: debian-reference-en developers-reference
german: debian-reference-de
french: debian-reference-fr
spanish: debian-reference-es
russian: aptitude-doc-ru developers-reference-ru
japanese: debian-reference-ja
code: python3-docutils libeigen3-dev
man: manpages manpages-dev"
folder=${DECON_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/decon}/mixed-text-1
if [ -s "$folder/versions" ] || [ "${1:-}" = --find ]; then
    [ -s "$folder/versions" ] && echo "$folder"
    exit
fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
    echo 'mixed_text: apt-get or dpkg-deb is not installed; the text comes from packages of Debian' >&2
    exit 1
}
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$(dirname "$folder")/mixed-text.XXXXXX")
trap 'rm -rf "$work"' EXIT

html_to_text() { # paragraphs of the pages, in lines
    sed 's/<\/\(p\|pre\|li\|h[1-6]\|td\|title\|dt\)>/&\n/g' | awk '
        { gsub(/\r/, "") }
        /<(style|script)/ { hidden = 1 }
        !hidden {
            gsub(/<[^>]*>/, ""); sub(/^[^<>]*="[^"]*">/, ""); sub(/<[^>]*$/, "")
            gsub(/&lt;/, "<"); gsub(/&gt;/, ">"); gsub(/&quot;/, "\""); gsub(/&(nbsp|#160);/, " "); gsub(/&#8217;/, "'\''")
            gsub(/&[a-z#0-9]*;/, " "); gsub(/&amp;/, "\\&")
            sub(/^[ \t]+/, "")
            if ($0 != "") print
        }
        /<\/(style|script)/ { hidden = 0 }'
}
man_to_text() { # roff without its commands
    sed -e '/^[.'\'']\\"/d' -e 's/^\.\(SH\|SS\|TP\|B\|I\|BR\|RB\|IR\|RI\|BI\|IB\) *//' -e '/^[.'\'']/d' \
        -e 's/\\f[A-Z(]\(CW\)\?//g' -e 's/\\-/-/g' -e 's/\\&//g' -e 's/\\(..//g' -e 's/\\e/\\/g' -e '/^[ \t]*$/d'
}
text_of() { # text_of KIND: of the unpacked packages in ./root
    case $1 in
    code) find root -type f \( -name '*.py' -o -path '*/Eigen/*' \) | LC_ALL=C sort | xargs cat ;;
    man) find root/usr/share/man -type f -name '*.gz' | LC_ALL=C sort | xargs gzip -dc | man_to_text ;;
    *) find root -type f -name '*.html' | LC_ALL=C sort | xargs cat | html_to_text ;;
    esac | iconv -c -f UTF-8 -t UTF-8
}
cd "$work"
while IFS=: read -r kind packages; do
    mkdir root
    # shellcheck disable=SC2086 # several packages
    apt-get download -qq $packages >log 2>&1 || {
        cat log >&2
        echo "mixed_text: apt-get download$packages failed; see above (apt-get update may be due)" >&2
        exit 1
    }
    for package in *.deb; do
        echo "$kind $package" >>versions
        dpkg-deb -x "$package" root
    done
    text_of "$kind" >"$kind.txt"
    [ "$(stat -c %s "$kind.txt")" -gt 200000 ] || { echo "mixed_text: $packages: too little text for $kind" >&2; exit 1; }
    rm -rf root ./*.deb log
done <<<"$kinds"
chmod 755 "$work"
[ ! -d "$folder" ] && mv "$work" "$folder"
echo "$folder"
