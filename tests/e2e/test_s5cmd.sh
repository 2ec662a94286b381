#!/usr/bin/env bash
# decon-s3 under the name s5cmd: its command line, output and exit statuses; the commands and command
# files of the reference's orchestrator (REFERENCE=DIR: its own orchestration.py from a checkout).
. "$(dirname "$0")/lib.sh"

store() {
    start_store "$@"
    s3 mb s3://data
    mkdir -p "$T/bin"
    ln -s "$BIN/decon-s3" "$T/bin/s5cmd"
    PATH=$T/bin:$PATH
    cd "$T"
    mkdir -p tree/x
    echo 1 >tree/a.txt
    echo 22 >tree/b.gz
    echo 333 >tree/x/c.gz
    touch -d 2020-01-01 tree/a.txt tree/b.gz tree/x/c.gz
}
say() { # say STATUS WORD...
    local expected=$1
    shift
    status=0
    "$@" >said 2>why || status=$?
    [ "$status" = "$expected" ] || fail "$*: exit status $status, expected $expected: $(cat said why)"
}
expect_said() {
    { [ $# = 0 ] || printf '%s\n' "$@"; } | diff - said || fail "said: $(cat said)"
}
expect_why() {
    printf '%s\n' "$@" | diff - why || fail "why: $(cat why)"
}
expect_keys() {
    local prefix=$1
    shift
    [ "$(keys "$prefix")" = "$([ $# = 0 ] || printf '%s\n' "$@")" ] || fail "keys: $(keys "$prefix")"
}

test_copies_moves_and_removals_print_the_same_lines() {
    store
    say 0 s5cmd cp tree/a.txt s3://data/one/
    expect_said 'cp tree/a.txt s3://data/one/a.txt'
    say 0 s5cmd cp s3://data/one/a.txt back
    expect_said 'cp s3://data/one/a.txt back'
    expect_same tree/a.txt back
    say 0 s5cmd cp s3://data/one/a.txt s3://data/two/b.txt
    expect_said 'cp s3://data/one/a.txt s3://data/two/b.txt'
    say 0 s5cmd mv s3://data/two/b.txt s3://data/three
    expect_said 'mv s3://data/two/b.txt s3://data/three'
    say 0 s5cmd rm s3://data/three
    expect_said 'rm s3://data/three'
    say 0 s5cmd rm s3://data/missing
    say 0 s5cmd cp tree/ s3://data/inside/
    expect_keys inside/ inside/a.txt inside/b.gz inside/x/c.gz
    say 0 s5cmd cp tree s3://data/whole/
    expect_keys whole/ whole/tree/a.txt whole/tree/b.gz whole/tree/x/c.gz
    say 0 s5cmd cp 's3://data/whole/*.gz' down/
    [ -f down/tree/b.gz ] && [ -f down/tree/x/c.gz ]
    say 0 s5cmd cp -f 's3://data/whole/*.gz' flat
    [ "$(cd flat && echo *)" = 'b.gz c.gz' ]
    say 0 s5cmd cp --include '*.txt' 's3://data/whole/*' only/
    [ "$(cd only && find . -type f)" = ./tree/a.txt ]
    say 0 s5cmd cp 'tree/*.txt' s3://data/glob/
    expect_keys glob/ glob/a.txt
    say 0 s5cmd cp 't*/*/*.gz' s3://data/deep/
    expect_keys deep/ deep/tree/x/c.gz
    say 1 s5cmd rb s3://data
    expect_why 'ERROR "rb s3://data": s3://data: is not empty; remove its objects first, and with --all-versions old versions'
    say 0 s5cmd rm 's3://data/*' # without a question
    expect_keys ''
    say 0 s5cmd rb s3://data
    expect_said 'rb s3://data'
    say 0 s5cmd mb s3://data
    expect_said 'mb s3://data'
}

test_conditions_and_flags_of_copies() {
    store
    say 0 s5cmd cp --content-type text/x --metadata 'a=b,c=d' --metadata e=f --cache-control max-age=5 \
        -p 50 -c 10 --storage-class STANDARD --acl private tree/a.txt s3://data/a
    s5cmd head s3://data/a >said
    grep -q '"content_type":"text/x"' said && grep -q '"metadata":{"a":"b,c=d","e":"f"}' said || fail "$(cat said)"
    echo other >tree/a.txt
    say 0 s5cmd cp -n tree/a.txt s3://data/a
    [ "$(s5cmd cat s3://data/a)" = 1 ]
    say 0 s5cmd cp -n -s -u=false tree/a.txt s3://data/a
    [ "$(s5cmd cat s3://data/a)" = other ]
    say 0 s5cmd --dry-run cp tree/b.gz s3://data/b
    expect_said 'cp tree/b.gz s3://data/b'
    expect_keys '' a
    say 0 s5cmd --log error cp tree/b.gz s3://data/b
    expect_said
    expect_keys '' a b
    say 0 s5cmd cp -- tree/b.gz s3://data/-c
    expect_keys -c -c
}

test_arguments_that_s5cmd_refuses() {
    store
    local row
    while IFS='|' read -r row cause; do
        # shellcheck disable=SC2086  # words
        say 1 s5cmd $row
        expect_why "ERROR \"$row\": $cause"
    done <<'END'
cp tree/a.txt|expected source and destination arguments
cp tree/a.txt tree/b|local->local copy operations are not permitted
cp tree s3://data/x|target "s3://data/x" must be a bucket or a prefix
cp tree/a.txt s3://data/*|target "s3://data/*" can not contain glob characters
cp s3://data/ .|source argument must contain wildcard character
cp s3://data/x/ .|source argument must contain wildcard character
sync s3://data/x/ .|source argument must contain wildcard character
rm|expected at least 1 object to remove
rm s3://data|s3 bucket/prefix cannot be used for delete operations (forgot wildcard character?)
rm s3://data/x/|s3 bucket/prefix cannot be used for delete operations (forgot wildcard character?)
mb s3://data/x|invalid s3 bucket
pipe s3://data/x/|target "s3://data/x/" must be an object
run a b|expected only 1 file
nonsense|command not found
ls s3://data/none|no object found
cp --nonsense a b|--nonsense: unknown flag
select s3://data/a|select: S3 Select is not offered; use cat, and a program that reads JSON or CSV
END
    say 1 s5cmd --endpoint-url 127.0.0.1 ls
    grep -q 'scheme is missing' why
    say 1 s5cmd --numworkers x ls
    say 1 s5cmd --no-sign-request --profile p ls
    grep -q 'cannot be used together' why
    say 1 s5cmd cp tree/none s3://data/
    say 1 s5cmd cp s3://data/none x
    grep -q '^ERROR "cp s3://data/none x": ' why || fail "$(cat why)"
}

test_json_lines() {
    store
    say 0 s5cmd --json cp tree/b.gz s3://data/b
    expect_said '{"operation":"cp","success":true,"source":"tree/b.gz","destination":"s3://data/b","object":{"type":"file","size":3}}'
    say 0 s5cmd --json cp s3://data/b s3://data/c
    expect_said '{"operation":"cp","success":true,"source":"s3://data/b","destination":"s3://data/c","object":{"key":"s3://data/c","type":"file"}}'
    say 0 s5cmd --json cp s3://data/b back
    expect_said '{"operation":"cp","success":true,"source":"s3://data/b","destination":"back","object":{"type":"file","size":3}}'
    say 0 s5cmd --json rm s3://data/c
    expect_said '{"operation":"rm","success":true,"source":"s3://data/c"}'
    say 1 s5cmd --json cp s3://data/c x
    grep -q '^{"operation":"cp","command":"cp s3://data/c x","error":"s3://data/c: ' why || fail "$(cat why)"
    say 0 s5cmd --json ls 's3://data/*'
    grep -Eq '^\{"key":"s3://data/b","etag":"[0-9a-f]{32}","last_modified":"20[^"]*Z","type":"file","size":3,"storage_class":"STANDARD"\}$' said ||
        fail "$(cat said)"
    say 0 s5cmd --json du 's3://data/*'
    expect_said '{"source":"s3://data/*","count":1,"size":3}'
    say 0 s5cmd --json cp --storage-class STANDARD_IA tree/b.gz s3://data/ia
    expect_said '{"operation":"cp","success":true,"source":"tree/b.gz","destination":"s3://data/ia","object":{"type":"file","size":3,"storage_class":"STANDARD_IA"}}'
    echo piped | s5cmd --json pipe s3://data/piped >said
    expect_said '{"operation":"pipe","success":true,"destination":"s3://data/piped","object":{"type":"file"}}'
    say 0 s5cmd --json mb s3://more
    expect_said '{"operation":"mb","success":true,"source":"s3://more"}'
    say 0 s5cmd --json rb s3://more
    expect_said '{"operation":"rb","success":true,"source":"s3://more"}'
    say 0 s5cmd --json presign s3://data/b
    grep -q '^http://[^"]*X-Amz-Signature=[0-9a-f]*$' said || fail "$(cat said)"
    say 1 s5cmd --json rm
    expect_why '{"operation":"rm","command":"rm","error":"expected at least 1 object to remove"}'
}

test_ls_du_head_cat_pipe_and_presign() {
    store
    s3 cp -q -r tree s3://data/t
    say 0 s5cmd ls
    grep -Eq '^20../../.. ..:..:..  s3://data$' said || fail "$(cat said)"
    say 0 s5cmd ls s3://data/t/
    sed 's/^20.\{17\}/DATE/' said >shown
    printf '%s\n' 'DATE                 2  a.txt' 'DATE                 3  b.gz' \
        '                                  DIR  x/' | sort >expected
    sort shown | diff expected - || fail "$(cat said)"
    say 0 s5cmd ls 's3://data/t/*.gz'
    awk '{print $NF}' said | xargs | grep -qx 'b.gz x/c.gz' || fail "$(cat said)"
    say 0 s5cmd ls --show-fullpath 's3://data/t/*.gz'
    expect_said s3://data/t/b.gz s3://data/t/x/c.gz
    say 0 s5cmd ls --exclude '*.gz' --show-fullpath 's3://data/t/*'
    expect_said s3://data/t/a.txt
    say 0 s5cmd ls -s -e -H s3://data/t/a.txt
    grep -Eq '^.{19} STANDARD [0-9a-f]{32} +2  t/a.txt$' said || fail "$(cat said)"
    say 0 s5cmd du 's3://data/t/*'
    expect_said '9 bytes in 3 objects: s3://data/t/*'
    say 0 s5cmd du --group 's3://data/t/*.gz'
    expect_said '7 bytes in 2 objects: s3://data/t/*.gz [STANDARD]'
    say 0 s5cmd head s3://data
    expect_said '{"bucket":"s3://data"}'
    say 0 s5cmd head s3://data/t/b.gz
    grep -Eq '^\{"key":"s3://data/t/b.gz","content_type":"application/gzip","last_modified":"[^"]*Z","size":3,"storage_class":"STANDARD","etag":"[0-9a-f]{32}","metadata":\{\}\}$' said ||
        fail "$(cat said)"
    say 0 s5cmd head --version-id null s3://data/t/b.gz
    say 1 s5cmd head --version-id other s3://data/t/b.gz
    say 0 s5cmd cat --version-id null s3://data/t/b.gz
    expect_said 22
    say 0 s5cmd cp --version-id null s3://data/t/b.gz version
    expect_same tree/b.gz version
    say 0 s5cmd cat 's3://data/t/*.gz'
    expect_said 22 333
    echo piped | s5cmd pipe --content-type text/plain s3://data/piped >said
    expect_said 'pipe s3://data/piped'
    [ "$(s5cmd cat s3://data/piped)" = piped ]
    echo again | s5cmd pipe -n s3://data/piped || true
    [ "$(s5cmd cat s3://data/piped)" = piped ]
    curl -sf "$(s5cmd presign --expire 1h30m s3://data/piped)" >said
    expect_said piped
    s5cmd presign s3://data/piped | grep -q 'X-Amz-Expires=10800'
}

test_sync_copies_what_differs_and_removes_the_rest() {
    store
    say 0 s5cmd sync tree/ s3://data/t/
    sort said >sorted
    printf 'cp tree/%s\n' 'a.txt s3://data/t/a.txt' 'b.gz s3://data/t/b.gz' 'x/c.gz s3://data/t/x/c.gz' | diff - sorted
    say 0 s5cmd sync tree/ s3://data/t/
    expect_said
    rm tree/b.gz
    echo longer >tree/a.txt
    say 0 s5cmd sync --delete --size-only tree/ s3://data/t/
    sort said >sorted
    printf '%s\n' 'cp tree/a.txt s3://data/t/a.txt' 'rm s3://data/t/b.gz' | diff - sorted
    say 0 s5cmd sync 's3://data/t/*' down/
    [ -f down/x/c.gz ]
    say 0 s5cmd sync tree s3://data/named/
    expect_keys named/ named/tree/a.txt named/tree/x/c.gz
    say 0 s5cmd sync tree/a.txt s3://data/one/
    expect_keys one/ one/a.txt
    say 0 s5cmd sync tree/a.txt s3://data/one/
    expect_said
}

versioned() {
    store
    curl -sS --fail --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -X PUT "$AWS_ENDPOINT_URL/data?versioning=" \
        -d '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    local file
    for file in a.txt b.gz x/c.gz; do s5cmd cp "tree/$file" s3://data/key >/dev/null; done
    s5cmd rm s3://data/key >/dev/null
    s5cmd cp tree/a.txt s3://data/key2 >/dev/null
}
version_ids() { # of s3://data/key, newest first
    s3 ls --json --all-versions s3://data/key | sed -n 's|.*"key":"key".*"version_id":"\([^"]*\)".*|\1|p'
}

test_versions_of_objects() {
    versioned
    local marker third second first line
    read -r -d '' marker third second first <<<"$(version_ids)" || true
    say 0 s5cmd ls --all-versions 's3://data/key*'
    for line in "$marker" "$third" "$second" "$first"; do
        [ "$(grep -c "key  *$line\$" said)" = 1 ] || fail "$line: $(cat said)"
    done
    [ "$(wc -l <said)" = 5 ] || fail "$(cat said)"
    grep -Eq "^20.{17}  +3  key {47} $second\$" said || fail "$(cat said)"
    grep -Eq "^20.{17}  +0  key {47} $marker\$" said || fail "$(cat said)"
    say 0 s5cmd --json ls --all-versions 's3://data/key*'
    grep -Eq "^\{\"key\":\"s3://data/key\",\"etag\":\"[0-9a-f]{32}\",\"last_modified\":\"[^\"]*Z\",\"type\":\"file\",\"size\":3,\"storage_class\":\"STANDARD\",\"version_id\":\"$second\"\}\$" said ||
        fail "$(cat said)"
    grep -Eq "^\{\"key\":\"s3://data/key\",\"last_modified\":\"[^\"]*Z\",\"type\":\"file\",\"version_id\":\"$marker\"\}\$" said ||
        fail "$(cat said)"
    say 0 s5cmd du --all-versions 's3://data/key*'
    expect_said '11 bytes in 5 objects: s3://data/key*'
    say 0 s5cmd du --version-id "$second" s3://data/key
    expect_said '3 bytes in 1 objects: s3://data/key'
    say 0 s5cmd cat --version-id "$second" s3://data/key
    expect_said 22
    curl -sf "$(s5cmd presign --version-id "$second" s3://data/key)" >said
    expect_said 22
    say 0 s5cmd cp --version-id "$second" s3://data/key s3://data/copy
    [ "$(s5cmd cat s3://data/copy)" = 22 ]
    say 0 s5cmd rm --version-id "$second" s3://data/key
    expect_said "rm s3://data/key$(printf '%37s' '') $second"
    say 0 s5cmd --json rm --version-id "$third" s3://data/key
    expect_said "{\"operation\":\"rm\",\"success\":true,\"source\":\"s3://data/key\",\"version_id\":\"$third\"}"
    say 0 s5cmd rm --all-versions s3://data/key
    [ "$(wc -l <said)" = 2 ] || fail "$(cat said)"
    expect_keys '' copy key2
    say 0 s5cmd rm --all-versions 's3://data/*'
    say 0 s5cmd rb s3://data
}

test_versioning_of_buckets() {
    store
    say 0 s5cmd bucket-version s3://data
    expect_said '"data" is an unversioned bucket'
    say 0 s5cmd --json bucket-version s3://data
    expect_said '{"bucket":"data","status":""}'
    say 0 s5cmd bucket-version --set enabled s3://data
    expect_said 'Bucket versioning for "data" is set to "Enabled"'
    say 0 s5cmd bucket-version s3://data
    expect_said 'Bucket versioning for "data" is "Enabled"'
    say 0 s5cmd --json bucket-version --set Suspended s3://data
    expect_said '{"bucket":"data","status":"Suspended"}'
    say 1 s5cmd bucket-version --set off s3://data
    say 1 s5cmd bucket-version s3://data/key
    say 1 s5cmd bucket-version s3://absent
    [ "$(s3 versioning s3://data | tail -n 1)" = 'versioning: suspended' ]
}

test_command_files() {
    store
    cat >commands <<'END'
# a comment

cp -n --part-size 10 tree/a.txt s3://data/one/
cp 'tree/b.gz' "s3://data/a b"
cp tree/none s3://data/none
select s3://data/x
nonsense a
mb s3://other
END
    say 1 s5cmd --numworkers 4 run commands
    sort said >sorted
    printf '%s\n' 'cp tree/a.txt s3://data/one/a.txt' 'cp tree/b.gz s3://data/a b' 'mb s3://other' | diff - sorted
    grep -q '^ERROR "cp tree/none s3://data/none": ' why || fail "$(cat why)"
    grep -q '^ERROR "select s3://data/x": select: S3 Select is not offered' why
    grep -q '^ERROR "nonsense a": command not found' why
    [ "$(wc -l <why)" = 3 ] || fail "$(cat why)"
    expect_keys '' 'a b' one/a.txt
    echo 'rm s3://data/*' | s5cmd --json run >said
    [ "$(wc -l <said)" = 2 ]
    expect_keys ''
}

test_help_and_version() {
    store
    say 0 s5cmd
    grep -q '^Global flags:' said && grep -q '^  select *refused: ' said
    say 0 s5cmd --help
    say 0 s5cmd version
    say 0 s5cmd cp --help
    grep -q -- '--no-clobber, -n' said && grep -q -- '--concurrency, -c value *no effect' said
    [ "$(s3 --version)" = "$(s5cmd version | cut -d, -f1)" ]
}

# The files and commands of the reference's orchestration.py.
test_the_commands_of_the_reference_orchestrator() {
    store
    s3 cp -q -r --exclude '* *' "$samples/books" s3://data/in/books # s5cmd splits lines at blanks
    local key work=$T/work/input-0123456789ab
    mkdir -p "$work/download"
    keys in/ | while read -r key; do
        mkdir -p "$(dirname "$work/download/${key#in/}")"
        echo "cp s3://data/$key $work/download/${key#in/}"
    done >"$work/download_batch_1764000000.5.txt"
    [ -s "$work/download_batch_1764000000.5.txt" ]
    say 0 s5cmd --numworkers 50 run "$work/download_batch_1764000000.5.txt"
    [ ! -s why ] || fail "$(cat why)"
    keys in/ | while read -r key; do
        s3 cat "s3://data/$key" | cmp - "$work/download/${key#in/}"
    done
    [ "$(wc -l <said)" = "$(keys in/ | wc -l)" ]
    find "$work/download" -type f | while read -r key; do
        echo "cp $key s3://data/out/${key#"$work/download/"}"
    done >"$work/upload_commands.txt"
    say 0 s5cmd --numworkers=50 run "$work/upload_commands.txt"
    [ "$(keys in/ | sed 's|^in/||')" = "$(keys out/ | sed 's|^out/||')" ] || fail "$(keys)"
    say 0 s5cmd cp "$work/upload_commands.txt" s3://data/out/a.report.jsonl
    say 0 s5cmd cp "$work/upload_commands.txt" s3://data/out//b.report.jsonl # a folder of the configuration that ends in /
    [ "$(s3 cat s3://data/out//b.report.jsonl | wc -l)" = "$(wc -l <"$work/upload_commands.txt")" ]
    # A failed line fails the batch, as orchestration.py expects.
    echo "cp s3://data/in/absent $work/download/absent" >>"$work/download_batch_1764000000.5.txt"
    say 1 s5cmd --numworkers 50 run "$work/download_batch_1764000000.5.txt"
    [ ! -e "$work/download/absent" ]
}

test_the_unchanged_orchestrator_of_the_reference() {
    local script=${REFERENCE:-}/python/orchestration.py count
    [ -n "${REFERENCE:-}" ] || { echo 'REFERENCE=DIR names no checkout of the reference'; exit 77; }
    [ -f "$script" ] || fail "$script: does not exist"
    python3 -c 'import boto3, requests, yaml' || { echo 'no Python with boto3, requests and PyYAML'; exit 77; }
    store
    # It loses the whole batch of a key with a blank, and waits forever for an empty file.
    s3 cp -q -r --exclude '* *' "$samples/books" s3://data/in/books
    s3 cp -q "$samples/web pages/news+sport.jsonl.gz" s3://data/in/web/
    s3 cp -q "$samples/web pages/part-01.jsonl" s3://data/in/web/
    count=$(keys in/ | wc -l)
    start_server
    cat >config.yaml <<YAML
remote_file_input: s3://data/in
remote_report_output_dir: s3://data/out/reports
remote_cleaned_output_dir: s3://data/out/cleaned
server_url: http://127.0.0.1:$server_port
local_work_dir: $T/work
upload_batch_timeout: 1
YAML
    python3 "$script" --config config.yaml >orchestrator.log 2>&1 || fail "$(cat orchestrator.log)"
    grep -q "SUMMARY: Processed=$count .* Failed=0 " orchestrator.log || fail "$(cat orchestrator.log)"
    tail -n 1 orchestrator.log | grep -q 'WORK COMPLETE EXITING' || fail "$(cat orchestrator.log)"
    # What it found is what decon-orchestrator finds.
    orchestrate own --remote-report-output-dir s3://data/own --remote-cleaned-output-dir s3://data/own
    expect_status 0
    [ "$(keys out/reports/ | sed 's|^out/reports/||; s|-simple-[0-9.]*jsonl$||' | sort)" = \
        "$(keys own/ | sed -n 's|^own/||; s|\.report\.jsonl$||p' | sort)" ] || fail "$(keys)"
    [ -n "$(keys out/cleaned/)" ] || fail "nothing was cleaned: $(keys)"
}

test_the_link_is_installed_on_request_and_removed() {
    local make=(make -s -C "$top" -o all -o install-libraries OUT="$T/out" DESTDIR="$T/root" PREFIX=/usr)
    mkdir -p "$T/out/bin"
    cp "$BIN/decon-s3" "$BIN/decon" "$BIN/decon-orchestrator" "$T/out/bin/"
    ln -s decon "$T/out/bin/decon-server"
    "${make[@]}" install
    [ ! -e "$T/root/usr/bin/s5cmd" ] || fail 'installed without being asked for'
    "${make[@]}" install S5CMD=1
    [ "$(readlink "$T/root/usr/bin/s5cmd")" = decon-s3 ]
    "$T/root/usr/bin/s5cmd" version | grep -q '^decon-s3 '
    "${make[@]}" uninstall
    [ ! -L "$T/root/usr/bin/s5cmd" ] || fail 'the link is left'
    mkdir -p "$T/root/usr/bin"
    echo 'another program' >"$T/root/usr/bin/s5cmd"
    "${make[@]}" uninstall
    [ -f "$T/root/usr/bin/s5cmd" ] || fail 'another program was removed'
}

run_tests
