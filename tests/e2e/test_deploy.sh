#!/usr/bin/env bash
# The files of deploy/: the options that they use exist, and the server of a node starts and ends
# with its jobs. Tests that need other programs are in tests/deploy/check_deploy.sh and
# tests/slurm/check_slurm.sh.
. "$(dirname "$0")/lib.sh"

# options_of FILE: the long options in it.
options_of() {
    grep -v '^ *#' "$1" | grep -oE -- '"?--[a-z][a-z0-9-]+' | tr -d '"' | sort -u
}

test_the_options_in_container_definitions_exist() {
    local file option count=0
    { "$BIN/decon" server --help && "$BIN/decon-orchestrator" --help; } >"$T/help" 2>&1
    for file in "$top"/deploy/kubernetes/job.yaml "$top"/deploy/aws-batch/*.json; do
        for option in $(options_of "$file"); do
            grep -qE -- "$option( |\$)" "$T/help" || fail "${file##*/}: there is no option $option"
            count=$((count + 1))
        done
    done
    [ "$count" -ge 12 ] || fail "only $count options"
}

test_the_configurations_of_the_units_are_valid() {
    sed "s|/var/lib/decon/evals|$evals|; s|/var/lib/decon|$T|" "$top/deploy/systemd/server.yaml" >"$T/server.yaml"
    mkdir "$T/work"
    "$BIN/decon" server --config "$T/server.yaml" --port 0 --port-file "$T/port" >"$T/server.log" 2>&1 &
    started+=("$!")
    wait_for test -s "$T/port"
    stop "${started[-1]}"
    expect_status 0
    sed 's|BUCKET|bucket|; s|/var/lib/decon|/nowhere|' "$top/deploy/systemd/orchestration.yaml" >"$T/orchestration.yaml"
    status=0
    AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_MAX_ATTEMPTS=1 "$BIN/decon-orchestrator" --config "$T/orchestration.yaml" --single \
        --dry-run >"$T/orchestrator.log" 2>&1 || status=$?
    expect_status 1 # no store is running; an error in the file is status 2
}

node_server() {
    "$top/deploy/slurm/node_server.sh" "$@"
}

prepare_node() {
    printf '%s\n' "evals_dir: $evals" "report_output_dir: $T/reports" >"$T/server.yaml"
    export DECON_NODE_ENV=/dev/null DECON_NODE_CONFIG=$T/server.yaml DECON_NODE_USER='' DECON_NODE_PORT=0 \
        DECON_NODE_DIR=$T/node DECON_COMMAND=$BIN/decon DECON_IDLE_S=1
    trap 'kill "$(cat "$T/node/pid")" 2>/dev/null || true; end_all' EXIT
}

test_one_server_of_a_node_lives_as_long_as_its_jobs() {
    prepare_node
    ! node_server status >"$T/said" || fail 'running before the first job'
    node_server begin 1
    curl -sf "http://127.0.0.1:$(cat "$T/node/port/port")/health" >"$T/health"
    cp "$T/node/pid" "$T/pid"
    node_server begin 2
    node_server end 1
    [ "$(node_server status)" = 'running 1 jobs' ] || fail "$(node_server status)"
    cmp "$T/node/pid" "$T/pid"
    node_server end 2
    wait_for eval '! node_server status'
    [ "$(grep -c '^Server listening' "$T/node/log")" = 1 ] || fail "$(cat "$T/node/log")"
    grep -q 'signal 15' "$T/node/log" || fail 'the server was not ended'
    node_server begin 3
    node_server end 3
    wait_for eval '! node_server status'
}

# A status check holds the keeper's lock briefly; here for a second.
test_checking_the_lock_does_not_end_its_holder() {
    prepare_node
    mkdir -p "$T/node"
    flock --shared "$T/node/keeper.lock" sleep 1 &
    wait_for eval '! flock --nonblock "$T/node/keeper.lock" true'
    node_server begin 1
    [ "$(node_server status)" = 'running 1 jobs' ] || fail "$(node_server status)"
    node_server end 1
    wait_for eval '! node_server status'
}

