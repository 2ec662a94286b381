#!/usr/bin/env bash
# --help, the man page, completion and the commands of decon-s3 agree.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/s3_said.sh"
man=$top/docs/man/decon-s3.1

commands() {
    s3 --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}
# flags COMMAND: long and short flags of --help; --no-x for options that are on by default.
flags() {
    s3 "$1" --help | sed -n 's/^  \(-[A-Za-z], \|    \)\(--[^ ]*\).*/\1\2/p' | sed 's/^ *//; s/\[no-\]/no-/; s/, /\n/'
}
# The man page's text, without its escapes.
page() {
    sed 's/\\-/-/g; s/\\f.//g; s/" *,* *"/ /g' "$man"
}

test_the_man_page_has_every_command_and_flag() {
    page >"$T/page"
    [ "$(commands | wc -l)" -ge 15 ]
    for command in $(commands); do
        grep -qE "^\.SS $command( |\$)" "$T/page" || fail "no section of $command"
        [ "$(flags "$command" | wc -l)" -ge 3 ] || fail "flags of $command: $(flags "$command")"
        flags "$command" | while read -r flag; do
            grep -qE -- "(^|[^a-z-])$flag([^a-z-]|\$)" "$T/page" || fail "$command: $flag"
        done
    done
}

test_the_man_page_has_no_other_command() {
    page | sed -n '/^\.SH COMMANDS/,/^\.SH OPTIONS/s/^\.SS \([a-z-]*\).*/\1/p' | sort >"$T/page"
    commands | sort >"$T/help"
    expect_same "$T/help" "$T/page"
}

test_the_readme_names_every_command() {
    for command in $(commands); do
        grep -qF "\`$command\`" "$top/README.md" || fail "not in README.md: $command"
    done
}

test_every_command_has_examples() {
    for command in $(commands); do
        s3 "$command" --help >"$T/said"
        grep -q "^Example" "$T/said" || fail "$command"
        grep -q "^Usage: decon-s3 $command" "$T/said" || fail "$command"
        s3 help "$command" >"$T/again"
        expect_same "$T/said" "$T/again"
        say s3 "$command" --nonsense
        expect_status 2
    done
}

test_a_misspelt_word_names_the_nearest() {
    say s3 synk
    expect_status 2
    expect_why "did you mean 'sync'"
    say s3 delete s3://data/x
    expect_why "did you mean 'rm'"
    say s3 cp --recursiv a s3://data
    expect_status 2
    expect_why 'did you mean --recursive'
    say s3 help nonsense
    expect_status 2
    say s3
    expect_status 2
    [ "$(s3 --version)" = "decon-s3 $(sed -n 's/^VERSION *:= *//p' "$top/Makefile")" ]
}

# complete WORD...: bash completions of the last word.
complete_words() {
    # shellcheck disable=SC1090  # made by the program
    . <(s3 completion)
    COMP_WORDS=(decon-s3 "$@")
    COMP_CWORD=$#
    _decon_s3
    printf '%s\n' "${COMPREPLY[@]}"
}

test_completion_knows_commands_flags_and_values() {
    [ "$(complete_words s | xargs)" = 'sync stat serve' ]
    for command in $(commands); do
        complete_words "$command" -- | sort >"$T/offered"
        flags "$command" | grep '^--' | sort >"$T/flags"
        expect_same "$T/flags" "$T/offered"
        complete_words "$command" | grep -qx -- "$command" || fail "$command"
    done
    [ "$(complete_words presign --method P)" = PUT ]
    cd "$T"
    touch local-file
    [ "$(complete_words cp local)" = local-file ]
    complete_words cp -r --dry | grep -qx -- --dry-run
}

test_the_completion_is_a_script() {
    bash -n <(s3 completion)
    grep -q 'complete .*decon-s3' <(s3 completion)
}

