#!/usr/bin/env bash
# Hosts that several users share: planted links, a server under another user, foreign folders.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

input_dir() {
    printf 'input-%s' "$(printf '%s' s3://data/in | sha256sum | cut -c1-12)"
}

test_planted_links_lead_nowhere() {
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

test_a_folder_for_all_is_refused_and_a_sticky_one_taken() {
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

# needs_two_users: this test needs root, to be two users.
needs_two_users() {
    [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && chmod 711 "$T" &&
        setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$BIN/decon-server" -a -r "$evals"
}

# start_foreign_server: as user 65534, with its folders in $T/srv.
start_foreign_server() {
    mkdir "$T/srv"
    chown 65534:65534 "$T/srv"
    setpriv --reuid 65534 --regid 65534 --clear-groups "$BIN/decon-server" --port 0 \
        --port-file "$T/srv/port" --evals-dir "$evals" --report-output-dir "$T/srv/reports" \
        --purify --cleaned-output-dir "$T/srv/cleaned" >>"$T/server.log" 2>&1 &
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

test_folders_of_a_third_user_hold_no_results() {
    needs_two_users || return 0
    start_store
    fill
    start_foreign_server
    orchestrate run --share-group 65534 --server-user 65533
    expect_status 3
    expect_log 'result folder .*/srv/reports: refused'
    [ "$(find "$T/srv" -type f ! -name port | wc -l)" -gt 0 ] || fail 'foreign files were removed'
    ! keys out/ | grep -q '\.report\.jsonl$' || fail 'a report of a refused folder went up'
}

run_tests
