#!/usr/bin/env bash
# Prints docs/review.png, the picture of the review page in README.md: the page that `decon review --html` makes of the
# demo's sample books, in Chromium without a window.
#
#   BIN=build/bin tools/page_picture.sh >docs/review.png
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$(cd "${BIN:-$top/build/bin}" && pwd):$PATH
chromium=$(command -v chromium || command -v chromium-browser) ||
   { echo 'page_picture: there is no chromium; third_party/install.sh browser gets it' >&2; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-picture.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cp -r "$top/config/demo/samples/books" training
decon detect --evals-dir "$top/config/sample-evals" training/ >detect.log 2>&1 || [ $? = 3 ] # one sample is corrupt
decon review --html page.html reports >review.log
timeout --kill-after=5 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
   --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
   --user-data-dir="$dir/profile" --force-device-scale-factor=0.75 --window-size=1040,1560 --screenshot="$dir/page.png" "file://$dir/page.html" 2>browser.log
[ -s page.png ] || { cat browser.log >&2; exit 1; }
cat page.png
