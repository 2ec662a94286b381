#!/usr/bin/env bash
# Habits of users of s5cmd and the AWS CLI that decon-s3 supports.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/s3_said.sh"

store() {
    start_store "$@"
    s3 mb s3://data
    cd "$T"
    mkdir -p tree/x
    echo 1 >tree/a.txt
    echo 22 >tree/b.gz
    echo 333 >tree/x/c.gz
}

test_local_patterns_in_quotes() {
    store
    s3 cp 'tree/*.txt' 'tree/x/*' s3://data/one/
    expect_keys one/ one/a.txt one/c.gz
    say s3 cp 'tree/*' s3://data/two/
    expect_status 2
    expect_why 'tree/x: is a folder; add --recursive'
    say s3 cp 'tree/*.none' s3://data/two/
    expect_status 1
    expect_why 'tree/*.none: no file matches'
    say s3 cp 'tree/[ab]*' s3://data/two
    expect_status 2
    expect_why 'several sources need a folder'
    # A file of that name is used literally.
    echo star >'tree/*.txt'
    s3 cp 'tree/*.txt' s3://data/three/
    expect_keys three/ 'three/*.txt'
    s3 cp --raw 'tree/*.txt' s3://data/four
    [ "$(s3 cat --raw s3://data/four)" = star ]
    mkdir other && echo 4 >other/c.gz
    for from in 'tree/x/* other/*' '*/c.gz tree/x/c.gz'; do
        # shellcheck disable=SC2086  # words that are no patterns of this shell
        set -f && say s3 cp $from s3://data/five/ && set +f
        expect_status 1
        expect_why "another source also has the name 'c.gz'"
    done
    mkdir third && echo 5 >third/c.gz
    say s3 cp '*/c.gz' s3://data/six/
    expect_status 1
    expect_why "another source also has the name 'c.gz'"
}

test_newer_than_and_older_than() {
    store
    touch -d 2020-05-01T12:00:00Z tree/a.txt
    touch -d 2021-05-01T12:00:00Z tree/b.gz
    s3 cp -r --older-than 2020-05-02 tree s3://data/old/
    expect_keys old/ old/a.txt
    s3 cp -r --newer-than 2020-05-01T12:00:01Z --older-than 1d tree s3://data/mid/
    expect_keys mid/ mid/b.gz
    s3 cp -r --newer-than 2020-05-01T12:00:00Z tree s3://data/new/
    expect_keys new/ new/a.txt new/b.gz new/x/c.gz
    [ "$(s3 ls -r --newer-than 1d s3://data/new/ | wc -l)" = 3 ]
    [ -z "$(s3 ls -r --older-than 1h s3://data/new/)" ]
    s3 du --newer-than 1d s3://data/new/ | tail -n 1 | grep -q ' 3 objects'
    s3 rm -r --older-than 1h s3://data/new/
    expect_keys new/ new/a.txt new/b.gz new/x/c.gz
    # A whole bucket with a condition needs no confirmation.
    s3 rm -r --newer-than 1h s3://data/
    expect_keys ''
    say s3 ls --newer-than yesterday s3://data/
    expect_status 2
    expect_why "--newer-than 'yesterday': write an age such as 7d"
}

test_shares_are_those_of_the_orchestrator() {
    store
    local i
    mkdir many && (cd many && seq -f 'part-%03g.jsonl' 0 39 | xargs touch)
    s3 cp -q -r many s3://data/in/
    for i in 0 1 2; do
        s3 cp -q -r --shard $i/3 s3://data/in/ "down$i"
        s3 ls -r --shard $i/3 s3://data/in/ | sed 's|.*/||' >listed
        find "down$i" -type f -printf '%f\n' | sort | diff - listed
    done
    [ "$(find down0 down1 down2 -type f -printf '%f\n' | sort | uniq -d | wc -l)" = 0 ]
    [ "$(find down0 down1 down2 -type f | wc -l)" = 40 ]
    "$BIN/decon-orchestrator" --remote-file-input s3://data/in --remote-report-output-dir s3://data/out \
        --local-work-dir "$T/work" --host-index 1 --host-count 3 --dry-run >plan 2>&1 || true
    sed -n 's|.*skipped: .*/\(part-[0-9]*.jsonl\): in the share of host.*|\1|p' plan | sort >others
    find down0 down2 -type f -printf '%f\n' | sort | diff - others || fail "$(cat plan)"
    for i in 3/3 1 a/b -1/3 1/0; do
        say s3 ls "--shard=$i" s3://data/
        expect_status 2
        expect_why 'write I/N'
    done
}

