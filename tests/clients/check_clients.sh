#!/usr/bin/env bash
# decon-s3 serve against other clients of S3 (make check-clients): a table of client, operation and
# result, and exit status 1 if an operation failed. Not part of .ci/run.
#
# The clients are installed into the cache folder (see third_party/go_tool.sh): Python packages by
# pip, mc by Go; rclone comes from the distribution. A client that cannot be installed is listed as not tried.
# CLIENTS="boto3 mc": only these. TRACE=1: prints the output of the clients.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..
BIN=$(realpath "${BIN:-$top/build/bin}")
cache=${DECON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/decon}
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
failed=0
unset "${!AWS_@}"
export AWS_ACCESS_KEY_ID=test-key AWS_SECRET_ACCESS_KEY=test-secret-key AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_CONFIG_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 HOME=$work/home MC_CONFIG_DIR=$work/mc RCLONE_CONFIG=$work/rclone.conf
mkdir -p "$HOME"

row() { # CLIENT OPERATION RESULT
    printf '%-14s %-28s %s\n' "$1" "$2" "$3"
}

# A virtual environment with the packages; prints its path.
environment() { # NAME PACKAGE...
    local dir=$cache/clients-$1
    shift
    if [ ! -e "$dir/complete" ]; then
        python3 -m venv "$dir" && "$dir/bin/pip" install -q "$@" && touch "$dir/complete"
    fi >>"$work/install.log" 2>&1 || return 1
    echo "$dir"
}

start_server() {
    "$BIN/decon-s3" serve --root "$work/store" --port 0 --port-file "$work/port" --log "$work/access" 2>"$work/server.log" >&2 &
    server=$!
    for _ in $(seq 500); do
        [ -s "$work/port" ] && break
        sleep 0.02
    done
    address=127.0.0.1:$(cat "$work/port")
    export AWS_ENDPOINT_URL=http://$address
}

# Reads the output of a Python program, line by line.
rows_of() { # CLIENT FILE
    local name result
    while IFS=$'\t' read -r name result; do
        row "$1" "$name" "$result"
        [ "$result" = ok ] || failed=1
    done <"$2"
    [ -s "$2" ] || failed=1
}

python_client() { # CLIENT VENV
    "$2/bin/python" "$here/ops_$1.py" >"$work/$1.out" 2>"$work/$1.err"
    [ -z "${TRACE:-}" ] || cat "$work/$1.err" >&2
    [ -s "$work/$1.out" ] || row "$1" start "$(tail -n 1 "$work/$1.err")"
    rows_of "$1" "$work/$1.out"
}

# try OPERATION COMMAND...: one row; of a failed command the last line that it printed. A command that
# does not end within two minutes has failed.
try() {
    local operation=$1
    shift
    (set -e; "$@") >"$work/out" 2>&1 &
    local tried=$! limit
    (
        sleep 120 &
        trap 'kill $!; exit' TERM
        wait $!
        pkill -P "$tried"
        kill "$tried"
    ) >>"$work/install.log" 2>&1 &
    limit=$!
    if wait "$tried"; then
        row "$client" "$operation" ok
    else
        row "$client" "$operation" "failed: $(grep -v '^ *$' "$work/out" | tail -n 1 | cut -c1-120)"
        failed=1
    fi
    kill "$limit" 2>/dev/null
    [ -z "${TRACE:-}" ] || cat "$work/out" >&2
}

make_files() {
    mkdir -p "$work/tree/a/b c" "$work/back"
    printf hello >"$work/small"
    head -c 20000000 /dev/urandom >"$work/large"
    for i in 1 2 3; do echo "$i" >"$work/tree/a/b c/$i ü"; done
    cp "$work/large" "$work/tree/a/large"
}

same_tree() {
    diff -r "$work/tree" "$1"
}

