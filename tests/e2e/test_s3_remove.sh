#!/usr/bin/env bash
# decon-s3 rm and rb: batches, the confirmation before many removals, failures.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/s3_said.sh"

requests() {
    grep -c -- "$1" "$T/access" || true
}
store() {
    start_store "$@"
    s3 mb s3://data
    cd "$T"
    mkdir few
    (cd few && touch a b c d.txt)
}
# many: 1,001 objects below s3://data/many/
many() {
    mkdir many
    (cd many && seq -f '%04g' 1 1001 | xargs touch)
    s3 cp -q -r many s3://data/many
}
# with_answer TEXT COMMAND...: at a terminal, with TEXT as typed input.
with_answer() {
    local answer=$1
    shift
    command -v script >/dev/null || { echo 'no script(1)'; exit 77; }
    status=0
    printf '%s\n' "$answer" | script -q -e -c "$*" "$T/terminal" >/dev/null 2>&1 || status=$?
}

test_arguments_go_in_one_batch() {
    store
    s3 cp -q -r few s3://data/few
    say s3 rm s3://data/few/a s3://data/few/b s3://data/few/absent
    expect_status 0
    [ "$(sort said)" = "$(printf 'rm s3://data/few/%s\n' a absent b)" ]
    [ "$(requests 'POST /data?delete')" = 1 ]
    expect_keys few/ few/c few/d.txt
    say s3 rm s3://data
    expect_status 2
    expect_why --recursive
}

test_a_few_below_a_prefix_need_no_confirmation() {
    store
    s3 cp -q -r few s3://data/few
    s3 cp -q few/a s3://data/fewer
    say s3 rm -r --exclude '*.txt' s3://data/few
    expect_status 0
    expect_keys '' few/d.txt fewer
    say s3 rm -r s3://data/nothing
    expect_status 1
    say s3 rm 's3://data/few*'
    expect_keys ''
    say s3 rm 's3://data/few*'
    expect_status 1
}

test_a_wildcard_can_be_literal() {
    store
    s3 cp -q few/a 's3://data/st*r'
    s3 cp -q few/a s3://data/star
    say s3 rm 's3://data/st*r'
    expect_status 2
    expect_why 'is a key, and as a pattern matches 1 others'
    expect_keys '' 'st*r' star
    s3 rm --raw 's3://data/st*r'
    expect_keys '' star
    s3 cp -q few/a 's3://data/st*r'
    s3 rm --yes 's3://data/st*r'
    expect_keys ''
}

test_many_need_a_confirmation() {
    store
    many
    say s3 rm -r s3://data/many
    expect_status 2
    expect_why 'more than 1000 objects'
    [ "$(keys many/ | wc -l)" = 1001 ]
    say s3 rm -r --dry-run s3://data/many
    expect_status 0
    [ "$(wc -l <said)" = 1001 ]
    [ "$(keys many/ | wc -l)" = 1001 ]
    s3 rm -q -r --yes s3://data/many
    expect_keys ''
    [ "$(requests 'POST /data?delete')" = 1 ] # 1,000, and one alone
    [ "$(requests 'DELETE /data/many/')" = 1 ]
}

test_a_whole_bucket_needs_a_confirmation() {
    store
    s3 cp -q few/a s3://data/a
    for uri in s3://data s3://data/; do
        say s3 rm -r "$uri"
        expect_status 2
        expect_why 'all objects of s3://data'
    done
    say s3 rm 's3://data/*'
    expect_status 2
    expect_keys '' a
    s3 rm -y 's3://data/*'
    expect_keys ''
}

test_a_person_may_confirm() {
    store
    s3 cp -q few/a s3://data/a
    with_answer no "$BIN/decon-s3" rm -r s3://data
    expect_status 1
    grep -q 'remove all objects of s3://data? Type yes' terminal || fail "$(cat terminal)"
    expect_keys '' a
    with_answer yes "$BIN/decon-s3" rm -r s3://data
    expect_status 0
    expect_keys ''
}