test_the_progress_line_is_for_terminals_only() {
    start_store --fault 'delay=1500,method=GET,key=*'
    s3 mb s3://data
    cd "$T"
    head -c 100000 /dev/zero >file
    s3 cp -q file s3://data/
    s3 cp s3://data/file back >said 2>why
    [ ! -s why ] || fail "$(cat why)"
    command -v script >/dev/null || { echo 'no script(1)'; exit 77; }
    script -q -e -c "$BIN/decon-s3 cp s3://data/file back" terminal >/dev/null
    grep -q '0 of 1 objects' terminal || fail "$(cat terminal)"
    script -q -e -c "$BIN/decon-s3 cp --no-progress s3://data/file back" quiet >/dev/null
    ! grep -q 'objects' quiet || fail "$(cat quiet)"
    script -q -e -c "$BIN/decon-s3 cp --quiet s3://data/file back" quiet >/dev/null
    ! grep -q 'objects' quiet || fail "$(cat quiet)"
}

test_flags_may_precede_the_command() {
    start_store
    s3 mb s3://data
    echo 1 >"$T/a"
    local url=$AWS_ENDPOINT_URL
    unset AWS_ENDPOINT_URL
    s3 --endpoint-url "$url" cp "$T/a" s3://data/a
    s3 --endpoint-url="$url" --region us-east-1 --json --workers 3 ls s3://data >"$T/said"
    grep -q '"key":"a"' "$T/said"
    [ "$(s3 --endpoint-url "$url" --log-level debug --addressing-style path cat s3://data/a 2>/dev/null)" = 1 ] ||
        fail "cat with options before it"
    [ "$(s3 --endpoint-url "$url" cat --max-attempts 1 s3://data/a)" = 1 ] # and after it
    say s3 --endpoint-url "$url" -r rm --dry-run s3://data/
    expect_status 0
    grep -q 'dry run' "$T/said"
    say s3 --endpoint-url "$url"
    expect_status 2
    expect_why 'the command is missing'
    say s3 --endpoint-url
    expect_status 2
    say s3 --nonsense ls
    expect_status 2
    expect_why '--nonsense: unknown flag'
    say s3 --force ls s3://data # of rb
    expect_status 2
    expect_why '--force'
    say s3 --endpoint-url "$url" lss
    expect_status 2
    expect_why "'lss' is not a command"
    say s3 --json --help
    expect_status 0
    grep -q '^Commands:' "$T/said"
    s3 --json cp --help >"$T/said"
    grep -q '^Usage: decon-s3 cp' "$T/said"
    export AWS_ENDPOINT_URL=$url
    # The AWS CLI's names.
    s3 cp --dryrun "$T/a" s3://data/c | grep -q 'dry run'
    ! s3 --only-show-errors cp "$T/a" s3://data/d | grep . || fail "not quiet"
    [ "$(keys | xargs)" = 'a d' ] || fail "$(keys)"
    printf '%s\n' "s5cmd --dry-run rm s3://data/a" "--quiet cp $T/a s3://data/b" >"$T/lines"
    say s3 run "$T/lines"
    expect_status 0
    s3 cat s3://data/a >/dev/null
    s3 cat s3://data/b >/dev/null
}

test_a_folder_without_recursive_says_what_is_missing() {
    start_store
    s3 mb s3://data
    mkdir -p "$T/dir"
    echo 1 >"$T/dir/a"
    cd "$T"
    local what
    for what in 'cp dir s3://data' 'cp dir/ s3://data/' 'cp dir s3://data/to/' 'mv dir s3://data/x' 'cp . s3://data/'; do
        # shellcheck disable=SC2086  # words
        say s3 $what
        expect_status 2
        expect_why 'is a folder; add --recursive (-r)'
    done
    [ -e dir/a ] && [ -z "$(keys)" ]
    say s3 cp s3://data/dir/ .
    expect_status 2
    expect_why '--recursive (-r)'
    for what in 'cp s3://data/dir/ back' 'mv s3://data/dir/ back' 'cp s3://data/dir/ s3://data/to'; do
        # shellcheck disable=SC2086  # words
        say s3 $what
        expect_status 1
        expect_why 'if it is a folder, add --recursive (-r)'
    done
    say s3 cp s3://data/none back
    expect_status 1
    ! grep -q recursive why || fail "$(cat why)"
    say s3 cp dir s3://
    expect_status 2
    expect_why 'has no bucket'
}

run_tests