# --- AWS CLI ---
aws_parts() {
    local id etag
    id=$(aws s3api create-multipart-upload --bucket aws-cli --key parts --query UploadId --output text)
    etag=$(aws s3api upload-part --bucket aws-cli --key parts --upload-id "$id" --part-number 1 --body "$work/small" --query ETag --output text)
    aws s3api complete-multipart-upload --bucket aws-cli --key parts --upload-id "$id" \
        --multipart-upload "{\"Parts\":[{\"PartNumber\":1,\"ETag\":$etag}]}"
    aws s3 cp s3://aws-cli/parts - | cmp - "$work/small"
}
aws_presigned() { curl -sf "$(aws s3 presign s3://aws-cli/small)" | cmp - "$work/small"; }
aws_tags() {
    aws s3api put-object-tagging --bucket aws-cli --key small --tagging 'TagSet=[{Key=a,Value=b}]'
    aws s3api get-object-tagging --bucket aws-cli --key small --output text | grep -q 'a.*b'
}
aws_large() { aws s3 cp "$work/large" s3://aws-cli/large && aws s3 cp s3://aws-cli/large - | cmp - "$work/large"; }
aws_tree() { aws s3 sync "$work/tree" s3://aws-cli/tree && aws s3 sync s3://aws-cli/tree "$work/back/aws" && same_tree "$work/back/aws"; }
aws_lists() { aws s3 ls --recursive s3://aws-cli && aws s3api list-objects --bucket aws-cli --max-items 2 && aws s3api list-objects-v2 --bucket aws-cli --page-size 1; }
try_aws() {
    local python
    client=aws-cli
    python=$(environment aws awscli) || { row aws-cli - 'not tried: pip could not install it'; return; }
    PATH=$python/bin:$PATH
    try 'make a bucket' aws s3 mb s3://aws-cli
    try 'put' aws s3 cp "$work/small" s3://aws-cli/small
    try 'put and get in parts' aws_large
    try 'sync both ways' aws_tree
    try 'listings' aws_lists
    try 'parts by hand (s3api)' aws_parts
    try 'tags' aws_tags
    try 'presigned URL' aws_presigned
    try 'move in the store' aws s3 mv s3://aws-cli/large s3://aws-cli/moved
    try 'remove all and the bucket' aws s3 rb --force s3://aws-cli
}

# --- rclone ---
rclone_tree() { rclone copy "$work/tree" "$client:$client/tree" && rclone check "$work/tree" "$client:$client/tree" && rclone copy "$client:$client/tree" "$work/back/$client" && same_tree "$work/back/$client"; }
rclone_times() { rclone touch -t 2020-01-02T03:04:05 "$client:$client/tree/a/large" && rclone lsl "$client:$client" | grep 2020-01-02; }
try_rclone() { # PROVIDER
    client=rclone-${1,,}
    command -v rclone >/dev/null || { row "$client" - 'not tried: rclone is not installed (Debian: rclone)'; return; }
    printf '[%s]\ntype = s3\nprovider = %s\nenv_auth = true\nendpoint = %s\nregion = us-east-1\n' "$client" "$1" "$AWS_ENDPOINT_URL" >>"$RCLONE_CONFIG"
    try 'make a bucket' rclone mkdir "$client:$client"
    try 'copy both ways, check' rclone_tree
    try 'parts' rclone --s3-upload-cutoff 5Mi --s3-chunk-size 5Mi copyto "$work/large" "$client:$client/parts"
    try 'read in parts' rclone --s3-upload-cutoff 5Mi check "$work" "$client:$client/tree/a" --download --one-way --include /large
    try 'listings' rclone lsf -R "$client:$client"
    try 'modification times' rclone_times
    try 'move in the store' rclone moveto "$client:$client/parts" "$client:$client/moved"
    try 'sync removes' rclone sync "$work/tree/a/b c" "$client:$client/tree"
    try 'remove the bucket' rclone purge "$client:$client"
}

# --- s3cmd ---
s3cmd_large() { s3 put --multipart-chunk-size-mb=5 "$work/large" s3://s3cmd/large && s3 get --force s3://s3cmd/large "$work/back/large" && cmp "$work/large" "$work/back/large"; }
s3cmd_tree() { s3 sync "$work/tree/" s3://s3cmd/tree/ && mkdir -p "$work/back/s3cmd" && s3 sync s3://s3cmd/tree/ "$work/back/s3cmd/" && same_tree "$work/back/s3cmd"; }
s3cmd_signed() { curl -sf "$(s3 signurl s3://s3cmd/small +60)" | cmp - "$work/small"; }
s3() { "$s3cmd" --config /dev/null --access_key="$AWS_ACCESS_KEY_ID" --secret_key="$AWS_SECRET_ACCESS_KEY" --no-ssl --host="$address" --host-bucket="$address" --no-progress "$@"; }
try_s3cmd() {
    local python
    client=s3cmd
    python=$(environment s3cmd s3cmd) || { row s3cmd - 'not tried: pip could not install it'; return; }
    s3cmd=$python/bin/s3cmd
    try 'make a bucket' s3 mb s3://s3cmd
    try 'put' s3 put "$work/small" s3://s3cmd/small
    try 'put and get in parts' s3cmd_large
    try 'sync both ways' s3cmd_tree
    try 'listings' s3 ls -r s3://s3cmd
    try 'metadata' s3 modify --add-header=x-amz-meta-a:b s3://s3cmd/small
    try 'tags' s3 settagging s3://s3cmd/small 'a=b'
    try 'signed URL' s3cmd_signed
    try 'move in the store' s3 mv s3://s3cmd/large s3://s3cmd/moved
    try 'remove all and the bucket' s3 rb --recursive s3://s3cmd
}

# --- mc ---
mc_tree() { "$mc" mirror "$work/tree" store/mc-trial/tree && "$mc" mirror store/mc-trial/tree "$work/back/mc" && same_tree "$work/back/mc"; }
mc_tags() { "$mc" tag set store/mc-trial/small 'a=b' && "$mc" tag list store/mc-trial/small | grep -q a; }
mc_shared() { curl -sf "$("$mc" --json share download store/mc-trial/small | sed -n 's/.*"share": *"\([^"]*\)".*/\1/p' | sed 's/\\u0026/\&/g')" | cmp - "$work/small"; }
try_mc() {
    client=mc
    mc=$(HOME=$real_home "$top/third_party/mc.sh" 2>>"$work/install.log") || { row mc - 'not tried: it could not be built (third_party/mc.sh)'; return; }
    try 'alias' "$mc" alias set store "$AWS_ENDPOINT_URL" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
    try 'make a bucket' "$mc" mb store/mc-trial
    try 'put' "$mc" cp --attr 'Colour=red' "$work/small" store/mc-trial/small
    try 'put in parts' "$mc" put --part-size 5MiB "$work/large" store/mc-trial/large
    try 'mirror both ways' mc_tree
    try 'listings' "$mc" ls -r store/mc-trial
    try 'stat' "$mc" stat store/mc-trial/small
    try 'tags' mc_tags
    try 'shared URL' mc_shared
    try 'move in the store' "$mc" mv store/mc-trial/large store/mc-trial/moved
    try 'remove all' "$mc" rm -r --force store/mc-trial
    try 'remove the bucket' "$mc" rb store/mc-trial
}

try_python() { # CLIENT PACKAGE...
    local python name=$1
    python=$(environment "$@") || { row "$name" - "not tried: pip could not install it"; return; }
    python_client "$name" "$python"
}

real_home=${HOME_BEFORE:-$(getent passwd "$(id -u)" | cut -d: -f6)}
make_files
start_server
row client operation result
for name in ${CLIENTS:-boto3 aws-cli s3fs pyarrow rclone-other rclone-minio s3cmd mc}; do
    case $name in
    boto3) try_python boto3 boto3 ;;
    s3fs) try_python s3fs 's3fs>=2024' ;;
    pyarrow) try_python pyarrow pyarrow ;;
    aws-cli) try_aws ;;
    rclone-other) try_rclone Other ;;
    rclone-minio) try_rclone Minio ;;
    s3cmd) try_s3cmd ;;
    mc) try_mc ;;
    *)
        echo "check_clients.sh: $name: not a client of this list" >&2
        exit 2
        ;;
    esac
done
kill -0 "$server" 2>/dev/null || { row server - 'it ended before its time' && failed=1; }
exit $failed