test_page_size() {
    store
    s3 cp -q -r tree s3://data/t/
    : >access
    [ "$(s3 ls -r --page-size 2 s3://data/t/ | wc -l)" = 3 ]
    [ "$(grep -c 'max-keys=2' access)" = 2 ] || fail "$(cat access)"
    s3 cp -q -r --page-size 1 s3://data/t/ down/
    [ "$(find down -type f | wc -l)" = 3 ]
    say s3 ls --page-size 1001 s3://data
    expect_status 2
}

test_cat_of_some_bytes() {
    store
    printf 0123456789 >digits
    s3 cp -q digits s3://data/digits
    [ "$(s3 cat --range 2-4 s3://data/digits)" = 234 ]
    [ "$(s3 cat --range bytes=2-4 s3://data/digits)" = 234 ]
    [ "$(s3 cat --range 7- s3://data/digits)" = 789 ]
    [ "$(s3 cat --range -3 s3://data/digits)" = 789 ]
    [ "$(s3 cat --range 8-100 s3://data/digits)" = 89 ]
    say s3 cat --range 10- s3://data/digits
    expect_status 1
    for range in 4-2 - -0 x-1 5 1-2-3; do
        say s3 cat "--range=$range" s3://data/digits
        expect_status 2
        expect_why 'write FROM-TO'
    done
}

# A truncated reply is continued where it stopped, in the same version.
test_cat_of_some_bytes_continues() {
    store --fault 'truncate=150000,once,method=GET,key=large'
    head -c 300000 /dev/urandom >large
    s3 cp -q large s3://data/large
    s3 cat --range 100000-299999 --retry-base-delay 0.001 s3://data/large >part
    tail -c 200000 large | cmp - part
    [ "$(grep -c 'GET /data/large' access)" = 2 ] || fail "$(cat access)"
}

test_stat_shows_all_that_the_store_knows() {
    store
    head -c 11000000 /dev/zero >large
    s3 cp -q --part-size 5MiB --content-encoding gzip --content-language de --cache-control max-age=5 \
        --metadata who=me --storage-class STANDARD_IA large s3://data/large
    s3 stat s3://data/large >said
    for line in 'parts: 3' 'content-encoding: gzip' 'content-language: de' 'cache-control: max-age=5' \
        'metadata-who: me' 'storage-class: STANDARD_IA'; do
        grep -qxF "$line" said || fail "$line: $(cat said)"
    done
    grep -q '^checksum-crc64nvme: ' said || fail "$(cat said)"
    s3 head s3://data/large | diff said -
    s3 stat --json s3://data/large | grep -q '"parts":3,' || fail 'no parts in JSON'
    s3 cp -q tree/a.txt s3://data/small
    ! s3 stat s3://data/small | grep parts || fail 'parts of a single upload'
    say s3 stat --version-id null 's3://data/*'
    expect_status 2
    say s3 stat --version-id null s3://data/small s3://data/large
    expect_status 2
    [ "$(s3 cat --version-id null s3://data/small)" = 1 ]
    say s3 cat --version-id other s3://data/small
    expect_status 1
    s3 cp -q --version-id null s3://data/small version
    cmp version tree/a.txt
    for words in '-r s3://data/ all' 'tree/a.txt s3://data/x'; do
        # shellcheck disable=SC2086  # words
        say s3 cp --version-id null $words
        expect_status 2
        expect_why '--version-id is for the copy of one object'
    done
}

