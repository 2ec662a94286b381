#!/usr/bin/env bash
# decon-s3 with buckets that have versioning: listings, removals and copies of versions.
. "$(dirname "$0")/lib.sh"

versioning() { # versioning Enabled|Suspended
    curl -sS --fail --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -X PUT "$AWS_ENDPOINT_URL/data?versioning=" \
        -d "<VersioningConfiguration><Status>$1</Status></VersioningConfiguration>"
}
store() {
    start_store "$@"
    s3 mb s3://data
    versioning Enabled
    cd "$T"
}
write() { # write KEY TEXT...: a version for each text
    local key=$1 text
    shift
    for text in "$@"; do
        printf '%s\n' "$text" >text
        s3 cp -q text "s3://data/$key"
    done
}
# ids URI: the versions of everything there, newest first.
ids() {
    s3 ls -r --json --all-versions "$1" | sed 's/.*"version_id":"\([^"]*\)".*/\1/'
}
say() {
    status=0
    "$@" >said 2>why || status=$?
}
expect_why() {
    grep -qF -- "$1" why || fail "not in: $(cat why): $1"
}
# expect_versions PREFIX LINE...: "KEY SIZE|DELETED" of all versions.
expect_versions() {
    local prefix=$1
    shift
    s3 ls -r --all-versions "s3://data/$prefix" 2>&1 | sed -n 's|^.\{19\} *\([^ ]*\) [^ ]* *s3://data/\(.*\)|\2 \1|p' >said
    { [ $# = 0 ] || printf '%s\n' "$@"; } | diff - said || fail "versions: $(cat said)"
}

test_listings_show_versions_and_delete_markers() {
    store
    write a/one 1 22
    s3 rm -q s3://data/a/one
    write a/two 333
    expect_versions '' 'a/one DELETED' 'a/one 3' 'a/one 2' 'a/two 4'
    [ "$(s3 ls -r s3://data/ | wc -l)" = 1 ]
    s3 ls --all-versions s3://data/ >said
    [ "$(wc -l <said)" = 1 ] && grep -q 'FOLDER .* s3://data/a/$' said || fail "$(cat said)"
    s3 ls --all-versions 's3://data/*/one' >said
    [ "$(wc -l <said)" = 3 ] || fail "$(cat said)"
    s3 ls -r --json --all-versions s3://data/ >said
    [ "$(grep -c '"version_id":"[0-9a-f]\{32\}"' said)" = 4 ]
    sed -n 1p said | grep -q '"delete_marker":true' && sed -n 1p said | grep -q '"latest":true' || fail "$(cat said)"
    ! sed -n 1p said | grep -q '"size"' || fail 'a marker with a size'
    ! sed -n 2p said | grep -q '"latest"' || fail 'an old version is the latest'
    sed -n 4p said | grep -q '"latest":true'
    s3 ls -r --all-versions --summarize s3://data/ >said
    grep -qx 'Total objects: 3' said && grep -qx 'Total size: 9' said || fail "$(cat said)"
    s3 ls -r --page-size 1 --all-versions s3://data/ | wc -l | grep -qx 4
    s3 du --all-versions s3://data >said
    tail -n 1 said | grep -q '^ *9 *3 objects' || fail "$(cat said)"
    s3 du s3://data | tail -n 1 | grep -q '^ *4 *1 objects'
    # A bucket without versioning has the version null.
    s3 mb s3://plain
    s3 cp -q text s3://plain/key
    s3 ls -r --json --all-versions s3://plain | grep -q '"version_id":"null","latest":true'
}

test_one_version_is_removed_permanently() {
    store
    write key 1 22 333
    local third second first
    read -r -d '' third second first <<<"$(ids s3://data/key)" || true
    s3 rm --version-id "$second" s3://data/key >said
    [ "$(cat said)" = "rm s3://data/key (version $second)" ] || fail "$(cat said)"
    expect_versions '' 'key 4' 'key 2'
    s3 rm --json --version-id "$third" s3://data/key >said
    grep -qF "\"version_id\":\"$third\"" said || fail "$(cat said)"
    [ "$(s3 cat s3://data/key)" = 1 ]
    s3 rm -q s3://data/key
    say s3 cat s3://data/key
    expect_status 1
    s3 rm -q --version-id "$(ids s3://data/key | head -n 1)" s3://data/key # the marker: it is back
    [ "$(s3 cat s3://data/key)" = 1 ]
    s3 rm -q --version-id "$first" s3://data/key
    expect_versions ''
    s3 rm -q --version-id "$first" s3://data/key # again
    local words
    for words in '--version-id x s3://data/a s3://data/b' '--version-id x s3://data/*' '-r --version-id x s3://data/a' \
        '--all-versions --version-id x s3://data/a'; do
        # shellcheck disable=SC2086  # words
        say s3 rm $words
        expect_status 2
        expect_why '--version-id'
    done
}

test_all_versions_of_a_key_a_folder_and_a_bucket_are_removed() {
    store
    local key
    write key 1 22
    write key2 1
    write dir/a 1 22
    write dir/b 1
    s3 rm -q s3://data/dir/b
    s3 rm --dry-run --all-versions s3://data/key >said
    [ "$(wc -l <said)" = 2 ] || fail "$(cat said)"
    s3 rm --all-versions s3://data/key >said # not key2
    [ "$(wc -l <said)" = 2 ] || fail "$(cat said)"
    expect_versions '' 'dir/a 3' 'dir/a 2' 'dir/b DELETED' 'dir/b 2' 'key2 2'
    s3 rm -q --all-versions 's3://data/dir/b*'
    expect_versions '' 'dir/a 3' 'dir/a 2' 'key2 2'
    s3 rm -q -r --all-versions --exclude '*a' s3://data/dir/
    expect_versions 'dir/' 'dir/a 3' 'dir/a 2'
    s3 rm -q -r --all-versions s3://data/dir/
    expect_versions '' 'key2 2'
    for key in absent key; do # key2 is another key
        say s3 rm --all-versions "s3://data/$key"
        expect_status 1
        expect_why 'no version of this key'
    done
    say s3 rb s3://data
    expect_status 1
    s3 rm -q s3://data/key2
    say s3 rb --force --yes s3://data
    expect_status 1
    expect_why 'rm -r --all-versions'
    say s3 rm -q -r --all-versions s3://data </dev/null # all of a bucket: with --yes only
    expect_status 2
    s3 rm -q -r --all-versions --yes s3://data
    s3 rb s3://data
}

test_more_versions_than_one_request_removes() {
    store
    local i
    mkdir many
    for i in {001..300}; do echo "$i" >"many/$i"; done
    for i in 1 2 3 4; do s3 cp -q -r many s3://data/many; done
    [ "$(ids s3://data/many/ | wc -l)" = 1200 ]
    : >access
    s3 rm -r --yes --all-versions s3://data/many/ >said
    [ "$(wc -l <said)" = 1200 ]
    [ "$(grep -c 'POST /data?delete=' access)" = 2 ] || fail "$(grep POST access)"
    expect_versions ''
}

test_copies_of_versions() {
    store
    printf 'old\n' >text
    touch -d '2020-01-01 00:00:00 UTC' text
    s3 cp -q --preserve-times --tagging v=1 --metadata who=me text s3://data/key
    write key new
    local old
    old=$(ids s3://data/key | tail -n 1)
    s3 cp -q --version-id "$old" s3://data/key s3://data/copy
    [ "$(s3 cat s3://data/copy)" = old ]
    s3 stat s3://data/copy >said
    grep -qx 'metadata-who: me' said && grep -qx 'tag-v: 1' said || fail "$(cat said)"
    s3 cp -q --version-id "$old" --content-type text/x s3://data/key s3://data/merged
    s3 stat s3://data/merged >said
    grep -qx 'metadata-who: me' said && grep -qx 'content-type: text/x' said || fail "$(cat said)"
    s3 cp -q --version-id "$old" s3://data/key s3://data/key # restores it
    [ "$(s3 cat s3://data/key)" = old ]
    [ "$(ids s3://data/key | wc -l)" = 3 ]
    write key newer
    s3 cp -q --version-id "$old" --preserve-times s3://data/key down
    [ "$(cat down)" = old ] && [ "$(date -u -r down +%Y)" = 2020 ] || fail "$(date -r down)"
    [ "$(s3 cat --version-id "$old" s3://data/key)" = old ]
    [ "$(s3 cat --version-id "$old" --range 0-1 s3://data/key)" = ol ]
    s3 stat --version-id "$old" s3://data/key | grep -qx "version-id: $old"
    s3 stat --version-id "$old" s3://data/key | grep -qx 'tag-v: 1'
    curl -sf "$(s3 presign --version-id "$old" s3://data/key)" | grep -qx old
    curl -sf "$(s3 presign s3://data/key)" | grep -qx newer
    say s3 cp --version-id absent s3://data/key s3://data/x
    expect_status 1
    # From another store.
    local first=$AWS_ENDPOINT_URL
    mkdir -p "$T/second"
    "$BIN/decon-s3" serve --root "$T/second/objects" --port 0 --port-file "$T/second/port" >second/log 2>&1 &
    started+=("$!")
    wait_for test -s "$T/second/port"
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$T/second/port")
    s3 mb s3://data
    s3 cp -q --source-endpoint-url "$first" --version-id "$old" s3://data/key s3://data/key
    [ "$(s3 cat s3://data/key)" = old ]
    s3 stat s3://data/key | grep -qx 'tag-v: 1'
}

test_versioning_is_shown_enabled_and_suspended() {
    start_store
    cd "$T"
    s3 mb s3://data
    [ "$(s3 versioning s3://data)" = $'uri: s3://data\nversioning: off' ] || fail "$(s3 versioning s3://data)"
    s3 versioning s3://data enabled >said
    [ "$(cat said)" = 'versioning s3://data (enabled)' ] || fail "$(cat said)"
    s3 versioning --json s3://data/ >said
    [ "$(cat said)" = '{"uri":"s3://data","versioning":"enabled"}' ] || fail "$(cat said)"
    write key 1 22
    s3 versioning -q s3://data Suspended
    [ "$(s3 versioning s3://data | tail -n 1)" = 'versioning: suspended' ]
    write key 333
    [ "$(ids s3://data/ | sort | grep -c .)" = 3 ]
    [ "$(ids s3://data/ | head -n 1)" = null ]
    local words
    for words in 's3://data off' 's3://data on' s3://data/key 's3://data enabled more' ''; do
        # shellcheck disable=SC2086  # words
        say s3 versioning $words
        expect_status 2
    done
    say s3 versioning s3://data off
    expect_why 'S3 cannot switch versioning off'
    say s3 versioning s3://absent enabled
    expect_status 1
    expect_why 's3://absent: PutBucketVersioning: '
    say s3 bucket-version s3://data
    expect_why "did you mean 'versioning'"
}

test_commands_of_one_version_say_where_ids_come_from() {
    store
    local command
    for command in 'cp --all-versions s3://data/a b' 'cat --all-versions s3://data/a' 'mv --all-versions s3://data/a b' \
        'stat --all-versions s3://data/a' 'sync --all-versions s3://data/ b'; do
        # shellcheck disable=SC2086  # words
        say s3 $command
        expect_status 2
        expect_why "--all-versions: is a flag of ls, du, rm, not of ${command%% *}; ls --all-versions shows ids for --version-id"
    done
    echo 'cp --all-versions s3://data/a b' >commands
    say s3 run commands
    expect_status 1
    expect_why 'commands:1: --all-versions: is a flag of ls, du, rm, not of cp'
    say s3 mb --page-size 5 s3://x
    expect_status 2
    expect_why '--page-size: is a flag of '
    say s3 mb --nonsense s3://x
    expect_why 'unknown flag'
}

run_tests
