#!/usr/bin/env bash
# The detection server by itself: how it starts, how it ends, what a job that fails leaves.
. "$(dirname "$0")/lib.sh"
purify=(--purify --cleaned-output-dir "/nowhere") # each test sets its own

begin() { # OPTION...
    purify=(--purify --cleaned-output-dir "$T/server/cleaned")
    start_server "$@"
    url=http://127.0.0.1:$server_port
}

submit() { # PATH [MEMBERS]: the job's id in $id
    id=$(curl -sS -H 'Content-Type: application/json' --data "{\"file_path\":\"$1\"${2:+,$2}}" "$url/submit" |
        sed -n 's/^{"job_id":"\([-0-9a-f]*\)"}$/\1/p')
    [ "${#id}" = 36 ] || fail "no job id for $1"
}

is_final() {
    curl -sS "$url/status/$1" >"$T/status" && grep -qE '"status":"(completed|failed)"' "$T/status"
}

is_processing() {
    curl -sS "$url/status/$1" | grep -q '"status":"processing"'
}

expect_job() { # REGEX: of the final status of job $id
    wait_for is_final "$id"
    grep -qE -- "$1" "$T/status" || fail "status $(cat "$T/status"), expected $1"
}

test_a_signal_ends_it_in_order() {
    begin
    curl -sS "$url/health" | grep -q '"purify":true' || fail "health"
    submit "$samples/no-such-file.jsonl"
    expect_job '"error":"Processing error: .*no-such-file.jsonl.*No such file'
    stop "$server"
    expect_status 0
    grep -q "^Server listening on $url\$" "$T/server.log" || fail "the listening line"
    grep -q "index: reading the evaluation files of " "$T/server.log" || fail "how far the index is"
}

large_file() { # LINES
    yes '{"text":"plain words that fill a line of a file which takes its time to be read"}' |
        head -n "$1" | gzip -1 >"$T/large.jsonl.gz" || true
}

# endless_file: a few MB that decode to more than any test waits for.
endless_file() {
    large_file 100000
    local i
    for ((i = 0; i < 500; i++)); do cat "$T/large.jsonl.gz"; done >"$T/endless.jsonl.gz"
}

# begin_endless_job: it runs, and has begun to write, until something ends it.
begin_endless_job() {
    endless_file
    submit "$T/endless.jsonl.gz"
    wait_for has_unfinished
}

# expect_gone PID...
expect_gone() {
    local pid
    for pid in "$@"; do
        wait_for is_gone "$pid"
    done
}

test_an_outcome_can_be_asked_for_after_the_signal() {
    begin --worker-threads 1
    large_file 1000
    submit "$T/large.jsonl.gz"
    expect_job '"status":"completed"'
    # Held, the one process for jobs cannot end the next one before the signal.
    local worker
    worker=$(children "$server" | tail -n 1)
    kill -STOP "$worker"
    large_file 2000
    submit "$T/large.jsonl.gz"
    wait_for is_processing "$id"
    kill -TERM "$server"
    wait_for grep -q 'running jobs are finished' "$T/server.log"
    is_processing "$id" || fail "the job ended while it was held: $(curl -sS "$url/status/$id")"
    kill -CONT "$worker"
    wait_for grep -q "job $id: .*2000 lines" "$T/server.log"
    expect_job '"status":"completed"'
    wait_exit "$server"
    expect_status 0
}

test_a_second_signal_ends_it_at_once() {
    begin
    begin_endless_job
    local pids
    pids=$(children "$server")
    kill -TERM "$server"
    wait_for grep -q 'running jobs are finished' "$T/server.log"
    while kill -TERM "$server" 2>/dev/null; do :; done
    wait_exit "$server"
    expect_status 143
    # Its processes end behind it; until then their unfinished results are in use.
    # shellcheck disable=SC2086  # a list
    expect_gone $pids
    [ -z "$(find "$T/server" -name '*.jsonl' -o -name '*.jsonl.gz')" ] || fail "a result of a job that did not end"
    # What it left goes at the next start, and nothing else does.
    [ -n "$(find "$T/server" -name '*.tmp-*')" ] || fail 'no unfinished result'
    touch "$T/server/reports/notes.tmp-01234567" "$T/server/cleaned/$id.report.jsonl.tmp-01234567"
    begin
    [ "$(cd "$T/server" && find . -type f | sort | tr '\n' ' ')" = \
        "./cleaned/$id.report.jsonl.tmp-01234567 ./reports/notes.tmp-01234567 " ] ||
        fail "other files: $(find "$T/server" -type f)"
}