test_a_wrong_configuration_of_a_node_is_reported_at_once() {
    prepare_node
    echo 'no_such_key: 1' >>"$T/server.yaml"
    status=0
    node_server begin 1 2>"$T/said" || status=$?
    expect_status 1
    grep -q 'read .*/node/log' "$T/said" || fail "$(cat "$T/said")"
    grep -q no_such_key "$T/node/log" || fail "$(cat "$T/node/log")"
    wait_for eval '! node_server status'
}

# write_pmr: a replacement for poormanray with two instances, which are folders; it runs shares one after the other.
write_pmr() {
    mkdir -p "$T/path" "$T/instance-0" "$T/instance-1"
    cat >"$T/path/pmr" <<'PMR'
#!/usr/bin/env bash
set -eu
echo "pmr $*" >>"$T/pmr.log"
verb=$1 number=0 scripts=() sources=() command=
shift
while [ $# -gt 0 ]; do
    case $1 in
    --script) scripts+=("$2") && shift 2 ;;
    --source) sources+=("$2") && shift 2 ;;
    --command) command=$2 && shift 2 ;;
    --detach) shift ;;
    --*) shift 2 ;;
    *) exit 2 ;;
    esac
done
for instance in "$T"/instance-*; do
    cd "$instance"
    for pair in ${sources[@]+"${sources[@]}"}; do
        mkdir -p "$(dirname "${pair#*:}")"
        cp -RL "$T/fleet/${pair%%:*}" "${pair#*:}"
    done
    [ -z "$command" ] || bash -c "$command" &
done
for script in ${scripts[@]+"${scripts[@]}"}; do
    (cd "$T/instance-$((number % 2))" && bash "$script")
    number=$((number + 1))
done
PMR
    chmod +x "$T/path/pmr"
    export T PATH=$T/path:$PATH
}

test_a_fleet_by_poormanray_does_all_shares() {
    write_pmr
    start_store
    start_server
    fill
    mkdir -p "$T/fleet/bin" "$T/fleet/evals"
    ln -s "$BIN/decon-orchestrator" "$T/fleet/bin/decon-orchestrator"
    printf '#!/bin/sh\necho "$@"\n' >"$T/fleet/bin/decon" # the server of this test serves both instances
    cat >"$T/fleet/orchestration.yaml" <<YAML
remote_file_input: s3://data/in
remote_report_output_dir: s3://data/out/reports
remote_cleaned_output_dir: s3://data/out/cleaned
server_url: http://127.0.0.1:$server_port
local_work_dir: work
cleanup_delay: 0
poll_interval: 0.2
YAML
    mkdir "$T/instance-0/decon" "$T/instance-1/decon"
    : >"$T/fleet/server.yaml"
    cd "$T/fleet"
    export HOSTS=2 SHARES=5
    "$top/deploy/poormanray/fleet.sh" create
    "$top/deploy/poormanray/fleet.sh" install
    wait_for grep -qx 'server --config server.yaml' "$T/instance-1/decon/server.log"
    status=0
    "$top/deploy/poormanray/fleet.sh" status >"$T/before" 2>&1 || status=$?
    expect_status 3
    "$top/deploy/poormanray/fleet.sh" start 2>"$T/start.log"
    "$top/deploy/poormanray/fleet.sh" status >"$T/after"
    grep -q '^done  *9 files (100%)' "$T/after" || fail "$(cat "$T/after")"
    [ "$(cat "$T"/instance-*/decon/share-*.log | grep -c '^exit status 0$')" = 5 ] || fail 'not five shares'
    grep -q 'this is host 4 of 5 (PMR_HOST_INDEX=4, PMR_HOST_COUNT=5)' "$T"/instance-*/decon/share-4.log ||
        fail "$(grep -h 'this is host' "$T"/instance-*/decon/share-4.log)"
    grep -q 'input_list: 9 inputs' "$T"/instance-*/decon/share-4.log || fail 'the share listed the input'
    "$top/deploy/poormanray/fleet.sh" terminate
    [ "$(tail -n 1 "$T/pmr.log")" = 'pmr terminate --name decon' ] || fail "$(tail -n 1 "$T/pmr.log")"
}

run_tests
