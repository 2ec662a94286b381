#!/usr/bin/env bash
# The OCI image: its format, checked by umoci, which unpacks it; its programs in a chroot as the
# image's user; its digest. Not part
# of `make test`: make check-image.
. "$(dirname "$0")/lib.sh"
name=$(basename "$(echo "$packages"/decon-*-linux-"$(uname -m)".oci)")
layout=$packages/$name

# unpack: sets $bundle and $root.
unpack() {
    local options=()
    [ "$(id -u)" = 0 ] || options=(--rootless)
    bundle=$T/bundle root=$T/bundle/rootfs
    umoci unpack "${options[@]}" --image "$layout:$(version)" "$bundle" >"$T/umoci.log" 2>&1 || fail "$(cat "$T/umoci.log")"
}

version() {
    sed -n 's/^VERSION *:= *//p' "$top/Makefile"
}

test_every_blob_has_the_digest_that_names_it() {
    local file
    for file in "$layout"/blobs/sha256/*; do
        [ "$(sha256sum "$file" | cut -c1-64)" = "${file##*/}" ] || fail "$file"
    done
    tar -tf "$layout.tar" | sed 's|^\./||' | grep -v '/$' | sort >"$T/archived"
    (cd "$layout" && find . -type f | sed 's|^\./||' | grep -v '^$' | sort) >"$T/files"
    expect_same "$T/files" <(grep -v '^$' "$T/archived")
}

test_a_tool_of_container_images_unpacks_it() {
    unpack
    umoci stat --image "$layout:$(version)" >"$T/stat" || fail 'umoci stat'
    grep -q image.sh "$T/stat" || fail "$(cat "$T/stat")"
    # Settings for the runtime: a user other than root, PATH, working directory.
    tr -d ' \n\t' <"$bundle/config.json" >"$T/config"
    grep -q '"uid":10001,"gid":10001' "$T/config" || fail "user: $(cat "$T/config")"
    grep -q '"PATH=/usr/bin"' "$T/config" && grep -q '"cwd":"/var/lib/decon"' "$T/config" || fail "$(cat "$T/config")"
}

test_it_has_no_shell_and_no_files_that_its_user_could_change() {
    needs_root
    unpack
    [ ! -e "$root/bin/sh" ] || fail 'a shell'
    find "$root" -user 10001 >"$T/own"
    [ "$(cat "$T/own")" = "$root/var/lib/decon" ] || fail "owned by the user: $(cat "$T/own")"
    find "$root" ! -type l -perm /022 >"$T/writable"
    [ "$(cat "$T/writable")" = "$root/tmp" ] || fail "writable by others: $(cat "$T/writable")"
    [ -z "$(find "$root" -perm /6000)" ] || fail 'set-user-id'
}

# as_user WORD...: in the root, as the image's user, with its environment.
as_user() {
    env -i PATH="$PATH" unshare -m sh -c 'mount --make-rprivate / && mkdir -p "$0/proc" "$0/dev" &&
        mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        exec /usr/bin/env -i PATH=/usr/bin:/usr/sbin AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_REGION=us-east-1 chroot --userspec=10001:10001 "$0" "$@"' "$root" "$@"
}

test_the_main_job_runs_as_the_images_user() {
    needs_root
    unpack
    root=$bundle/rootfs
    cp -r "$samples/books" "$root/in"
    local data=$root/var/lib/decon
    as_user decon-s3 serve --root /var/lib/decon/store --port 0 --port-file /var/lib/decon/store.port >"$T/store.log" 2>&1 &
    started+=("$!")
    as_user decon server --evals-dir sample --purify --listen 127.0.0.1 --port 0 --port-file /var/lib/decon/server.port \
        --report-output-dir /var/lib/decon/reports --cleaned-output-dir /var/lib/decon/cleaned --allow-dir /var/lib/decon/work >"$T/server.log" 2>&1 &
    started+=("$!")
    wait_for test -s "$data/store.port"
    wait_for test -s "$data/server.port"
    local options=(--endpoint-url "http://127.0.0.1:$(cat "$data/store.port")")
    as_user decon-s3 mb "${options[@]}" s3://data
    as_user decon-s3 cp "${options[@]}" -r /in/ s3://data/in/
    as_user decon-orchestrator "${options[@]}" --server-url "http://127.0.0.1:$(cat "$data/server.port")" \
        --remote-file-input s3://data/in --remote-report-output-dir s3://data/out --remote-cleaned-output-dir s3://data/cleaned \
        --local-work-dir /var/lib/decon/work >"$T/run.log" 2>&1 || fail "$(tail -n 3 "$T/run.log")"
    as_user decon-s3 ls "${options[@]}" -r s3://data/ >"$T/keys"
    grep -q 'out/part-01.report.jsonl' "$T/keys" && grep -q 'cleaned/part-01.clean.jsonl' "$T/keys" || fail "$(cat "$T/keys")"
}

test_two_images_have_one_digest() {
    local folder=${layout%.oci} first second
    first=$(sed 's/.*"\(sha256:[0-9a-f]*\)".*/\1/' "$layout/index.json")
    cp -r "$folder" "$T/decon-again"
    find "$T/decon-again" -exec touch -d 2001-01-01 {} +
    second=$("$top/deploy/packages/image.sh" "$(version)" "$T/decon-again" "$T/again.oci.tar")
    [ "$first" = "$second" ] || fail "$first and $second"
    cmp "$layout.tar" "$T/again.oci.tar" || fail 'the archives differ'
    # The digest depends on the content.
    echo >>"$T/decon-again/README.txt"
    echo >>"$T/decon-again/share/doc/decon/README.md"
    [ "$first" != "$("$top/deploy/packages/image.sh" "$(version)" "$T/decon-again" "$T/again.oci.tar")" ] || fail 'another image has the same digest'
}

run_tests
