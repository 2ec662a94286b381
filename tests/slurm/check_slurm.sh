#!/usr/bin/env bash
# An array job of many small shares on a real Slurm (slurmctld, slurmd and munged of this host, on
# the loopback interface, in a separate folder): one task is requeued while it runs, and slurmd is
# stopped and restarted. The outputs equal those of one host's undisturbed run, and no file with a
# committed result is downloaded again. Not part of `make test`: make check-slurm.
. "$(dirname "$0")/../e2e/lib.sh"
for program in slurmctld slurmd munged sbatch; do
    command -v "$program" >/dev/null || PATH=$PATH:/usr/sbin
    command -v "$program" >/dev/null || {
        echo "1..0 # SKIP there is no $program"
        exit 1
    }
done
[ "$(id -u)" = 0 ] || {
    echo '1..0 # SKIP slurmd runs as root'
    exit 1
}
files=${FILES:-240} tasks=24 slots=3

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

write_slurm_conf() {
    mkdir -p "$T/slurm/state" "$T/slurm/spool"
    cat >"$T/slurm/slurm.conf" <<CONF
ClusterName=decon
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$T/munge/socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmctldPidFile=$T/slurm/slurmctld.pid
SlurmdPidFile=$T/slurm/slurmd.pid
SlurmctldLogFile=$T/slurmctld.log
SlurmdLogFile=$T/slurmd.log
StateSaveLocation=$T/slurm/state
SlurmdSpoolDir=$T/slurm/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,batch_sched_delay=1
ReturnToService=2
KillWait=20
MailProg=/bin/true
PrologFlags=Alloc
Prolog=$T/slurm/prolog.sh
Epilog=$T/slurm/epilog.sh
NodeName=one NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$slots RealMemory=1000
PartitionName=all Nodes=one Default=YES State=UP
CONF
    export SLURM_CONF=$T/slurm/slurm.conf
}

# munged demands that only its user can write to the folders above its socket, up to the root.
start_munge() {
    mkdir -m 0755 "$T/munge"
    chmod 0755 "$T"
    head -c 128 /dev/urandom >"$T/munge/key"
    chmod 0600 "$T/munge/key"
    munged --foreground --force --key-file "$T/munge/key" --socket "$T/munge/socket" \
        --pid-file "$T/munge/pid" --seed-file "$T/munge/seed" --log-file "$T/munge.log" >>"$T/munged.log" 2>&1 &
    started+=("$!")
    wait_for test -S "$T/munge/socket"
}

start_slurmd() {
    slurmd -D -N one >>"$T/slurmd.out.log" 2>&1 &
    slurmd=$!
    started+=("$slurmd")
}

start_slurm() {
    local name
    write_slurm_conf
    start_munge
    cat >"$T/node.yaml" <<CONF
evals_dir: $evals
report_output_dir: $T/node/reports
cleaned_output_dir: $T/node/cleaned
purify: true
worker_threads: 2
CONF
    printf '%s\n' "DECON_NODE_CONFIG=$T/node.yaml" DECON_NODE_USER= "DECON_NODE_PORT=$server_port" "DECON_NODE_DIR=$T/node-state" \
        DECON_IDLE_S=3 "DECON_COMMAND=$BIN/decon" >"$T/node_server.env"
    export DECON_NODE_ENV=$T/node_server.env
    # slurmd does not pass its environment to these scripts.
    for name in prolog epilog; do
        printf '#!/bin/bash\nDECON_NODE_ENV=%s exec %s\n' "$DECON_NODE_ENV" "$top/deploy/slurm/$name.sh" \
            >"$T/slurm/$name.sh"
        chmod +x "$T/slurm/$name.sh"
    done
    slurmctld -D >>"$T/slurmctld.out.log" 2>&1 &
    started+=("$!")
    start_slurmd
    wait_for eval 'sinfo -h -o %T | grep -qx idle'
}