# Input from a pipe, or lines of a file, do not count as a confirmation at a terminal.
test_only_a_person_at_a_terminal_is_asked() {
    store
    s3 cp -q few/a s3://data/a
    echo 'rm -r s3://data' >commands
    with_answer yes "$BIN/decon-s3" run commands
    expect_status 1
    ! grep -q 'Type yes' terminal || fail "$(cat terminal)"
    with_answer yes "echo yes | $BIN/decon-s3 rm -r s3://data"
    expect_status 2
    ! grep -q 'Type yes' terminal || fail "$(cat terminal)"
    expect_keys '' a
}

test_keys_that_cannot_be_removed_are_named() {
    store --fault 'status=403,code=AccessDenied,method=DELETE,key=*b'
    s3 cp -q -r few s3://data/few
    say s3 rm --json s3://data/few/b
    expect_status 1
    grep -q '^{"error":"s3://data/few/b: DeleteObject: 403 AccessDenied .*"uri":"s3://data/few/b"' why ||
        fail "$(cat why)"
    say s3 rm s3://data/few/a s3://elsewhere/a s3://elsewhere/b
    expect_status 1
    expect_why 's3://elsewhere/a: '
    expect_why 's3://elsewhere/b: '
    [ "$(cat said)" = 'rm s3://data/few/a' ]
}

test_keys_that_xml_cannot_hold() {
    store
    s3 cp -q few/a s3://data/$'in/one\x01'
    s3 cp -q few/a s3://data/$'in/two\n<&>'
    s3 cp -q few/a s3://data/in/three
    s3 rm -r s3://data/in
    expect_keys ''
}

test_a_bucket_that_is_not_empty_stays() {
    store
    s3 cp -q -r few s3://data/few
    say s3 rb s3://data
    expect_status 1
    expect_why '--force removes its objects first'
    say s3 rb --force --dry-run s3://data
    expect_status 0
    [ "$(keys '' | wc -l)" = 4 ]
    say s3 rb --force --yes s3://data
    expect_status 0
    [ -z "$(s3 ls)" ]
    say s3 rb s3://data
    expect_status 1
    say s3 rb s3://data/key
    expect_status 2
}

test_a_bucket_and_its_objects_need_a_confirmation() {
    store
    s3 cp -q -r few s3://data/few
    say s3 rb --force s3://data </dev/null
    expect_status 2
    expect_why 'all objects (4) of s3://data, and the bucket'
    expect_why '--yes'
    [ "$(keys '' | wc -l)" = 4 ]
    printf 'rb --force s3://data\n' >lines
    say s3 run lines
    expect_status 1
    expect_why '--yes'
    [ "$(keys '' | wc -l)" = 4 ]
    with_answer no "$BIN/decon-s3" rb --force s3://data
    expect_status 1
    [ "$(keys '' | wc -l)" = 4 ]
    with_answer yes "$BIN/decon-s3" rb --force s3://data
    expect_status 0
    [ -z "$(s3 ls)" ]
    s3 mb s3://data # nothing to remove: no question
    s3 rb --force s3://data </dev/null
    s3 mb s3://data
    s3 cp -q few/a s3://data/a
    s3 run --yes lines
    [ -z "$(s3 ls)" ]
}

test_many_uploads_need_a_confirmation() {
    store
    command -v curl >/dev/null || { echo 'no curl'; exit 77; }
    curl -sS --fail --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -X POST -d '' -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -o /dev/null "$AWS_ENDPOINT_URL/data/up/[1-1001]?uploads="
    say s3 abort-uploads --older-than 0 s3://data </dev/null
    expect_status 2
    expect_why '1001 multipart uploads of s3://data/'
    [ "$(s3 abort-uploads --older-than 0 --dry-run s3://data | wc -l)" = 1001 ]
    s3 abort-uploads --older-than 0 --yes -q s3://data
    say s3 abort-uploads --older-than 0 s3://data
    [ "$(cat said)" = 'nothing to abort; 0 younger uploads are kept' ] || fail "$(cat said)"
}

