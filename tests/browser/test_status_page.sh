#!/usr/bin/env bash
# The status page of a run in a real browser: Chromium without a window, on this machine only.
# Prints TAP; skips all tests without Chromium.
#   BIN=build/bin tests/browser/test_status_page.sh       SHOTS=folder keeps pictures
. "$(dirname "$0")/../e2e/lib.sh"
chromium=$(command -v chromium || command -v chromium-browser || true)

# browse ADDRESS OPTION... : with a temporary profile, ended after a minute.
browse() {
    local profile address=$1
    shift
    profile=$(mktemp -d "$T/profile.XXXXXX")
    timeout --kill-after=5 60 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$profile" \
        "$@" "$address" 2>>"$T/browser.log"
}

# start_run [OPTION...]: a run that waits for one file, has failed with another, and has done the others.
start_run() {
    [ -n "$chromium" ] || {
        echo 'there is no chromium (third_party/install.sh browser)'
        exit 77
    }
    start_store --fault delay=120000,method=GET,key=in/books/part-01.jsonl
    start_server
    fill
    put "$samples/web pages/broken.jsonl.gz" 'in/<img src=x onerror=document.title=1>.jsonl.gz'
    start_orchestrator run --metrics-listen 0 "$@"
    wait_for grep -q 'state FAILED' "$T/run.log"
    wait_for grep -q 'contaminated: ' "$T/run.log"
    url=$(sed -n 's|^.* status page: \(http://[^/]*/\),.*$|\1|p' "$T/run.log")
    wait_for sh -c "curl -sf '${url}status.json' | grep -q '\"failures\":\[{'"
    wait_for sh -c "curl -sf '${url}status.json' | grep -q '\"contaminated_files\":\[{'"
    wait_for sh -c "curl -sf '${url}status.json' | grep -q '\"bytes_per_second\":\[[0-9]'"
}

# dom WIDTH: the page as the browser holds it once the script has run.
dom() {
    browse "$url" --window-size="$1",900 --virtual-time-budget=3000 --dump-dom >"$T/dom"
}

# shot NAME WIDTH HEIGHT
shot() {
    browse "$url" --window-size="$2,$3" --virtual-time-budget=3000 --screenshot="$T/$1.png" >/dev/null
    [ -s "$T/$1.png" ] || fail "no picture $1"
    [ -z "${SHOTS:-}" ] || cp "$T/$1.png" "$SHOTS/$1.png"
}

test_the_page_shows_the_run() {
    start_run
    dom 1280
    grep -qE "id=\"about\">host 0 of 1 on $(uname -n), version " "$T/dom" || fail "$(grep -o 'id="about">[^<]*' "$T/dom")"
    grep -qE '<h1 id="title">decon run 20[0-9T]+Z-0-[0-9a-f]{6}</h1>' "$T/dom" || fail "$(head -c 3000 "$T/dom")"
    grep -qE '<p id="progress">[0-9]+%, .* of .* done, [0-9]+ of 10 files' "$T/dom"
    grep -q '<td class="">DOWNLOADING</td>' "$T/dom" || grep -q '<td>DOWNLOADING</td>' "$T/dom"
    grep -q 'in/books/part-01.jsonl</td>' "$T/dom"
    grep -qE '<polyline points="[0-9]' "$T/dom"
    grep -q '<td class="key">in/books/part-02.jsonl.gz</td>' "$T/dom"
    grep -q '<td class="key">line 27, byte ' "$T/dom" # the cause, without the key
}

test_the_page_names_a_host_that_claims() {
    start_run --distribution claim
    dom 1280
    grep -qE '<h1 id="title">decon run 20[0-9T]+Z-c-[0-9a-f]{6}</h1>' "$T/dom" || fail "$(head -c 3000 "$T/dom")"
    grep -qE "id=\"about\">host $(uname -n), claims slices, version " "$T/dom" || fail "$(grep -o 'id="about">[^<]*' "$T/dom")"
}

test_keys_are_text() {
    start_run
    dom 1280
    grep -q '&lt;img src=x onerror=document.title=1&gt;.jsonl.gz' "$T/dom"
    ! grep -q '<img' "$T/dom" || fail 'a key became markup'
    grep -q '<title>decon run</title>' "$T/dom"
}

# copy: the page with the run's reply inside, and with a note of its width.
copy() {
    local data
    data=$(curl -sf "${url}status.json" | sed 's/</\\u003c/g; s/[&|\\]/\\&/g')
    curl -sf "$url" | sed "s|await fetch(\"/status.json\", { cache: \"no-store\" })|new Response(byId(\"data\").textContent)|
        s|^<script>\$|<script type=\"application/json\" id=\"data\">$data</script>\n<script>|" >"$T/page.html"
    cat >>"$T/page.html" <<'END'
<script>
setTimeout(() => { document.body.dataset.width = document.documentElement.scrollWidth + " of " + innerWidth; }, 1000);
</script>
END
    grep -q 'id="data"' "$T/page.html" && grep -q 'new Response' "$T/page.html"
}

test_it_fits_a_desk_and_a_phone() {
    local width shown
    start_run
    copy
    for width in 1280 400; do
        browse "file://$T/page.html" --window-size="$width",900 --virtual-time-budget=5000 --dump-dom >"$T/dom"
        shown=$(sed -n 's/^<body data-width="\([0-9]* of [0-9]*\)">.*/\1/p' "$T/dom")
        [ -n "$shown" ] && [ "${shown% of *}" -le "${shown#* of }" ] || fail "window $width: $shown"
        shot "status-$width" "$width" 1400
    done
}

run_tests
