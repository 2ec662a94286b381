#!/usr/bin/env bash
# decon-s3 and s5cmd in turn, against nginx (unsigned, static files on loopback) and against MinIO:
# wall time, CPU time and peak memory of the client, medians of RUNS (3), and the ratio of decon-s3
# to s5cmd with its limit. Programs: third_party/s5cmd.sh, minio.sh, and nginx.
# Small objects go to /dev/shm if there is space: otherwise the disk's file system would be measured
# (ext4 searches for inodes that were not freed recently, which takes longer than either client).
# Large ones stay on the disk's file system, in its page cache, as those of users do.
# Before each run the memory that it needs is allocated and freed: a virtual machine that returns
# free pages to its host pays for the first touch of each, which is not the client's cost.
# Two cores of an AMD EPYC (one process of nginx beside the client), medians of 7, 5 and 3 runs, decon-s3 / s5cmd:
#   1 GiB down, nginx         wall 0.64 / 1.24 s (0.52)   CPU 0.62 / 1.89 s (0.33)   22 / 18 MiB
#   5,000 of 16 KiB, nginx    wall 0.50 / 5.20 s (0.10)   CPU 0.37 / 4.73 s (0.08)   14 / 69 MiB
#   1 GiB up, MinIO           wall 2.49 / 3.21 s (0.78)   CPU 0.90 / 2.90 s (0.31)   22 / 22 MiB
# The remaining time of the download is in the kernel: about half copies data out of the sockets
# (and sends acknowledgements), the rest allocates pages for the file and copies into them.
# The upload is also measured with --unsigned-payload, to which the target refers.
#   ONLY='small nginx' tests/bench/bench_s3.sh     only measurements whose name contains these words
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage=$BENCH/usage
count=${COUNT:-5000}
mib=${MIB:-1024}
nginx=$(command -v nginx || ls /usr/sbin/nginx 2>/dev/null) || nginx=
s5cmd=$("$top/third_party/s5cmd.sh") || { echo 'bench-s3: no s5cmd'; exit 1; }
minio=$("$top/third_party/minio.sh") || minio=
unset AWS_ENDPOINT_URL

target=$dir
shm_kib=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
if [ -w /dev/shm ] && [ "${shm_kib:-0}" -gt $((2 * mib * 1024 + 524288)) ]; then
    target=$(mktemp -d /dev/shm/decon-bench.XXXXXX)
    trap 'finish; rm -rf "$target"' EXIT
fi
back=$target/back

# --- data ---
make_data() {
    mkdir -p www/bench/small
    head -c $((mib * 1048576)) /dev/urandom >www/bench/big
    split --bytes=16384 --suffix-length=5 --numeric-suffixes -a 5 \
        <(head -c $((count * 16384)) www/bench/big) www/bench/small/
}

# The listing that nginx returns for every prefix of the small objects: one page.
make_listing() {
    {
        printf '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        printf '<Name>bench</Name><Prefix>small/</Prefix><KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys>' "$count" "$count"
        printf '<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>'
        # nginx's ETag: modification time and size, in hexadecimal.
        (cd www/bench && find small -type f -printf '%f %Ts %s\n') | sort | while read -r name changed size; do
            printf '<Contents><Key>small/%s</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;%x-%x&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>' \
                "$name" "${changed%.*}" "$size" "$size"
        done
        printf '</ListBucketResult>\n'
    } >www/listing.xml
}

# --- servers ---
start_nginx() {
    cat >nginx.conf <<CONF
daemon off;
user $(id -un) $(id -gn);
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events { worker_connections 4096; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_body_temp_path $dir/t1; proxy_temp_path $dir/t2; fastcgi_temp_path $dir/t3;
    uwsgi_temp_path $dir/t4; scgi_temp_path $dir/t5;
    default_type application/octet-stream;
    server {
        listen 127.0.0.1:$nginx_port;
        root $dir/www;
        location = /bench  { if (\$args ~ list-type) { rewrite ^ /listing.xml last; } return 200; }
        location = /bench/ { if (\$args ~ list-type) { rewrite ^ /listing.xml last; } return 200; }
        location = /listing.xml { types { } default_type application/xml; }
    }
}
CONF
    "$nginx" -p "$dir" -c "$dir/nginx.conf" -e "$dir/nginx.log" 2>>nginx.log &
    pids+=($!)
    await_file nginx.pid
}

# nginx does not accept port 0: this port was assigned to a store that has ended.
free_port() {
    local pid
    "$BIN/decon-s3" serve --root free --port 0 --port-file free.port >free.log 2>&1 &
    pid=$!
    await_file free.port
    kill "$pid" && wait "$pid" || true
    cat free.port
}

start_minio() {
    MINIO_ROOT_USER=minio-bench MINIO_ROOT_PASSWORD=minio-bench-secret MINIO_BROWSER=off MINIO_UPDATE=off \
        "$minio" server --address 127.0.0.1:0 --console-address 127.0.0.1:0 "$dir/minio" >minio.log 2>&1 &
    pids+=($!)
    for _ in $(seq 600); do
        minio_url=$(sed -n 's/^API: *\(http:[^ ]*\).*/\1/p' minio.log)
        [ -z "$minio_url" ] || break
        sleep 0.05
    done
    export AWS_ACCESS_KEY_ID=minio-bench AWS_SECRET_ACCESS_KEY=minio-bench-secret
}

