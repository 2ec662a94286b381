#!/usr/bin/env bash
# Jobs of the detection server: their processes, which files they read, what they write.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/server_jobs.sh"

test_results_are_the_servers_alone() {
    hits "$T/hit.jsonl"
    chmod 644 "$T/hit.jsonl"
    umask 000
    begin
    grep -q 'WARN.*allow_dir is not set' "$T/server.log" || fail 'no warning'
    submit "$T/hit.jsonl"
    expect_job '"status":"completed"'
    [ "$(stat -c %a "$T"/server/{reports,cleaned} | sort -u)" = 700 ] || fail 'modes of folders'
    [ "$(stat -c %a "$T"/server/{reports,cleaned}/"$id".* | sort | uniq -c | xargs)" = '2 600' ] ||
        fail "modes of files: $(stat -c '%a %n' "$T"/server/*/*)"
    stop "$server"
    local group
    group=$(id -G | tr ' ' '\n' | tail -n 1)
    rm -r "$T/server"
    umask 077
    begin --share-group "$group" --allow-dir "$T"
    ! grep -q 'allow_dir is not set' <(tail -n 5 "$T/server.log") || fail 'a warning with --allow-dir'
    submit "$T/hit.jsonl"
    expect_job '"status":"completed"'
    [ "$(stat -c %a:%g "$T"/server/{reports,cleaned} | sort -u)" = "2750:$group" ] || fail 'modes of folders'
    [ "$(stat -c %a:%g "$T"/server/{reports,cleaned}/"$id".* | sort | uniq -c | xargs)" = "2 640:$group" ] ||
        fail "modes of files: $(stat -c '%a %n' "$T"/server/*/*)"
    stop "$server"
}

test_nesting_is_no_danger() {
    begin
    {
        printf '{"text":"x","a":'
        head -c 1000000 /dev/zero | tr '\0' '['
        echo
        head -c 1000000 /dev/zero | tr '\0' '{'
        echo
    } >"$T/deep.jsonl"
    submit "$T/deep.jsonl"
    expect_job '"error":"Processing error: .*: line 1, byte 1039 of the decoded text: nested deeper'
    submit "$T/deep.jsonl" '"lenient":true'
    expect_job '"status":"completed","unread_lines":2'
    gzip -dc "$T/server/cleaned/$id.jsonl.gz" | cmp - "$T/deep.jsonl" || fail "lines are lost"
    stop "$server"
    expect_status 0
}

purified() { # the path that the status names
    sed -n 's/.*"purified_path":"\([^"]*\)".*/\1/p' "$T/status"
}

