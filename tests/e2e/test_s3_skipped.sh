#!/usr/bin/env bash
# Objects and files that cp, mv and sync cannot copy: each is named, the exit status is 1, and no source is removed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/s3_said.sh"

# put_text TEXT KEY, put_folder_object TEXT KEY/: cp has no name for the latter.
put_text() {
    printf '%s' "$1" | s3 cp - "s3://data/$2"
}
put_folder_object() {
    curl -sS --fail -X PUT --data-binary "$1" "$(s3 presign --method PUT "s3://data/$2")"
}
store() {
    start_store "$@"
    s3 mb s3://data
    cd "$T"
}
# A folder's own object with bytes, one deeper, an empty marker, and two files.
folders() {
    store
    put_folder_object one in/
    put_folder_object two in/x/
    put_folder_object '' in/marker/
    put_text 1 in/a
    put_text 2 in/x/b
}
files() {
    (cd "$1" && find . -type f | LC_ALL=C sort | xargs)
}

test_objects_without_a_file_name_are_named() {
    folders
    local what
    for what in 'cp -r s3://data/in back' 'cp s3://data/in/* back' 'sync s3://data/in back' \
        'mv -r s3://data/in moved'; do
        set -f
        # shellcheck disable=SC2086  # words
        say s3 $what
        set +f
        expect_status 1
        expect_why "s3://data/in/: not copied: an object (3 bytes) whose key ends in '/'"
        expect_why "s3://data/in/x/: not copied"
        ! grep -q marker why || fail "a marker is no loss: $(cat why)"
        [ "$(grep -c . why)" = 2 ] || fail "$(cat why)"
    done
    [ "$(files back)" = './a ./x/b' ]
    [ "$(files moved)" = './a ./x/b' ]
    expect_keys in/ in/ in/marker/ in/x/ # mv removed nothing
    [ "$(s3 cat s3://data/in/x/)" = two ]
    s3 cp s3://data/in/x/ alone
    [ "$(cat alone)" = two ]
    s3 rm -r s3://data/in
    expect_keys ''
}

test_filters_leave_them_out_silently() {
    folders
    say s3 cp -r --exclude '*/' --exclude '' s3://data/in back
    expect_status 0
    [ ! -s why ] || fail "$(cat why)"
}

test_json_has_the_key() {
    folders
    say s3 cp -q -r --json s3://data/in back
    expect_status 1
    grep -q '"uri":"s3://data/in/x/"' why || fail "$(cat why)"
}

test_inside_the_store_they_are_copied() {
    folders
    s3 cp -q -r s3://data/in s3://data/out
    expect_keys out/ out/ out/a out/marker/ out/x/ out/x/b
    [ "$(s3 cat s3://data/out/)" = one ]
    s3 sync -q s3://data/in s3://data/synced
    expect_keys synced/ synced/ synced/a synced/marker/ synced/x/ synced/x/b
    s3 mv -q -r s3://data/out s3://data/moved
    expect_keys out/
    expect_keys moved/ moved/ moved/a moved/marker/ moved/x/ moved/x/b
    s3 mb s3://other
    say s3 cp -q -r s3://data/in s3://other # there is no key for the folder's own object
    expect_status 1
    expect_why 's3://data/in/: not copied'
    [ "$(s3 ls -r s3://other | wc -l)" = 4 ]
    say s3 cp -q -r --flatten s3://data/in s3://data/flat
    expect_status 1
    expect_why 'in/x/: not copied: it has no name for --flatten'
}

test_sync_delete_removes_nothing_while_something_was_not_copied() {
    folders
    mkdir back
    echo own >back/own
    say s3 sync --delete --yes s3://data/in back
    expect_status 1
    expect_why 'nothing was removed'
    [ -f back/own ]
}

test_sync_delete_of_the_target() {
    folders
    mkdir tree
    printf 1 >tree/a
    say s3 sync --delete --dry-run tree s3://data/in
    expect_status 0
    grep -qF 'rm s3://data/in/x/ (only in the target)' said || fail "$(cat said)"
    s3 sync -q --delete tree s3://data/in
    expect_keys in/ in/a in/marker/
}

test_cat_of_a_pattern_has_all_bytes() {
    folders
    [ "$(s3 cat 's3://data/in/*')" = one12two ] || [ "$(s3 cat 's3://data/in/*')" = one1two2 ] || fail "$(s3 cat 's3://data/in/*')"
}

