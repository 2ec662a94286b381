#!/usr/bin/env bash
# Every block of commands in a document is run: fences marked `sh`, and the EXAMPLES of man pages.
#
#   ```sh                       run, and must end with 0
#   ```sh not-run: REASON       not run; their number is printed at the end
#   ```text output              lines that the block before it prints, in this order
#
# Each document has its own scratch folder, a store and a detection server. In the commands, /data
# and /mnt/nvme are folders in it, http://127.0.0.1:9000 is the store, and minioadmin its keys.
# Servers are ended as soon as they listen.
. "$(dirname "$0")/lib.sh"

# blocks FILE: "LINE<TAB>INFO" for each fence whose language is sh; "LINE<TAB>output" for expected output.
blocks() {
    awk '/^ *```/ { inside = !inside; if (inside && $0 ~ /^ *```text output$/) print FNR "\toutput"
         else if (inside && $0 ~ /^ *```sh( |$)/) { info = $0; sub(/^ *```sh */, "", info)
         print FNR "\t" info } }' "$1"
}

# block FILE LINE: its commands, without the indentation of its fence.
block() {
    awk -v first="$2" 'FNR == first { match($0, /^ */); indent = RLENGTH; next }
        FNR > first && /^ *```/ { exit } FNR > first { print substr($0, indent + 1) }' "$1"
}

# examples MANPAGE: the lines of its EXAMPLES, as displayed.
examples() {
    sed -n '/^\.SH EXAMPLES/,/^\.fi/{/^\./d; s/\\-/-/g; s/\\e/\\/g; p}' "$1"
}

documents() {
    git -C "$top" ls-files 'README.md' 'CONTRIBUTING.md' 'docs/*.md' 'deploy/*.md' 'third_party/*.md' 'detection/*.md'
}

# --- the scratch folder ---
serve_briefly() { # PROGRAM WORD...: until it listens
    local pid i
    rm -f "$T/brief.port"
    "$@" --port 0 --port-file "$T/brief.port" >"$T/brief.log" 2>&1 &
    pid=$!
    for ((i = 0; i < 3000; i++)); do
        [ -s "$T/brief.port" ] && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.02
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [ -s "$T/brief.port" ] || { cat "$T/brief.log"; return 1; }
}

# The programs under the names that the documents use.
programs() {
    mkdir -p "$T/bin"
    local name
    for name in decon decon-server decon-s3 decon-orchestrator; do
        cat >"$T/bin/$name" <<END
#!/usr/bin/env bash
T=$T
$(declare -f serve_briefly)
case $name:\${1:-} in
decon-server:health | decon-server:--help) exec "$BIN/decon-server" "\$@" ;;
decon:server | decon-s3:serve | decon-server:*)
    words=() skip=
    for word; do # the port is the system's
        [ -n "\$skip" ] && { skip=; continue; }
        [ "\$word" = --port ] && { skip=1; continue; }
        words+=("\$word")
    done
    serve_briefly "$BIN/$name" "\${words[@]}" ;;
decon-orchestrator:--* ) exec "$BIN/$name" "\$@" --server-url "http://127.0.0.1:$server_port" --poll-interval 0.2 --cleanup-delay 0 ;;
*) exec "$BIN/$name" "\$@" ;;
esac
END
        chmod +x "$T/bin/$name"
    done
    PATH=$T/bin:$PATH
}

# Evaluation sets of the names that the documents use.
sets() {
    mkdir -p data/evals decon/bundled-evals downloads/openai/gsm8k/main downloads/mine
    cp "$evals"/*.jsonl data/evals/
    local name count=3
    for name in gsm8k mmlu gpqa; do # with distinct words and ids
        count=$((count + 1))
        sed "s/\"eval_key\": *\"[^\"]*\"/\"eval_key\":\"$name\"/; s/\"doc_id\": *1/\"doc_id\": $count/; s/ the / the $name /g" \
            "$evals/harbour-quiz.jsonl" >"data/evals/${name}_test-1.jsonl"
        gzip -c "data/evals/${name}_test-1.jsonl" >"decon/bundled-evals/${name}_test-1.jsonl.gz"
    done
    cp -r data/evals all-sets
    cp -r data/evals old-sets
    rm old-sets/gpqa* old-sets/workshop*
    echo '{"question":"How many ferries are on the water at noon?","answer":"seven"}' \
        >downloads/openai/gsm8k/main/test-00000.jsonl
    cp downloads/openai/gsm8k/main/test-00000.jsonl downloads/openai/gsm8k/main/train-00000.jsonl
    echo '{"item":{"text":"How many ferries?","options":["seven","eight"],"right":0},"context":"A long text about them."}' \
        >downloads/mine/questions.jsonl
    sed -n '/^```yaml/,/^```/{/^```/d; p}' "$top/docs/evals.md" >evals.yaml
}

