# shellcheck shell=bash
# Tests of real stores: sourced by test_minio.sh and check_*.sh in this folder. They set
# `start_real` to the function that starts their store in $T, and call run_tests with
# this file's name, too.
#
# `hard_keys` are the unusual keys that the store accepts. `store_lacks` maps the name of a test to the
# feature that the store does not have; that test is skipped with this reason.
# `store_options` are options that every command needs with this store.
declare -A store_lacks=()
store_options=()
multipart_suffix=-5 # of the ETag of an object of five parts

# begin: starts the store of the calling test, or skips the test.
begin() {
    local missing=${store_lacks[${FUNCNAME[1]}]:-}
    if [ -n "$missing" ]; then
        echo "$missing"
        exit 77
    fi
    "$start_real"
}

# no_store NAME: ends the script, as skipped or (REQUIRE_LIVE=1) as failed.
no_store() {
    if [ "${REQUIRE_LIVE:-0}" = 1 ]; then
        echo "not ok 1 - $1 is available (REQUIRE_LIVE=1)"
        exit 1
    fi
    echo "ok 1 - $1 # SKIP none on PATH and none could be built (third_party)"
    exit 0
}

start_minio() {
    MINIO_ROOT_USER=$AWS_ACCESS_KEY_ID MINIO_ROOT_PASSWORD=$AWS_SECRET_ACCESS_KEY \
        MINIO_BROWSER=off MINIO_UPDATE=off "$minio" server --address 127.0.0.1:0 \
        --console-address 127.0.0.1:0 "$T/minio" >"$T/minio.log" 2>&1 &
    store=$!
    started+=("$store")
    wait_for grep -q 'API: http' "$T/minio.log"
    AWS_ENDPOINT_URL=$(sed -n 's/^API: *\(http:[^ ]*\).*/\1/p' "$T/minio.log")
    export AWS_ENDPOINT_URL
    wait_for s3 mb s3://ready
}