# The samples' lines in files of all formats.
make_inputs() {
    local i name lines
    mkdir "$T/inputs"
    cat "$samples"/*/*.jsonl >"$T/lines"
    lines=$(wc -l <"$T/lines")
    for ((i = 0; i < files; i++)); do
        name=$T/inputs/part-$(printf '%04d' "$i").jsonl
        sed -n "$((i % lines + 1)),+$((3 + i % 5))p" "$T/lines" | sed "s/^{/{\"number\": $i, /" >"$name"
        case $((i % 5)) in
        1) gzip -n "$name" ;;
        2) zstd -q --rm "$name" ;;
        3) bzip2 "$name" ;;
        4) xz "$name" ;;
        esac
    done
    s3 mb s3://data
    s3 cp -q -r "$T/inputs/" s3://data/in/
}

config_of() {
    cat <<CONF
remote_file_input: s3://data/in
remote_report_output_dir: s3://data/$1/reports
remote_cleaned_output_dir: s3://data/$1/cleaned
server_url: http://127.0.0.1:$server_port
local_work_dir: $T/work-$1
disk_budget: 200MiB
cleanup_delay: 3
poll_interval: 0.2
CONF
}

committed() {
    keys slurm/reports/ | grep -cE '\.(clean|report\.jsonl)$'
}

enough_committed() {
    [ "$(committed)" -ge "$1" ]
}

running_task() {
    squeue -h -r -t RUNNING -o %i | head -n 1
}

no_job_left() {
    [ -z "$(squeue -h -o %i)" ]
}

wait_for_jobs() {
    local i
    for ((i = 0; i < 10; i++)); do
        (wait_for no_job_left) 2>/dev/null && return 0
    done
    fail "jobs are left: $(squeue)"
}

# Lines of the access log: downloads of inputs, and commits. A download of an input after its commit is printed.
loads() {
    sed -n "$1,\$p" "$T/access" | awk '
        match($0, /GET \/data\/in\/[^ .?]*/) { key = substr($0, RSTART + 13, RLENGTH - 13); got[key]++
            if (key in done) print "after its commit: " key }
        match($0, /PUT \/data\/slurm\/reports\/[^ .?]*/) { done[substr($0, RSTART + 24, RLENGTH - 24)] = 1 }
        END { for (key in got) if (got[key] > 1) twice++; print "loaded twice: " twice + 0 }'
}

outputs() {
    keys "$1/" | while read -r key; do
        printf '%s %s\n' "$(s3 cat "s3://data/$key" | sha256sum | cut -c1-64)" "${key#"$1"/}"
    done
}

end_slurm() {
    [ ! -s "$T/node-state/pid" ] || kill "$(cat "$T/node-state/pid")" 2>/dev/null || true
    end_all
}

test_an_array_of_small_shares_survives_requeue_and_restart() {
    local list task first
    trap end_slurm EXIT
    start_store
    make_inputs
    start_server
    config_of single >"$T/single.yaml"
    "$BIN/decon-orchestrator" --config "$T/single.yaml" --single >"$T/single.log" 2>&1 || fail 'the run of one host'
    stop "$server"
    config_of slurm >"$T/slurm.yaml"
    list=$("$BIN/decon-orchestrator" plan --config "$T/slurm.yaml" 2>"$T/plan.log")
    start_slurm
    first=$(($(wc -l <"$T/access") + 1))
    PATH=$BIN:$PATH CONFIG=$T/slurm.yaml LIST=$list sbatch --export=ALL --chdir="$T" --mem=0 \
        --array="0-$((tasks - 1))%$slots" --output="$T/task-%a.log" "$top/deploy/slurm/decon.sbatch" >"$T/sbatch.log"
    wait_for enough_committed 20
    wait_for eval '[ -n "$(running_task)" ]'
    task=$(running_task)
    scontrol requeue "$task"
    wait_for enough_committed 60
    stop "$slurmd"
    start_slurmd
    wait_for_jobs
    # Slurm holds a requeued job for a while after its start; all others are done by now.
    outputs single >"$T/expected"
    outputs slurm >"$T/found"
    expect_same "$T/expected" "$T/found"
    loads "$first" >"$T/loads"
    echo "# $files files, $tasks tasks in $slots slots, task $task requeued: $(tail -n 1 "$T/loads")" >&3
    ! grep -q '^after its commit' "$T/loads" || fail "$(grep '^after' "$T/loads" | head)"
    wait_for eval '! "$top/deploy/slurm/node_server.sh" status'
    [ -z "$(find "$T/node" -type f)" ] || fail "results are left: $(find "$T/node" -type f | head)"
}

exec 3>&1
run_tests
