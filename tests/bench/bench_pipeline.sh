#!/usr/bin/env bash
# The whole host: orchestrator and detection server on the same cores as the store, which is `decon-s3 serve` and
# MinIO (third_party/minio.sh) in turn; with and without purification; all formats, large and small files. Each row
# has wall seconds, CPU seconds of the orchestrator and of the server (not of the store), MB of text for each of these
# CPU seconds, peak memory of both (of the server's largest process), and what both wrote to the file system.
#   EVALS_DIR  evaluation files (the sample set: too small for the targets)
#   MIB        text of the large files of one format (16), in 4 files with 2 contaminated lines each
#   MIX_MIB    text of the mix of formats (128), 12 files: the mixed text of bench_server.sh without all but two contaminated
#              lines a file (third_party/mixed_text.sh; English text where that cannot be fetched)
#   FILES      small files of 4 KiB (5000)
#   RUNS       the row is the run with the median of CPU (3)
#   STORES     'serve minio'
#   REFERENCE  a checkout of the reference with target/release/decon: it runs the mix and 300 small files once;
#              PYTHON (python3) must have its packages, and s5cmd must be on PATH
#   SMALL=1    a quick trial: MIB=4 MIX_MIB=8 FILES=200 RUNS=1
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if [ -n "${SMALL:-}" ]; then
    MIB=${MIB:-4} MIX_MIB=${MIX_MIB:-8} FILES=${FILES:-200} RUNS=1
fi
mib=${MIB:-16}
mix_mib=${MIX_MIB:-128}
count=${FILES:-5000}
evals=$(realpath "${EVALS_DIR:-$top/config/sample-evals}")
files=$KEPT/pipeline-$mib-$mix_mib-$count-$(printf '%s' "$evals" | cksum | cut -d ' ' -f 1)
formats='plain gz zst bz2 xz'

