#!/usr/bin/env bash
# `decon-orchestrator certify` and `verify-certificate` for a million inputs on `decon-s3 serve`: time,
# and below 200 MiB of memory. INPUTS: how many.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
inputs=${INPUTS:-1000000}
run=20260921T142140Z-0-0a1b2c

mkdir store
(cd store && "$BENCH/certify_folder" "$inputs")
records=store/data/reports/_decon
mkdir -p "$records/runs" "$records/settings" "$records/ledger"
settings='{"evaluation_records":1,"evaluation_records_digest":"00","mode":"simple"}'
fingerprint=$(printf %s "$settings" | sha256sum | cut -c1-64)
printf '{"fingerprint":"%s","format":1,"settings":%s}\n' "$fingerprint" "$settings" >"$records/settings/$fingerprint.json"
cat >"$records/runs/$run.json" <<END
{"format":1,"run":"$run","state":"complete","host":{"index":0,"count":1,"name":"h"},"counts":{"files":$inputs},
"bytes":{},"server":{"purify":true,"settings":"$fingerprint"},"configuration":{"remote_file_input":"s3://data/corpus/v1",
"remote_report_output_dir":"s3://data/reports","remote_cleaned_output_dir":"s3://data/cleaned"}}
END
start_store
s3 ls -r --json s3://data/corpus/v1/ | awk -v settings="$fingerprint" '
    function member(name) {
        match($0, "\"" name "\":(\"([^\"\\\\]|\\\\.)*\"|[0-9]+)")
        return substr($0, RSTART, RLENGTH)
    }
    {
        split(member("key"), parts, "/part-")
        contaminated = int(substr(parts[2], 1, 10) / 1000) % 4 == 0
        printf "{\"format\":1,%s,%s,%s,\"checksum\":{\"kind\":\"SHA256\",\"value\":\"" \
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"},\"verdict\":\"%s\",\"lines\":10,\"contaminated_lines\":%d," \
            "\"contaminated_lines_by_set\":{},\"settings\":\"%s\",\"seconds\":1.000,\"committed\":1790000100," \
            "\"result_modified\":1790000100,\"version\":\"1\"}\n", member("key"), member("etag"), member("size"),
            contaminated ? "contaminated" : "clean", contaminated, settings
    }' | zstd -q >"$records/ledger/$run-0.jsonl.zst"
openssl genpkey -algorithm ed25519 -out key.pem
openssl pkey -in key.pem -pubout -out pub.pem
RUNS=1
# most NAME COMMAND...: peak memory and CPU time of the command, and CPU time of the store.
most() {
    local name=$1 store_ticks
    shift
    store_ticks=$(cut -d' ' -f14,15 "/proc/${pids[0]}/stat" | tr ' ' +)
    measure "$name, $inputs inputs" "$inputs" inputs /usr/bin/env time -f '%M %U %S' -o peak "$@"
    store_ticks=$(($(cut -d' ' -f14,15 "/proc/${pids[0]}/stat" | tr ' ' +) - (store_ticks)))
    tail -n 1 peak | awk -v name="$name" -v store="$store_ticks" '{
        printf "%-52s %8d MiB at the peak; %.1f s of a core, the store %.1f s\n", name, $1 / 1024, $2 + $3, store / 100
        exit $1 >= 200 * 1024
    }'
}
most certify "$BIN/decon-orchestrator" certify s3://data/reports --signing-key key.pem
most verify-certificate "$BIN/decon-orchestrator" verify-certificate certificate.json --public-key pub.pem --sample 100
