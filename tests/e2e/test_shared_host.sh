#!/usr/bin/env bash
# Hosts shared by several users: planted links, a server under another user, foreign folders.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

input_dir() {
    printf 'input-%s' "$(printf '%s' s3://data/in | sha256sum | cut -c1-12)"
}

test_planted_links_are_not_followed() {
    local place
    start_store
    fill
    start_server
    mkdir "$T/private"
    echo secret >"$T/private/secret"
    for place in "$(input_dir)" "$(input_dir)/0-of-1" "$(input_dir)/0-of-1/download" \
        "$(input_dir)/0-of-1/orchestrator.lock"; do
        mkdir -p "$(dirname "$T/work/$place")"
        case $place in
        *.lock) ln -s "$T/private/secret" "$T/work/$place" ;;
        *) ln -s "$T/private" "$T/work/$place" ;;
        esac
        orchestrate run
        expect_status 1
        [ "$(ls -A "$T/private")" = secret ] && [ "$(cat "$T/private/secret")" = secret ] ||
            fail "changed through $place"
        rm -r "$T/work"
    done
    orchestrate run
    expect_status 0
}

test_a_world_writable_folder_is_refused_unless_sticky() {
    start_store
    fill
    start_server
    mkdir -m 0777 "$T/work"
    orchestrate run
    expect_status 2
    expect_log 'local_work_dir: .*/work: .*writable by all users'
    chmod 1777 "$T/work"
    orchestrate run
    expect_status 0
    [ "$(stat -c %a "$T/work/$(input_dir)")" = 700 ] || fail "mode of the work directory"
}

# needs_two_users: skips the test without root, which is needed to run as two users.
needs_two_users() {
    [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && chmod 711 "$T" &&
        setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$BIN/decon-server" -a -r "$evals"
}

# start_foreign_server [OPTION...]: as user 65534, with its folders in $T/srv.
start_foreign_server() {
    mkdir -p "$T/srv"
    chown 65534:65534 "$T/srv"
    setpriv --reuid 65534 --regid 65534 --groups 65532 "$BIN/decon-server" --port 0 \
        --port-file "$T/srv/port" --evals-dir "$evals" --report-output-dir "$T/srv/reports" \
        --purify --cleaned-output-dir "$T/srv/cleaned" "$@" >>"$T/server.log" 2>&1 &
    server=$!
    started+=("$server")
    wait_for test -s "$T/srv/port"
    server_port=$(cat "$T/srv/port")
}

test_a_server_under_another_user_shares_a_group() {
    needs_two_users || return 0
    start_store
    fill
    start_foreign_server
    orchestrate run
    expect_status 3 # it cannot read the downloads
    orchestrate shared --share-group 65534
    expect_status 0
    [ "$(stat -c %a:%g "$T/work/$(input_dir)")" = 2770:65534 ] || fail "mode of the work directory"
    [ -z "$(find "$T/srv" -type f ! -name port)" ] || fail "results are left: $(find "$T/srv")"
    expect_work_clean
}

# orchestrate_as_third LOG: as user 65533, who shares only the group 65532 with the server.
orchestrate_as_third() {
    mkdir -p "$T/mine"
    chown 65533:65533 "$T/mine"
    log=$1
    status=0
    setpriv --reuid 65533 --regid 65533 --groups 65532 "$BIN/decon-orchestrator" \
        --remote-file-input s3://data/in --remote-report-output-dir "s3://data/$1/reports" \
        --remote-cleaned-output-dir "s3://data/$1/cleaned" --server-url "http://127.0.0.1:$server_port" \
        --local-work-dir "$T/mine/work" --share-group 65532 --cleanup-delay 0 --poll-interval 0.2 \
        >"$T/$1.log" 2>&1 || status=$?
}

test_two_users_exchange_files_through_their_group() {
    needs_two_users || return 0
    start_store
    fill
    start_foreign_server
    orchestrate_as_third none
    expect_status 3 # results without the group are readable by the server only
    stop "$server"
    rm -r "$T/srv"
    start_foreign_server --share-group 65532
    orchestrate_as_third read
    expect_status 0
    expect_log 'clean-up: .*/srv/.*Permission denied' # folders 2750: results stay
    stop "$server"
    rm -r "$T/srv"
    mkdir -p "$T"/srv/{reports,cleaned}
    chown 65534:65532 "$T"/srv/*
    chmod 2770 "$T"/srv/*
    start_foreign_server --share-group 65532
    orchestrate_as_third removed
    expect_status 0
    [ -z "$(find "$T/srv" -type f ! -name port)" ] || fail "results are left: $(find "$T/srv")"
}

test_folders_of_a_third_user_hold_no_results() {
    needs_two_users || return 0
    start_store
    fill
    start_foreign_server
    orchestrate run --share-group 65534 --server-user 65533
    expect_status 3
    expect_log 'result folder .*/srv/reports: refused'
    [ "$(find "$T/srv" -type f ! -name port | wc -l)" -gt 0 ] || fail 'foreign files were removed'
    ! keys out/ | grep -q '\.report\.jsonl$' || fail 'a report of a refused folder was uploaded'
}

run_tests