# listening_port PID: the TCP port that a process listens on, from /proc.
listening_port() {
    local socket
    for socket in $(find "/proc/$1/fd" -printf '%l\n' 2>/dev/null | sed -n 's/^socket:\[\(.*\)\]$/\1/p'); do
        awk -v inode="$socket" '$10 == inode && $4 == "0A" {sub(/.*:/, "", $2); print $2; found = 1} END {exit !found}' \
            "/proc/$1/net/tcp" && return
    done | head -n 1 | while read -r hex; do echo $((16#$hex)); done
}

# free_ports COUNT: sets the caller's `ports` to ports that were free just now, for stores that cannot be started with port 0.
free_ports() {
    local i pids=()
    ports=()
    for ((i = 0; i < $1; i++)); do
        "$BIN/decon-s3" serve --root "$T/free.$i" --port 0 --port-file "$T/free.$i.port" >"$T/free.log" 2>&1 &
        pids+=("$!")
    done
    for ((i = 0; i < $1; i++)); do
        wait_for test -s "$T/free.$i.port"
        ports+=("$(cat "$T/free.$i.port")")
    done
    kill "${pids[@]}"
    wait "${pids[@]}" || true
}

start_versitygw() {
    mkdir "$T/versity" "$T/meta" "$T/versions"
    ROOT_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID ROOT_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY \
        "$versitygw" --port 127.0.0.1:0 --keep-alive --quiet posix --sidecar "$T/meta" --versioning-dir "$T/versions" "$T/versity" \
        >"$T/versitygw.log" 2>&1 &
    wait_until_ready $!
}

start_rclone() {
    mkdir "$T/rclone"
    "$rclone" serve s3 --addr 127.0.0.1:0 --auth-key "$AWS_ACCESS_KEY_ID,$AWS_SECRET_ACCESS_KEY" \
        --vfs-cache-mode off "$T/rclone" >"$T/rclone.log" 2>&1 &
    wait_until_ready $!
}

start_moto() {
    "$moto" -H 127.0.0.1 -p 0 >"$T/moto.log" 2>&1 &
    wait_until_ready $!
}

# wait_until_ready PID: waits until the store of this process creates a bucket.
wait_until_ready() {
    store=$1
    started+=("$store")
    has_port() { port=$(listening_port "$store") && [ -n "$port" ]; }
    wait_for has_port
    AWS_ENDPOINT_URL=http://127.0.0.1:$(listening_port "$store")
    export AWS_ENDPOINT_URL
    wait_for s3 mb s3://ready
}

# ask METHOD TARGET [CURL-WORD...]: signed by curl instead of this project; headers in $T/head.
ask() {
    local method=$1 target=$2
    shift 2
    [ "$method" != HEAD ] || set -- -I "$@"
    curl -sS -X "$method" -o "$T/body" -D "$T/head" --aws-sigv4 aws:amz:us-east-1:s3 \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \
        "$@" "$AWS_ENDPOINT_URL$target"
}

test_keys_that_others_trip_over() {
    begin
    s3 mb s3://data
    local key count=0
    for key in "${hard_keys[@]}"; do
        printf '%s' "$key" >"$T/content"
        s3 cp "$T/content" "s3://data/keys/$key"
        s3 cat --raw "s3://data/keys/$key" | cmp - "$T/content" || fail "key '$key'"
        s3 cp --raw "s3://data/keys/$key" "s3://data/copies/$key"
        s3 cat --raw "s3://data/copies/$key" | cmp - "$T/content" || fail "the copy of '$key'"
        count=$((count + 1))
    done
    [ "$(s3 ls -r --json s3://data/keys/ | grep -c .)" = "$count" ] || fail "listed: $(s3 ls -r s3://data/keys/)"
    s3 cp -r s3://data/keys/ "$T/back/"
    [ "$(find "$T/back" -type f | wc -l)" = "$count" ] || fail "came back: $(find "$T/back" -type f)"
    s3 rm -r --yes s3://data/keys/ s3://data/copies/
    [ -z "$(s3 ls -r s3://data/)" ] || fail "left: $(s3 ls -r s3://data/)"
}
test_a_large_file_in_parts_and_ranges() {
    begin
    s3 mb s3://data
    head -c 23000000 /dev/urandom >"$T/large"
    s3 cp --part-size 5MiB "$T/large" s3://data/large
    s3 stat s3://data/large | grep -qE "etag: \"[0-9a-f]{32}$multipart_suffix\"" || fail 'not in five parts'
    s3 cp --part-size 5MiB s3://data/large "$T/back"
    cmp "$T/large" "$T/back"
    s3 cp s3://data/large s3://data/copy
    s3 cat s3://data/copy | cmp "$T/large" -
    s3 rm s3://data/copy
    ! s3 cat s3://data/copy || fail 'a removed object still exists'
}
test_an_empty_object() {
    begin
    s3 mb s3://data
    : >"$T/empty"
    s3 cp "$T/empty" s3://data/empty
    s3 cp s3://data/empty "$T/back"
    [ -e "$T/back" ] && [ ! -s "$T/back" ] || fail 'the empty object was downloaded with another content'
}
test_objects_carry_a_checksum_of_all_their_bytes() {
    begin
    s3 mb s3://data
    printf 'hello world' >"$T/small"
    head -c 12000000 /dev/urandom >"$T/large"
    s3 cp "$T/small" s3://data/small
    ask HEAD /data/small -H 'x-amz-checksum-mode: ENABLED'
    grep -qi '^x-amz-checksum-crc64nvme: jSnVw/bqjr4=' "$T/head" || fail "no checksum: $(cat "$T/head")"
    s3 cp --part-size 5MiB "$T/large" s3://data/large
    ask HEAD /data/large -H 'x-amz-checksum-mode: ENABLED'
    grep -qi '^x-amz-checksum-type: FULL_OBJECT' "$T/head" || fail "no checksum of the whole: $(cat "$T/head")"
    s3 cp --part-size 5MiB s3://data/large "$T/back" --log-level debug
    cmp "$T/large" "$T/back"
}
test_a_pinned_download_fails_where_the_object_is_another() {
    begin
    s3 mb s3://data
    echo one >"$T/one"
    s3 cp "$T/one" s3://data/key
    ask GET /data/key -H 'If-Match: "00000000000000000000000000000000"'
    grep -q '^HTTP/1.1 412' "$T/head" || fail "If-Match is ignored: $(cat "$T/head")"
    ask PUT /data/key --data-binary two -H 'Content-Type: text/plain' -H 'If-None-Match: *'
    grep -q '^HTTP/1.1 412' "$T/head" || fail "If-None-Match is ignored: $(cat "$T/head")"
    [ "$(s3 cat s3://data/key)" = one ] || fail 'it was overwritten'
}
test_a_listing_of_several_pages_and_removal_of_many() {
    begin
    s3 mb s3://data
    mkdir "$T/many"
    local i
    for ((i = 0; i < 1203; i++)); do echo "$i" >"$T/many/$(printf %05d "$i")"; done
    s3 cp -r "$T/many/" s3://data/many/ >"$T/up.log"
    [ "$(s3 ls -r s3://data/many/ | wc -l)" = 1203 ] || fail "listed: $(s3 ls -r s3://data/many/ | wc -l)"
    s3 cp -r s3://data/many/ "$T/back/" >"$T/down.log"
    diff -r "$T/many" "$T/back"
    s3 rm -r --yes s3://data/many/ >"$T/rm.log"
    ! s3 ls -r s3://data/many/ || fail 'some are left'
    s3 rb s3://data
    ! s3 ls s3://data || fail 'the bucket is left'
}
test_presigned_urls() {
    begin
    s3 mb s3://data
    echo hello >"$T/file"
    s3 cp "$T/file" 's3://data/a key+%'
    [ "$(curl -sS "$(s3 presign 's3://data/a key+%')")" = hello ] || fail 'a presigned GET'
    curl -sS --fail -X PUT --data-binary @"$T/file" -H 'Content-Type:' "$(s3 presign --method PUT s3://data/put)"
    [ "$(s3 cat s3://data/put)" = hello ] || fail 'a presigned PUT'
    ! curl -sS --fail "$(s3 presign s3://data/put)0" || fail 'an altered signature was accepted'
}
test_uploads_that_were_left_are_aborted() {
    begin
    s3 mb s3://data
    ask POST '/data/left?uploads='
    grep -q '<UploadId>' "$T/body" || fail "no upload: $(cat "$T/body")"
    s3 abort-uploads --older-than 0 --dry-run s3://data | grep -qF s3://data/left || fail 'it is not found'
    s3 abort-uploads --older-than 1h s3://data
    s3 abort-uploads --older-than 0 s3://data | grep -qF s3://data/left || fail 'a young one was aborted'
    ! s3 abort-uploads --older-than 0 s3://data | grep -qF s3://data/left || fail 'it still exists'
}
test_commands_as_a_user_types_them() {
    begin
    s3 mb s3://data
    cd "$T" || exit 1
    mkdir -p tree/x
    echo 1 >tree/a.txt
    echo 22 >tree/x/b.gz
    s3 sync tree s3://data/tree
    [ -z "$(s3 sync --checksum tree s3://data/tree)" ] || fail 'sync finds a difference'
    s3 sync s3://data/tree s3://data/copy
    s3 mv 's3://data/copy/*.gz' got/
    cmp tree/x/b.gz got/x/b.gz
    [ "$(keys copy/)" = copy/a.txt ] || fail "left by mv: $(keys copy/)"
    printf 'cp tree/ s3://data/run/\nrm s3://data/copy/*\n' | s3 run
    [ "$(keys run/ | xargs)" = 'run/a.txt run/x/b.gz' ] || fail "by run: $(keys run/)"
    [ -z "$(keys copy/)" ] || fail "left by rm: $(keys copy/)"
    s3 du --summarize s3://data | grep -q ' 4 objects' || fail "du: $(s3 du --summarize s3://data)"
    mkdir none
    s3 sync --delete --yes none s3://data/run
    [ -z "$(keys run/)" ] || fail "left by sync: $(keys run/)"
    status=0
    s3 rb s3://data 2>why || status=$?
    expect_status 1
    grep -q -- --force why || fail "$(cat why)"
    s3 rb --force --yes s3://data
    ! s3 ls s3://data || fail 'the bucket is left'
}
# version_of SIZE|DELETED: the id of this version of the key `a b/ä`, from the listing in $T/all.
version_of() {
    local what="\"size\":$1,"
    [ "$1" != DELETED ] || what='"delete_marker":true'
    grep -F '"key":"a b/ä",' "$T/all" | grep -F "$what" | sed 's/.*"version_id":"\([^"]*\)".*/\1/'
}
test_versions_and_delete_markers() {
    begin
    s3 mb s3://data
    [ "$(s3 versioning s3://data | tail -n 1)" = 'versioning: off' ]
    s3 versioning -q s3://data enabled
    local text id
    for text in 1 22 333; do
        echo "$text" >"$T/text"
        s3 cp -q "$T/text" 's3://data/a b/ä'
        s3 cp -q "$T/text" 's3://data/a b/ä+2'
    done
    s3 rm -q 's3://data/a b/ä'
    s3 ls -r --json --all-versions --page-size 2 s3://data/ >"$T/all"
    [ "$(wc -l <"$T/all")" = 7 ] || fail "$(cat "$T/all")"
    id=$(version_of 3)
    [ -n "$id" ] && [ -n "$(version_of DELETED)" ] || fail "$(cat "$T/all")"
    [ "$(s3 cat --version-id "$id" 's3://data/a b/ä')" = 22 ]
    s3 stat --version-id "$id" 's3://data/a b/ä' | grep -qx "version-id: $id"
    curl -sf "$(s3 presign --version-id "$id" 's3://data/a b/ä')" | grep -qx 22
    s3 cp -q --version-id "$id" 's3://data/a b/ä' s3://data/copy
    [ "$(s3 cat s3://data/copy)" = 22 ]
    s3 rm -q --version-id "$id" 's3://data/a b/ä'
    s3 rm -q --version-id "$(version_of DELETED)" 's3://data/a b/ä' # it is back
    [ "$(s3 cat 's3://data/a b/ä')" = 333 ]
    s3 du --all-versions s3://data | tail -n 1 | grep -q '^ *18 *6 objects' || fail "$(s3 du --all-versions s3://data)"
    s3 rm -q --all-versions 's3://data/a b/ä' # not the other key
    [ "$(s3 ls -r --all-versions s3://data/ | wc -l)" = 4 ] || fail "$(s3 ls -r --all-versions s3://data/)"
    s3 versioning -q s3://data suspended
    [ "$(s3 versioning s3://data | tail -n 1)" = 'versioning: suspended' ]
    s3 rm -q -r --yes --all-versions s3://data
    s3 rb s3://data
}
test_tags_of_objects() {
    begin
    s3 mb s3://data
    echo text >"$T/text"
    s3 cp -q --tagging 'team=a+b&x=1%2B2' "$T/text" s3://data/one
    s3 stat s3://data/one >"$T/said"
    grep -qx 'tag-team: a b' "$T/said" && grep -qx 'tag-x: 1+2' "$T/said" || fail "$(cat "$T/said")"
    s3 cp -q s3://data/one s3://data/kept
    s3 stat s3://data/kept | grep -qx 'tag-team: a b'
    s3 cp -q "$T/text" s3://data/none
    ! s3 stat s3://data/none | grep '^tag-' || fail 'tags from nowhere'
    s3 tag -q s3://data/none s3://data/one 'team=a +b' x=1=2
    [ "$(s3 tag s3://data/none | sed 1d | sort)" = $'tag-team: a +b\ntag-x: 1=2' ] || fail "$(s3 tag s3://data/none)"
    [ "$(s3 tag s3://data/one | wc -l)" = 3 ] || fail "$(s3 tag s3://data/one)"
    s3 tag -q --tagging= s3://data/one
    [ "$(s3 tag s3://data/one)" = 'uri: s3://data/one' ] || fail "$(s3 tag s3://data/one)"
}
test_copies_with_other_tags() {
    begin
    s3 mb s3://data
    echo text >"$T/text"
    s3 cp -q --tagging a=b "$T/text" s3://data/one
    s3 cp -q --tagging c=d s3://data/one s3://data/replaced
    s3 cp -q --tagging= s3://data/one s3://data/none
    [ "$(s3 stat s3://data/replaced | grep '^tag-')" = 'tag-c: d' ] || fail "$(s3 stat s3://data/replaced)"
    ! s3 stat s3://data/none | grep '^tag-' || fail 'tags are left'
}
test_tags_of_an_object_of_several_parts() {
    begin
    s3 mb s3://data
    head -c 6000000 /dev/zero >"$T/large"
    s3 cp -q --part-size 5MiB "$T/large" s3://data/parts
    [ "$(s3 tag s3://data/parts)" = 'uri: s3://data/parts' ] || fail "$(s3 tag s3://data/parts)"
    ! s3 stat s3://data/parts | grep '^tag-' || fail 'tags from nowhere'
    s3 tag -q s3://data/parts a=b
    [ "$(s3 tag s3://data/parts | tail -n 1)" = 'tag-a: b' ] || fail "$(s3 tag s3://data/parts)"
    s3 cp -q s3://data/parts s3://data/kept
    s3 stat s3://data/kept | grep -qx 'tag-a: b' || fail "$(s3 stat s3://data/kept)"
}
test_tags_of_an_upload_in_parts() {
    begin
    s3 mb s3://data
    head -c 6000000 /dev/zero >"$T/large"
    s3 cp -q --tagging a=b --part-size 5MiB "$T/large" s3://data/parts
    s3 stat s3://data/parts | grep -qx 'tag-a: b' || fail "$(s3 stat s3://data/parts)"
}
test_a_wrong_secret_is_refused() {
    begin
    s3 mb s3://data
    ! AWS_SECRET_ACCESS_KEY=another-secret s3 ls s3://data/ || fail 'a wrong secret was accepted'
}
test_the_main_job_and_a_second_run() {
    begin
    start_server
    fill
    orchestrate first --part-size 5MiB ${store_options[@]+"${store_options[@]}"}
    expect_status 0
    expect_log 'SUMMARY: Processed=9 '
    [ "$(keys out/reports/ | wc -l)" = 9 ] || fail "not 9 commit objects: $(keys out/)"
    expect_work_clean
    orchestrate second ${store_options[@]+"${store_options[@]}"}
    expect_status 0
    expect_log 'SUMMARY: Processed=0 .*Skipped=9'
}