test_special_files_are_named() {
    store
    mkdir -p tree/sub elsewhere
    echo 1 >tree/a
    echo 2 >elsewhere/b
    mkfifo tree/pipe
    ln -s ../elsewhere tree/link
    ln -s nowhere tree/broken
    echo part >tree/c.decon-part
    local what
    for what in 'cp -r tree s3://data/cp' 'sync tree s3://data/sync' 'sync --delete --yes tree s3://data/sync'; do
        # shellcheck disable=SC2086  # words
        say s3 $what
        expect_status 1
        expect_why 'tree/pipe: not copied: a pipe (FIFO)'
        expect_why 'tree/link: not copied: symbolic links to folders'
        expect_why 'tree/broken: cannot read'
        expect_why 'tree/c.decon-part: not copied: an interrupted download'
    done
    expect_keys cp/ cp/a
    expect_keys sync/ sync/a
    say s3 mv -r tree s3://data/mv
    expect_status 1
    expect_keys mv/ mv/a
    [ -p tree/pipe ] && [ -L tree/link ] && [ -f tree/c.decon-part ]
    echo 1 >tree/a
    say s3 cp -r --no-follow-symlinks --exclude pipe --exclude '*.decon-part' tree s3://data/clean
    expect_status 0
    [ ! -s why ] || fail "$(cat why)"
    # In a target they are left alone.
    say s3 sync --delete --yes s3://data/cp tree
    [ -p tree/pipe ] && [ -L tree/link ] && [ -f tree/c.decon-part ]
    ! grep -q pipe why || fail "$(cat why)"
}

# A FIFO without a writer would block the program, which defers signals while it opens a file.
test_a_special_file_that_is_named_is_refused_at_once() {
    store
    mkfifo pipe
    local file command
    echo 'cp pipe s3://data/one' >commands
    for file in pipe /dev/null; do
        for command in "cp $file s3://data/one" "mv $file s3://data/one" 'run commands'; do
            # shellcheck disable=SC2086  # words
            say timeout -s KILL 30 "$BIN/decon-s3" $command
            expect_status 1
            expect_why "is not a regular file"
        done
    done
    [ -p pipe ]
    expect_keys ''
}

test_names_that_no_file_can_have() {
    store
    local long
    long=$(printf 'l%.0s' $(seq 256))
    put_text 1 'in/a//b'
    put_text 2 'in/x/../y'
    put_text 3 "in/$long"
    put_text 4 in/both
    put_text 5 in/both/below
    put_text 6 in/good
    say s3 cp -r s3://data/in back
    expect_status 1
    expect_why 's3://data/in/a//b: '
    expect_why 's3://data/in/x/../y: '
    expect_why "s3://data/in/lll"
    expect_why 's3://data/in/both'
    [ "$(cat back/good)" = 6 ]
    [ "$(grep -c . why)" = 4 ] || fail "$(cat why)"
    [ -z "$(find back -name '*.decon-*')" ] || fail "$(find back)"
    say s3 mv -r s3://data/in moved
    expect_status 1
    [ "$(keys in/ | wc -l)" = 4 ] || fail "$(keys in/)" # objects that could not be moved still exist
}

# Every length that the file system allows, and multi-byte characters.
test_names_of_every_length_are_downloaded() {
    store
    local len name
    mkdir up
    for len in 1 200 240 241 242 243 244 245 246 250 254 255; do
        name=$(printf "%${len}s" '' | tr ' ' n)
        echo "$len" >"up/$name"
    done
    echo wide >"up/$(printf 'é%.0s' $(seq 127))x"
    echo wider >"up/$(printf 'é%.0s' $(seq 121))"
    s3 cp -q -r up s3://data/in
    s3 cp -q -r s3://data/in back
    diff -r up back
    s3 sync -q s3://data/in synced
    diff -r up synced
    s3 mv -q -r s3://data/in moved
    diff -r up moved
}

test_an_interrupted_download_of_a_long_name_is_resumed() {
    store
    local name
    name=$(printf '%244s' '' | tr ' ' n)
    head -c 20000000 /dev/urandom >large
    s3 cp -q large "s3://data/$name"
    stop "$store"
    start_store --fault 'delay=2500,method=GET,key=n*,header=Range,count=1' \
        --fault 'delay=600000,method=GET,key=n*,header=Range,every=3'
    mkdir got
    "$BIN/decon-s3" cp --workers 1 --part-size 5MiB "s3://data/$name" got/ >copy.log 2>&1 &
    copy=$!
    started+=("$copy")
    has_ranges() { [ -n "$(find got -name '*.decon-ranges' -size +0)" ]; }
    wait_for has_ranges
    kill -KILL "$copy"
    wait_exit "$copy"
    kill -KILL "$store"
    start_store
    : >access
    s3 cp -q --workers 1 --part-size 5MiB "s3://data/$name" got/
    cmp large "got/$name"
    [ "$(grep -c "GET /data/n" access)" -lt 4 ] || fail "$(cat access)"
    [ "$(find got -type f | wc -l)" = 1 ] || fail "$(ls got)"
}

run_tests