# --- measuring ---
wanted() {
    local word
    for word in ${ONLY:-}; do
        case " $1 " in *" $word "*) ;; *) return 1 ;; esac
    done
}

median() { # FILE COLUMN
    awk -v c="$2" '{print $c}' "$1" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}

missed=0
# share NAME UNIT OURS THEIRS LIMIT: a limit of - is none.
share() {
    awk -v name="$1" -v unit="$2" -v a="$3" -v b="$4" -v limit="$5" 'BEGIN {
        ratio = a / b
        verdict = limit == "-" ? "" : ratio <= limit ? "at most " limit ": yes" : "at most " limit ": NO"
        printf "    %-32s %10.2f %10.2f %-4s %8.3f  %s\n", name, a, b, unit, ratio, verdict
        exit verdict ~ /NO/
    }' || missed=$((missed + 1))
}

warm_up() {
    head -c $((mib * 1048576)) /dev/zero >warm
    rm warm
}

# compare NAME WALL CPU PEAK OURS THEIRS: limits of the ratios; functions that run the clients.
compare() {
    local name=$1 wall=$2 cpu=$3 peak=$4 ours=$5 theirs=$6 i
    wanted "$name" || return 0
    rm -f ours.use theirs.use
    for ((i = 0; i < RUNS; i++)); do
        rm -rf "$back" big.back
        warm_up
        "$ours" ours.use >out.log 2>&1 || { tail -n 20 out.log >&2; exit 1; }
        rm -rf "$back" big.back
        warm_up
        "$theirs" theirs.use >out.log 2>&1 || { tail -n 20 out.log >&2; exit 1; }
    done
    printf '%-36s %10s %10s %4s %8s\n' "$name" decon-s3 s5cmd '' ratio
    share wall s "$(median ours.use 1)" "$(median theirs.use 1)" "$wall"
    share CPU s "$(median ours.use 2)" "$(median theirs.use 2)" "$cpu"
    share 'peak memory' MiB "$(median ours.use 3 | awk '{print $1 / 1024}')" "$(median theirs.use 3 | awk '{print $1 / 1024}')" "$peak"
}

check_small() { # the files of the last run are right
    [ "$(ls "$back" | wc -l)" = "$count" ] && cat "$back"/* | cmp - <(head -c $((count * 16384)) www/bench/big)
}

# One command for each object, as orchestrators write them; and all objects of a listing.
make_commands() {
    (cd www/bench/small && ls) | awk -v back="$back" '{print "cp s3://bench/small/" $0 " " back "/" $0}' >commands
}
ours_run() { mkdir "$back" && "$usage" "$1" "$BIN/decon-s3" run "${store[@]}" commands && check_small; }
theirs_run() { mkdir "$back" && "$usage" "$1" "$s5cmd" --log error "${store[@]}" run commands && check_small; }
ours_small() { "$usage" "$1" "$BIN/decon-s3" cp -r "${store[@]}" s3://bench/small/ "$back/" && check_small; }
theirs_small() { "$usage" "$1" "$s5cmd" --log error "${store[@]}" cp 's3://bench/small/*' "$back/" && check_small; }
ours_big() { "$usage" "$1" "$BIN/decon-s3" cp "${store[@]}" s3://bench/big big.back && cmp big.back www/bench/big; }
theirs_big() { "$usage" "$1" "$s5cmd" --log error "${store[@]}" cp s3://bench/big big.back && cmp big.back www/bench/big; }
ours_up() { "$usage" "$1" "$BIN/decon-s3" cp "${store[@]}" www/bench/big s3://bench/up; }
ours_up_unsigned() { "$usage" "$1" "$BIN/decon-s3" cp --unsigned-payload "${store[@]}" www/bench/big s3://bench/up; }
theirs_up() { "$usage" "$1" "$s5cmd" --log error "${store[@]}" cp www/bench/big s3://bench/up; }

machine
make_data
make_commands
if [ -n "$nginx" ]; then
    make_listing
    nginx_port=$(free_port)
    start_nginx
    store=(--no-sign-request --endpoint-url "http://127.0.0.1:$nginx_port")
    compare "$count small by commands, nginx" 0.2 0.15 - ours_run theirs_run
    compare "$count small by listing, nginx" - - - ours_small theirs_small
    compare "$mib MiB down, nginx" 0.75 0.5 - ours_big theirs_big
else
    echo 'no nginx: its measurements are skipped'
fi
if [ -n "$minio" ]; then
    start_minio
    store=(--endpoint-url "$minio_url")
    s3 mb "${store[@]}" s3://bench
    s3 cp -r "${store[@]}" www/bench/small/ s3://bench/small/ >out.log
    s3 cp "${store[@]}" www/bench/big s3://bench/big >out.log
    compare "$count small by commands, MinIO" - - - ours_run theirs_run
    compare "$count small by listing, MinIO" - - - ours_small theirs_small
    compare "$mib MiB down, MinIO" - - - ours_big theirs_big
    compare "$mib MiB up, signed payload, MinIO" - - - ours_up theirs_up
    compare "$mib MiB up, unsigned payload, MinIO" - 0.35 - ours_up_unsigned theirs_up
else
    echo 'no MinIO: its measurements are skipped'
fi
[ "$missed" = 0 ] || echo "$missed shares are above their limit"
