#!/usr/bin/env bash
# Properties of objects that decon-s3 writes: content headers, metadata, access lists; links.
. "$(dirname "$0")/lib.sh"

store() {
    start_store "$@"
    s3 mb s3://data
    cd "$T"
    echo hello >file
    : >access
}
say() {
    status=0
    "$@" >said 2>why || status=$?
}
# described KEY: the headers that the store keeps with an object, in lower case.
described() {
    head -c 4096 "store/buckets/data/$1@o" | tr -d '\0' | tr '[:upper:]' '[:lower:]' |
        sed -n 's|^header \([^:]*\): |\1:|p'
}
expect() { # expect KEY LINE
    described "$1" | grep -aqxF -- "$2" || fail "not with $1: $2: $(described "$1")"
}
expect_none() { # expect_none KEY WORD
    ! described "$1" | grep -aqF -- "$2" || fail "with $1: $2"
}
all=(--content-type text/plain --content-encoding gzip --content-disposition 'attachment; filename="a b"'
    --content-language de --cache-control 'public, max-age=60' --expires 2030-01-31T12:00:00Z
    --metadata who=me --metadata 'why=a=b, c')
expect_all() {
    expect "$1" content-type:text/plain
    expect "$1" content-encoding:gzip
    expect "$1" 'content-disposition:attachment; filename="a b"'
    expect "$1" content-language:de
    expect "$1" 'cache-control:public, max-age=60'
    expect "$1" 'expires:thu, 31 jan 2030 12:00:00 gmt'
    expect "$1" x-amz-meta-who:me
    expect "$1" 'x-amz-meta-why:a=b, c'
}

test_uploads_by_one_request_by_parts_and_from_a_pipe() {
    store
    s3 cp "${all[@]}" file s3://data/one
    expect_all one
    head -c 6000000 /dev/zero >large
    s3 cp "${all[@]}" --part-size 5MiB large s3://data/parts
    [ "$(grep -c 'PUT /data/parts?partNumber' access)" = 2 ]
    expect_all parts
    cat file | s3 cp "${all[@]}" - s3://data/small
    expect_all small
    cat large | s3 cp "${all[@]}" --part-size 5MiB - s3://data/pipe
    expect_all pipe
    mkdir dir && cp file dir/
    s3 sync "${all[@]}" dir s3://data
    expect_all file
}

test_copies_keep_what_is_not_changed() {
    store
    s3 cp "${all[@]}" file s3://data/one
    s3 cp s3://data/one s3://data/same
    expect_all same
    s3 cp --content-type text/html --metadata more=x s3://data/one s3://data/merged
    expect merged content-type:text/html
    expect merged x-amz-meta-who:me
    expect merged x-amz-meta-more:x
    expect merged content-language:de
    s3 cp --metadata-directive REPLACE --metadata more=x s3://data/one s3://data/replaced
    expect replaced x-amz-meta-more:x
    expect_none replaced x-amz-meta-who
    expect_none replaced content-language
    s3 cp --metadata-directive COPY --metadata more=x s3://data/one s3://data/copied
    expect_all copied
    expect_none copied x-amz-meta-more
}

test_what_no_header_can_hold_is_refused_at_once() {
    store
    local words
    for words in '--metadata=who' '--metadata==me' '--metadata=a b=c' '--expires=tomorrow' '--content-type=ü' \
        $'--cache-control=a\nb: c'; do
        say s3 cp -r "$words" . s3://data/
        expect_status 2
    done
    [ ! -s access ] || fail "$(cat access)"
}

test_links_are_followed_or_skipped() {
    store
    mkdir dir
    echo in >dir/plain
    ln -s ../file dir/link
    s3 cp -r dir s3://data/with
    [ "$(keys with/ | xargs)" = 'with/link with/plain' ]
    s3 mv --no-follow-symlinks -r dir s3://data/without
    [ "$(keys without/)" = without/plain ]
    [ -L dir/link ] && [ -f file ]
    s3 cp --no-follow-symlinks dir/link s3://data/alone
    [ -z "$(keys alone)" ]
    echo in >dir/plain
    s3 sync --no-follow-symlinks dir s3://data/sync
    [ "$(keys sync/)" = sync/plain ]
}

test_lines_for_s5cmd_with_such_flags() {
    store
    cat >commands <<-'END'
	cp --acl bucket-owner-full-control --cache-control 'max-age=5' --content-type text/plain --metadata a=b file s3://data/one
	cp --source-region us-east-1 --destination-region=us-east-1 --metadata-directive REPLACE --metadata c=d s3://data/one s3://data/two
	mv --no-follow-symlinks --expires 2030-01-31T12:00:00Z file s3://data/three
	END
    s3 run --workers 1 commands
    expect one cache-control:max-age=5
    expect one x-amz-meta-a:b
    expect two x-amz-meta-c:d
    expect_none two x-amz-meta-a
    expect three 'expires:thu, 31 jan 2030 12:00:00 gmt'
}

