#!/usr/bin/env bash
# decon-s3 cp and mv: four directions, folders, patterns, filters, existing targets.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/s3_said.sh"

expect_said() {
    grep -qF -- "$1" "$T/said" || fail "not said: $1: $(cat "$T/said" "$T/why")"
}
tree() {
    mkdir -p "$T/tree/x" "$T/tree/y z"
    echo 1 >"$T/tree/a.txt"
    echo 22 >"$T/tree/x/b.gz"
    echo 333 >"$T/tree/y z/c.gz"
    echo 4444 >"$T/tree/x.txt"
}
store() {
    start_store "$@"
    s3 mb s3://data
    tree
    cd "$T"
}
# The number of such requests.
requests() {
    grep -c -- "$1" "$T/access" || true
}

test_four_directions() {
    store
    s3 cp tree/a.txt s3://data/up/
    s3 cp s3://data/up/a.txt down/new/
    cmp tree/a.txt down/new/a.txt
    s3 cp s3://data/up/a.txt s3://data/across
    echo piped | s3 cp - s3://data/piped
    [ "$(s3 cp s3://data/piped -)" = piped ]
    expect_keys '' across piped up/a.txt
    say s3 cp tree/a.txt tree/b.txt
    expect_status 2
    expect_why 's3:// URI'
}

