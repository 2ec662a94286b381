#!/usr/bin/env bash
# The detection server alone: start, end, leftovers of failed jobs.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/server_jobs.sh"

is_processing() {
    curl -sS "$url/status/$1" | grep -q '"status":"processing"'
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

test_the_outcome_can_be_requested_after_the_signal() {
    begin --worker-threads 1
    large_file 1000
    submit "$T/large.jsonl.gz"
    expect_job '"status":"completed"'
    # While it is stopped, the only worker process cannot finish the next job before the signal.
    local worker
    worker=$(children "$server" | tail -n 1)
    kill -STOP "$worker"
    large_file 2000
    submit "$T/large.jsonl.gz"
    wait_for is_processing "$id"
    kill -TERM "$server"
    wait_for grep -q 'running jobs are finished' "$T/server.log"
    is_processing "$id" || fail "the job ended while its process was stopped: $(curl -sS "$url/status/$id")"
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
    # Its processes end after it; until then their unfinished results are in use.
    # shellcheck disable=SC2086  # a list
    expect_gone $pids
    [ -z "$(find "$T/server" -name '*.jsonl' -o -name '*.jsonl.gz')" ] || fail "a result of a job that did not end"
    # The next start removes its leftovers and nothing else.
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
    wait_for test -d "$T/server/r" # the index is built after this
    stop "$server"
    case $status in
    143 | 0) ;; # 0: it was already listening
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
    # It contains every question, followed by its answer.
    sed -n 's/.*"question": *"\([^"]*\)".*"answer": *"\([^"]*\)".*/{"text":"some words before it all \1 \2"}/p' \
        "$evals"/*.jsonl >"$T/hit.jsonl"
    submit "$T/hit.jsonl"
    expect_job '"error":"Processing error: .*server/reports'
    [ -z "$(find "$T/server/cleaned" -type f)" ] || fail "a cleaned file of a failed job"
    curl -sS "$url/health" >/dev/null # the server is still alive
    stop "$server"
    expect_status 0
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
