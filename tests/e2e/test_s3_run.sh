#!/usr/bin/env bash
# decon-s3 run: command files, including those of s5cmd.
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

test_lines_of_all_kinds() {
    store
    s3 cp -q -r tree s3://data/old
    cat >commands <<'END'
# a comment, and an empty line

cp tree/a.txt s3://data/one/a.txt
  cp 'tree/a.txt' "s3://data/one/a b.txt"   # after a command
cp tree/a.txt s3://data/one/c\ d.txt
mv s3://data/old/b.gz s3://data/one/
rm s3://data/old/a.txt
ls s3://data/old/x/
cat s3://data/old/x/c.gz
END
    say s3 run commands
    expect_status 0
    expect_keys '' old/x/c.gz 'one/a b.txt' one/a.txt one/b.gz 'one/c d.txt'
    grep -q ' 4 s3://data/old/x/c.gz$' said
    grep -qx 333 said
    [ ! -s why ] || fail "$(cat why)"
}

test_files_of_s5cmd_work_as_they_are() {
    store
    cat >commands <<'END'
s5cmd cp --concurrency 10 -p 50 tree/a.txt s3://data/one/
cp -n -s -u tree/b.gz s3://data/one/
cp tree/*.txt s3://data/glob/
cp tree/ s3://data/inside/
cp tree s3://data/whole/
END
    say s3 run --numworkers 8 commands
    expect_status 0
    expect_why 'no effect here'
    [ "$(grep -c 'no effect here' why)" = 1 ]
    expect_keys '' glob/a.txt inside/a.txt inside/b.gz inside/x/c.gz one/a.txt one/b.gz \
        whole/tree/a.txt whole/tree/b.gz whole/tree/x/c.gz
    cat >commands <<'END'
cp -f s3://data/whole/*.gz flat/
cp --include "*.txt" s3://data/inside/* only/
rm s3://data/whole/*
END
    s3 run commands
    [ "$(cd flat && echo *)" = 'b.gz c.gz' ]
    [ "$(cd only && find . -type f)" = ./a.txt ]
    expect_keys whole/
}

test_a_line_that_fails_is_named_and_the_others_continue() {
    store
    cat >commands <<'END'
cp tree/a.txt s3://data/one
nonsense
cp tree/absent s3://data/two
cp tree/a.txt
cp "tree/a.txt s3://data/three
cp s3://data/absent four
cp --endpoint-url http://127.0.0.1:1 tree/a.txt s3://data/five
run commands
rm s3://data/*
cp tree/b.gz s3://data/six
END
    say s3 run commands
    expect_status 1
    expect_why "commands:2: 'nonsense' is not a command"
    expect_why 'commands:3: tree/absent: '
    expect_why 'commands:4: usage: decon-s3 cp'
    expect_why 'commands:5: the quote " is not closed'
    expect_why 'commands:6: s3://data/absent: '
    expect_why 'commands:7: --endpoint-url: set it for'
    expect_why 'commands:8: run: not allowed in a command file'
    expect_why 'commands:9: this would remove all objects of s3://data'
    [ "$(wc -l <why)" = 8 ] || fail "$(cat why)"
    expect_keys '' one six
}

test_errors_for_machines_have_their_line() {
    store
    printf 'cp tree/a.txt s3://data/one\n\ncp tree/absent s3://data/two\n' >commands
    say s3 run --json commands
    expect_status 1
    [ "$(cat said)" = '{"operation":"cp","from":"tree/a.txt","to":"s3://data/one","size":2}' ]
    grep -q '"from":"tree/absent","to":"s3://data/two","file":"commands","line":3}$' why || fail "$(cat why)"
}

test_from_standard_input() {
    store
    echo 'cp tree/a.txt s3://data/one' | s3 run
    echo 'cp tree/a.txt s3://data/two' | s3 run -
    expect_keys '' one two
    say s3 run absent
    expect_status 1
}

test_a_dry_run_does_nothing() {
    store
    s3 cp -q tree/a.txt s3://data/old
    printf 'rm s3://data/old\nmv tree/a.txt s3://data/new\n' >commands
    say s3 run --dry-run commands
    expect_status 0
    [ "$(sort said)" = "$(printf '(dry run) %s\n' 'mv tree/a.txt -> s3://data/new' 'rm s3://data/old')" ]
    expect_keys '' old
    [ -f tree/a.txt ]
}

test_many_lines_in_parallel() {
    store
    mkdir many
    (cd many && seq -f '%04g' 1 500 | xargs touch)
    ls many | sed 's|.*|cp many/& s3://data/many/&|' >commands
    s3 run -q --workers 20 commands
    [ "$(keys many/ | wc -l)" = 500 ]
    ls many | sed 's|.*|rm s3://data/many/&|' >commands
    s3 run -q commands
    expect_keys ''
}

# Operations of a line continue while the next line is awaited; a signal is handled meanwhile.
test_a_slow_producer_of_lines() {
    start_store
    s3 mb s3://data
    echo 1 >"$T/file"
    mkfifo "$T/lines"
    "$BIN/decon-s3" run <"$T/lines" >"$T/said" 2>"$T/why" &
    local run=$!
    started+=("$run")
    exec 9>"$T/lines"
    echo "cp $T/file s3://data/first" >&9
    wait_for has_key first
    printf 'cp %s s3://data/' "$T/file" >&9
    printf 'second\n' >&9
    wait_for has_key second
    kill -INT "$run"
    wait_exit "$run"
    exec 9>&-
    expect_status 130
    grep -q '^decon-s3: run: interrupted by SIGINT: 2 objects done' "$T/why" || fail "$(cat "$T/why")"
}

run_tests