test_several_sources_go_into_a_folder() {
    store
    s3 cp tree/*.txt s3://data/in/
    expect_keys in/ in/a.txt in/x.txt
    say s3 cp tree/a.txt tree/x.txt s3://data/in/one
    expect_status 2
    say s3 cp tree/absent tree/x.txt s3://data/second/
    expect_status 1
    expect_keys second/ second/x.txt
}

test_a_folder_is_uploaded_copied_and_downloaded() {
    store
    s3 cp -r tree s3://data/tree
    s3 cp -r s3://data/tree s3://data/again
    s3 cp -r s3://data/again/ back
    diff -r tree back
    say s3 cp -r s3://data/again s3://data/again/deeper
    expect_status 2
    say s3 cp -r s3://data/nothing back
    expect_status 1
    expect_why 'contains no objects'
}

test_patterns() {
    store
    s3 cp -r tree s3://data/tree
    s3 cp 's3://data/tree/x*' out/
    [ "$(cd out && find . -type f | sort | xargs)" = './x.txt ./x/b.gz' ]
    s3 cp 's3://data/tree/?.txt' one/
    [ "$(cd one && echo *)" = 'a.txt x.txt' ]
    say s3 cp 's3://data/tree/*.zip' out/
    expect_status 1
    expect_why 'no key matches'
    s3 cp tree/a.txt 's3://data/odd/st*r'
    s3 cp tree/a.txt s3://data/odd/star
    s3 cp --raw 's3://data/odd/st*r' raw/
    [ "$(ls raw)" = 'st*r' ]
}

test_flatten_accepts_each_name_once() {
    store
    s3 cp -r tree s3://data/tree
    s3 cp --flatten 's3://data/tree/*.gz' flat/
    [ "$(cd flat && echo *)" = 'b.gz c.gz' ]
    s3 cp tree/a.txt s3://data/tree/second/a.txt
    say s3 mv -f -r s3://data/tree s3://data/flat/
    expect_status 1
    expect_why "another source also has the name 'a.txt'"
    expect_keys tree/ tree/second/a.txt
}

test_filters_in_the_order_of_the_arguments() {
    store
    s3 cp -r --exclude '*' --include '*.gz' tree s3://data/one
    expect_keys one/ one/x/b.gz 'one/y z/c.gz'
    s3 cp -r --exclude '*' --include '*.gz' --exclude 'x/*' tree s3://data/two
    expect_keys two/ 'two/y z/c.gz'
    s3 cp -r --include '*.gz' --exclude '*' s3://data/one none 2>/dev/null || true
    say s3 cp -r --include '*.gz' s3://data/one none
    expect_status 2
    [ ! -e none ]
}

test_existing_files_and_objects() {
    store
    echo old >target
    s3 cp target s3://data/a.txt
    s3 cp -n tree/a.txt s3://data/
    [ "$(s3 cat s3://data/a.txt)" = old ]
    s3 cp --if-size-differ tree/a.txt s3://data/
    [ "$(s3 cat s3://data/a.txt)" = 1 ]
    echo 2 >tree/a.txt
    s3 cp --if-size-differ tree/a.txt s3://data/
    [ "$(s3 cat s3://data/a.txt)" = 1 ]
    touch -d '2000-01-01' tree/a.txt
    s3 cp --if-source-newer tree/a.txt s3://data/
    [ "$(s3 cat s3://data/a.txt)" = 1 ]
    touch -d '2100-01-01' tree/a.txt
    s3 cp --if-source-newer tree/a.txt s3://data/
    [ "$(s3 cat s3://data/a.txt)" = 2 ]
    s3 cp --no-clobber s3://data/a.txt target
    [ "$(cat target)" = old ]
    s3 cp -r --if-size-differ s3://data/ there
    : >access
    s3 cp -r --if-size-differ s3://data/ there
    [ "$(requests 'GET /data/a.txt')" = 0 ]
}

test_a_move_removes_what_it_has_copied() {
    store
    s3 mv -r tree s3://data/in
    [ -z "$(find tree -type f)" ]
    s3 mv -r s3://data/in s3://data/out
    expect_keys '' out/a.txt out/x.txt out/x/b.gz 'out/y z/c.gz'
    s3 mv 's3://data/out/*.gz' got/
    expect_keys '' out/a.txt out/x.txt
    [ -f got/x/b.gz ]
    say s3 mv s3://data/out/a.txt s3://data/out/
    expect_status 2
    expect_why 'the same object'
    expect_keys '' out/a.txt out/x.txt
}

# An object that was written during the copy is not removed.
test_a_source_that_changed_meanwhile_stays() {
    store --fault etag,method=HEAD,key=in/*
    s3 cp -q -r tree s3://data/in
    say s3 mv -r s3://data/in got
    expect_status 1
    expect_why 'was copied, but not removed: s3://data/in/a.txt'
    expect_why 'the object was replaced'
    expect_keys in/ in/a.txt in/x.txt in/x/b.gz 'in/y z/c.gz'
    say s3 mv s3://data/in/a.txt s3://data/out/
    expect_status 1
    [ "$(requests DELETE)" = 0 ]
    expect_keys in/a in/a.txt
}

test_a_source_stays_where_its_copy_failed() {
    store --fault 'status=403,code=AccessDenied,method=PUT,key=*.txt'
    say s3 mv -r tree s3://data/in
    expect_status 1
    expect_why AccessDenied
    [ "$(cd tree && find . -type f | sort | xargs)" = './a.txt ./x.txt' ]
    expect_keys '' in/x/b.gz 'in/y z/c.gz'
}

# A store that replies 200 without writing: files, a stream, and objects that are copied in the store.
test_a_source_stays_where_its_copy_is_not_proven() {
    store --fault 'status=200,code=AccessDenied,method=PUT,key=in/*' \
        --fault 'status=204,method=PUT,key=void/*'
    say s3 mv -r tree s3://data/in
    expect_status 1
    [ "$(find tree -type f | wc -l)" = 4 ] || fail "$(find tree -type f)"
    say s3 mv --retry-base-delay 1ms -r tree s3://data/void
    expect_status 1
    expect_why 's3://data/void/a.txt: PutObject: '
    expect_why 'HeadObject: 404'
    [ "$(find tree -type f | wc -l)" = 4 ] || fail "$(find tree -type f)"
    s3 cp -q -r tree s3://data/from
    say s3 mv --retry-base-delay 1ms s3://data/from/a.txt s3://data/void/a.txt
    expect_status 1
    expect_why 's3://data/void/a.txt: CopyObject: '
    say s3 cp --retry-base-delay 1ms - s3://data/void/stream <tree/a.txt
    expect_status 1
    expect_keys '' from/a.txt from/x.txt from/x/b.gz 'from/y z/c.gz'
}

# A store that replies without removing: rm, rm of many, mv, sync --delete.
test_a_removal_is_proven_too() {
    store --fault 'status=200,method=DELETE,key=kept/*' --fault 'status=200,method=POST,query=delete'
    s3 cp -q -r tree s3://data/kept
    say s3 rm --retry-base-delay 1ms s3://data/kept/a.txt
    expect_status 1
    expect_why 's3://data/kept/a.txt: DeleteObject: '
    say s3 rm --retry-base-delay 1ms --yes -r s3://data/kept/
    expect_status 1
    say s3 mv --retry-base-delay 1ms s3://data/kept/a.txt got.txt
    expect_status 1
    expect_why 'was copied, but not removed'
    mkdir empty
    say s3 sync --retry-base-delay 1ms --yes --delete empty s3://data/kept
    expect_status 1
    expect_keys '' kept/a.txt kept/x.txt kept/x/b.gz 'kept/y z/c.gz'
}

test_a_dry_run_does_nothing() {
    store
    say s3 mv --dry-run -r tree s3://data/in
    expect_status 0
    expect_said '(dry run) mv tree/a.txt -> s3://data/in/a.txt'
    [ -f tree/a.txt ]
    expect_keys ''
    [ "$(requests PUT)" = 1 ] # the bucket
}

test_results_and_errors_for_machines() {
    store
    say s3 cp --json tree/a.txt tree/absent s3://data/in/
    expect_status 1
    expect_said '{"operation":"cp","from":"tree/a.txt","to":"s3://data/in/a.txt","size":2}'
    grep -q '^{"error":".*absent.*"code":"IO","operation":"cp","from":"tree/absent","to":"s3://data/in/absent"}$' why ||
        fail "$(cat why)"
    say s3 cp --quiet tree/a.txt s3://data/in/
    [ ! -s said ]
    say s3 cp --json
    expect_status 2
    grep -q '^{"error":' why
}

test_names_that_no_file_can_have() {
    store
    s3 cp tree/a.txt s3://data/evil/../../escaped
    s3 cp tree/a.txt s3://data/evil/a//b
    s3 cp tree/a.txt s3://data/evil/a/b
    say s3 cp -r s3://data/evil out/down
    expect_status 1
    [ "$(cd out && find . -type f | sort | xargs)" = ./down/a/b ]
    [ ! -e escaped ] && [ ! -e ../escaped ]
}

test_no_source_is_removed_if_a_listing_breaks_off() {
    store
    mkdir many
    (cd many && seq -f '%05g' 1 1100 | xargs touch)
    s3 cp -q -r many s3://data/many
    stop "$store"
    start_store --fault 'status=403,code=AccessDenied,method=GET,query=continuation-token'
    say s3 cp -r s3://data/many down
    expect_status 1
    expect_why AccessDenied
    [ "$(ls down | wc -l)" = 1000 ] # the listed objects
    say s3 rm -r --yes s3://data/many
    expect_status 1
}

# start_copy WORD...: in the background, as $copy.
start_copy() {
    "$BIN/decon-s3" cp "$@" >said 2>why &
    copy=$!
    started+=("$copy")
}

test_an_interrupted_download_is_resumed() {
    store
    head -c 20000000 /dev/urandom >large
    s3 cp -q large s3://data/large
    stop "$store"
    # The first range takes long enough to be recorded; the last one does not arrive.
    start_store --fault 'delay=2500,method=GET,key=large,header=Range,count=1' \
        --fault 'delay=600000,method=GET,key=large,header=Range,every=3'
    start_copy --workers 1 --part-size 5MiB s3://data/large got
    wait_for test -s got.decon-ranges
    kill -KILL "$copy"
    wait_exit "$copy"
    [ ! -e got ] && [ -s got.decon-part ]
    kill -KILL "$store"
    start_store
    : >access
    s3 cp --workers 1 --part-size 5MiB s3://data/large got
    cmp large got
    [ "$(requests 'GET /data/large')" -lt 4 ]
    [ -z "$(find . -name 'got.decon-*')" ]
}

test_an_error_that_affects_all_is_reported_once() {
    store
    mkdir many
    (cd many && seq -f '%04g' 1 300 | xargs touch)
    say s3 cp --workers 2 -r many s3://no-such-bucket
    expect_status 1
    expect_why NoSuchBucket
    expect_why 'skipped the rest'
    [ "$(wc -l <why)" -le 4 ] || fail "$(wc -l <why) lines"
    say env AWS_SECRET_ACCESS_KEY=wrong "$BIN/decon-s3" cp --workers 2 -r many s3://data
    expect_status 1
    [ "$(wc -l <why)" -le 4 ] || fail "$(wc -l <why) lines"
    ls many | sed 's|.*|cp many/& s3://data/|' >commands
    say env AWS_SECRET_ACCESS_KEY=wrong "$BIN/decon-s3" run --workers 2 commands
    expect_status 1
    [ "$(wc -l <why)" -le 5 ] || fail "$(cat why)"
}

test_a_download_that_never_began_leaves_nothing() {
    store
    say s3 cp s3://data/absent new/got
    expect_status 1
    [ -z "$(find . -name 'got*')" ]
}

test_an_interrupted_run_ends_with_the_signal() {
    store --fault 'delay=600000,method=GET,key=a.txt'
    s3 cp tree/a.txt s3://data/
    start_copy s3://data/a.txt got
    wait_for test -e got.decon-part
    kill -INT "$copy"
    wait_exit "$copy"
    expect_status 130
    [ "$(cat why)" = "decon-s3: cp: interrupted by SIGINT: 0 objects done, 1 interrupted; run it again" ] ||
        fail "$(cat why)"
    [ -z "$(find . -name 'got*')" ]
    kill -KILL "$store" # still sleeping
}

test_an_interrupted_folder_says_how_to_resume() {
    store --fault 'delay=600000,method=GET,key=tree/x/*'
    s3 cp -q -r tree/ s3://data/tree/
    start_copy -r s3://data/tree/ got
    wait_for test -e got/a.txt
    wait_for test -e got/x/b.gz.decon-part
    kill -TERM "$copy"
    wait_exit "$copy"
    expect_status 143
    grep -qE '^decon-s3: cp: interrupted by SIGTERM: [1-9][0-9]* objects? done \([0-9]+ B\), [1-9] interrupted; run it again with --if-size-differ --if-source-newer: ' why ||
        fail "$(cat why)"
    [ "$(wc -l <why)" = 1 ] || fail "$(cat why)"
    start_copy -r --json s3://data/tree/ machine
    wait_for test -e machine/x/b.gz.decon-part
    kill -INT "$copy"
    wait_exit "$copy"
    expect_status 130
    grep -q '"code":"CANCELLED","operation":"cp","signal":"SIGINT","objects":' why || fail "$(cat why)"
    kill -KILL "$store"
}

# small_disk MOUNT-OPTIONS COMMAND...: with a separate file system at ./disk.
small_disk() {
    local options=$1
    shift
    mkdir -p disk
    unshare -rm mount -t tmpfs -o "$options" none disk 2>/dev/null || { echo 'nothing can be mounted'; exit 77; }
    # shellcheck disable=SC2016  # for the inner shell
    say unshare -rm bash -c 'mount -t tmpfs -o "$0" none disk && "$@"' "$options" "$@"
}

test_a_full_disk_ends_the_run_and_is_named() {
    store
    mkdir many
    for i in $(seq 200); do head -c 3000 /dev/zero >"many/$i"; done
    s3 cp -q -r many/ s3://data/many/
    small_disk size=40k "$BIN/decon-s3" cp -r --workers 8 s3://data/many/ disk/
    expect_status 1
    [ "$(wc -l <why)" -le 3 ] || fail "$(cat why)"
    grep -qE 'No space left on device \(writing disk/[0-9]+\); free some space there' why || fail "$(cat why)"
    expect_why 'skipped the rest'
    ls many | sed 's|.*|cp s3://data/many/& disk/|' >commands
    small_disk size=40k "$BIN/decon-s3" run --workers 1 commands
    expect_status 1
    [ "$(wc -l <why)" -le 3 ] || fail "$(cat why)"
}

test_a_read_only_disk_is_one_error() {
    store
    s3 cp -q -r tree/ s3://data/tree/
    for command in cp\ -r sync; do
        # shellcheck disable=SC2086  # two words
        small_disk ro "$BIN/decon-s3" $command s3://data/tree/ disk/new/deep/
        expect_status 1
        [ "$(cat why)" = 'decon-s3: disk/new/deep/: cannot create files in disk: Read-only file system' ] ||
            fail "$command: $(cat why)"
    done
    mkdir none
    small_disk ro "$BIN/decon-s3" sync s3://data/nothing/ disk/
    expect_status 0
}

test_a_store_that_is_not_there_is_one_error() {
    store
    stop "$store"
    say s3 cp -r --max-attempts 1 --workers 2 tree/ s3://data/tree/
    expect_status 1
    [ "$(grep -c 'Could not connect\|Failed to connect' why)" = 1 ] || fail "$(cat why)"
}

run_tests
