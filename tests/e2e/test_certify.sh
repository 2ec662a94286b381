#!/usr/bin/env bash
# Certificates: written from a report folder, refused if it has gaps, verified by other programs.
. "$(dirname "$0")/lib.sh"

# scan [OPTION...]: a finished report folder of sets whose names differ from the sample's; a key pair.
scan() {
    mkdir "$T/evals"
    sed 's/"eval_key":"/&real_/' "$evals"/*.jsonl >"$T/evals/all.jsonl"
    start_store
    start_server --evals-dir "$T/evals" --self-test
    fill
    orchestrate run "$@"
    expect_status 0
    openssl genpkey -algorithm ed25519 -out "$T/key.pem"
    openssl pkey -in "$T/key.pem" -pubout -out "$T/key.pub"
}

# certify BASE [OPTION...], verify BASE [OPTION...]: exit status in $status, output in $T/tool.log.
certify() {
    local base=$1
    shift
    log=tool
    status=0
    "$BIN/decon-orchestrator" certify s3://data/out/reports --output "$T/$base" --signing-key "$T/key.pem" "$@" \
        >"$T/tool.log" 2>&1 || status=$?
}

verify() {
    local base=$1
    shift
    log=tool
    status=0
    "$BIN/decon-orchestrator" verify-certificate "$T/$base.json" --public-key "$T/key.pub" "$@" \
        >"$T/tool.log" 2>&1 || status=$?
}

test_the_example_of_the_documentation() {
    scan --ledger-sha256
    cp "$top/docs/certificate.md" "$T/text"
    sed -n '/^## Example/,/^## Files/{/^```sh/,/^```$/{/^```/!p}}' "$T/text" >"$T/example.sh"
    [ "$(grep -c . "$T/example.sh")" = 6 ] || fail "$(cat "$T/example.sh")"
    (cd "$T" && PATH=$BIN:$PATH bash -euo pipefail example.sh) >"$T/example.log" 2>&1 || fail "$(cat "$T/example.log")"
    log=example
    expect_log '^corpus-v3.json: 9 inputs, 4 clean, 5 contaminated$'
    expect_log '^signature  valid; SHA-256 of the public key [0-9a-f]{64}$'
    expect_log '^sample     seed 1: 5 as certified \(0 with their checksum\), 0 different$'
    expect_log '^Signature Verified Successfully$'
    # Digests and order, by other programs.
    zstd -dcq "$T/corpus-v3.jsonl.zst" >"$T/lines"
    jq -r '.key + " " + .checksum.value' "$T/lines" >"$T/certified"
    keys in/ | while read -r key; do
        printf '%s %s\n' "$key" "$(s3 cat "s3://data/$key" | openssl dgst -sha256 -binary | base64)"
    done >"$T/computed"
    expect_same "$T/computed" "$T/certified"
    jq -e '.complete and .settings[0].recall.kinds.verbatim.found == 25 and .sources.ledger == 9' "$T/corpus-v3.json"
    jq -e '.not_claimed | any(contains("lines without a text"))' "$T/corpus-v3.json" || fail 'lines without a text'
}

test_results_without_the_ledger_give_the_same_lines() {
    scan
    certify one
    expect_status 0
    s3 rm -r s3://data/out/reports/_decon/ledger/
    certify two
    expect_status 0
    cmp "$T/one.jsonl.zst" "$T/two.jsonl.zst"
    verify two --sample 100
    expect_status 0
    expect_log '^sample     seed [0-9]+: 9 as certified \([1-9] with their checksum\), 0 different$'
    certify one
    expect_status 2 # the files exist
    put "$samples/books/part-02.jsonl.gz" 'in/books/part-01.jsonl'
    s3 rm s3://data/in/books/part-02.jsonl.gz
    verify two --sample 9 --seed 7
    expect_status 3
    expect_log 'in/books/part-01.jsonl: not as certified: its size differs'
    expect_log 'in/books/part-02.jsonl.gz: not as certified: it no longer exists'
    expect_log '^sample     seed 7: 7 as certified .*, 2 different$'
}

# expect_refused GAP COUNT: also by the partial certificate.
expect_refused() {
    certify "refused-$1"
    expect_status 3
    expect_log "certify: $2 .*\(first: in/"
    [ ! -e "$T/refused-$1.json" ] || fail 'a certificate was written'
    certify "partial-$1" --partial
    expect_status 0
    jq -e --arg gap "$1" --argjson count "$2" '(.complete | not) and .gaps == {($gap): $count}' "$T/partial-$1.json" ||
        fail "$(cat "$T/partial-$1.json")"
    verify "partial-$1"
    expect_status 0
    expect_log "^PARTIAL    inputs with gaps: .*\"$1\":$2"
}

test_a_folder_with_gaps_is_refused() {
    scan
    put "$samples/books/part-01.jsonl" in/new.jsonl
    expect_refused left 1
    put "$samples/web pages/broken.jsonl.gz" in/new.jsonl.gz
    expect_refused refused 2 # both write new.clean
    s3 rm s3://data/in/new.jsonl
    orchestrate second
    expect_status 3
    expect_refused failed 1
    s3 rm s3://data/in/new.jsonl.gz
    s3 rm -r s3://data/out/reports/_decon/ledger/
    : >"$T/nothing"
    put "$T/nothing" 'out/reports/web pages/part-01.clean'
    expect_refused no_provenance 1
    put "$samples/books/part-01.jsonl" in/new.jsonl
    s3 rm 's3://data/out/reports/web pages/part-01.clean'
    stop "$server"
    start_server --evals-dir "$T/evals" --contamination-score-threshold 0.5
    orchestrate third --on-settings-change keep
    expect_status 0
    expect_refused mixed_settings 2
    s3 rm -r s3://data/out/reports/_decon/settings/
    certify undescribed
    expect_status 3
    expect_log 'certify: 10 results have settings whose evaluation records are not described'
}

# A certificate names the settings of the scan; also where times and ledger do not show the change.
test_verdicts_of_other_rules_are_refused() {
    scan
    all_false_positives "$T/evals" >"$T/verdicts"
    "$BIN/decon" rejudge --suppress "$T/verdicts" --in-place s3://data/out/reports >"$T/rejudge.out"
    expect_refused judged_again 5
    "$BIN/decon" rejudge --in-place s3://data/out/reports >"$T/rejudge.out"
    certify restored
    expect_status 0
    jq -e '.complete and .verdicts.contaminated == 5' "$T/restored.json" || fail "$(cat "$T/restored.json")"
}

test_the_sample_set_certifies_nothing() {
    start_store
    start_server
    fill
    orchestrate run
    openssl genpkey -algorithm ed25519 -out "$T/key.pem"
    openssl pkey -in "$T/key.pem" -pubout -out "$T/key.pub"
    expect_refused sample_set 9
}

# tampered NAME COMMAND...: a copy of the certificate, changed by a command.
tampered() {
    local name=$1
    shift
    cp "$T/good.json" "$T/$name.json"
    cp "$T/good.sig" "$T/$name.sig"
    "$@" <"$T/lines" | zstd -q >"$T/$name.jsonl.zst"
    verify "$name"
    expect_status 3
    expect_no_log '^signature'
}

resigned() {
    openssl pkeyutl -sign -rawin -inkey "$T/key.pem" -in "$T/$1.json" -out "$T/$1.sig"
    cp "$T/good.jsonl.zst" "$T/$1.jsonl.zst"
    verify "$1"
    expect_status 3
}

test_a_certificate_that_was_changed_is_not_valid() {
    scan
    certify good
    expect_status 0
    zstd -dcq "$T/good.jsonl.zst" >"$T/lines"
    tampered same-bytes-of-other-lines sed '3s/"verdict":"[a-z]*"/"verdict":"contaminated"/;4s/"verdict":"[a-z]*"/"verdict":"clean"/'
    expect_log 'the Merkle root of the lines is'
    tampered removed sed 4d
    expect_log 'there are 8 lines, the head says 9'
    tampered added sed '$p'
    expect_log 'line 10: there are more lines'
    tampered swapped sed '3{h;d};4G'
    expect_log 'line 4: its key is not above'
    tampered spaced sed '5s/,/, /'
    expect_log 'line 5: not in canonical form'
    tampered cut head -c -1
    expect_log 'line 9: no line end'
    tampered empty true
    # The compressed file itself.
    cp "$T/good.json" "$T/short.json"
    cp "$T/good.sig" "$T/short.sig"
    head -c -20 "$T/good.jsonl.zst" >"$T/short.jsonl.zst"
    verify short
    expect_status 3
    # The head, with the old signature.
    for text in 's/"clean":4/"clean":5/' 's/"complete":true/"complete":false/' 's/$/ /'; do
        sed "$text" "$T/good.json" >"$T/head.json"
        cp "$T/good.sig" "$T/head.sig"
        cp "$T/good.jsonl.zst" "$T/head.jsonl.zst"
        verify head
        expect_status 3
        expect_log 'not a signature of .* by the given key'
    done
    # The head, signed again by the right key.
    sed 's/"clean":4,"contaminated":5/"clean":5,"contaminated":4/' "$T/good.json" >"$T/sums.json"
    resigned sums
    expect_log 'do not add up'
    jq . "$T/good.json" >"$T/pretty.json"
    resigned pretty
    expect_log 'not in canonical form'
    sed 's/"format":1/"format":2/' "$T/good.json" >"$T/format.json"
    resigned format
    expect_log 'not the head of a certificate of format 1'
    # Other signatures and keys.
    openssl genpkey -algorithm ed25519 -out "$T/other.pem"
    cp "$T/good.json" "$T/other.json"
    cp "$T/good.jsonl.zst" "$T/other.jsonl.zst"
    openssl pkeyutl -sign -rawin -inkey "$T/other.pem" -in "$T/other.json" -out "$T/other.sig"
    verify other
    expect_status 3
    rm "$T/other.sig"
    verify other
    expect_status 1
    verify good
    expect_status 0
    cp "$T/key.pem" "$T/key.pub"
    verify good
    expect_status 2 # a private key is not a public key
}

test_nothing_is_asked_of_the_store_without_a_sample() {
    scan
    certify good
    stop "$store"
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL
    verify good
    expect_status 0
    expect_log '^lines      9, canonical and in order; root [0-9a-f]{64}$'
    status=0
    "$BIN/decon-orchestrator" verify-certificate "$T/good.json" >"$T/tool.log" 2>&1 || status=$?
    expect_status 2
    expect_log 'public-key is required'
}

run_tests
