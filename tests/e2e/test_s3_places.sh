#!/usr/bin/env bash
# decon-s3 cp, mv and sync: targets that are no files, names that are no keys or too long for a
# suffix, files that change while they are read, closed streams.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/s3_said.sh"

expect_status() {
    [ "$status" = "$1" ] || fail "status $status, not $1: $(cat "$T/said" "$T/why")"
}
store() {
    start_store "$@"
    s3 mb -q s3://data
    cd "$T"
}

test_a_pipe_is_written_and_not_replaced() {
    store
    echo hello >a
    s3 cp -q a s3://data/a
    mkfifo pipe
    ln -s pipe link
    cat pipe >got &
    started+=("$!")
    exec 3>pipe # a reader exists from here on
    say s3 cp s3://data/a pipe
    expect_status 0
    say s3 cp s3://data/a link
    expect_status 0
    exec 3>&-
    wait "${started[-1]}"
    [ "$(cat got)" = "hello
hello" ] || fail "got: $(cat got)"
    [ -p pipe ] && [ -L link ] || fail "replaced: $(ls -l)"
    say s3 cp s3://data/a pipe
    expect_status 1
    expect_why 'pipe: the pipe has no reader; start the reader first'
    say s3 mv s3://data/a pipe
    expect_status 1
    expect_why 'not a regular file'
    has_key a || fail 'the source of a move is gone'
    say s3 sync s3://data/ .
    expect_status 0
    [ -p pipe ] || fail 'replaced by sync'
}

test_standard_input_by_its_path() {
    store
    echo hello | s3 cp -q /dev/stdin s3://data/a
    [ "$(s3 cat s3://data/a)" = hello ]
}

test_a_name_that_is_no_key() {
    store
    mkdir tree
    echo 1 >tree/good
    echo 2 >"tree/$(printf 'bad\xff')"
    say s3 cp -r tree s3://data/tree/
    expect_status 1
    expect_why 'its name is not UTF-8, as keys must be; rename it'
    [ "$(keys)" = tree/good ]
    grep -q 'PUT.*bad' access && fail 'sent anyway'
    s3 cp -q tree/bad* s3://data/named
}

test_a_name_too_long_for_a_suffix() {
    store
    name=$(printf '%0255d' 0)
    echo 1 >"$name"
    s3 cp -q "$name" "s3://data/$name"
    say s3 cp -r s3://data/ down
    expect_status 0
    [ "$(ls down)" = "$name" ]
    cmp "$name" "down/$name"
}

# has_open PID WORDS: one of its descriptors is that file or socket.
has_open() {
    find "/proc/$1/fd" -lname "$2" | grep -q .
}

test_a_file_that_changes_during_its_upload() {
    store
    echo 1234 >a
    kill -STOP "$store" # no reply before the change
    "$BIN/decon-s3" cp a s3://data/a >said 2>why &
    started+=("$!")
    wait_for has_open "$!" "$T/a"
    wait_for has_open "$!" 'socket:*' # the file was examined before
    echo 4321 >a
    kill -CONT "$store"
    wait_exit "${started[-1]}"
    [ "$status" = 1 ] || fail "status $status: $(cat said why)"
    grep -q 'a: changed during the upload' why
}

test_two_sources_of_one_name() {
    store
    mkdir -p a b/sub
    echo 1 >a/x
    echo 2 >b/x
    echo 3 >b/sub/x
    say s3 mv a/x b/x s3://data/
    expect_status 1
    expect_why "b/x: another source also has the name 'x'; not copied"
    [ "$(s3 cat s3://data/x)" = 1 ]
    [ -e b/x ] && [ ! -e a/x ]
    echo 1 >a/x
    say s3 mv -r a b s3://data/in/
    expect_status 1
    [ "$(keys in/)" = "in/sub/x
in/x" ]
    [ "$(find a b -type f)" = b/x ]
}

test_closed_streams() {
    store
    echo hello >a
    s3 cp -q a s3://data/a
    status=0
    s3 ls s3://data/ >&- 2>why || status=$?
    [ "$status" = 1 ] || fail "status $status"
    grep -q 'cannot write standard output: Bad file descriptor' why || fail "$(cat why)"
    status=0
    s3 cp s3://data/a b <&- >&- 2>&- || status=$?
    [ "$status" = 1 ] || fail "status $status"
    cmp a b
}

run_tests