test_a_signal_while_the_index_builds() {
    mkdir "$T/evals" "$T/server"
    seq 30000 | sed 's/.*/{"doc_id":&,"question":"question & of many that take a while to index & one two three four five six seven eight nine ten & times"}/' \
        >"$T/evals/many.jsonl"
    "$BIN/decon-server" --port 0 --evals-dir "$T/evals" --report-output-dir "$T/server/r" >"$T/server.log" 2>&1 &
    server=$!
    started+=("$server")
    wait_for test -d "$T/server/r" # the index is built behind this
    stop "$server"
    case $status in
    143 | 0) ;; # 0: it had begun to listen
    *) fail "exit status $status" ;;
    esac
}

# start_slow_server: its index waits for the vocabulary, which is a FIFO: finish_index writes it.
start_slow_server() {
    mkdir "$T/vocabularies"
    mkfifo "$T/vocabularies/cl100k_base.tiktoken"
    "$BIN/decon-server" --port 0 --port-file "$T/server.port" --evals-dir "$evals" --purify \
        --report-output-dir "$T/server/reports" --cleaned-output-dir "$T/server/cleaned" \
        --vocabulary-dir "$T/vocabularies" >"$T/server.log" 2>&1 &
    server=$!
    started+=("$server")
    wait_for grep -q 'port [0-9]* is open' "$T/server.log"
    server_port=$(sed -n 's/.*port \([0-9]*\) is open.*/\1/p' "$T/server.log")
    url=http://127.0.0.1:$server_port
}

finish_index() {
    xz -dc "$top/detection/data/cl100k_base.tiktoken.xz" >"$T/vocabularies/cl100k_base.tiktoken"
}

test_requests_get_503_until_the_index_is_built() {
    local path
    start_slow_server
    for path in health metrics status/x other; do
        curl -sS -i "$url/$path" >"$T/reply"
        grep -q '^HTTP/1.1 503' "$T/reply" || fail "$path: $(cat "$T/reply")"
        grep -qi '^Retry-After: [0-9]' "$T/reply" || fail "$path: no Retry-After"
        [ "$(tail -n 1 "$T/reply")" = '{"status":"indexing"}' ] || fail "$path: $(tail -n 1 "$T/reply")"
    done
    [ "$(curl -sS -o "$T/reply" -w '%{http_code}' -H 'Content-Type: application/json' \
        --data '{"file_path":"/x"}' "$url/submit")" = 503 ] || fail "submit: $(cat "$T/reply")"
    [ ! -e "$T/server.port" ] || fail 'the port file is written too early'
    ! grep -q 'Server listening' "$T/server.log" || fail 'it says that it listens'
    local status=0
    "$BIN/decon-server" --port "$server_port" --evals-dir "$evals" >"$T/second.log" 2>&1 || status=$?
    [ "$status" = 1 ] || fail "a taken port: exit status $status"
    finish_index
    wait_for test -s "$T/server.port"
    curl -sSf "$url/health" | grep -q '"status":"ok"' || fail 'not ready'
    echo '{"text":"x"}' >"$T/f.jsonl"
    submit "$T/f.jsonl"
    expect_job '"status":"completed"'
    stop "$server"
    expect_status 0
}

test_the_orchestrator_waits_for_the_index() {
    start_store
    fill
    start_slow_server
    start_orchestrator run --server-wait 0
    wait_for grep -q 'is building its index; waiting' "$T/run.log"
    finish_index
    wait_exit "$orchestrator"
    expect_status 0
}

test_a_signal_ends_a_server_without_an_index_at_once() {
    start_slow_server
    stop "$server"
    expect_status 143
    [ ! -e "$T/server.port" ] || fail 'a port file'
}

test_the_sample_set_is_used_only_by_name() {
    local status=0
    "$BIN/decon-server" --port 0 >"$T/none.log" 2>&1 || status=$?
    [ "$status" = 2 ] || fail "exit status $status"
    grep -q -- 'decon server --evals-dir DIR .*decon server --evals-dir sample' "$T/none.log" || fail "$(cat "$T/none.log")"
    status=0
    "$BIN/decon-server" detect "$samples" >"$T/none.log" 2>&1 || status=$?
    [ "$status" = 2 ] || fail "detect: exit status $status"
    begin --evals-dir sample
    curl -sS "$url/health" | grep -q '"records":25,' || fail "$(curl -sS "$url/health")"
    grep -q 'WARN.*certify nothing' "$T/server.log" || fail 'no warning'
    stop "$server"
    : >"$T/server.log"
    begin --evals-dir "$evals" # the same folder by its path
    grep -q 'WARN.*certify nothing' "$T/server.log" || fail 'no warning'
    stop "$server"
    cp -r "$evals" "$T/sample"
    status=0
    (cd "$T" && "$BIN/decon-server" --port 0 --evals-dir sample) >"$T/both.log" 2>&1 || status=$?
    [ "$status" = 2 ] || fail "a folder of that name: exit status $status"
    grep -q -- '--evals-dir ./sample' "$T/both.log" || fail "$(cat "$T/both.log")"
    : >"$T/server.log"
    begin --evals-dir "$T/sample"
    ! grep -q 'certify nothing' "$T/server.log" || fail 'a warning for another folder'
    stop "$server"
}