test_cleaned_files_keep_the_format_where_asked() {
    begin
    curl -sS "$url/health" | grep -q '"cleaned_formats":\["plain"' || fail "health"
    sed -n 's/.*"question": *"\([^"]*\)".*"answer": *"\([^"]*\)".*/{"text":"some words before it all \1 \2"}/p' \
        "$evals"/*.jsonl >"$T/hits"
    seq -f '{"text":"line %.0f of plain words that no set has"}' 20000 >"$T/kept"
    { head -n 9000 "$T/kept"; cat "$T/hits"; tail -n 11000 "$T/kept"; } >"$T/f.jsonl"
    split -b 300000 "$T/f.jsonl" "$T/part-"
    for part in "$T"/part-*; do gzip -c "$part"; done >"$T/f.jsonl.gz"
    for part in "$T"/part-*; do zstd -qc "$part"; done >"$T/f.jsonl.zst"
    xz -c1 --block-size=300000 "$T/f.jsonl" >"$T/f.jsonl.xz"
    bzip2 -c -2 "$T/f.jsonl" >"$T/f.jsonl.bz2"
    for part in "$T"/part-* /dev/null; do bzip2 -c -1 "$part"; done >"$T/streams.jsonl.bz2"
    for file in f.jsonl f.jsonl.gz f.jsonl.zst f.jsonl.xz f.jsonl.bz2 streams.jsonl.bz2; do
        submit "$T/$file" '"cleaned_format":"input"'
        expect_job '"status":"completed"'
        case $file in
        *.jsonl) cmp "$(purified)" "$T/kept" || fail "cleaned plain text" ;;
        *.zst) zstd -dcq "$(purified)" | cmp - "$T/kept" || fail "cleaned $file" ;;
        *.xz) xz -dc "$(purified)" | cmp - "$T/kept" || fail "cleaned $file" ;;
        *.bz2)
            bzip2 -t "$(purified)" && bzip2 -dc "$(purified)" | cmp - "$T/kept" || fail "cleaned $file"
            [ -z "$(command -v python3)" ] || python3 -c 'import bz2, sys
sys.stdout.buffer.write(bz2.open(sys.argv[1]).read())' "$(purified)" | cmp - "$T/kept" || fail "cleaned $file, for Python"
            ;;
        *) gzip -dc "$(purified)" | cmp - "$T/kept" || fail "cleaned $file" ;;
        esac
    done
    submit "$T/f.jsonl"
    expect_job '"purified_path":"[^"]*\.jsonl\.gz"'
    gzip -dc "$(purified)" | cmp - "$T/kept" || fail "without the request"
    stop "$server"
    expect_status 0
}

# environment_owner PID: root if the process has hidden its memory, otherwise the process's user.
environment_owner() {
    stat -c %u "/proc/$1/environ"
}

test_job_processes_have_no_network_and_memory_is_hidden() {
    local pid user="" as=()
    if [ "$(id -u)" = 0 ]; then # /proc shows files of root in any case
        chmod 711 "$T"
        user=65534
        as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
        "${as[@]}" test -x "$BIN/decon-server" -a -r "$evals" || {
            echo 'another user may not read the checkout'
            exit 77
        }
    fi
    mkdir "$T/mine"
    [ -z "$user" ] || chown 65534:65534 "$T/mine"
    # shellcheck disable=SC2024
    "${as[@]}" "$BIN/decon-server" --port 0 --port-file "$T/mine/port" --evals-dir "$evals" \
        --report-output-dir "$T/mine/reports" --allow-dir "$T" >"$T/server.log" 2>&1 &
    server=$!
    started+=("$server")
    wait_for test -s "$T/mine/port"
    url=http://127.0.0.1:$(cat "$T/mine/port")
    echo '{"text":"x"}' >"$T/f.jsonl"
    submit "$T/f.jsonl"
    expect_job '"status":"completed"'
    [ "$(children "$server" | wc -l)" -ge 2 ] || fail 'no job process'
    for pid in $(children "$server"); do
        grep -qE '^NoNewPrivs:\s*1$' "/proc/$pid/status" || fail "privileges: $(cat "/proc/$pid/status")"
        grep -qE '^Seccomp:\s*2$' "/proc/$pid/status" || fail "seccomp: $(cat "/proc/$pid/status")"
        [ "$(environment_owner "$pid")" = 0 ] || fail 'the memory of a job process can be read'
    done
    [ "$(environment_owner "$server")" = 0 ] || fail 'the memory of the server can be read'
    "${as[@]}" "$BIN/decon-s3" serve --root "$T/mine/store" --port 0 --port-file "$T/mine/s3" >"$T/s3.log" 2>&1 &
    started+=($!)
    pid=$!
    wait_for test -s "$T/mine/s3"
    [ "$(environment_owner "$pid")" = 0 ] || fail 'the memory of decon-s3 can be read'
    "${as[@]}" "$BIN/decon-orchestrator" --remote-file-input s3://data/in --server-url "$url" \
        --remote-report-output-dir s3://data/out --endpoint-url http://127.0.0.1:9 \
        --local-work-dir "$T/mine/work" >"$T/run.log" 2>&1 &
    started+=($!)
    pid=$!
    wait_for grep -q . "$T/run.log" # it waits for its store
    [ "$(environment_owner "$pid")" = 0 ] || fail 'the memory of the orchestrator can be read'
}

test_a_crash_fails_its_job_only() {
    begin
    begin_endless_job
    kill -KILL "$(children "$server" | tail -n 1)"
    expect_job '"error":"Task error: .*the job.s process was ended by signal 9'
    [ -z "$(find "$T/server" -type f)" ] || fail "leftovers: $(find "$T/server" -type f)"
    large_file 1000
    submit "$T/large.jsonl.gz"
    expect_job '"status":"completed"'
    curl -sS "$url/metrics" >"$T/metrics"
    grep -qx 'decon_jobs_finished_total{state="failed"} 1' "$T/metrics" || fail metrics
    grep -qx 'decon_jobs_finished_total{state="completed"} 1' "$T/metrics" || fail metrics
    stop "$server"
    expect_status 0
}

test_a_job_beyond_its_memory_fails_alone() {
    begin --worker-threads 1 --scan-threads 1 --job-memory 16MiB --codec-memory 1MiB
    curl -sS "$url/health" | grep -q '"max_line_size":268435456,' || fail "$(curl -sS "$url/health")"
    {
        printf '{"text":"'
        yes 'plain words that fill a line which is longer than a job may hold' | head -n 800000 | tr '\n' ' '
        printf '"}\n'
    } >"$T/long.jsonl"
    submit "$T/long.jsonl"
    expect_job '"error":"Task error: .*long.jsonl: scan: the job needs more memory than job_memory \(16 MiB\); raise job_memory'
    hits "$T/hits.jsonl"
    submit "$T/hits.jsonl"
    expect_job '"status":"completed"'
    [ -z "$(find "$T/server" -name '*.tmp-*')" ] || fail "left: $(find "$T/server" -name '*.tmp-*')"
    stop "$server"
}

test_no_process_outlives_the_server() {
    begin
    begin_endless_job
    local pids
    pids=$(children "$server")
    [ "$(wc -w <<<"$pids")" -ge 2 ] || fail "processes: $pids"
    kill -KILL "$server"
    wait_exit "$server"
    # shellcheck disable=SC2086  # a list
    expect_gone $pids
}

is_healthy() {
    curl -sSf "$url/health" >"$T/health" 2>/dev/null && grep -q '"status":"ok"' "$T/health"
}

test_processes_that_die_between_jobs_are_replaced() {
    echo '{"text":"x"}' >"$T/f.jsonl"
    begin
    submit "$T/f.jsonl"
    expect_job '"status":"completed"'
    local round all
    for round in worker "fork server" both; do
        all=$(children "$server")
        [ "$(echo "$all" | wc -l)" -ge 2 ] || fail "processes: $all"
        case $round in
        worker) kill -KILL "$(echo "$all" | tail -n 1)" ;;
        "fork server") kill -KILL "$(echo "$all" | head -n 1)" ;;
        both)
            # shellcheck disable=SC2086 # several processes
            kill -KILL $all
            ;;
        esac
        wait_for is_healthy || fail "not healthy after the death of $round"
        submit "$T/f.jsonl"
        expect_job '"status":"completed"'
    done
    grep -q 'fork server: ended by signal 9; it is replaced' "$T/server.log" || fail 'no warning'
    stop "$server"
    expect_status 0
}

test_only_files_of_the_allowed_folders() {
    mkdir "$T/in" "$T/out"
    echo '{"text":"x"}' | tee "$T/in/f.jsonl" >"$T/out/f.jsonl"
    ln -s "$T/out/f.jsonl" "$T/in/link.jsonl"
    begin --allow-dir "$T/in" --allow-dir "$T/no-such"
    submit "$T/in/f.jsonl"
    expect_job '"status":"completed"'
    local path
    for path in "$T/out/f.jsonl" "$T/in/link.jsonl" "$T/in/../out/f.jsonl" "$T/out/none"; do
        [ "$(curl -sS -o "$T/reply" -w '%{http_code}' -H 'Content-Type: application/json' \
            --data "{\"file_path\":\"$path\"}" "$url/submit")" = 403 ] || fail "allowed: $path"
        ! grep -q "$T" "$T/reply" || fail "the reply contains paths: $(cat "$T/reply")"
    done
    stop "$server"
    grep -q "allow_dir.*$T/no-such" "$T/server.log" || fail 'the missing folder is not named'
}

run_tests