# --- training files ---
# with_copies FILE: the lines of standard input, and two that have a record's text in them, as the file.
with_copies() {
    awk -v seed="$(printf '%s' "${1##*/}" | cksum | cut -d ' ' -f 1)" '
        NR == FNR { copy[NR] = $0; next }
        { line[++n] = $0 }
        END {
            for (i = 1; i <= n; i++) {
                print line[i]
                if (i == int(n / 3) || i == int(2 * n / 3))
                    print "{\"id\":-" i ",\"text\":\"Some other text. " copy[1 + (seed + i) % length(copy)] "And more text.\"}"
            }
        }' strings.txt - >"$1"
}
# split_text PARTS DIR: the lines of standard input in so many files.
split_text() {
    local part
    mkdir -p "$2"
    split -n "r/$1" -a 3 --numeric-suffixes - "$2/raw-"
    for part in "$2"/raw-*; do
        with_copies "$2/part-${part##*raw-}.jsonl" <"$part"
        rm "$part"
    done
}
make_formats() { # make_formats DIR
    local format
    "$BENCH/make_english" "$mib" 3 | split_text 4 "$1/plain"
    for format in gz zst bz2 xz; do
        cp -r "$1/plain" "$1/$format"
    done
    gzip "$1"/gz/*
    zstd -q --rm "$1"/zst/*
    bzip2 "$1"/bz2/*
    xz -T 0 "$1"/xz/*
}
make_mix() { # make_mix DIR: half gzip, half Zstandard
    local folder part
    if folder=$("$top/third_party/mixed_text.sh"); then
        mkdir -p "$1/mix"
        "$BENCH/mixed_corpus" "$mix_mib" 15 5 "$folder" <strings.txt | split -n r/12 -a 3 --numeric-suffixes - "$1/mix/raw-"
        for part in "$1"/mix/raw-*; do
            awk '!/,"copied":true,/ || ++n <= 2' "$part" >"$1/mix/part-${part##*raw-}.jsonl"
            rm "$part"
        done
    else
        echo 'no mixed text: the mix is English text' >&2
        "$BENCH/make_english" "$mix_mib" 5 | split_text 12 "$1/mix"
    fi
    gzip "$1"/mix/*[02468].jsonl
    zstd -q --rm "$1"/mix/*.jsonl
}
make_small() { # make_small DIR: 4 KiB each, one in 50 contaminated
    mkdir -p "$1/small"
    { "$BENCH/make_english" $((count / 100 + 2)) 11 || true; } 2>/dev/null | awk -v dir="$1/small" -v count="$count" '
        NR == FNR { copy[NR] = $0; next }
        length($0) > 4096 {
            name = sprintf("%s/file-%05d.jsonl", dir, n)
            head = substr($0, 1, 3000)
            sub(/ [^ ]*$/, "", head)
            rest = substr($0, length(head) + 1, 1000)
            sub(/ [^ ]*$/, "", rest)
            print head "\"}" >name
            print "{\"id\":-1,\"text\":\"" (n % 50 == 7 ? copy[1 + n % length(copy)] : rest) "\"}" >name
            close(name)
            if (++n == count) exit
        }' strings.txt -
}
make_files() {
    local made=$files.$$
    [ ! -d "$files" ] || return 0
    echo "making $files" >&2
    mkdir -p "$made"
    record_strings "$evals" >strings.txt
    make_formats "$made"
    make_mix "$made"
    make_small "$made"
    mv "$made" "$files"
}
# text_mb FOLDER: MB of text of its files.
text_mb() {
    local file
    for file in "$files/$1"/*; do
        case $file in
        *.gz) gzip -dc "$file" ;; *.zst) zstd -dcq "$file" ;; *.bz2) bzip2 -dc "$file" ;; *.xz) xz -dc "$file" ;; *) cat "$file" ;;
        esac
    done | wc -c | awk '{print $1 / 1e6}'
}

# --- programs ---
start_minio() {
    local minio
    minio=$("$top/third_party/minio.sh" --find) || minio=
    [ -n "$minio" ] || { echo "skipped: no MinIO; third_party/minio.sh builds one"; return 1; }
    MINIO_ROOT_USER=$AWS_ACCESS_KEY_ID MINIO_ROOT_PASSWORD=$AWS_SECRET_ACCESS_KEY MINIO_BROWSER=off MINIO_UPDATE=off \
        "$minio" server --address 127.0.0.1:0 --console-address 127.0.0.1:0 "$dir/minio" >minio.log 2>&1 &
    store=$!
    for _ in $(seq 600); do
        AWS_ENDPOINT_URL=$(sed -n 's/^API: *\(http:[^ ]*\).*/\1/p' minio.log)
        [ -z "$AWS_ENDPOINT_URL" ] || break
        sleep 0.05
    done
    export AWS_ENDPOINT_URL
}
start_serve() {
    start_store
    store=${pids[-1]}
}
end() { # end PID
    kill "$1"
    wait "$1" || true
}
# start_server OPTION...: $server is its process, $url its address.
start_server() {
    rm -f server.port
    "$BIN/decon-server" --evals-dir "$evals" --vocabulary-dir "$top/detection/data" --port 0 --port-file server.port \
        --report-output-dir "$dir/reports" --cleaned-output-dir "$dir/cleaned" "$@" >server.log 2>&1 &
    server=$!
    pids+=("$server")
    await_file server.port
    url=http://127.0.0.1:$(cat server.port)
}
ours() { # ours INPUT OPTION...: one run, into a separate prefix
    local input=$1
    shift
    outputs=$((outputs + 1))
    "$BENCH/usage" used "$BIN/decon-orchestrator" --remote-file-input "s3://bench/$input" \
        --remote-report-output-dir "s3://bench/out-$outputs" --server-url "$url" --local-work-dir "$dir/work" \
        --cleanup-delay 0 "$@" >out.log 2>&1 || { tail -n 20 out.log >&2; exit 1; }
}
theirs() { # theirs INPUT
    outputs=$((outputs + 1))
    cat >reference.yaml <<YAML
remote_file_input: s3://bench/$1
remote_report_output_dir: s3://bench/out-$outputs/reports
remote_cleaned_output_dir: s3://bench/out-$outputs/cleaned
server_url: $url
local_work_dir: $dir/reference-work
cleanup_delay: 0
YAML
    S3_ENDPOINT_URL=$AWS_ENDPOINT_URL AWS_DEFAULT_REGION=us-east-1 "$BENCH/usage" used "${PYTHON:-python3}" \
        "$REFERENCE/python/orchestration.py" --config reference.yaml >out.log 2>&1 || { tail -n 20 out.log >&2; exit 1; }
}

# --- rows ---
heading() {
    printf '%-6s %-4s %-10s %7s %8s %8s %8s %9s %8s %8s %8s\n' store with input 'MB text' 'wall s' 'orch. s' 'server s' \
        'MB/CPU s' 'MiB o.' 'MiB s.' 'MB out'
}
# row WITH NAME WHO: what `WHO NAME` takes, the median by CPU of RUNS; in $row: wall, CPU, MB of text for each CPU second.
row() {
    local i before
    : >rows
    for ((i = 0; i < runs; i++)); do
        rm -f used
        before="$(tree_cpu "$server") $(tree_written "$server")"
        "$3" "$2"
        echo "$(cat used) $before $(tree_cpu "$server") $(tree_written "$server") $(tree_peak "$server")" >>rows
    done
    row=$(awk '{print $2 + $7 - $5, $1, $2, $7 - $5, $3, $9, ($4 + $8 - $6) / 1e6}' rows | sort -n |
        awk -v mb="$(cat "mb.$2")" '{r[NR] = $0} END {
            $0 = r[int((NR + 1) / 2)]
            printf "%.1f %.2f %.2f %.2f %.1f %.0f %.0f %.1f", mb, $2, $3, $4, mb / ($1 > 0 ? $1 : 0.01), $5 / 1024, $6, $7}')
    local name=$2
    [ "$3" = ours ] || name="ref. $2"
    # shellcheck disable=SC2086 # columns
    printf '%-6s %-4s %-10s %7s %8s %8s %8s %9s %8s %8s %8s\n' "$at" "$1" "$name" $row
}
# verdict NAME VALUE OP LIMIT UNIT: OP is `least` or `most`.
verdict() {
    awk -v name="$1" -v v="$2" -v op="$3" -v limit="$4" -v unit="$5" 'BEGIN {
        met = op == "least" ? v >= limit : v <= limit
        printf "    %s: %.4g %s, at %s %s: %s\n", name, v, unit, op, limit, met ? "met" : "MISSED"}'
}
field() { awk -v n="$1" '{print $n}' <<<"$row"; }
large_rows() { # large_rows WITH
    local format
    for format in $formats; do
        row "$1" "$format" ours
    done
    row "$1" mix ours
    if [ "$1" = no ]; then
        verdict 'mix without purification' "$(field 5)" least 120 'MB of text a CPU second'
    else
        verdict 'mix with purification' "$(field 5)" least 70 'MB of text a CPU second'
        verdict 'mix, ten times the reference' "$(field 5)" least 82 'MB of text a CPU second'
    fi
}
small_row() { # small_row WITH
    row "$1" small ours
    [ "$1" = no ] || return 0
    [ "$at" != serve ] || verdict 'small files' "$(field 2 | awk -v n="$count" '{print n / $1}')" least 1500 'a second'
    verdict 'small files' "$(awk -v n="$count" '{print ($3 + $4) / n * 1000}' <<<"$row")" most 0.6 'ms of CPU each'
}