# complete_zsh WORD...: completions of the script in zsh, whose completion system is replaced.
complete_zsh() {
    # shellcheck disable=SC2016  # for zsh
    zsh -f -c '
        compdef() { fn=$1 }
        _files() { ls }
        compadd() { shift; print -l -- "$@" }
        _describe() { [[ $1 == -o ]] && shift; print -l -- ${${(P)2}%%:*} }
        source $1; shift
        words=(decon-s3 "$@"); CURRENT=$#words
        $fn' zsh "$T/decon-s3.zsh" "$@"
}

test_completion_for_zsh() {
    command -v zsh >/dev/null || { echo 'no zsh'; exit 77; }
    s3 completion zsh >"$T/decon-s3.zsh"
    complete_zsh s | grep -qx stat
    complete_zsh cp -- | grep -qx -- --recursive
    complete_zsh cp -- | grep -qx -- --no-progress
    complete_zsh --json cp -- | grep -qx -- --shard
    [ "$(complete_zsh presign --method P | xargs)" = 'GET PUT HEAD DELETE' ]
}

test_completion_for_fish() {
    command -v fish >/dev/null || { echo 'no fish'; exit 77; }
    s3 completion fish >"$T/decon-s3.fish"
    mkdir -p "$T/bin" && ln -s "$BIN/decon-s3" "$T/bin/decon-s3"
    offered() {
        HOME=$T PATH=$T/bin:$PATH fish --no-config -c "source $T/decon-s3.fish; complete -C 'decon-s3 $1'" | cut -f 1
    }
    [ "$(offered sy)" = sync ]
    offered 'cp --' | grep -qx -- --recursive
    offered 'cp --' | grep -qx -- --no-progress
    [ "$(offered 'presign --method P')" = PUT ]
    say s3 completion tcsh
    expect_status 2
    expect_why 'completion is for bash, zsh and fish'
}

test_verified_copies() {
    store
    printf '{"text":"a"}\n{"text":"b"}\n' | gzip >good.jsonl.gz
    printf '{"text":"a"}\nnot json\n' | gzip >bad.jsonl.gz
    head -c 30 good.jsonl.gz >cut.jsonl.gz
    mkdir in && mv good.jsonl.gz bad.jsonl.gz cut.jsonl.gz in
    say s3 cp -r --verify jsonl in s3://data/up/
    expect_status 1
    expect_why 'in/bad.jsonl.gz: line 2'
    expect_why 'in/cut.jsonl.gz: '
    expect_keys up/ up/good.jsonl.gz
    say s3 cp -r --verify stream in s3://data/stream/
    expect_status 1
    expect_keys stream/ stream/bad.jsonl.gz stream/good.jsonl.gz
    s3 cp -q -r in s3://data/all/
    say s3 cp -r --verify jsonl s3://data/all/ down/
    expect_status 1
    expect_why 's3://data/all/bad.jsonl.gz: '
    [ "$(find down -type f)" = down/good.jsonl.gz ] || fail "$(find down -type f)"
    say s3 mv --verify jsonl s3://data/all/bad.jsonl.gz moved
    expect_status 1
    expect_keys all/ all/bad.jsonl.gz all/cut.jsonl.gz all/good.jsonl.gz
    s3 mv --verify jsonl s3://data/all/good.jsonl.gz moved
    cmp moved in/good.jsonl.gz
    for to in s3://data/x -; do
        say s3 cp --verify jsonl s3://data/up/good.jsonl.gz $to
        expect_status 2
        expect_why '--verify checks files'
    done
}

