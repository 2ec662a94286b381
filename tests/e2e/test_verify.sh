#!/usr/bin/env bash
# `decon-orchestrator verify`: verdicts of local files and objects, truncation, memory, exit statuses.
. "$(dirname "$0")/lib.sh"

verify() { # verify OPTION|FILE...: exit status in $status, output in $T/out and $T/verify.log
    status=0
    "$BIN/decon-orchestrator" verify --local-work-dir "$T/work" "$@" >"$T/out" 2>"$T/verify.log" || status=$?
}
expect_out() {
    grep -qE -- "$1" "$T/out" || fail "not in the output: $1: $(cat "$T/out" "$T/verify.log")"
}
# lines COUNT FILE: JSON lines that differ from each other.
lines() {
    seq "$1" | sed 's/.*/{"id": &, "text": "line & of the file"}/' >"$2"
}
compress_all() { # FILE: FILE.gz, .zst, .bz2, .xz
    gzip -k "$1"
    zstd -q "$1"
    bzip2 -k "$1"
    xz -k "$1"
}

test_every_format_is_reported_with_its_counts() {
    lines 300 "$T/a.jsonl"
    echo >>"$T/a.jsonl"
    compress_all "$T/a.jsonl"
    verify "$T/a.jsonl" "$T/a.jsonl.gz" "$T/a.jsonl.zst" "$T/a.jsonl.bz2" "$T/a.jsonl.xz"
    expect_status 0
    [ "$(grep -c '^OK .* 301 lines (1 blank), the longest of 43 B' "$T/out")" = 5 ] || fail "$(cat "$T/out")"
    expect_out 'a.jsonl: plain,'
    expect_out 'a.jsonl.gz: gzip,.*\(ratio [0-9.]+\), checksums: crc32$'
    expect_out 'a.jsonl.zst: zstd,.* checksums: xxh64$'
    expect_out 'a.jsonl.bz2: bzip2,.* checksums: crc32$'
    expect_out 'a.jsonl.xz: xz,.* checksums: crc64$'
}
test_json_has_one_object_a_file() {
    lines 3 "$T/a.jsonl"
    gzip -k "$T/a.jsonl"
    printf '{"text": 1' >"$T/b.jsonl"
    verify --json "$T/a.jsonl.gz" "$T/b.jsonl"
    expect_status 3
    [ "$(wc -l <"$T/out")" = 2 ] || fail "$(cat "$T/out")"
    expect_out '^\{"file":"[^"]*a.jsonl.gz","ok":true,"format":"gzip".*"members":1,"checksums":\["crc32"\],"lines":3,'
    expect_out '^\{"file":"[^"]*b.jsonl","ok":false,"code":"JSONL","message":".*line 1, byte 10'
    zstd -q "$T/a.jsonl"
    verify --json "$T/a.jsonl.zst"
    expect_out '"checksums":\["xxh64"\],"lines":3,.*"skipped_lines":0,"lone_surrogates":0\}$'
}
test_lines_that_the_server_skips_are_reported() {
    printf '{"text": "a"}\n{"text": "\\udc00"}\n{"text": "", "v": 1e999}\n{"v": 1}\n' >"$T/a.jsonl"
    verify "$T/a.jsonl"
    expect_status 0
    expect_out "; 1 line has no text under 'text'; the detection server skips 2 lines \(unpaired surrogates,"
    sed -i 1d "$T/a.jsonl"
    verify "$T/a.jsonl"
    expect_status 3
    expect_out "^FAILED .*the detection server would skip every line: 1 have no string under 'text', 2 have lone"
}
test_a_name_with_a_line_break_stays_in_one_line() {
    lines 3 "$T/a"$'\n'"b.jsonl"
    verify "$T/a"$'\n'"b.jsonl"
    expect_status 0
    expect_out '^OK .*/a b.jsonl: plain, 3 lines'
}
test_a_truncated_file_is_never_valid() {
    local format size i
    lines 4 "$T/a.jsonl"
    compress_all "$T/a.jsonl"
    for format in gz zst bz2 xz; do
        size=$(stat -c %s "$T/a.jsonl.$format")
        mkdir "$T/cut"
        for ((i = 0; i < size; i++)); do head -c "$i" "$T/a.jsonl.$format" >"$T/cut/$i.$format"; done
        verify --codec-threads 2 "$T"/cut/*
        expect_status 3
        [ "$(grep -c '^FAILED .*ends early' "$T/out")" = "$size" ] || fail "$(grep -v 'ends early' "$T/out")"
        rm -r "$T/cut"
    done
}
test_an_object_is_read_while_it_is_downloaded() {
    start_store
    s3 mb s3://data
    lines 200000 "$T/a.jsonl"
    zstd -q -1 "$T/a.jsonl"
    put "$T/a.jsonl" in/a.jsonl
    put "$T/a.jsonl.zst" in/a.jsonl.zst
    head -c 30000 "$T/a.jsonl.zst" >"$T/short.zst"
    put "$T/short.zst" in/short.jsonl.zst
    verify --part-size 5MiB s3://data/in/a.jsonl s3://data/in/a.jsonl.zst
    expect_status 0
    [ "$(grep -c '^OK .* 200000 lines' "$T/out")" = 2 ] || fail "$(cat "$T/out" "$T/verify.log")"
    verify s3://data/in/short.jsonl.zst
    expect_status 3
    expect_out '^FAILED  s3://data/in/short.jsonl.zst: line [0-9]+.*ends early at raw byte 30000'
    [ -z "$(ls -A "$T/work")" ] || fail "left in the work directory: $(ls "$T/work")"
    verify s3://data/in/none.jsonl
    expect_status 1
    verify s3://data/in
    expect_status 1
    expect_out '^FAILED  .*s3://data/in.*end the name of a folder in the store with a slash'
}
# A folder with inputs at two depths, two of them invalid, and files that are not inputs.
make_folder() {
    mkdir -p "$1/b/c" "$1/empty"
    lines 30 "$1/a.jsonl"
    lines 20 "$1/b/z.jsonl"
    gzip "$1/b/z.jsonl"
    lines 10 "$1/b/c/x.json"
    zstd -q --rm "$1/b/c/x.json"
    head -c 40 "$1/b/z.jsonl.gz" >"$1/b/cut.jsonl.gz"
    echo 'no json' >"$1/d.jsonl"
    echo 'not examined' >"$1/readme.txt"
    echo 'nor this' >"$1/b/readme.gz"
}
# in_order NAME...: the lines of the output, by the ends of the names.
in_order() {
    local name n=0
    for name; do
        n=$((n + 1))
        sed -n "${n}p" "$T/out" | grep -qF -- "$name" || fail "line $n is not of $name: $(cat "$T/out")"
    done
}
test_a_folder_means_its_inputs() {
    make_folder "$T/in"
    ln -s "$T/in" "$T/in/b/round"
    ln -s ../a.jsonl "$T/in/b/link.jsonl"
    verify --codec-threads 2 "$T/in" "$T/in/readme.txt"
    expect_status 3
    in_order in/a.jsonl in/b/c/x.json.zst in/b/cut.jsonl.gz in/b/link.jsonl in/b/z.jsonl.gz in/d.jsonl in/readme.txt SUMMARY
    expect_out '^SUMMARY: Files=7 Valid=4 Invalid=3 Unreadable=0 Ignored=3 Lines=90 '
    expect_out '^FAILED  .*in/b/cut.jsonl.gz: .*ends early at raw byte 40'
    verify --json "$T/in/"
    expect_status 3
    [ "$(wc -l <"$T/out")" = 6 ] || fail "$(cat "$T/out")"
    ! grep -v '^{"file":".*}$' "$T/out" || fail "not an object"
    grep -q 'SUMMARY: Files=6' "$T/verify.log" || fail "$(cat "$T/verify.log")"
    verify "$T/in/empty"
    expect_status 1
    expect_out '^FAILED  .*in/empty: no file in it ends in .jsonl or .json'
    verify "$T/in/a.jsonl"
    [ "$(wc -l <"$T/out")" = 1 ] || fail "a summary of one file: $(cat "$T/out")"
}
test_a_folder_of_the_store_means_its_inputs() {
    start_store
    s3 mb s3://data
    make_folder "$T/in"
    s3 cp -r "$T/in/" s3://data/in
    lines 5 "$T/other.jsonl"
    put "$T/other.jsonl" inother/o.jsonl
    verify --codec-threads 2 s3://data/in/ "$T/in/a.jsonl" s3://data/inother/o.jsonl
    expect_status 3
    in_order s3://data/in/a.jsonl s3://data/in/b/c/x.json.zst s3://data/in/b/cut.jsonl.gz \
        s3://data/in/b/z.jsonl.gz s3://data/in/d.jsonl in/a.jsonl inother/o.jsonl SUMMARY
    expect_out '^SUMMARY: Files=7 Valid=5 Invalid=2 Unreadable=0 Ignored=2 Lines=95 '
    [ -z "$(ls -A "$T/work")" ] || fail "left in the work directory: $(ls "$T/work")"
    verify --disk-budget 1 s3://data/in/b/ # then one at a time
    expect_status 3
    expect_out '^SUMMARY: Files=3 Valid=2 '
    verify s3://data
    expect_out '^SUMMARY: Files=6 '
    verify s3://data/none/ s3://nobucket/x/ "$T/in/a.jsonl"
    expect_status 1
    expect_out '^FAILED  s3://data/none/: no file in it'
    expect_out '^FAILED  .*s3://nobucket'
    expect_out '^OK .*in/a.jsonl'
}
test_hundreds_of_files_keep_their_order() {
    local i
    mkdir "$T/many"
    lines 3 "$T/three"
    for ((i = 0; i < 700; i++)); do cp "$T/three" "$T/many/$((1000 + i)).jsonl"; done
    lines 100000 "$T/many/1000.jsonl" # the others wait for it
    verify --codec-threads 2 "$T/many"
    expect_status 0
    [ "$(wc -l <"$T/out")" = 701 ]
    head -700 "$T/out" | sed 's/.*many\/\([0-9]*\).*/\1/' | sort -c || fail "out of order"
    expect_out '^SUMMARY: Files=700 Valid=700 .* Lines=102097 '
}
test_a_long_window_needs_memory() {
    lines 20 "$T/a.jsonl"
    # a frame whose header requests a window of 512 MiB, and one raw block
    { printf '\x28\xb5\x2f\xfd\x00\x98'
        printf '%b' "$(printf '\\x%02x\\x%02x\\x00' $(($(stat -c %s "$T/a.jsonl") * 8 % 256 + 1)) $(($(stat -c %s "$T/a.jsonl") * 8 / 256)))"
        cat "$T/a.jsonl"; } >"$T/long.jsonl.zst"
    verify "$T/long.jsonl.zst"
    expect_status 3
    expect_out 'its window of 512 MiB \(zstd --long=29\) needs 513 MiB of memory; raise codec_memory, which is 256 MiB'
    verify --codec-memory 513MiB "$T/long.jsonl.zst"
    expect_status 0
}
test_standard_input_is_a_file_too() {
    lines 5 "$T/a.jsonl"
    gzip -c "$T/a.jsonl" | { verify -; expect_status 0; }
    expect_out '^OK      -: gzip, 5 lines'
}
test_wrong_arguments_are_usage_errors() {
    verify
    expect_status 2
    verify --jsom "$T/a"
    expect_status 2
    verify --verify none "$T/none.jsonl"
    expect_status 2
    verify "$T/none.jsonl"
    expect_status 1
    verify --help
    expect_status 0
    expect_out '^Usage: decon-orchestrator verify'
}
test_an_object_larger_than_the_disk_fails_alone() {
    start_store
    s3 mb s3://data
    lines 5 "$T/a.jsonl"
    put "$T/a.jsonl" in/a.jsonl
    put "$T/a.jsonl" in/b.jsonl
    truncate -s 15T "$T/store/data/in/b.jsonl" || return 0 # a file system without unnamed temporary files
    : >"$T/access"
    verify s3://data/in/
    expect_out 'in/b\.jsonl: 15 TiB do not fit on the disk'
    expect_out '^SUMMARY: Files=2 Valid=1 '
    ! grep -q 'GET /data/in/b.jsonl' "$T/access" || fail 'it was downloaded'
}

run_tests
