#!/usr/bin/env bash
# decon-s3's commands against `decon-s3 serve`, as a user types them. BIN: where the programs are.
set -u
: "${BIN:?BIN must name the folder of the built programs}"
case $BIN in /*) ;; *) BIN=$PWD/$BIN ;; esac
dir=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
    rm -rf "$dir"
}
trap finish EXIT
cd "$dir" || exit 1

count=0 failed=0
# check NAME COMMAND...: ok when the command succeeds
check() {
    local name=$1
    shift
    count=$((count + 1))
    if "$@" >out 2>err; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/# /' out err
        failed=$((failed + 1))
    fi
}
# status N COMMAND...: succeeds if the command ends with N, with a message unless N is 0
status() {
    local want=$1 got
    shift
    "$@" >said 2>why
    got=$?
    cat said why
    [ "$got" = "$want" ] && { [ "$want" = 0 ] || [ -s why ]; }
}
s3() { timeout 60 "$BIN/decon-s3" "$@"; }
says() { # says TEXT COMMAND...
    local text=$1
    shift
    "$@" 2>&1 | tee /dev/stderr | grep -qF -- "$text"
}
lacks() { # lacks REGEX COMMAND...: its output is not empty and does not match
    local words=$1
    shift
    "$@" >said 2>&1
    [ -s said ] && ! grep -q -- "$words" said
}
requests() { grep -c "$1" log; }

unset AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_SESSION_TOKEN AWS_ENDPOINT_URL_S3
export HOME=$dir AWS_EC2_METADATA_DISABLED=true
export AWS_ACCESS_KEY_ID=trial AWS_SECRET_ACCESS_KEY=trial-secret

start() { # start FLAG...
    rm -f port
    "$BIN/decon-s3" serve --root store --port 0 --port-file port --log log "$@" >ready 2>server-err &
    server=$!
    for _ in $(seq 600); do
        [ -s port ] && break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    [ -s port ] || { echo "not ok 1 - the server starts"; sed 's/^/# /' server-err; exit 1; }
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat port)
    export AWS_ENDPOINT_URL
}
stop() {
    kill -TERM "$server"
    wait "$server"
    local ended=$?
    server=
    return "$ended"
}

start
check 'serve says where it listens' grep -qx "listening on $AWS_ENDPOINT_URL" ready
check 'ls without buckets is not an error' status 0 s3 ls
check 'mb makes a bucket' s3 mb s3://trial
check 'ls without a URI lists the buckets' says ' s3://trial/' s3 ls
check 'ls --json too' says '"bucket":"trial"' s3 ls --json
check 'ls of an empty bucket is not an error' status 0 s3 ls s3://trial
echo hello >'a file+.txt'
check 'cp to a folder appends the name' s3 cp 'a file+.txt' s3://trial/in/
check 'cat gives the bytes' says hello s3 cat 's3://trial/in/a file+.txt'
check 'stat shows the size' says 'size: 6 ' s3 stat 's3://trial/in/a file+.txt'
check 'stat --json is JSON' says '"size":6' s3 stat --json 's3://trial/in/a file+.txt'
mkdir target
check 'cp to a local folder appends the name' s3 cp 's3://trial/in/a file+.txt' target
check 'the copy is the same' cmp 'a file+.txt' 'target/a file+.txt'
(umask 027 && s3 cp 's3://trial/in/a file+.txt' masked >/dev/null 2>&1)
check 'modes respect the umask' test "$(stat -c %a masked)" = 640
check 'no temporary file is left' test -z "$(find . -name '*.tmp-*' -not -path './store/*')"
check 'cp inside the store' s3 cp 's3://trial/in/a file+.txt' 's3://trial/b?#%'
check 'ls shows folders' says 's3://trial/in/' s3 ls s3://trial
check 'ls -r shows keys' says 's3://trial/in/a file+.txt' s3 ls -r s3://trial
check 'ls of nothing fails' status 1 s3 ls s3://trial/nothing
check 'ls of no bucket fails' status 1 s3 ls s3://no-such-bucket
check 'cp from standard input' bash -c "printf piped | '$BIN/decon-s3' cp - s3://trial/piped"
check 'cp to standard output' says piped s3 cp s3://trial/piped -
check 'cp of an absent key fails' status 1 s3 cp s3://trial/absent here
check 'and leaves no file' test ! -e here
check 'cp of an absent file fails' status 1 s3 cp absent s3://trial/
check 'cp of a folder wants --recursive' says --recursive s3 cp target s3://trial/x
check 'full standard output is an error' status 1 bash -c "'$BIN/decon-s3' ls s3://trial >/dev/full"

head -c 12000000 /dev/urandom >large
check 'a large file goes in parts' s3 cp --part-size 5MiB large s3://trial/large
check 'in three of them' test "$(requests 'partNumber=')" = 3
check 'and comes back in ranges' s3 cp --part-size 5MiB s3://trial/large large-back
check 'the same' cmp large large-back
: >empty
check 'an empty file goes up' s3 cp empty s3://trial/empty
check 'and comes back' s3 cp s3://trial/empty empty-back
check 'empty' test -f empty-back -a ! -s empty-back

mkdir -p 'tree/d e' && echo 1 >tree/one && echo 2 >'tree/d e/two'
check 'cp -r takes a folder up' says 'tree/d e/two -> ' s3 cp -r tree/ s3://trial/tree
check 'and down' s3 cp -r s3://trial/tree tree-back
check 'the same folder' diff -r tree tree-back
check 'a key with .. goes up' s3 cp tree/one s3://trial/evil/../../escaped
check 'cp -r refuses to leave the folder' status 1 s3 cp -r s3://trial/evil evil-back
check 'and did not' test ! -e ../escaped -a ! -e escaped

check 'rm removes' s3 rm s3://trial/large s3://trial/empty
check 'what was removed is gone' status 1 s3 stat s3://trial/large

check 'no secret is logged' lacks trial-secret s3 cp --log-level debug 'a file+.txt' s3://trial/secret
check 'nor a session token' lacks 'trial-token\|Signature=' env AWS_SESSION_TOKEN=trial-token \
    "$BIN/decon-s3" stat --log-level debug s3://trial/secret
check '--help of the program' says 'Commands:' s3 --help
for command in ls cp cat stat rm mb serve; do
    check "--help of $command" says Example s3 "$command" --help
done
check 'no command is usage' status 2 s3
check 'a wrong command names the nearest' says 'cat' s3 catt s3://trial/x
check 'a wrong command is usage' status 2 s3 catt s3://trial/x
check 'a wrong flag is usage' status 2 s3 ls --recursiv s3://trial
check 'a missing word is usage' status 2 s3 cp x
check 'a bad URI is usage' status 2 s3 cat http://x/y
check 'a wrong fault is usage' status 2 s3 serve --root other --fault status=x
check 'serve without --root is usage' status 2 s3 serve --port 0
check 'a second server on one root is refused' status 1 s3 serve --root store --port 0
check 'a wrong secret is refused' status 1 env AWS_SECRET_ACCESS_KEY=wrong "$BIN/decon-s3" ls s3://trial
check 'a wrong key is refused' status 1 env AWS_ACCESS_KEY_ID=wrong "$BIN/decon-s3" ls s3://trial
check 'no signature is refused' status 1 s3 ls --no-sign-request s3://trial
check 'serve ends cleanly' stop

: >log
start --fault status=503,method=GET,key=piped,count=2 --fault truncate=3,method=GET,key=piped,count=1 \
    --fault status=403,code=AccessDenied,key=in/*
check 'stored data survives faults' says piped s3 cat s3://trial/piped
check 'the faults were met' test "$(requests 'GET /trial/piped')" -ge 4
check 'a permanent fault is reported' says AccessDenied s3 cat 's3://trial/in/a file+.txt'
check 'serve ends cleanly again' stop

echo "1..$count"
[ "$failed" = 0 ]
