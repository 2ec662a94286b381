#!/usr/bin/env bash
# Times the detection server: its parts on one core (JSON, normal form, tokens, scan), the index,
# and whole jobs over HTTP, with the default settings.
#   EVALS_DIR  evaluation files for the index (default: the sample set, which is too small for a load test)
#   MIB        size of the generated training file (512)
#   TOKENIZER  cl100k
# The parts are timed with English text, and with mixed text (third_party/mixed_text.sh: six languages, code, manual pages;
# 15 % of the lines contaminated), there also against the build of commit c8aad80 that `make check-oracle` keeps.
# Parts and index are CPU seconds of one core; jobs are wall seconds, and CPU seconds of all cores.
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
evals=$(realpath "${EVALS_DIR:-$top/config/sample-evals}")
mib=${MIB:-512}
tokenizer=${TOKENIZER:-cl100k}
vocabularies=$top/detection/data

machine
echo "evaluation files: $evals; training file: $mib MiB; tokenizer: $tokenizer"
"$BENCH/make_english" "$mib" >english.jsonl
head -c $((mib > 64 ? 67108864 : mib << 20)) english.jsonl | sed '$d' >part.jsonl
"$BENCH/server_parts" "$evals" part.jsonl "$tokenizer" "$vocabularies"

# cpu_of_scan PROGRAM FILE: CPU seconds in which it builds the index and scans the file.
cpu_of_scan() {
    rm -rf scan.use scanned
    "$BENCH/usage" scan.use "$1" detect --worker-threads 1 --scan-threads 1 --evals-dir "$evals" --tokenizer-str "$tokenizer" \
        --vocabulary-dir "$vocabularies" --report-output-dir scanned "$2" >scan.log 2>&1 || { tail -n 5 scan.log >&2; exit 1; }
    awk '{print $2}' scan.use
}
mixed() {
    local folder kept=$top/build/oracle/build/bin/decon-server
    folder=$("$top/third_party/mixed_text.sh") || { echo 'skipped: mixed text'; return 0; }
    record_strings "$evals" >strings.txt
    "$BENCH/mixed_corpus" $((mib > 64 ? 64 : mib)) 15 7 "$folder" <strings.txt >mixed.jsonl
    echo "mixed text, $(cut -d _ -f 2 "$folder/versions" | cksum | cut -d ' ' -f 1) by the checksum of its packages' versions:"
    "$BENCH/server_parts" "$evals" mixed.jsonl "$tokenizer" "$vocabularies"
    [ -x "$kept" ] || { echo 'skipped: commit c8aad80 on mixed text; make check-oracle builds it'; return 0; }
    mkdir -p nothing
    head -n 1 mixed.jsonl >nothing/one.jsonl
    echo "$(cpu_of_scan "$kept" mixed.jsonl) $(cpu_of_scan "$kept" nothing/one.jsonl)" \
        "$(cpu_of_scan "$BIN/decon-server" mixed.jsonl) $(cpu_of_scan "$BIN/decon-server" nothing/one.jsonl)" |
        awk '{ratio = ($1 - $2) / ($3 - $4); printf "mixed text: %.2f s, commit c8aad80 %.2f s: %.2f times as fast, at least 2: %s\n", \
            $3 - $4, $1 - $2, ratio, (ratio >= 2 ? "met" : "MISSED")}'
}
mixed

# CPU seconds that the server and the processes of its jobs have used so far.
cpu_seconds() {
    local pid total=0 ticks
    ticks=$(getconf CLK_TCK)
    for pid in $server $(pgrep -P "$server") $(pgrep -P "$(pgrep -P "$server" | paste -sd, -)"); do
        total=$((total + $(awk '{print $14 + $15}' "/proc/$pid/stat")))
    done
    awk -v t="$total" -v hz="$ticks" 'BEGIN {print t / hz}'
}
peak_mib() { awk '/^VmHWM/ {printf "%d", $2 / 1024}' "/proc/$server/status"; }

# serve FLAG...: starts the server; $server is its process id, $url its address.
serve() {
    local begin
    rm -f port
    begin=$(now)
    "$BIN/decon-server" --evals-dir "$evals" --tokenizer "$tokenizer" --vocabulary-dir "$vocabularies" \
        --port 0 --port-file port --report-output-dir reports --cleaned-output-dir cleaned "$@" >server.log 2>&1 &
    server=$!
    pids+=("$server")
    await_file port
    url=http://127.0.0.1:$(cat port)
    echo "$begin $(now)" | awk -v mib="$(peak_mib)" '{printf "%-44s %8.2f s, %d MiB\n", "start, index included, wall", $2 - $1, mib}'
}
end_server() {
    kill "$server"
    wait "$server" || true
}
# job NAME FILE: the time of one job, and the rate of decoded text.
job() {
    local name=$1 file=$2 begin id status cpu
    cpu=$(cpu_seconds)
    begin=$(now)
    id=$(curl -fsS -H 'Content-Type: application/json' -d "{\"file_path\":\"$PWD/$file\"}" "$url/submit" |
        sed 's/.*"job_id":"//; s/".*//')
    while status=$(curl -fsS "$url/status/$id") && [[ $status != *completed* && $status != *failed* ]]; do
        sleep 0.05
    done
    [[ $status == *completed* ]] || { echo "bench: $status" >&2; exit 1; }
    echo "$begin $(now) $cpu $(cpu_seconds)" | awk -v name="$name" -v bytes="$(stat -c %s english.jsonl)" '{
        mb = bytes / 1e6
        printf "%-44s %8.2f s %8.1f MB/s, CPU %.2f s: %.1f MB/s a core\n", name, $2 - $1, mb / ($2 - $1), $4 - $3, mb / ($4 - $3)}'
}

serve --worker-threads 1 --scan-threads 1
job 'job, one thread' english.jsonl
end_server
serve --worker-threads 1
job "job, $(nproc) threads" english.jsonl
end_server
serve --worker-threads 1 --purify
job "job with a cleaned file, $(nproc) threads" english.jsonl
end_server
gzip -1 -c english.jsonl >english.jsonl.gz
serve --worker-threads 1
job "job from gzip, $(nproc) threads" english.jsonl.gz
