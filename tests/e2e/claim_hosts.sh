# shellcheck shell=bash
# Shared by the tests of hosts that claim their work; sourced after lib.sh, also by tests/live.

# fill_pairs COUNT: bucket `data` with 2 * COUNT files; the outputs of an undisturbed run are in $T/want.
# The rate of that run, in bytes per second, is in $undisturbed_rate.
fill_pairs() {
    local i began
    s3 mb s3://data
    mkdir -p "$T/in/web pages"
    for ((i = 0; i < $1; i++)); do
        cp "$samples/books/part-01.jsonl" "$T/in/book-$i.jsonl"
        cp "$samples/web pages/news+sport.jsonl.gz" "$T/in/web pages/page-$i.jsonl.gz"
    done
    s3 cp -r "$T/in/" s3://data/in/
    began=$(date +%s%3N)
    orchestrate undisturbed --local-work-dir "$T/work-undisturbed"
    expect_status 0
    undisturbed_rate=$(($(du -sb "$T/in" | cut -f1) * 1000 / ($(date +%s%3N) - began)))
    digests >"$T/want"
    s3 rm -r --yes s3://data/out/
}

# start_host_server NAME: a detection server for one host; its port is in $host_port, its pid in $host_server.
start_host_server() {
    "$BIN/decon-server" --port 0 --port-file "$T/$1.port" --evals-dir "$evals" \
        --report-output-dir "$T/$1/reports" --worker-threads 2 --purify \
        --cleaned-output-dir "$T/$1/cleaned" >>"$T/$1-server.log" 2>&1 &
    host_server=$!
    started+=("$host_server")
    wait_for test -s "$T/$1.port"
    host_port=$(cat "$T/$1.port")
}

# start_host NAME [OPTION...]: in the background; its pid is in $host.
start_host() {
    local name=$1
    shift
    start_orchestrator "$name" --distribution claim --claim-lease 2 --local-work-dir "$T/work-$name" "$@"
    host=$orchestrator
}

# start_holder NAME [OPTION...]: a host that holds slices, while its server, $host_server, is stopped.
start_holder() {
    local name=$1
    shift
    start_host "$name" --server-url "http://127.0.0.1:$host_port" --max-concurrent-jobs 4 "$@"
    wait_for grep -q 'detection server .* records of' "$T/$name.log"
    kill -STOP "$host_server"
    wait_for grep -q 'state SUBMITTING: ' "$T/$name.log"
}

expect_all_done() {
    digests >"$T/got"
    expect_same "$T/want" "$T/got"
}

files_done_by() {
    cat "$@" | sed -n 's/.*state DONE: //p'
}

# print_files_done_twice LOG...: for information; not a failure.
print_files_done_twice() {
    local twice
    twice=$(files_done_by "$@" | sort | uniq -d)
    note "files done twice: $(printf '%s' "$twice" | grep -c .) of $(files_done_by "$@" | sort -u | wc -l)" "$(tr "\n" " " <<<"$twice")"
}

# four_hosts: two are killed, one is stopped until another one has taken over its slices, one has a
# tenth of the bandwidth.
# The store and the bucket must exist (fill_pairs).
four_hosts() {
    local name slow=$((undisturbed_rate / 10))
    local -A hosts servers
    [ "$slow" -gt 0 ] || fail "no rate: $undisturbed_rate"
    for name in host1 host2 host3 host4; do
        start_host_server "$name"
        if [ "$name" = host4 ]; then
            start_holder "$name" --s3-workers 4 --bandwidth-limit "$slow"
        else
            start_holder "$name" --s3-workers 4
        fi
        hosts[$name]=$host
        servers[$name]=$host_server
    done
    # One is killed before its first result, one after it.
    kill -KILL "${hosts[host1]}"
    kill -CONT "${servers[host2]}"
    wait_for grep -q 'state DONE: ' "$T/host2.log"
    kill -KILL "${hosts[host2]}"
    kill -STOP "${hosts[host3]}"
    kill -CONT "${servers[host3]}" "${servers[host4]}"
    expect_taken_over host3
    kill -CONT "${hosts[host3]}"
    for name in host3 host4; do
        log=$name
        wait_exit "${hosts[$name]}"
        expect_status 0
    done
    log=host3
    expect_log 'another host has taken it over'
    expect_all_done
    for name in host1 host2 host3 host4; do
        note "$name: $(files_done_by "$T/$name.log" | wc -l) files"
    done
    print_files_done_twice "$T"/host[1-4].log
}

# slices_of NAME: those that the host has claimed.
slices_of() {
    sed -n 's/.*claims: slice \([0-9]*\) of [0-9]* is claimed$/\1/p' "$T/$1.log" | sort
}

# expect_taken_over NAME: host4 holds a slice that this host has claimed.
expect_taken_over() {
    slices_of "$1" >"$T/slices"
    [ -s "$T/slices" ] || fail "$1 holds nothing"
    has_one() {
        slices_of host4 | grep -qxF -f "$T/slices"
    }
    wait_for has_one
}
