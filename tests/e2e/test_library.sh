#!/usr/bin/env bash
# The libraries from the view of another program: installed below a separate folder, found with
# pkg-config, each header compiled alone, and the examples of docs/examples built and run.
. "$(dirname "$0")/lib.sh"

sanitize=
case $BIN in */sanitize/bin) sanitize=1 ;; esac
read -ra compiler <<<"${CC:-cc}"
[ -z "$sanitize" ] || compiler+=('-fsanitize=address,undefined')

install_libraries() {
    make -s -C "$top" SANITIZE=$sanitize DESTDIR="$T/root" PREFIX=/opt/decon install-libraries >"$T/make.log" 2>&1
    export PKG_CONFIG_PATH=$T/root/opt/decon/lib/pkgconfig
}

# build NAME LIBRARY: docs/examples/NAME.c, with the flags of pkg-config only.
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

# compilers: each installed C and C++ compiler, with its standard.
compilers() {
    local name
    for name in gcc clang clang-{30..11}; do
        command -v "$name" >/dev/null && echo "$name -std=c11 -x c"
        command -v "${name/clang/clang++}" >/dev/null && [ "$name" != gcc ] && echo "${name/clang/clang++} -std=c++17 -x c++"
    done
    command -v g++ >/dev/null && echo 'g++ -std=c++17 -x c++'
    return 0
}

# syntax FLAGS COMPILER... : compiles standard input; the report is in $T/said.
syntax() {
    # shellcheck disable=SC2086  # words
    "${@:2}" -pedantic -Wall -Wextra -Werror $1 -fsyntax-only - >"$T/said" 2>&1
}

test_each_header_compiles_alone_as_c_and_as_cxx() {
    install_libraries
    local header flags compiler around names
    flags=$(pkg-config --cflags decon-s3 decon-compression)
    cd "$T/root/opt/decon/include"
    [ -e decon/s3/s3.h ] && [ -e decon/compression/codec.h ] || fail 'headers are missing'
    compilers >"$T/compilers"
    grep -q c++17 "$T/compilers" || echo 'no C++ compiler: C only' >&2
    # Names that programs use themselves, and functions that this project forbids itself.
    names='char *f(char *to, const char *from) { return strcpy(to, from); }
           int move, MIN, MAX, UNUSED, AUTO, err, buf, slice, pool, loop, timer, LOG_INFO, BUF, md5;'
    while read -ra compiler; do
        around='#include <string.h>'
        [ "${compiler[-1]}" = c ] || around=$'#include <algorithm>\n#include <cstring>\n#include <vector>\n#include <map>'
        for header in decon/*/*.h; do
            printf '#include "%s"\n%s\n%s\n' "$header" "$around" "$names" | syntax "$flags" "${compiler[@]}" ||
                fail "${compiler[*]}: $header before: $(head -n 3 "$T/said")"
            printf '%s\n#include "%s"\n%s\n' "$around" "$header" "$names" | syntax "$flags" "${compiler[@]}" ||
                fail "${compiler[*]}: $header after: $(head -n 3 "$T/said")"
        done
    done <"$T/compilers"
}

# Names in the headers, from the compiler: macros that they define, and each identifier at file scope.
test_headers_define_only_prefixed_names() {
    install_libraries
    cd "$T/root/opt/decon/include"
    printf '#include "%s"\n' decon/*/*.h >"$T/all.c"
    "${compiler[@]}" -E -dM -D_GNU_SOURCE -I. "$T/all.c" | awk '{ sub(/\(.*/, "", $2); print $2 }' | sort >"$T/with"
    sed -n 's/^#include \(<.*>\)/#include \1/p' decon/*/*.h | sort -u >"$T/system.c"
    "${compiler[@]}" -E -dM -D_GNU_SOURCE "$T/system.c" | awk '{ sub(/\(.*/, "", $2); print $2 }' | sort >"$T/without"
    ! comm -23 "$T/with" "$T/without" | grep -vE '^(DECON|decon|S3)_' >"$T/said" || fail "macros: $(cat "$T/said")"
    # Declarations from the debug information: types, enumerators, functions.
    { cat "$T/all.c" && echo 'const void *use(void); const void *use(void) { return (const void *)decon_err_set_at; }'; } >"$T/use.c"
    "${compiler[@]}" -E -P -D_GNU_SOURCE -I. "$T/all.c" >"$T/with.i"
    "${compiler[@]}" -E -P -D_GNU_SOURCE "$T/system.c" >"$T/without.i"
    grep -vxFf "$T/without.i" "$T/with.i" | awk '
        { gsub(/\([^()]*\)/, "") ; gsub(/\([^()]*\)/, "") }
        /^(typedef )?(struct|enum) [a-z_0-9]+/ { name = $0; sub(/^(typedef )?(struct|enum) /, "", name); sub(/[^a-z_0-9].*/, "", name); print name }
        /^}.*;/ { name = $0; sub(/;.*/, "", name); sub(/.*[ }*]/, "", name); if (name != "") print name }
        /^    [A-Z_0-9]+( = [^;]*)?,?$/ { print $1 }' | tr -d , | sort -u >"$T/names"
    [ "$(wc -l <"$T/names")" -gt 50 ] || fail "only: $(cat "$T/names")"
    ! grep -vE '^(decon|s3|DECON|S3)_' "$T/names" >"$T/said" || fail "names: $(cat "$T/said")"
}

