#!/usr/bin/env bash
# docs/migration.md: each line of its table of commands is run.
. "$(dirname "$0")/lib.sh"
PATH=$BIN:$PATH

# rows: "command<TAB>here<TAB>instead", a line for each row of the table.
rows() {
    sed -n 's/^| `\([^`]*\)` | \(.*\) |\(.*\) *|$/\1\t\2\t\3/p' "$top/docs/migration.md"
}

fill_folder() {
    mkdir "$T/training"
    echo '{"text":"so how many ferries are on the water at noon? Nothing else is here."}' >"$T/training/a.jsonl"
    sed -n 's/.*"question": *"\([^"]*\)".*"answer": *"\([^"]*\)".*/{"text":"some words before it all \1 \2"}/p' \
        "$evals/harbour-quiz.jsonl" | gzip >"$T/training/b.jsonl.gz"
    cp -r "$evals" "$T/bundled-evals"
    cat >"$T/config.yaml" <<YAML
mode: simple
content_key: text
training_dir: training
evals_dir: bundled-evals
report_output_dir: reports
hash_seed: 0
YAML
    cp "$top/config/orchestration.yaml" "$T/orchestration.yaml"
    mkdir -p "$T/downloads/org/quiz" "$T/results-a" "$T/results-b"
    echo '{"question":"Is it so?","answer":"yes"}' >"$T/downloads/org/quiz/test.jsonl"
    printf 'evals:\n  quiz:\n    hf_path: org/quiz\n    splits: [test]\n    prompt: question\n    answers: [answer]\n' \
        >"$T/evals.yaml"
}

# Waits for a server and ends it; the system chooses the port, and --port of the command is replaced.
run_server() { # WORD...
    rm -f port
    "$@" --port 0 --port-file port >"$T/line.log" 2>&1 &
    local pid=$!
    started+=("$pid")
    for ((i = 0; i < 3000; i++)); do
        [ -s port ] && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.02
    done
    [ -s port ] || {
        wait_exit "$pid"
        return 0
    }
    stop "$pid"
}

run_line() { # COMMAND: exit status in $status, output in $T/line.log
    local words
    read -ra words <<<"$1"
    status=0
    case $1 in
    'decon server'*) run_server "${words[@]}" ;;
    make\ *)
        make -s -C "$top" SERVER_URL="http://127.0.0.1:$server_port" "${words[@]:1}" \
            ${words[2]+"${words[2]/FILE=/FILE=$T/}"} >"$T/line.log" 2>&1 || status=$?
        ;;
    'decon-orchestrator status'*) "${words[@]}" >"$T/line.log" 2>&1 || status=$? ;;
    decon-orchestrator*)
        "${words[@]}" --server-url "http://127.0.0.1:$server_port" --poll-interval 0.2 --cleanup-delay 0 \
            >"$T/line.log" 2>&1 || status=$?
        ;;
    *) bash -c "$1" >"$T/line.log" 2>&1 || status=$? ;;
    esac
}

check_row() { # COMMAND HERE INSTEAD
    case $2 in
    'not run: '?*) ;;
    'the same')
        run_line "$1"
        [ "$status" = 0 ] || fail "$1: exit status $status: $(cat "$T/line.log")"
        ;;
    'refused: `'?*'`')
        run_line "$1"
        [ "$status" != 0 ] || fail "$1: is not refused"
        grep -qF -- "$(cut -d'`' -f2 <<<"$2")" "$T/line.log" || fail "$1: $(cat "$T/line.log")"
        [[ $3 == *'`'* ]] || fail "$1: nothing is named to do instead"
        ;;
    *) fail "$1: what is '$2'?" ;;
    esac
    [[ $3 == *'`'* ]] || return 0
    run_line "$(cut -d'`' -f2 <<<"$3")"
    [ "$status" = 0 ] || fail "$3: exit status $status: $(cat "$T/line.log")"
}

test_each_line_of_the_table() {
    local command here instead count=0
    fill_folder
    start_store
    start_server --allow-dir "$T"
    s3 mb s3://data
    s3 cp -r "$T/training/" s3://data/in/
    cd "$T"
    while IFS=$'\t' read -r command here instead; do
        check_row "$command" "$here" "${instead# }"
        count=$((count + 1))
    done < <(rows)
    [ "$count" -ge 24 ] || fail "only $count rows"
    # Three columns; the tables of other tools have two.
    [ "$(grep -c '^| `[a-z].* | \(the same\|refused\|not run\).* | .*|$' "$top/docs/migration.md")" = "$count" ] || fail 'a row was not read'
    s3 ls -r s3://data/out/ | grep -q 'b.report.jsonl' || fail 'the orchestrator made no report'
}

test_keys_of_older_versions_are_named() {
    local key nearest status
    fill_folder
    cd "$T"
    for key in reference_input local_input question_threshold answer_threshold; do
        { cat config.yaml; echo "$key: 1"; } >old.yaml
        status=0
        decon detect --config old.yaml >line.log 2>&1 || status=$?
        [ "$status" = 2 ] || fail "$key: exit status $status"
        grep -q "old.yaml:7:1: $key: unknown key" line.log || fail "$(cat line.log)"
        decon detect --config old.yaml --compatible >line.log 2>&1 || fail "$(cat line.log)"
    done
    sed 's/training_dir/trainingdir/' config.yaml >old.yaml
    ! decon detect --config old.yaml >line.log 2>&1 || fail 'a misspelt key is accepted'
    grep -q 'did you mean training_dir' line.log || fail "$(cat line.log)"
}

test_without_curl_the_requests_of_make_name_what_to_install() {
    local status=0
    PATH=/nonexistent "$BASH" "$top/tools/ask_server.sh" health http://127.0.0.1:1 2>"$T/line.log" || status=$?
    expect_status 2
    grep -q '^health: curl is not installed; install it' "$T/line.log" || fail "$(cat "$T/line.log")"
}

run_tests