# Objects listed outside the prefix, and objects after them on such a page, stay.
test_a_listing_that_breaks_its_contract_removes_nothing() {
    store
    s3 cp -q -r few s3://data/in
    s3 cp -q -r few s3://data/other
    local fault what
    for fault in unprefixed unordered; do
        stop "$store"
        start_store --fault "$fault,method=GET,query=list-type"
        for what in 'rm -r s3://data/in' 'rm -r --yes s3://data/other' 'rm s3://data/in/*' 'mv -r s3://data/in back' \
            'sync --delete --yes few s3://data/in' 'sync --delete --yes s3://data/in few'; do
            set -f
            # shellcheck disable=SC2086  # words
            say s3 $what
            set +f
            expect_status 1
            case $fault in
            unprefixed) expect_why "outside the prefix" ;;
            *) expect_why 'not in UTF-8 byte order' ;;
            esac
        done
        stop "$store"
        start_store
        [ "$(keys '' | wc -l)" = 8 ] || fail "$fault: $(keys '')"
        [ "$(find few -type f | wc -l)" = 4 ]
    done
}

# The violation is on the second page; the first one was right.
test_nothing_is_removed_before_the_listing_is_whole() {
    store
    many
    local fault
    for fault in unordered 'status=403,code=AccessDenied'; do
        stop "$store"
        start_store --fault "$fault,method=GET,query=continuation-token"
        s3 cp -q few/a s3://data/many/1002
        for what in 'rm -r --yes s3://data/many' 'rb --force --yes s3://data' 'rm --yes s3://data/many/*'; do
            set -f
            # shellcheck disable=SC2086
            say s3 $what
            set +f
            expect_status 1
        done
        stop "$store"
        start_store
        [ "$(keys many/ | wc -l)" = 1002 ] || fail "$fault: $(keys many/ | wc -l)"
    done
}

test_a_listing_in_any_order_can_be_allowed() {
    store
    s3 cp -q -r few s3://data/in
    stop "$store"
    start_store --fault 'unordered,method=GET,query=list-type'
    say s3 ls -r s3://data/in
    expect_status 1
    expect_why '--listing-order any'
    [ "$(s3 ls -r --listing-order any s3://data/in | wc -l)" = 4 ]
    say s3 sync --listing-order any s3://data/in back
    expect_status 1
    expect_why 'byte order'
    s3 cp -q -r --listing-order any s3://data/in back
    diff -r few back
    s3 rm -q -r --listing-order any s3://data/in
    stop "$store"
    start_store
    expect_keys ''
}

test_a_key_that_is_listed_twice_is_one_object() {
    store
    s3 cp -q -r few s3://data/in
    stop "$store"
    start_store --fault 'repeat,method=GET,query=list-type'
    [ "$(s3 ls -r s3://data/in 2>/dev/null | wc -l)" = 4 ]
    say s3 cp -r s3://data/in back
    expect_status 0
    [ "$(wc -l <said)" = 4 ] || fail "$(cat said)"
    expect_why 'listed twice'
    say s3 sync s3://data/in back
    expect_status 0
    say s3 sync few s3://data/in
    expect_status 0
    say s3 mv -r s3://data/in s3://data/moved
    expect_status 0
    [ "$(wc -l <said)" = 4 ] || fail "$(cat said)"
    say s3 rm -r s3://data/moved
    expect_status 0
    [ "$(wc -l <said)" = 4 ] || fail "$(cat said)"
}

test_the_object_of_the_folders_own_name_goes_too() {
    store
    curl -sS --fail -X PUT --data-binary x "$(s3 presign --method PUT s3://data/in/)"
    s3 cp -q few/b s3://data/in/b
    s3 rm -q -r s3://data/in
    expect_keys ''
}

run_tests