test_a_report_directory_that_cannot_be_written() {
    : >"$T/file"
    local status=0
    "$BIN/decon-server" --port 0 --evals-dir "$evals" --report-output-dir "$T/file/r" >"$T/server.log" 2>&1 || status=$?
    [ "$status" = 1 ] || fail "exit status $status"
    grep -q "$T/file" "$T/server.log" || fail "the directory is not named"
}

test_a_report_directory_that_goes_away() {
    begin
    rm -r "$T/server/reports"
    : >"$T/server/reports"
    # Every question is in it, with its answer behind it.
    sed -n 's/.*"question": *"\([^"]*\)".*"answer": *"\([^"]*\)".*/{"text":"some words before it all \1 \2"}/p' \
        "$evals"/*.jsonl >"$T/hit.jsonl"
    submit "$T/hit.jsonl"
    expect_job '"error":"Processing error: .*server/reports'
    [ -z "$(find "$T/server/cleaned" -type f)" ] || fail "a cleaned file of a failed job"
    curl -sS "$url/health" >/dev/null # it lives on
    stop "$server"
    expect_status 0
}

hits() { # FILE: a line for each evaluation question, with its answer
    sed -n 's/.*"question": *"\([^"]*\)".*"answer": *"\([^"]*\)".*/{"text":"some words before it all \1 \2"}/p' \
        "$evals"/*.jsonl >"$1"
}

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

test_starts_leave_no_empty_folders() {
    mkdir "$T/tmp"
    TMPDIR=$T/tmp "$BIN/decon-server" --port 0 --port-file "$T/port" --evals-dir "$evals" --purify \
        >"$T/server.log" 2>&1 &
    server=$!
    started+=("$server")
    wait_for test -s "$T/port"
    url=http://127.0.0.1:$(cat "$T/port")
    [ -z "$(ls -A "$T/tmp")" ] || fail "a folder without results: $(ls -A "$T/tmp")"
    hits "$T/hit.jsonl"
    submit "$T/hit.jsonl"
    expect_job '"status":"completed"'
    [ "$(stat -c %a "$T"/tmp/decon-* | xargs)" = '700 700' ] || fail "folders: $(ls -l "$T/tmp")"
    stop "$server"
}

test_other_addresses_and_names() {
    local status=0
    "$BIN/decon-server" --port 0 --evals-dir "$evals" --report-output-dir "$T/r" --listen 0.0.0.0 \
        >"$T/server.log" 2>&1 || status=$?
    [ "$status" = 2 ] || fail "exit status $status"
    grep -q -- 'decon server --listen 0.0.0.0 --allow-dir DIR' "$T/server.log" || fail "$(cat "$T/server.log")"
    echo '{"text":"x"}' >"$T/f.jsonl"
    begin --listen 127.0.0.2 --allow-dir "$T" --allow-host node-7
    grep -q "^Server listening on http://127.0.0.2:$server_port\$" "$T/server.log" || fail 'the listening line'
    ! curl -sS "http://127.0.0.1:$server_port/health" 2>/dev/null || fail 'it listens elsewhere too'
    url=http://127.0.0.2:$server_port
    submit "$T/f.jsonl"
    expect_job '"status":"completed"'
    [ "$(curl -sS -o /dev/null -w '%{http_code}' -H 'Host: node-7' "$url/status/x")" = 200 ] || fail --allow-host
    [ "$(curl -sS -o /dev/null -w '%{http_code}' -H 'Host: node-8' "$url/status/x")" = 403 ] || fail 'a foreign name'
    [ "$(curl -sS -o /dev/null -w '%{http_code}' -H 'Host: node-8' "$url/health")" = 200 ] || fail 'a probe'
    stop "$server"
}