exported() {
    nm -g -P "$@" | awk '$2 ~ /^[A-TV-Z]$/ { print $1 }' | sort
}

test_archives_export_what_the_headers_declare_and_nothing_else() {
    install_libraries
    local lib=$T/root/opt/decon/lib
    exported "$lib"/libdecon-*.a >"$T/exported"
    ! grep -vE '^(decon|s3)_' "$T/exported" >"$T/said" || fail "exported: $(cat "$T/said")"
    [ -z "$(uniq -d "$T/exported")" ] || fail "twice: $(uniq -d "$T/exported")"
    # Functions that the headers declare: a name before a parenthesis, at file scope, not inline.
    cd "$T/root/opt/decon/include"
    printf '#include "%s"\n' decon/*/*.h | "${compiler[@]}" -E -P -D_GNU_SOURCE -I. -x c - | tr '\n' ' ' | awk '
        BEGIN { RS = ";" }
        { sub(/.*\}/, "") }
        /\{|typedef/ { next }
        match($0, /(decon|s3)_[a-z0-9_]+ *\(/) { name = substr($0, RSTART, RLENGTH - 1); sub(/ /, "", name); print name }' |
        sort -u >"$T/declared"
    [ "$(wc -l <"$T/declared")" -gt 100 ] || fail "only: $(cat "$T/declared")"
    comm -23 "$T/declared" "$T/exported" >"$T/said"
    [ ! -s "$T/said" ] || fail "declared but not defined: $(cat "$T/said")"
    comm -13 "$T/declared" "$T/exported" | grep -v '^decon_private_' >"$T/said" || true
    [ ! -s "$T/said" ] || fail "exported but not declared: $(cat "$T/said")"
}

# A program that defines functions with names that the libraries use internally.
own_names='
int xstrdup(int x) { return x + 1; }
int buf_append(int x) { return x + 2; }
int sha256(int x) { return x + 3; }
int md5(int x) { return x + 4; }
int err_set_at(int x) { return x + 5; }
int fs_remove(int x) { return x + 6; }'
program='
int main(void)
{
    decon_err e = DECON_ERR_INIT;
    decon_buf b = DECON_BUF(64);
    uint8_t digest[DECON_MD5_BYTES];
    char hex[2 * DECON_MD5_BYTES + 1];
    s3_uri uri = {};
    decon_stage *lines = 0;
    if (xstrdup(0) + buf_append(0) + sha256(0) + md5(0) + err_set_at(0) + fs_remove(0) != 21)
        return 1;
    if (!s3_uri_parse("s3://bucket/key", &uri, &e) || !decon_str_equal(uri.key, "key"))
        return 2;
    decon_md5(DECON_SLICE_LIT("abc"), digest);
    decon_hex_encode(digest, sizeof digest, hex);
    if (!decon_buf_append_str(&b, hex))
        return 3;
    s3_uri_deinit(&uri);
    if (s3_uri_parse("bucket/key", &uri, &e) || e.code != DECON_ERR_CONFIG)
        return 4;
    lines = decon_stage_lines_new(64, "", on_line, &e);
    if (!decon_stage_feed(lines, DECON_SLICE_LIT("a line\n"), &e) || !decon_stage_finish(lines, &e))
        return 5;
    decon_stage_free(lines);
    printf("%s %d\n", decon_buf_str(&b), line_count);
    decon_buf_deinit(&b);
    return 0;
}'
on_line='
static int line_count;
static bool on_line(void *ctx, decon_slice text, uint64_t number, bool has_newline, decon_err *e)
{
    line_count += ctx == (void *)e || text.len == number || has_newline;
    return true;
}'

# link FILE COMPILER... : with both libraries, runs it and compares what it prints.
link_and_run() {
    local flags
    flags=$(pkg-config --cflags --libs decon-s3 decon-compression)
    # shellcheck disable=SC2086  # words
    "${@:2}" -Wall -Wextra -Werror "$1" $flags -o "$T/own" || fail "not linked: $*"
    [ "$("$T/own")" = '900150983cd24fb0d6963f7d28e17f72 1' ] || fail "it printed: $("$T/own" 2>&1)"
}

test_a_c_program_has_names_of_its_own_beside_both_libraries() {
    install_libraries
    printf '#include <stdio.h>\n#include "decon/compression/compression.h"\n#include "decon/s3/s3.h"\n#include "decon/s3/uri.h"\n%s\n%s\n%s\n' \
        "$(sed 's/^int \([a-z0-9_]*\)\(.*\) {/int \1\2;\nint \1\2 {/' <<<"$own_names")" "$on_line" "${program/'{}'/'{0}'}" >"$T/own.c"
    link_and_run "$T/own.c" "${compiler[@]}"
}

test_a_cxx_program_links_both_libraries() {
    command -v g++ >/dev/null || { echo 'no g++'; exit 77; }
    install_libraries
    printf '#include <algorithm>\n#include <cstdio>\n#include "decon/compression/compression.h"\n#include "decon/s3/s3.h"\n#include "decon/s3/uri.h"\n#include <vector>\n%s\n%s\n%s\n' \
        "$own_names" "$on_line" "$program" >"$T/own.cc"
    link_and_run "$T/own.cc" g++ -std=c++17 ${sanitize:+-fsanitize=address,undefined}
}

test_the_libraries_can_be_part_of_a_shared_library() {
    install_libraries
    local lib=$T/root/opt/decon/lib libs
    libs=$(pkg-config --libs-only-l decon-s3 decon-compression | tr ' ' '\n' | grep -v '^-ldecon-')
    # shellcheck disable=SC2086  # words
    gcc -shared -o "$T/all.so" ${sanitize:+-fsanitize=address,undefined} -Wl,--whole-archive "$lib"/libdecon-*.a \
        -Wl,--no-whole-archive $libs -Wl,-z,text || fail 'not position-independent'
}

test_the_compression_library_needs_no_libcurl() {
    install_libraries
    ! pkg-config --libs decon-compression | grep -q curl || fail "$(pkg-config --libs decon-compression)"
    build count_lines decon-compression
    ! readelf -d "$T/count_lines" | grep -E 'NEEDED.*(curl|xml|jansson)' || fail 'unexpected libraries'
}

test_everything_is_installed() {
    make -s -C "$top" SANITIZE=$sanitize DESTDIR="$T/root" PREFIX=/usr install >"$T/make.log" 2>&1
    local file
    for file in bin/decon-s3 bin/decon bin/decon-server bin/decon-orchestrator share/man/man1/decon-s3.1 share/man/man1/decon.1 \
        share/bash-completion/completions/decon-server share/bash-completion/completions/decon lib/libdecon-s3.a lib/libdecon-base.a lib/pkgconfig/decon-compression.pc lib/pkgconfig/decon-base.pc include/decon/base/err.def share/doc/decon/examples/s3_get.c; do
        [ -s "$T/root/usr/$file" ] || fail "not installed: $file"
    done
    [ "$("$T/root/usr/bin/decon-s3" --version | cut -d' ' -f2)" = "$(pkg-config --modversion "$T/root/usr/lib/pkgconfig/decon-s3.pc")" ] ||
        fail 'program and library tell different versions'
    echo '{"text":"x"}' >"$T/f.jsonl"
    (cd "$T" && "$T/root/usr/bin/decon-server" detect --evals-dir sample f.jsonl) >"$T/detect.log" 2>&1 ||
        fail 'the sample set is not installed'
    # Foreign files in the same folders stay.
    touch "$T/root/usr/bin/mine" "$T/root/usr/share/doc/decon/mine"
    make -s -C "$top" SANITIZE=$sanitize DESTDIR="$T/root" PREFIX=/usr uninstall >"$T/make.log" 2>&1
    [ "$(find "$T/root" -type f -o -type l | LC_ALL=C sort | xargs -n 1 basename | xargs)" = 'mine mine' ] ||
        fail "left: $(find "$T/root" -type f -o -type l)"
    [ ! -e "$T/root/usr/include/decon" ] || fail 'an empty folder is left'
}

run_tests
