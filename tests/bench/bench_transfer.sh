#!/usr/bin/env bash
# Times transfers of decon-s3 against `decon-s3 serve`, both on the same cores. Figures are wall
# seconds and what follows from them, medians of RUNS (3).
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_store
machine
mib=256
make_large large.jsonl "$mib"
s3 mb s3://bench
measure "put one object of $mib MiB" "$mib" MiB s3 cp large.jsonl s3://bench/large/large.jsonl
measure "get one object of $mib MiB" "$mib" MiB s3 cp s3://bench/large/large.jsonl back
rm -f back
mkdir small
for ((i = 0; i < 2000; i++)); do head -c 16384 /dev/urandom >"small/$i"; done
measure 'put 2,000 objects of 16 KiB' 2000 objects s3 cp --recursive small/ s3://bench/small/
prepare() { rm -rf back; }
measure 'get 2,000 objects of 16 KiB' 2000 objects s3 cp --recursive s3://bench/small/ back/
prepare() { :; }
measure 'list 2,000 objects' 2000 objects s3 ls --recursive s3://bench/small/
