#!/usr/bin/env bash
# Messages of server and orchestrator to the service manager (systemd): readiness, end, watchdog.
. "$(dirname "$0")/lib.sh"

# listen: one line of $T/notices for each message; the socket is in NOTIFY_SOCKET.
listen() {
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True: print(s.recv(4096).decode(), flush=True)' "$T/notify" >"$T/notices" &
    started+=("$!")
    wait_for test -S "$T/notify"
    export NOTIFY_SOCKET=$T/notify
}

notice() {
    grep -qxE -- "$1" "$T/notices"
}

is_alive_again() {
    [ "$(grep -cx WATCHDOG=1 "$T/notices")" -ge 3 ]
}

expect_notices() {
    printf '%s\n' "$@" >"$T/expected"
    expect_same "$T/expected" <(grep -v WATCHDOG "$T/notices")
}

test_the_server_is_ready_when_its_index_is_built() {
    listen
    start_server
    wait_for notice READY=1
    kill -TERM "$server"
    wait_exit "$server"
    expect_status 0
    wait_for notice STOPPING=1
    expect_notices 'STATUS=building the index' "STATUS=listening on port $server_port" READY=1 STOPPING=1
}
test_the_server_notifies_the_watchdog() {
    listen
    export WATCHDOG_USEC=20000
    start_server
    wait_for is_alive_again
}
test_a_run_is_ready_and_ends_on_a_signal() {
    start_store
    start_server
    fill
    listen
    export WATCHDOG_USEC=20000
    start_orchestrator slow --cleanup-delay 600 --drain-limit 1
    wait_for notice READY=1
    wait_for is_alive_again
    kill -TERM "$orchestrator"
    wait_exit "$orchestrator"
    wait_for notice STOPPING=1
    expect_notices READY=1 STOPPING=1
}
test_the_watchdog_of_another_process_is_not_notified() {
    listen
    export WATCHDOG_USEC=1000 WATCHDOG_PID=1
    start_server
    wait_for notice READY=1
    kill -TERM "$server"
    wait_exit "$server"
    wait_for notice STOPPING=1
    ! notice WATCHDOG=1 || fail "the watchdog of another process was served"
}

run_tests
