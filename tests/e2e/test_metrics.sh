#!/usr/bin/env bash
# The HTTP port of a run: metrics and probes during a run.
. "$(dirname "$0")/lib.sh"

# url: of the metrics of the run in $T/run.log.
url() {
    sed -n 's|^.*, metrics: \(http://.*\)/metrics$|\1|p' "$T/run.log"
}

# start_slow_run [OPTION...]: a run that waits for a reply of the store.
start_slow_run() {
    start_store --fault delay=60000,method=GET,key=in/books/part-01.jsonl
    start_server
    fill
    start_orchestrator run --metrics-listen 0 "$@"
    log=run
    wait_for grep -q 'state DONE' "$T/run.log"
}

test_a_run_is_seen_from_outside_while_it_works() {
    start_slow_run
    curl -sf "$(url)/metrics" >"$T/metrics"
    grep -q '^decon_run_info{run="20.*-0-[0-9a-f]\{6\}",host="0",hosts="1",' "$T/metrics" || fail "$(cat "$T/metrics")"
    grep -q '^decon_planned_files 9$' "$T/metrics" || fail "$(cat "$T/metrics")"
    wait_for sh -c "curl -sf '$(url)/metrics' | grep -q '^decon_in_flight_files{stage=\"downloading\"} 1$'"
    wait_for sh -c "curl -sf '$(url)/metrics' | grep -q '^decon_files_total{result=\"clean\"} [1-9]'"
    [ "$(curl -s "$(url)/healthz")" = ok ]
    [ "$(curl -s "$(url)/readyz")" = ok ]
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$(url)/other")" = 404 ]
    [ "$(curl -s -o /dev/null -w '%{http_code}' -X POST "$(url)/metrics")" = 405 ]
    [ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: pages.example' "$(url)/metrics")" = 403 ]
    stop "$orchestrator"
}

test_a_taken_port_does_not_stop_a_run() {
    start_store
    start_server
    fill
    orchestrate run --metrics-listen "$store_port"
    expect_status 0
    expect_log 'metrics_listen: .*; the run continues without metrics$'
    orchestrate off
    expect_no_log ' metrics: http'
}

test_each_metric_is_documented() {
    local name
    start_slow_run
    curl -sf "$(url)/metrics" | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' >"$T/names"
    [ -s "$T/names" ]
    while read -r name; do
        grep -qF "\`$name\`" "$top/docs/metrics.md" || fail "docs/metrics.md lacks $name"
    done <"$T/names"
    stop "$orchestrator"
}

# Alerts and dashboard use only metrics that the program serves.
test_alerts_and_dashboard_use_metrics_that_exist() {
    local name
    start_slow_run
    curl -sf "$(url)/metrics" | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' >"$T/names"
    cat "$top"/deploy/prometheus/* | grep -oE 'decon_[a-z_]+' | sort -u >"$T/used"
    [ "$(wc -l <"$T/used")" -gt 5 ]
    while read -r name; do
        grep -qx "$name" "$T/names" || fail "$name is not a metric"
    done <"$T/used"
    stop "$orchestrator"
}

test_a_probe_asks_the_detection_server() {
    start_server
    "$BIN/decon-server" health --url "http://127.0.0.1:$server_port" | grep -qx "http://127.0.0.1:$server_port: ready"
    "$BIN/decon" health --url "http://127.0.0.1:$server_port/" --live
    stop "$server"
    ! "$BIN/decon" health --url "http://127.0.0.1:$server_port" >"$T/probe.log" || fail 'no server listens there'
    grep -q ': no answer: ' "$T/probe.log"
    status=0
    "$BIN/decon" health more 2>"$T/probe.log" || status=$?
    expect_status 2
}

# `make check-metrics` installs promtool and requires it.
test_promtool_finds_no_fault() {
    if ! command -v promtool >/dev/null; then
        [ -z "${REQUIRE_PROMTOOL:-}" ] || fail 'there is no promtool'
        echo 'there is no promtool (third_party/install.sh metrics)'
        exit 77
    fi
    promtool test rules "$top/tests/deploy/alerts_test.yaml"
    start_slow_run
    curl -sf "$(url)/metrics" | promtool check metrics || fail 'decon-orchestrator'
    curl -sf "http://127.0.0.1:$server_port/metrics" | promtool check metrics || fail 'decon-server'
    stop "$orchestrator"
}

run_tests
