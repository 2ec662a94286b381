#!/usr/bin/env bash
# decon-s3 sync: what is copied and why, in each direction; what is removed, and when nothing is removed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/s3_said.sh"

# expect_done LINE...: these results, in any order, and no other.
expect_done() {
    [ "$(sort "$T/said")" = "$([ $# = 0 ] || printf '%s\n' "$@" | sort)" ] || fail "$(cat "$T/said" "$T/why")"
}
store() {
    start_store "$@"
    s3 mb s3://data
    mkdir -p "$T/tree/x"
    cd "$T"
    echo 1 >tree/a.txt
    echo 22 >tree/x.txt
    echo 333 >tree/x/b.txt
    find tree -type f -exec touch -d '2000-01-01 00:00:00 UTC' {} +
}

test_uploads_by_size_and_time() {
    store
    say s3 sync tree s3://data/in
    expect_done 'cp tree/a.txt -> s3://data/in/a.txt (new)' 'cp tree/x.txt -> s3://data/in/x.txt (new)' \
        'cp tree/x/b.txt -> s3://data/in/x/b.txt (new)'
    say s3 sync tree s3://data/in
    expect_done
    echo 4444 >tree/a.txt
    touch -d '2000-01-01' tree/a.txt
    touch -d '2100-01-01 00:00:00 UTC' tree/x.txt
    say s3 sync --dry-run tree s3://data/in
    grep -q '^(dry run) cp tree/a.txt -> s3://data/in/a.txt (size differs: 5 bytes, target 2)$' said
    grep -q '^(dry run) cp tree/x.txt -> s3://data/in/x.txt (newer: 2100-01-01 00:00:00, target ' said
    [ "$(wc -l <said)" = 2 ]
    [ "$(s3 cat s3://data/in/a.txt)" = 1 ]
    say s3 sync --size-only tree s3://data/in
    expect_done 'cp tree/a.txt -> s3://data/in/a.txt (size differs: 5 bytes, target 2)'
}

test_downloads_with_the_time_of_the_object() {
    store
    s3 sync -q tree s3://data/in
    s3 sync -q s3://data/in back
    diff -r tree back
    say s3 sync --exact-timestamps s3://data/in back
    expect_done
    touch -d '2100-01-01' back/a.txt
    say s3 sync s3://data/in back
    expect_done # the target is newer
    say s3 sync --exact-timestamps --dry-run s3://data/in back
    grep -q '^(dry run) cp .*a.txt (time differs: ' said
}

test_copies_skip_equal_etags() {
    store
    s3 sync -q tree s3://data/in
    s3 sync -q s3://data/in s3://data/out
    s3 cp -q tree/a.txt s3://data/in/a.txt # newer, but the same
    say s3 sync s3://data/in s3://data/out
    expect_done
    say s3 sync --delete s3://data/in s3://data/in/deeper
    expect_status 2
}

test_checksums() {
    store
    head -c 6000000 /dev/zero >tree/large
    s3 sync -q --part-size 5MiB tree s3://data/in
    touch -d '2100-01-01' tree/*
    say s3 sync --checksum tree s3://data/in
    expect_status 0
    # With parts of another size than this client's default, ETags cannot be compared.
    expect_done
    echo 9 >tree/a.txt
    say s3 sync --checksum tree s3://data/in
    expect_done 'cp tree/a.txt -> s3://data/in/a.txt (ETag differs)'
}

test_delete_removes_what_is_only_in_the_target() {
    store
    s3 sync -q tree s3://data/in
    s3 cp -q tree/a.txt s3://data/in/extra
    s3 cp -q tree/a.txt s3://data/in/extra.keep
    say s3 sync tree s3://data/in
    expect_done
    say s3 sync --delete --dry-run --exclude '*.keep' tree s3://data/in
    expect_done '(dry run) rm s3://data/in/extra (only in the target)'
    say s3 sync --delete --exclude '*.keep' tree s3://data/in
    expect_done 'rm s3://data/in/extra (only in the target)'
    expect_keys in/ in/a.txt in/extra.keep in/x.txt in/x/b.txt
    mkdir -p back/sub
    echo own >back/sub/own
    say s3 sync -q --delete s3://data/in back
    [ ! -e back/sub/own ] && [ -f back/extra.keep ]
}

test_an_empty_source_removes_nothing_by_mistake() {
    store
    s3 sync -q tree s3://data/in
    mkdir none
    say s3 sync --delete none s3://data/in
    expect_status 2
    expect_why 'the source is empty'
    expect_why '--yes'
    [ "$(keys in/ | wc -l)" = 3 ]
    say s3 sync --delete none/absent s3://data/in
    expect_status 2
    s3 sync -q --delete --yes none s3://data/in
    expect_keys in/
}

test_many_are_not_removed_without_a_confirmation() {
    store
    mkdir many
    (cd many && seq -f '%04g' 1 1001 | xargs touch)
    s3 sync -q many s3://data/in
    say s3 sync --delete tree s3://data/in
    expect_status 2
    expect_why '1001 objects of s3://data/in'
    [ "$(keys in/ | wc -l)" = 1004 ]
    : >access
    s3 sync -q --delete --yes tree s3://data/in
    expect_keys in/ in/a.txt in/x.txt in/x/b.txt
    [ "$(grep -c 'POST /data?delete' access)" = 1 ] || fail "$(cat access)" # and one single removal
}

test_nothing_is_removed_where_a_copy_failed() {
    store
    s3 cp -q tree/a.txt s3://data/in/extra
    stop "$store"
    start_store --fault 'status=403,code=AccessDenied,method=PUT,key=*x.txt'
    say s3 sync --delete tree s3://data/in
    expect_status 1
    expect_why 'nothing was removed'
    expect_keys in/ in/a.txt in/extra in/x/b.txt
}

test_nothing_is_removed_or_skipped_where_a_listing_broke_off() {
    store
    mkdir many
    (cd many && seq -f '%04g' 1 1100 | xargs touch)
    s3 cp -q -r many s3://data/in
    mkdir -p back
    touch back/zzz
    stop "$store"
    start_store --fault 'status=403,code=AccessDenied,method=GET,query=continuation-token'
    say s3 sync --delete s3://data/in back
    expect_status 1
    expect_why AccessDenied
    [ -e back/zzz ]
    say s3 sync --delete --yes back s3://data/in
    expect_status 1
    stop "$store"
    start_store
    [ "$(keys in/ | wc -l)" = 1100 ]
}

test_a_folder_that_cannot_be_read_keeps_its_objects() {
    [ "$(id -u)" != 0 ] || { echo 'root reads every folder'; exit 77; }
    store
    s3 sync -q tree s3://data/in
    chmod 000 tree/x
    say s3 sync --delete --yes tree s3://data/in
    chmod 755 tree/x
    expect_status 1
    expect_keys in/ in/a.txt in/x.txt in/x/b.txt
}

test_a_star_is_the_folder() {
    store
    s3 sync -q tree s3://data/in
    say s3 sync 's3://data/in/*' back
    expect_status 0
    diff -r tree back
    say s3 sync --delete 's3://data/in/*.txt' back
    expect_status 2
    say s3 sync 's3://data/in/x*' some
    [ "$(cd some && find . -type f | sort | xargs)" = './x.txt ./x/b.txt' ]
}

run_tests
