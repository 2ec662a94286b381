#!/usr/bin/env bash
# The checks of `make check`: each rule finds its fault.
. "$(dirname "$0")/lib.sh"

# sizes FILE: the findings for it.
sizes() {
    status=0
    awk -f "$top/tests/tools/sizes.awk" "$1" >"$T/found" 2>&1 || status=$?
}

test_a_variable_with_automatic_release_has_an_initialiser() {
    cd "$T"
    local line count=0
    while IFS= read -r line; do
        printf 'void f(void)\n{\n%s\n}\n' "$line" >bad.c
        sizes bad.c
        expect_status 1
        grep -q '^bad.c:3: a variable with automatic release and no initialiser' found ||
            fail "not found: $line: $(cat found)"
        count=$((count + 1))
    done <<-'END'
	    AUTO(buf) query;
	    AUTO(buf) a, b;
	    AUTO_FREE char *text;
	    AUTO_FD fd;
	    AUTO_PTR(source) s;
	END
    [ "$count" = 5 ]
    while IFS= read -r line; do
        printf 'void f(void)\n{\n%s\n}\n' "$line" >good.c
        sizes good.c
        [ "$status" = 0 ] || fail "found in '$line': $(cat found)"
    done <<-'END'
	    AUTO(buf) query = BUF(4096);
	    AUTO_FREE char *text = NULL;
	    AUTO_FD fd = -1;
	    buf b;
	    /* AUTO(buf) in a comment */
	END
}

test_functions_and_files_have_their_limits() {
    cd "$T"
    { printf 'void f(void)\n{\n'; yes '    g();' | head -n 70; printf '}\n'; } >long.c
    sizes long.c
    [ "$status" = 0 ] || fail "$(cat found)"
    { printf 'void f(void)\n{\n'; yes '    g();' | head -n 71; printf '}\n'; } >longer.c
    sizes longer.c
    expect_status 1
    grep -q '^longer.c:2: a function of 71 lines' found || fail "$(cat found)"
    yes '/* */' | head -n 450 >large.c
    sizes large.c
    [ "$status" = 0 ] || fail "$(cat found)"
    yes '/* */' | head -n 451 >larger.c
    sizes larger.c
    expect_status 1
    grep -q '^larger.c:451: a file of 451 lines' found || fail "$(cat found)"
    yes '    AUTO(buf) b;' | head -n 451 >larger.sh
    sizes larger.sh
    expect_status 1
    [ "$(cat found)" = 'larger.sh:451: a file of 451 lines (450 is the most)' ] || fail "$(cat found)"
    yes '/* */' | head -n 151 >large.h
    sizes large.h
    expect_status 1
}

run_tests