test_modification_times_are_kept_on_request() {
    store
    touch -d '2020-05-01T12:00:00.123456789Z' tree/a.txt
    touch -d '2019-01-01T00:00:00Z' tree/x/c.gz
    s3 cp -q -r --preserve-times tree s3://data/t/
    s3 stat s3://data/t/a.txt | grep -qx 'metadata-mtime: 1588334400.123456789'
    s3 cp -q -r --preserve-times s3://data/t/ back
    [ "$(stat -c %Y back/a.txt)" = 1588334400 ]
    [ "$(stat -c %Y back/x/c.gz)" = "$(stat -c %Y tree/x/c.gz)" ]
    [ "$(stat -c %y back/a.txt)" = "$(stat -c %y tree/a.txt)" ]
    # Without metadata: the time of the object. Without the option: now.
    s3 cp -q tree/a.txt s3://data/plain
    touch -d '2020-01-01' before
    s3 cp -q --preserve-times s3://data/plain kept
    s3 cp -q s3://data/t/a.txt now
    [ kept -nt before ] && [ now -nt before ]
    # As written by rclone and s3fs, and invalid times.
    s3 cp -q --metadata mtime=1000000000 tree/a.txt s3://data/whole
    s3 cp -q --metadata mtime=soon tree/a.txt s3://data/odd
    s3 cp -q --preserve-times s3://data/whole s3://data/odd times/
    [ "$(stat -c %Y times/whole)" = 1000000000 ]
    [ times/odd -nt before ]
}

test_copies_from_another_store() {
    store
    s3 cp -q -r --metadata who=me --content-type text/x --cache-control max-age=5 tree s3://data/t/
    printf 'not json\n' | s3 cp -q - s3://data/t/a.jsonl
    local first=$AWS_ENDPOINT_URL
    mkdir -p "$T/second"
    AWS_ACCESS_KEY_ID=other-key AWS_SECRET_ACCESS_KEY=other-secret "$BIN/decon-s3" serve --root "$T/second/objects" \
        --port 0 --port-file "$T/second/port" >second/log 2>&1 &
    started+=("$!")
    wait_for test -s "$T/second/port"
    printf '[profile here]\n' >config
    printf '[here]\naws_access_key_id = test-key\naws_secret_access_key = test-secret-key\n' >credentials
    export AWS_CONFIG_FILE=$T/config AWS_SHARED_CREDENTIALS_FILE=$T/credentials
    export AWS_ACCESS_KEY_ID=other-key AWS_SECRET_ACCESS_KEY=other-secret
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$T/second/port")
    local from=(--source-endpoint-url "$first" --source-profile here)
    s3 mb s3://data
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    printf '[there]\naws_access_key_id = other-key\naws_secret_access_key = other-secret\n' >>credentials
    export AWS_PROFILE=there
    s3 cp -q -r "${from[@]}" s3://data/t/ s3://data/t/ # the same names in another store
    [ "$(s3 ls -r s3://data/t/ | wc -l)" = 4 ]
    [ "$(s3 cat s3://data/t/x/c.gz)" = 333 ]
    s3 stat s3://data/t/a.txt >said
    for line in 'metadata-who: me' 'content-type: text/x' 'cache-control: max-age=5'; do
        grep -qxF "$line" said || fail "$line: $(cat said)"
    done
    s3 mv -q "${from[@]}" s3://data/t/b.gz s3://data/moved
    [ "$(s3 cat s3://data/moved)" = 22 ]
    say s3 --endpoint-url "$first" --profile here stat s3://data/t/b.gz
    expect_status 1
    say s3 cp "${from[@]}" --verify jsonl s3://data/t/a.jsonl s3://data/checked
    expect_status 1
    expect_why 's3://data/t/a.jsonl: '
    say s3 cp "${from[@]}" s3://data/none s3://data/x
    expect_status 1
    say s3 cp "${from[@]}" tree/a.txt s3://data/x
    expect_status 2
    expect_why 'is a file'
    s3 cp -q "${from[@]}" s3://data/t/a.txt here.txt
    cmp here.txt tree/a.txt
    printf 'cp --source-profile here s3://data/t/a.txt s3://data/y\n' >commands
    say s3 run commands
    expect_status 1
    expect_why 'not allowed in a command file'
    [ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'decon-s3-copy*' -user "$(id -un)")" ]
}

run_tests
