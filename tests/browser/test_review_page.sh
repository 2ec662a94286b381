#!/usr/bin/env bash
# The page of `decon-server review --html` in a real browser: Chromium without a window, on this
# machine's files only. Prints TAP; skips all where there is no Chromium.
#   BIN=build/bin tests/browser/test_review_page.sh       SHOTS=folder keeps pictures
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
T=$(mktemp -d "${TMPDIR:-/tmp}/decon-browser.XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 143' TERM INT
chromium=$(command -v chromium || command -v chromium-browser || true)
number=0

if [ -z "$chromium" ]; then
    echo 'ok 1 - the review page # SKIP there is no chromium (third_party/install.sh browser gets it)'
    echo '1..1'
    exit 0
fi

# browse ADDRESS OPTION... : with a profile of its own, ended after a minute.
browse() {
    local profile address=$1
    shift
    profile=$(mktemp -d "$T/profile.XXXXXX")
    timeout --kill-after=5 60 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$profile" \
        "$@" "$address" 2>>"$T/browser.log"
}

# dom [#FILTERS] [WIDTH]: the page as the browser holds it once the script has run.
dom() {
    browse "file://$T/page.html${1:-}" --window-size="${2:-1280}",900 --dump-dom
}

check() { # NAME COMMAND...
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >"$T/check.log" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$T/check.log" | cut -c 1-300 | head -n 20
    fi
}

line() { # EVAL FILE LINE SCORE QUESTION
    printf '{"contamination_score":%s,"eval_key":"%s","training_file":"%s","training_line":%s,"eval_instance_index":%s,"eval_question_text":"%s","eval_answer_text":"yes","eval_passage_text":"of old","ngram_match_cnt":9,"eval_unique_ngrams":9,"idf_overlap":1.0,"training_overlap_text":"... before⟨ of old⟩ and【 %s】 so⟦ yes⟧  behind ..."}\n' \
        "$4" "$1" "$2" "$3" "$3" "$5" "$5"
}

evil='</script><script>document.title=1</script><img src=x onerror=document.title=2>\"><b onclick=1>'
id=0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0
{
    line quiz one.jsonl 1 1.0 'who was the first of them'
    line quiz one.jsonl 2 0.85 'who was the last of them'
    line quiz two.jsonl 3 0.9 'which one came between'
    line exam two.jsonl 4 1.0 "$(printf 'averylongword%.0s' $(seq 40))"
    line "$evil" "$evil" 5 1.0 "$evil"
} >"$T/$id.report.jsonl"
"$BIN/decon-server" review --html "$T/page.html" "$T/$id.report.jsonl" 2>"$T/review.log" || {
    cat "$T/review.log"
    exit 1
}

visible() { # FILTERS COUNT: that many cards are shown
    dom "$1" >"$T/dom"
    local shown
    shown=$(grep -c '<article class="card"[^>]*>' "$T/dom")
    shown=$((shown - $(grep -c '<article class="card"[^>]* hidden=""' "$T/dom")))
    grep -F 'examples shown' "$T/dom"
    [ "$shown" = "$2" ]
}

shown_as_text() {
    dom >"$T/dom"
    grep -o '<title>.*</title>' "$T/dom"
    grep -q '<title>.*: contamination review</title>' "$T/dom" && # no script of the report ran
        ! grep -qE '<(img|b onclick)' "$T/dom" && [ "$(grep -c '<script>' "$T/dom")" = 1 ] &&
        grep -q '&lt;img src=x onerror=document.title=2&gt;' "$T/dom"
}

# The rules of the page hold although a script and a picture are put into it unescaped.
rules_hold() {
    sed 's|<main>|<main><script>document.title="ran"</script><img src="x" onerror="document.title=3"><style>p{x:y}</style>|' \
        "$T/page.html" >"$T/broken.html"
    browse "file://$T/broken.html" --dump-dom >"$T/dom"
    grep -o '<title>.*</title>' "$T/dom"
    grep -q '<img src="x"' "$T/dom" && grep -q ': contamination review</title>' "$T/dom"
}

# Whether the page is wider than its window, as it says itself (the rules taken out to let it). It
# lies in a frame, since a window is 500 wide at the least.
fits_width() { # WIDTH
    sed 's|<meta http-equiv="Content-Security-Policy"[^>]*>||
         s|</body>|<script>parent.postMessage(document.documentElement.scrollWidth + " of " + innerWidth, "*")</script></body>|' \
        "$T/page.html" >"$T/measured.html"
    echo "<!doctype html><script>onmessage = (e) => document.title = e.data</script>
        <iframe src=measured.html width=$1 height=844 style=border:0></iframe>" >"$T/frame.html"
    browse "file://$T/frame.html" --window-size=1400,900 --dump-dom >"$T/dom"
    local words
    words=$(sed -n 's/.*<title>\([0-9]* of [0-9]*\)<\/title>.*/\1/p' "$T/dom")
    echo "$words"
    [ "${words#* of }" = "$1" ] && [ "${words% of *}" -le "$1" ]
}

picture() { # NAME WIDTH OPTION...
    local name=$1 width=$2
    shift 2
    browse "file://$T/page.html" --window-size="$width",1200 --hide-scrollbars --screenshot="$T/$name.png" "$@" >/dev/null
    [ -z "${SHOTS:-}" ] || cp "$T/$name.png" "$SHOTS/"
    [ "$(head -c 8 "$T/$name.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] &&
        [ "$(stat -c %s "$T/$name.png")" -gt 20000 ]
}

check 'all examples are shown at first' visible '' 5
check 'the filter by evaluation' visible '#eval=quiz' 3
check 'the filter by file' visible '#file=two.jsonl' 2
check 'the filter by score' visible '#min=0.95' 3
check 'filters together' visible '#eval=quiz&file=two.jsonl&min=0.8' 1
check 'the search' visible '#q=BETWEEN' 1
check 'nothing fits' visible '#q=no-such-words' 0
check 'marked parts' grep -q '<mark class="q" data-k="question">who was the first of them</mark>' "$T/page.html"
check 'hostile text is text' shown_as_text
check 'the rules of the page hold by themselves' rules_hold
check 'it fits a desk' fits_width 1280
check 'it fits a phone' fits_width 390
check 'a picture of a desk' picture desk 1280
check 'a picture of a phone' picture phone 390
check 'a picture at night' picture night 1280 --blink-settings=preferredColorScheme=0
echo "1..$number"
