#!/usr/bin/env bash
# decon-s3 ls, du, stat, cat, presign and abort-uploads.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/s3_said.sh"

# expect_lines REGEX...: as many lines, each matching its regex.
expect_lines() {
    local number=1
    [ "$(wc -l <"$T/said")" = $# ] || fail "$(cat "$T/said" "$T/why")"
    for regex; do
        sed -n "${number}p" "$T/said" | grep -qE -- "$regex" || fail "line $number is not $regex: $(cat "$T/said")"
        number=$((number + 1))
    done
}
store() {
    start_store "$@"
    s3 mb s3://data
    cd "$T"
    mkdir -p tree/x tree/y
    echo 1 >tree/a.txt
    head -c 3000 /dev/zero >tree/x/b.gz
    echo 333 >tree/y/c.gz
    s3 cp -q -r tree s3://data/tree
}
date='^20[0-9-]{8} [0-9:]{8} +'

test_levels_and_totals() {
    store
    say s3 ls s3://data/tree/
    expect_lines "${date}2 s3://data/tree/a.txt$" ' FOLDER s3://data/tree/x/$' ' FOLDER s3://data/tree/y/$'
    say s3 ls -r -H --summarize s3://data
    expect_lines "${date}2 B s3://data/tree/a.txt$" "${date}2.9 KiB s3://data/tree/x/b.gz$" \
        "${date}4 B s3://data/tree/y/c.gz$" '^$' '^Total objects: 3$' '^Total size: 2.9 KiB$'
    say s3 ls -e -s s3://data/tree/a
    expect_lines "${date}2 STANDARD +\"b026324c6904b2a9cb4b88d6d61c81d1\" s3://data/tree/a.txt$"
}

test_patterns_and_filters() {
    store
    say s3 ls 's3://data/tree/*.gz'
    expect_lines ' s3://data/tree/x/b.gz$' ' s3://data/tree/y/c.gz$'
    say s3 ls -r --exclude '*.gz' s3://data/tree/
    expect_lines ' s3://data/tree/a.txt$'
    say s3 ls 's3://data/tree/*.zip'
    expect_status 1
    expect_why 'no key matches'
    say s3 ls --raw 's3://data/tree/*.gz'
    expect_status 1
}

test_lists_for_machines() {
    store
    say s3 ls --json --summarize s3://data/tree/
    expect_lines '^{"uri":"s3://data/tree/a.txt","key":"tree/a.txt","size":2,"modified":"20.*","etag":".*","storage_class":"STANDARD"}$' \
        '^{"uri":"s3://data/tree/x/","prefix":"tree/x/"}$' '^{"uri":"s3://data/tree/y/","prefix":"tree/y/"}$' \
        '^{"total_objects":1,"total_size":2}$'
}

test_a_reader_that_ends_early_is_not_an_error() {
    store
    mkdir many
    (cd many && seq -f '%04g' 1 3000 | xargs touch)
    s3 cp -q -r many s3://data/many
    set +o pipefail
    "$BIN/decon-s3" ls -r s3://data 2>why | head -n 1 >said
    [ "${PIPESTATUS[0]}" = 141 ]
    [ ! -s why ] || fail "$(cat why)"
}

test_sums_by_folder_and_class() {
    store
    s3 cp -q tree/a.txt s3://data/top
    say s3 du s3://data/tree/
    expect_lines '^ +3000 +1 objects  s3://data/tree/x/$' '^ +4 +1 objects  s3://data/tree/y/$' \
        '^ +3006 +3 objects  s3://data/tree/$'
    say s3 du -H --summarize s3://data
    expect_lines '^ +2.9 KiB +4 objects  s3://data/$'
    say s3 du --by-class 's3://data/*.gz'
    expect_lines '^ +3004 +2 objects  s3://data/\*.gz  STANDARD$' '^ +3004 +2 objects '
    say s3 du --json s3://data
    expect_lines '^{"uri":"s3://data/tree/","objects":3,"size":3006}$' '^{"uri":"s3://data/","objects":4,"size":3008}$'
    say s3 du s3://absent
    expect_status 1
}

test_a_listing_that_breaks_off_fails() {
    store
    mkdir many
    (cd many && seq -f '%04g' 1 1100 | xargs touch)
    s3 cp -q -r many s3://data/many
    stop "$store"
    start_store --fault 'status=403,code=AccessDenied,method=GET,query=continuation-token'
    for command in ls du; do
        say s3 "$command" s3://data/many/
        expect_status 1
        expect_why AccessDenied
    done
    ! grep -q '1000 objects' said || fail 'a partial count was printed'
}

test_cat_and_stat_of_patterns() {
    store
    [ "$(s3 cat 's3://data/tree/*.txt' 's3://data/tree/y/*' | xargs)" = '1 333' ]
    say s3 stat --json 's3://data/tree/*.txt'
    expect_lines '^{"uri":"s3://data/tree/a.txt","size":2,'
    say s3 cat s3://data/tree/a.txt s3://data/absent s3://data/tree/y/c.gz
    expect_status 1
    expect_lines '^1$' '^333$'
    say s3 cat s3://data
    expect_status 2
}

# fetch METHOD URL [FILE]: over HTTP, without an S3 client; headers and body in $T/said.
fetch() {
    local host=${2#http://} port
    host=${host%%/*}
    port=${host#*:}
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf '%s /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %s\r\n\r\n' \
        "$1" "${2#http://*/}" "$host" "$([ -z "${3:-}" ] && echo 0 || stat -c %s "$3")" >&3
    [ -z "${3:-}" ] || cat "$3" >&3
    cat <&3 >"$T/said"
    exec 3>&-
}

test_a_signed_url_serves_without_keys() {
    store
    fetch GET "$(s3 presign s3://data/tree/y/c.gz)"
    grep -qx 333 said || fail "$(cat said)"
    fetch GET "$(s3 presign s3://data/tree/y/c.gz | sed 's|c.gz|d.gz|')"
    grep -q ' 403 ' said || fail "$(cat said)"
    fetch PUT "$(s3 presign --method PUT --expires-in 5m 's3://data/new one')" tree/a.txt
    [ "$(s3 cat 's3://data/new one')" = 1 ]
    say s3 presign --json s3://data/tree/a.txt
    expect_lines '"uri":"s3://data/tree/a.txt","method":"GET","expires_in":3600,"url":"http://127.0.0.1:.*X-Amz-Signature=[0-9a-f]+"}$'
    say s3 presign --expires-in 8d s3://data/tree/a.txt
    expect_status 2
    say s3 presign --log-level debug s3://data/tree/a.txt
    ! grep -q 'X-Amz-Signature' why || fail 'a signature in the log'
}

# leave_upload KEY: a multipart upload that was killed.
leave_upload() {
    "$BIN/decon-s3" cp --part-size 5MiB --workers 1 large "s3://data/$1" >/dev/null 2>&1 &
    local pid=$!
    started+=("$pid")
    wait_for grep -q "PUT /data/$1?partNumber=1" access
    kill -KILL "$pid"
    wait_exit "$pid"
}

test_uploads_of_dead_runs_are_aborted() {
    store --fault 'delay=600000,method=PUT,query=partNumber,every=3'
    head -c 15000000 /dev/zero >large
    leave_upload left/one
    say s3 abort-uploads s3://data
    expect_status 0
    expect_lines '^nothing to abort; 1 younger uploads are kept$'
    say s3 abort-uploads --older-than 0 --dry-run s3://data
    expect_lines '^\(dry run\) abort s3://data/left/one \(begun 20.* UTC\)$'
    say s3 abort-uploads --older-than 0 s3://data/other
    expect_lines '^nothing to abort; 0 younger uploads are kept$'
    say s3 abort-uploads --older-than 0 --json s3://data/left/
    expect_lines '^{"operation":"abort","uri":"s3://data/left/one","reason":"begun 20.* UTC"}$'
    say s3 abort-uploads --older-than 0 s3://data
    expect_lines '^nothing to abort; 0 younger uploads are kept$'
    kill -KILL "$store" # still sleeping
}

run_tests
