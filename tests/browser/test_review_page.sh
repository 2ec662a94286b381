#!/usr/bin/env bash
# The page of `decon-server review --html` in a real browser: Chromium without a window, on this
# machine's files only. Prints TAP; skips all tests without Chromium.
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

# browse ADDRESS OPTION... : with a temporary profile, ended after a minute.
browse() {
    local profile address=$1
    shift
    profile=$(mktemp -d "$T/profile.XXXXXX")
    timeout --kill-after=5 180 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
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
    line "$evil" "$evil" 5 1.0 "$evil $(printf ' folded%.0s' $(seq 200)) the very end of it"
} >"$T/$id.report.jsonl"
"$BIN/decon-server" review --html "$T/page.html" "$T/$id.report.jsonl" 2>"$T/review.log" || {
    cat "$T/review.log"
    exit 1
}

visible() { # FILTERS COUNT: that many cards are shown
    dom "$1" >"$T/dom"
    local shown
    shown=$(grep -o '<article class="card"[^>]*>' "$T/dom" | wc -l)
    grep -o 'role="status">[^<]*' "$T/dom"
    [ "$shown" = "$2" ] && grep -qF "role=\"status\">$2 of 5 matches<" "$T/dom"
}

# first_score FILTERS SCORE: the score of the first shown card
first_score() {
    dom "$1" >"$T/dom"
    [ "$(grep -o '<span class="score[^>]*>[0-9.]*' "$T/dom" | head -n 1 | sed 's/.*>//')" = "$2" ]
}

# act SCRIPT: the page after a script that acts as a user; the content security policy is removed to allow it.
act() {
    sed 's|<meta http-equiv="Content-Security-Policy"[^>]*>||' "$T/page.html" >"$T/act.html"
    sed -i "s|</body>|<script>$1</script></body>|" "$T/act.html"
    browse "file://$T/act.html" --dump-dom >"$T/dom"
    grep -o 'role="status">[^<]*' "$T/dom"
}

bar() { # FIELD VALUE COUNT: a click on that bar leaves COUNT matches, a second click all
    act "document.querySelector('button.bar[data-field=$1][data-value=\"$2\"]').click()"
    grep -qF "role=\"status\">$3 of 5 matches<" "$T/dom" && grep -qE "<button[^>]* data-value=\"$2\"[^>]* aria-pressed=\"true\"" "$T/dom" || return 1
    act "for (const i of [1, 2]) document.querySelector('button.bar[data-field=$1][data-value=\"$2\"]').click()"
    grep -qF 'role="status">5 of 5 matches<' "$T/dom"
}

# A verdict of the page can be read by review and rejudge.
verdict_is_saved() {
    act "document.querySelectorAll('.card .judge button')[0].click(); document.querySelectorAll('.card .judge button')[4].click()"
    local href
    href=$(grep -o 'href="data:application/x-ndjson[^"]*' "$T/dom" | sed 's/.*utf-8,//')
    printf '%b' "${href//%/\\x}" >"$T/verdicts.jsonl"
    cat "$T/verdicts.jsonl"
    grep -qxF '{"eval_instance_index":2,"eval_key":"quiz","split":"","training_file":"one.jsonl","training_line":2,"verdict":"false_positive"}' "$T/verdicts.jsonl" &&
        grep -qxF '{"eval_instance_index":3,"eval_key":"quiz","split":"","verdict":"false_positive"}' "$T/verdicts.jsonl" &&
        "$BIN/decon" review --suppress "$T/verdicts.jsonl" "$T/$id.report.jsonl" | grep -qF '(2 judged to be false)'
}

long_texts_are_folded() {
    dom '#q=folded' | sed 's/<script.*//' >"$T/dom" # without the data
    grep -q ' … ' "$T/dom" || return 1
    local folded whole
    folded=$(grep -o ' folded' "$T/dom" | wc -l)
    act "for (const b of document.querySelectorAll('dd button')) b.click()"
    whole=$(sed 's/<script.*//' "$T/dom" | grep -o ' folded' | wc -l)
    echo "$folded $whole"
    [ "$folded" -gt 10 ] && [ "$whole" -ge $((folded * 2)) ]
}

# 100,000 matches: the first ones, and a search through all of them.
many_matches() {
    mkdir -p "$T/many"
    awk 'BEGIN {
        for (i = 0; i < 100000; i++) {
            q = i % 5000
            word = i == 77777 ? " needle" : ""
            printf "{\"contamination_score\":%.4f,\"eval_key\":\"set-%d\",\"training_file\":\"f\",\"training_line\":%d,\"eval_instance_index\":%d,\"eval_question_text\":\"question number %d of a set that is asked about the weather in the harbour\",\"ngram_match_cnt\":9,\"eval_unique_ngrams\":9,\"idf_overlap\":1.0,\"training_overlap_text\":\"... text before it that is of some length so that a line is about as long as lines of reports are【 question number %d of a set that is asked about the weather in the harbour】 and text after it%s that also has some length ...\"}\n", 0.8 + (99999 - i) % 2000 / 10000, q % 40, i, q, q, q, word
        }
    }' >"$T/many/crawl.report.jsonl"
    "$BIN/decon" review --html "$T/many.html" "$T/many" 2>"$T/review.log" || return 1
    browse "file://$T/many.html" --dump-dom >"$T/dom"
    grep -o 'role="status">[^<]*' "$T/dom"
    grep -qF 'role="status">100,000 of 100,000 matches<' "$T/dom" && [ "$(grep -o '<article class="card' "$T/dom" | wc -l)" = 50 ] || return 1
    browse "file://$T/many.html#q=needle%20weather" --dump-dom >"$T/dom"
    grep -o 'role="status">[^<]*' "$T/dom"
    grep -qF 'role="status">1 of 100,000 matches<' "$T/dom"
}

shown_as_text() {
    dom >"$T/dom"
    grep -o '<title>.*</title>' "$T/dom"
    grep -q '<title>.*: contamination review</title>' "$T/dom" && # no script of the report ran
        ! grep -qE '<(img|b onclick)' "$T/dom" && [ "$(grep -o '<script' "$T/dom" | wc -l)" = 2 ] &&
        grep -q '&lt;img src=x onerror=document.title=2&gt;' "$T/dom"
}

# The content security policy applies even if a script and a picture are inserted unescaped.
rules_hold() {
    sed 's|<main>|<main><script>document.title="ran"</script><img src="x" onerror="document.title=3"><style>p{x:y}</style>|' \
        "$T/page.html" >"$T/broken.html"
    browse "file://$T/broken.html" --dump-dom >"$T/dom"
    grep -o '<title>.*</title>' "$T/dom"
    grep -q '<img src="x"' "$T/dom" && grep -q ': contamination review</title>' "$T/dom"
}

# Whether the page is wider than its window, as reported by a script (the content security policy is
# removed to allow it). The page is in a frame, since a window is at least 500 pixels wide.
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

check 'all matches are shown at first' visible '' 5
check 'the filter by evaluation' visible '#eval=quiz' 3
check 'the filter by file' visible '#file=two.JSON' 2
check 'the filter by score' visible '#score=1.00' 3
check 'filters together' visible '#eval=quiz&file=two.jsonl&score=0.90+to+0.95' 1
check 'the search' visible '#q=BETWEEN' 1
check 'the search for words of several texts' visible '#q=yes+came+quiz+two' 1
check 'nothing fits' visible '#q=no-such-words' 0
check 'borderline matches come first' first_score '' 0.850
check 'the best come first' first_score '#order=high' 1.000
check 'a bar of a set' bar eval 0 3
check 'a bar of a score' bar band 3 1
check 'a bar of a file' bar file two.jsonl 2
check 'verdicts' verdict_is_saved
check 'marked parts' grep -q '<mark class="q" data-k="question">who was the first of them</mark>' "$T/dom"
check 'long texts are folded' long_texts_are_folded
check 'hostile text is text' shown_as_text
check 'the rules of the page hold by themselves' rules_hold
check 'it fits a desk' fits_width 1280
check 'it fits a phone' fits_width 390
check '100,000 matches' many_matches
check 'a picture of a desk' picture desk 1280
check 'a picture of a phone' picture phone 390
check 'a picture at night' picture night 1280 --blink-settings=preferredColorScheme=0
echo "1..$number"