# ms from the start of a file's download to its commit, its job included, by the orchestrator's log: the median of 15
# runs over one file.
latency() {
    local i
    for ((i = 0; i < 15; i++)); do
        ours one --log-level debug --log-json
        awk '/"event":"done"/ { match($0, /"seconds":[0-9.]+/); print substr($0, RSTART + 10, RLENGTH - 10) * 1000 }' out.log
    done | sort -n | awk '{t[NR] = $1} END {print t[int((NR + 1) / 2)]}'
}
# CPU of the orchestrator while 64 jobs do not end, since the server's processes for jobs are stopped: percent of a core.
polling() {
    local seconds=${POLL_SECONDS:-10} pid before after jobs
    [ -z "${SMALL:-}" ] || seconds=5
    jobs=$(tree "$server" | sed 1d)
    # shellcheck disable=SC2086 # several processes
    kill -STOP $jobs
    outputs=$((outputs + 1))
    "$BIN/decon-orchestrator" --remote-file-input s3://bench/polled --remote-report-output-dir "s3://bench/out-$outputs" \
        --server-url "$url" --local-work-dir "$dir/work" --cleanup-delay 0 --max-concurrent-jobs 64 >polling.log 2>&1 &
    pid=$!
    sleep 2
    before=$(cpu_ns "$pid")
    sleep "$seconds"
    after=$(cpu_ns "$pid")
    # shellcheck disable=SC2086
    kill -CONT $jobs
    wait "$pid" || { cat polling.log >&2; exit 1; }
    verdict "polling of 64 jobs" "$(awk -v ns=$((after - before)) -v s="$seconds" 'BEGIN {print ns / s / 1e7}')" most 1 '% of a core'
}
reference_rows() { # reference_rows WITH OPTION...
    local with=$1 runs=1
    shift
    rm -f reference.log
    reference_port=$(free_port)
    "$REFERENCE/target/release/decon" server --port "$reference_port" --content-key text --evals-dir "$evals" \
        --report-output-dir "$dir/reference/reports" --cleaned-output-dir "$dir/reference/cleaned" "$@" >reference.log 2>&1 &
    server=$!
    pids+=("$server")
    url=http://127.0.0.1:$reference_port
    for _ in $(seq 1200); do
        ! curl -fs "$url/health" >/dev/null || break
        sleep 0.1
    done
    row "$with" mix theirs
    row "$with" few theirs
    end "$server"
}
free_port() {
    local pid
    rm -f free.port
    "$BIN/decon-s3" serve --root free --port 0 --port-file free.port >free.log 2>&1 &
    pid=$!
    await_file free.port
    end "$pid"
    cat free.port
}