training() {
    mkdir -p training/web site results
    sed -n 's/.*"question": *"\([^"]*\)".*"answer": *"\([^"]*\)".*/{"text":"some words before it all \1 \2"}/p' \
        "$evals/harbour-quiz.jsonl" >training/web/a.jsonl
    echo '{"text":"Nothing of interest is in this line."}' >training/b.jsonl
    gzip -c training/web/a.jsonl >a.jsonl.gz
    gzip -c training/b.jsonl >training/c.jsonl.gz
    zstd -q training/b.jsonl -o part-07.jsonl.zst
    cp a.jsonl.gz part-08.jsonl.gz
    cp training/b.jsonl train.jsonl
    cp a.jsonl.gz train.jsonl.gz
    echo page >site/index.html
    : >false.jsonl # no verdicts yet
}

scratch() {
    start_store
    cd "$T"
    sets
    training
    start_server --allow-dir "$T" --evals-dir "$T/data/evals"
    programs
    mkdir -p nvme/decon data/reports data/cleaned
    s3 mb s3://my-bucket
    s3 mb s3://bucket
    echo 'ls s3://my-bucket/' >commands.txt
    s3 cp -q -r training/ s3://my-bucket/training/v3/
    s3 cp -q part-08.jsonl.gz s3://my-bucket/training/v3/part-08.jsonl.gz
    s3 cp -q -r s3://my-bucket/training/v3/ s3://bucket/training/
    cat >orchestration.yaml <<YAML
remote_file_input: s3://my-bucket/training/v3
remote_report_output_dir: s3://my-bucket/decon/v3/reports
remote_cleaned_output_dir: s3://my-bucket/decon/v3/cleaned
local_work_dir: $T/nvme/decon
server_url: http://127.0.0.1:$server_port
YAML
    "$BIN/decon" detect --evals-dir data/evals training/ >/dev/null 2>&1
    s3 cp -q -r reports/ s3://my-bucket/decon/reports/
    openssl genpkey -algorithm ed25519 -out certify.pem 2>/dev/null
    openssl pkey -in certify.pem -pubout -out certify.pub
    cp -r reports results-a
    cp -r reports results-b
    [ -z "$(s3 ls s3://my-bucket/decon/v3/ 2>/dev/null)" ]
}

# Replaces paths and addresses in the commands by those of this test.
here() {
    sed -e "s#\(^\|[ =']\)/data/#\1$T/data/#g; s#\(^\|[ =']\)/mnt/nvme#\1$T/nvme#g" -e "s|http://127.0.0.1:9000|$AWS_ENDPOINT_URL|g" \
        -e "s|http://127.0.0.1:8080|http://127.0.0.1:$server_port|g" \
        -e 's|AWS_ACCESS_KEY_ID=minioadmin|AWS_ACCESS_KEY_ID=test-key|g; s|AWS_SECRET_ACCESS_KEY=minioadmin|AWS_SECRET_ACCESS_KEY=test-secret-key|g'
}

run_block() { # NAME: commands on standard input
    here >block.sh
    local status=0
    timeout 120 bash -e block.sh >block.log 2>&1 </dev/null || status=$?
    [ "$status" = 0 ] || fail "$1: exit status $status: $(cat block.sh; echo ---; tail -n 20 block.log)"
}

# run_blocks FILE: every block of it, one after the other; their number is in $count.
run_blocks() {
    local line info
    count=0
    while IFS=$'\t' read -r line info; do
        case $info in
        '') block "$top/$1" "$line" | run_block "$1:$line" ;;
        'not-run: '?*) continue ;;
        output)
            block "$top/$1" "$line" >expected
            grep -Fx -f expected block.log | diff expected - || fail "$1:$line: printed: $(cat block.log)"
            continue
            ;;
        *) fail "$1:$line: what is 'sh $info'?" ;;
        esac
        count=$((count + 1))
    done < <(blocks "$top/$1")
}