# The forms of the AWS CLI, in every command that accepts metadata.
test_metadata_in_the_forms_of_the_aws_cli() {
    store
    s3 cp --metadata k1=v1,k2=v2 file s3://data/pairs
    expect pairs x-amz-meta-k1:v1
    expect pairs x-amz-meta-k2:v2
    s3 cp --metadata '{"k1": "v1", "note": "a, b = c"}' file s3://data/json
    expect json x-amz-meta-k1:v1
    expect json 'x-amz-meta-note:a, b = c'
    s3 cp --metadata 'k1="a,b",k2='"'c, d=e'"',k3=f\,g,k4=h=i, k5=' --metadata k6=j file s3://data/quoted
    expect quoted x-amz-meta-k1:a,b
    expect quoted 'x-amz-meta-k2:c, d=e'
    expect quoted x-amz-meta-k3:f,g
    expect quoted x-amz-meta-k4:h=i
    expect quoted x-amz-meta-k6:j
    echo '{"from": "file"}' >meta.json
    cat file | s3 cp --metadata file://meta.json - s3://data/pipe
    expect pipe x-amz-meta-from:file
    s3 mv --metadata k1=v1,k2=v2 s3://data/pairs s3://data/moved
    expect moved x-amz-meta-k2:v2
    mkdir dir && cp file dir/synced
    s3 sync --metadata k1=v1,k2=v2 dir s3://data
    expect synced x-amz-meta-k2:v2
    printf '%s\n' 'cp --metadata k1=v1,k2=v2 file s3://data/line' \
        "cp --metadata '{\"k1\":\"v1\"}' file s3://data/line-json" >commands
    s3 run commands
    expect line x-amz-meta-k1:v1
    expect line x-amz-meta-k2:v2
    expect line-json x-amz-meta-k1:v1
    expect_none line k1=v1
}

test_metadata_that_means_nothing_is_refused_at_once() {
    store
    local words
    for words in '' '=v' 'k1=v1,=v2' 'k1="v1' 'k1="v1"x' 'k1=v1,k1=v2' 'k1=v1,K1=v2' '{"k1": 1}' '{"k1": "v1"' '["k1"]' \
        '{"k 1": "v"}' 'k=v,a b=c' 'file://absent.json'; do
        say s3 cp --metadata "$words" file s3://data/
        [ "$status" != 0 ] || fail "taken: $words"
        grep -q -- --metadata why || fail "$words: $(cat why)"
    done
    say s3 cp --metadata a=1 --metadata a=2 file s3://data/
    expect_status 2
    [ ! -s access ] || fail "$(cat access)"
}

test_expires_in_the_forms_of_the_aws_cli() {
    store
    s3 cp --expires 2030-01-31 file s3://data/date
    expect date 'expires:thu, 31 jan 2030 00:00:00 gmt'
    s3 cp --expires 1896091200 --cache-control max-age=3600,public file s3://data/epoch
    expect epoch 'expires:thu, 31 jan 2030 12:00:00 gmt'
    expect epoch cache-control:max-age=3600,public
    say s3 cp --expires 99999999999999999 file s3://data/never
    expect_status 2
}

test_the_type_follows_from_the_suffix() {
    store
    local row
    for row in a.json:application/json a.jsonl:application/x-ndjson a.jsonl.gz:application/gzip a.JSONL.ZST:application/zstd \
        a.html:text/html a.txt:text/plain a.csv:text/csv a.png:image/png a.parquet:application/vnd.apache.parquet; do
        cp file "${row%%:*}"
        s3 cp -q "${row%%:*}" s3://data/
        described "${row%%:*}" | grep -qxF "content-type:${row#*:}" || fail "$row: $(described "${row%%:*}")"
    done
    for row in file .json a. a.unknown dir.json/file; do
        mkdir -p dir.json
        [ -e "$row" ] || cp file "$row"
        s3 cp -q "$row" s3://data/plain
        expect plain content-type:binary/octet-stream
    done
    s3 cp -q --content-type text/x-own a.json s3://data/own
    expect own content-type:text/x-own
    s3 cp -q --no-guess-content-type a.json s3://data/unguessed
    expect unguessed content-type:binary/octet-stream
    s3 cp -q --no-guess-mime-type a.json s3://data/aws
    expect aws content-type:binary/octet-stream
    cat file | s3 cp -q - s3://data/piped.csv
    expect piped.csv content-type:text/csv
    mkdir tree && cp file tree/x.html
    s3 cp -q -r tree s3://data/many
    [ "$(s3 stat s3://data/many/x.html | sed -n 's/^content-type: //p')" = text/html ]
    s3 sync -q tree s3://data/synced
    [ "$(s3 stat s3://data/synced/x.html | sed -n 's/^content-type: //p')" = text/html ]
    s3 cp -q s3://data/a.json s3://data/copy.html # a copy keeps what it has
    expect copy.html content-type:application/json
}

test_stat_shows_all_that_the_store_says() {
    store
    s3 cp -q "${all[@]}" --storage-class STANDARD_IA file s3://data/one
    s3 stat s3://data/one >said
    local line
    for line in 'content-type: text/plain' 'content-encoding: gzip' 'content-language: de' 'metadata-who: me' \
        'content-disposition: attachment; filename="a b"' 'cache-control: public, max-age=60' 'metadata-why: a=b, c' \
        'expires: Thu, 31 Jan 2030 12:00:00 GMT' 'storage-class: STANDARD_IA'; do
        grep -qixF -- "$line" said || fail "not said: $line: $(cat said)"
    done
    ! grep -qi 'request-id\|id-2' said || fail "$(cat said)"
    s3 stat --json s3://data/one >said
    grep -qF '"metadata":{' said || fail "$(cat said)"
    for line in '"who":"me"' '"why":"a=b, c"' '"content_encoding":"gzip"' '"cache_control":"public, max-age=60"'; do
        grep -qF -- "$line" said || fail "not said: $line: $(cat said)"
    done
    s3 cp -q file s3://data/plain
    ! s3 stat --json s3://data/plain | grep -q metadata || fail 'metadata on an object without metadata'
}

run_tests