# --- everything ---
upload() {
    local folder
    s3 mb s3://bench >out.log
    for folder in $formats mix small; do
        s3 cp --recursive "$files/$folder/" "s3://bench/$folder/" >out.log
    done
    s3 cp "$files/small/file-00000.jsonl" s3://bench/one/file.jsonl >out.log
    mkdir -p polled few
    find "$files/small" -type f | sort | sed -n 1,64p | xargs cp -t polled
    find "$files/small" -type f | sort | sed -n 1,300p | xargs cp -t few
    s3 cp --recursive polled/ s3://bench/polled/ >out.log
    s3 cp --recursive few/ s3://bench/few/ >out.log
}
on_store() {
    heading
    start_server
    large_rows no
    small_row no
    verdict 'latency of one file' "$(latency)" most 10 ms
    polling
    end "$server"
    start_server --purify
    large_rows yes
    small_row yes
    end "$server"
    [ -n "${REFERENCE:-}" ] || return 0
    reference_rows no
    reference_rows yes --purify
}

machine
outputs=0
runs=$RUNS
make_files
for name in $formats mix small; do
    text_mb "$name" >"mb.$name"
done
awk -v n="$count" '{print $1 * (n < 300 ? n : 300) / n}' mb.small >mb.few
echo "evaluation files: $evals; $mib MiB of each format, $mix_mib MiB of the mix, $count small files, medians of $runs"
[ -n "${REFERENCE:-}" ] || echo 'skipped: REFERENCE=DIR names no checkout of the reference'
[ -z "${SMALL:-}" ] || echo "a quick trial: the verdicts are those of the full sizes, and of little worth here"
for at in ${STORES:-serve minio}; do
    "start_$at" || continue
    upload
    on_store
    end "$store"
done
