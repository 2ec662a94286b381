#!/usr/bin/env bash
# `decon-orchestrator verify`: verdicts of local files and objects, truncation, memory, exit statuses.
. "$(dirname "$0")/lib.sh"

verify() { # verify OPTION|FILE...: exit status in $status, what it says in $T/out and $T/verify.log
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

test_every_format_is_told_with_its_counts() {
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
}
test_a_file_that_ends_early_is_never_sound() {
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
    verify s3://data/in/
    expect_status 1
    expect_out 'is a folder'
}
test_a_long_window_needs_memory() {
    lines 20 "$T/a.jsonl"
    # a frame whose header asks for a window of 512 MiB, and one raw block
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
test_what_it_does_not_understand_is_usage() {
    verify
    expect_status 2
    verify --jsom "$T/a"
    expect_status 2
    verify "$T/none.jsonl"
    expect_status 1
    verify --help
    expect_status 0
    expect_out '^Usage: decon-orchestrator verify'
}
run_tests