# run_document FILE [PREPARE]
run_document() {
    scratch
    [ -z "${2:-}" ] || "$2"
    run_blocks "$1"
    [ "$count" -gt 0 ] || fail "$1: no block was run"
}

test_readme() { run_document README.md; }
test_compression() { run_document docs/compression.md; }
test_evals() { run_document docs/evals.md; }
test_detection() { run_document docs/how-detection-works.md; }
finished_run() { # s3://data/in, with its results in s3://data/out/reports
    s3 mb s3://data
    s3 cp -q -r training/ s3://data/in/
    "$BIN/decon-orchestrator" --remote-file-input s3://data/in --remote-report-output-dir s3://data/out/reports \
        --server-url "http://127.0.0.1:$server_port" --local-work-dir "$T/work" --poll-interval 0.2 >run.log 2>&1
}
test_certificate() { run_document docs/certificate.md finished_run; }
test_input_format() { run_document docs/input-format.md; }
test_report_format() { run_document docs/report-format.md; }
test_stores() { run_document docs/stores.md; }
test_fleet() { run_document docs/fleet.md; }
test_migration() { run_document docs/migration.md; }
test_server() { run_document docs/server.md; }

test_examples_of_man_pages() {
    local page line
    count=0
    scratch
    s3 cp -q -r training/ s3://my-bucket/data/
    s3 cp -q part-08.jsonl.gz s3://my-bucket/data/part-08.gz
    s3 cp -q part-08.jsonl.gz s3://my-bucket/tmp/old.gz
    for page in "$top"/docs/man/*.1; do
        while read -r line; do
            [ -n "$line" ] || continue
            run_block "${page##*/}: $line" <<<"$line"
            count=$((count + 1))
        done < <(examples "$page")
        [ -n "$(examples "$page")" ] || grep -q '^\.so ' "$page" || fail "${page##*/}: no EXAMPLES"
    done
    [ "$count" -ge 20 ] || fail "only $count examples"
}

test_the_picture_is_what_the_programs_print() {
    BIN=$BIN "$top/tools/terminal_picture.sh" | diff "$top/docs/terminal.svg" - ||
        fail 'docs/terminal.svg: make it again with tools/terminal_picture.sh'
}

test_all_other_documents() {
    local document
    scratch
    for document in $(documents); do
        grep -Eq "run_document ${document}(;| )" "$top/tests/e2e/test_documents.sh" || run_blocks "$document"
    done
}

test_no_command_hides_in_a_block_that_is_only_indented() {
    local document
    for document in $(documents); do
        ! awk '/^ *```/ { inside = !inside } !inside && /^(    |\t)(decon|s5cmd)[ -]/ { print FILENAME ":" FNR ": " $0 }' \
            "$top/$document" | grep . || fail "$document: a command is not in a fence marked sh"
    done
}

# Its first paragraph says so.
test_every_document_opens_with_who_should_read_it() {
    local document
    for document in CHANGELOG.md $(documents); do
        awk 'NR > 2 && /^$/ { exit } NR > 2 || !/^$/' "$top/$document" | grep -Eq '(^|[.] )(It is for|For) [a-z]' ||
            fail "$document: who should read it? (For those who ...)"
    done
}

test_the_pictures_of_the_readme_are_there_and_small() {
    local picture
    sed -n 's/^!\[.*\](\(.*\))$/\1/p' "$top/README.md" >"$T/pictures"
    [ "$(wc -l <"$T/pictures")" = 2 ] || fail "$(cat "$T/pictures")"
    while read -r picture; do
        [ -s "$top/$picture" ] && [ "$(stat -c %s "$top/$picture")" -lt 150000 ] || fail "$picture"
        grep -q "^# Prints $picture" "$top"/tools/*.sh || fail "$picture: no script makes it"
    done <"$T/pictures"
}

run_tests
not_run=$(for document in $(documents); do
    blocks "$top/$document" | sed -n "s|^\([0-9]*\)\tnot-run: \(.*\)|# not run: $document:\1: \2|p"
done)
printf '%s\n# %s blocks are not run\n' "$not_run" "$(grep -c . <<<"$not_run")"
