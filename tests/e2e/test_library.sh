#!/usr/bin/env bash
# The libraries as another program meets them: installed below a folder of their own, found with
# pkg-config, each header by itself, and the examples of docs/examples built and run.
. "$(dirname "$0")/lib.sh"

sanitize=
case $BIN in */sanitize/bin) sanitize=1 ;; esac
read -ra compiler <<<"${CC:-cc}"
[ -z "$sanitize" ] || compiler+=(-fsanitize=address,undefined)

install_libraries() {
    make -s -C "$top" SANITIZE=$sanitize DESTDIR="$T/root" PREFIX=/opt/decon install-libraries >"$T/make.log" 2>&1
    export PKG_CONFIG_PATH=$T/root/opt/decon/lib/pkgconfig
}

# build NAME LIBRARY: docs/examples/NAME.c, with what pkg-config says and nothing else.
build() {
    local flags
    flags=$(pkg-config --cflags --libs "$2")
    # shellcheck disable=SC2086  # words
    (cd "$T" && "${compiler[@]}" -Wall -Wextra -Werror "$top/docs/examples/$1.c" $flags -o "$T/$1")
}

test_the_s3_example_downloads_an_object() {
    install_libraries
    build s3_get decon-s3
    start_store
    s3 mb s3://data
    put "$samples/books/part-01.jsonl" 'a key+.jsonl'
    "$T/s3_get" data 'a key+.jsonl' "$T/back" | grep -q '^[0-9]* bytes, ETag "'
    cmp "$samples/books/part-01.jsonl" "$T/back"
    ! "$T/s3_get" data absent "$T/back" 2>"$T/said" || fail 'an absent object was found'
    grep -q 's3://data/absent' "$T/said" || fail "it said: $(cat "$T/said")"
}

test_the_compression_example_counts_lines() {
    install_libraries
    build count_lines decon-compression
    local file
    for file in "$samples"/books/part-0*; do
        [ "$("$T/count_lines" "$file")" = "$(decode "$file" <"$file" | wc -l)" ] || fail "$file"
    done
}

test_each_header_stands_by_itself_and_names_nothing_banned() {
    install_libraries
    local header flags
    flags=$(pkg-config --cflags decon-s3 decon-compression)
    cd "$T/root/opt/decon/include"
    for header in decon/*/*.h; do
        printf '#include "%s"\n#include <string.h>\nchar *copy(char *to, const char *from);\nchar *copy(char *to, const char *from)\n{\n    return strcpy(to, from);\n}\n' \
            "$header" >"$T/alone.c"
        # shellcheck disable=SC2086  # words
        "${compiler[@]}" -Wall -Wextra -Werror $flags -fsyntax-only "$T/alone.c" || fail "$header"
    done
    [ -e decon/s3/s3.h ] && [ -e decon/compression/codec.h ] || fail 'headers are missing'
}

test_everything_is_installed() {
    make -s -C "$top" SANITIZE=$sanitize DESTDIR="$T/root" PREFIX=/usr install >"$T/make.log" 2>&1
    local file
    for file in bin/decon-s3 bin/decon-server bin/decon-orchestrator share/man/man1/decon-s3.1 \
        share/bash-completion/completions/decon-server lib/libdecon-s3.a lib/pkgconfig/decon-compression.pc include/decon/base/err.def share/doc/decon/examples/s3_get.c; do
        [ -s "$T/root/usr/$file" ] || fail "not installed: $file"
    done
    [ "$("$T/root/usr/bin/decon-s3" --version | cut -d' ' -f2)" = "$(pkg-config --modversion "$T/root/usr/lib/pkgconfig/decon-s3.pc")" ] ||
        fail 'program and library tell different versions'
}

run_tests