test_a_run_ends_where_the_server_refuses_its_name() {
    local name
    name=$(uname -n)
    [[ $name =~ ^[a-z0-9.-]+$ && $name != localhost* ]] && getent hosts "$name" | grep -q '^127\.' || {
        echo 'this machine has no second name'
        exit 77
    }
    start_store
    fill
    begin --listen 0.0.0.0 --allow-dir "$T/work"
    orchestrate refused --server-url "http://$name:$server_port"
    expect_status 2
    expect_log "Host header $name:.* --allow-host NAME"
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

# environment_owner PID: root where the process has hidden its memory, else the process's user.
environment_owner() {
    stat -c %u "/proc/$1/environ"
}

test_job_processes_have_no_network_and_memory_is_hidden() {
    local pid user="" as=()
    if [ "$(id -u)" = 0 ]; then # /proc shows what belongs to root anyway
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

# children PID: the processes that it has started, and theirs.
children() {
    local stat pid parent
    for stat in /proc/[0-9]*/stat; do
        read -r pid _ _ parent _ <"$stat" 2>/dev/null || continue
        [ "$parent" = "$1" ] || continue
        echo "$pid"
        children "$pid"
    done
}

test_a_crash_fails_its_job_only() {
    begin
    begin_endless_job
    kill -KILL "$(children "$server" | tail -n 1)"
    expect_job '"error":"Task error: .*the job.s process was ended by signal 9'
    [ -z "$(find "$T/server" -type f)" ] || fail "left behind: $(find "$T/server" -type f)"
    large_file 1000
    submit "$T/large.jsonl.gz"
    expect_job '"status":"completed"'
    curl -sS "$url/metrics" >"$T/metrics"
    grep -qx 'decon_jobs_finished_total{state="failed"} 1' "$T/metrics" || fail metrics
    grep -qx 'decon_jobs_finished_total{state="completed"} 1' "$T/metrics" || fail metrics
    stop "$server"
    expect_status 0
}

has_unfinished() {
    [ -n "$(find "$T/server" -name '*.tmp-*')" ]
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

is_gone() {
    [ ! -e "/proc/$1" ] || grep -q ') Z ' "/proc/$1/stat"
}

is_healthy() {
    curl -sSf "$url/health" >"$T/health" 2>/dev/null && grep -q '"status":"ok"' "$T/health"
}

test_dead_processes_between_jobs_cost_nothing() {
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
        both) xargs kill -KILL <<<"$all" ;;
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
        ! grep -q "$T" "$T/reply" || fail "the reply tells paths: $(cat "$T/reply")"
    done
    stop "$server"
    grep -q "allow_dir.*$T/no-such" "$T/server.log" || fail 'the folder that is not there is not named'
}

test_bad_starts_are_refused() {
    local status options
    for options in "--evals-dir $T/none" "--tokenizer no-such" "--worker-threads 0" "--no-such-option" \
        "--config $T/none.yaml" "--perfect-match-decay-start soon"; do
        status=0
        # shellcheck disable=SC2086
        "$BIN/decon-server" --port 0 --report-output-dir "$T/r" --evals-dir "$evals" $options \
            >"$T/server.log" 2>&1 || status=$?
        [ "$status" = 2 ] || fail "exit status $status: $options"
    done
}

test_without_a_record_it_does_not_start() {
    mkdir "$T/none"
    sed 's/"question"/"prompt"/' "$evals"/*.jsonl >"$T/none/a.jsonl"
    local status=0
    timeout 60 "$BIN/decon-server" --port 0 --evals-dir "$T/none" --report-output-dir "$T/r" >"$T/out" 2>"$T/server.log" || status=$?
    [ "$status" = 2 ] || fail "exit status $status"
    [ ! -s "$T/out" ] || fail "it listens: $(cat "$T/out")"
    grep -q 'none of the 25 lines is a usable record.* 25 without a question' "$T/server.log" ||
        fail "$(cat "$T/server.log")"
    begin
    curl -sS "$url/health" | grep -q '"records":25,.*"sets":3,' || fail "$(curl -sS "$url/health")"
    stop "$server"
}

test_the_example_configuration_is_the_tables() {
    "$BIN/decon-server" --print-config | diff - "$top/config/server.yaml" ||
        fail "out of date: decon-server --print-config > config/server.yaml"
}

test_a_taken_port_is_named() {
    begin
    local status=0
    "$BIN/decon-server" --port "$server_port" --evals-dir "$evals" --report-output-dir "$T/r2" \
        >"$T/second.log" 2>&1 || status=$?
    [ "$status" = 1 ] || fail "exit status $status"
    grep -q "port $server_port" "$T/second.log" || fail "the port is not named"
    stop "$server"
}

run_tests
