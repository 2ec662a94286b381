#!/usr/bin/env bash
# A fleet of instances by poormanray (`pmr`, 1.5): one detection server on each instance; the input in many small
# shares, numbered by PMR_HOST_INDEX and PMR_HOST_COUNT, which pmr distributes.
#
#   fleet.sh create      creates the instances and gives them credentials
#   fleet.sh install     copies programs, configuration and evaluation sets, and starts the servers
#   fleet.sh start       lists the input once and starts the shares, one after the other on each instance
#   fleet.sh status      progress of the fleet, read from the store only
#   fleet.sh terminate   ends the instances; unfinished inputs are left for the next fleet
#
# In the current folder: bin/ with decon and decon-orchestrator, built for the instances; orchestration.yaml;
# server.yaml; evals/. Settings, by the environment:
#   CLUSTER (decon)            name of the fleet
#   HOSTS (8)                  number of instances
#   SHARES (24 for each host)  more shares balance the load better
#   INSTANCE_TYPE (i4i.2xlarge), REMOTE_DIR (decon, below the home folder of the instances)
#
# An instance that ends takes its shares with it: run `fleet.sh start` again when no share runs any
# more to process the rest.
set -euo pipefail
cluster=${CLUSTER:-decon}
hosts=${HOSTS:-8}
shares=${SHARES:-$((24 * hosts))}
remote=${REMOTE_DIR:-decon}

create() {
    pmr create --name "$cluster" --number "$hosts" --instance-type "${INSTANCE_TYPE:-i4i.2xlarge}"
    pmr setup --name "$cluster"
}

install() {
    pmr transfer --name "$cluster" --source "bin:$remote/bin" --source "evals:$remote/evals" \
        --source "orchestration.yaml:$remote/orchestration.yaml" --source "server.yaml:$remote/server.yaml"
    pmr run --name "$cluster" --detach \
        --command "cd $remote && chmod +x bin/* && exec bin/decon server --config server.yaml >server.log 2>&1"
}

# write_share NUMBER LIST: the exit status of a share is in its log; the next one starts in any case.
write_share() {
    cat <<SHARE
#!/usr/bin/env bash
cd "$remote" || exit
export PMR_HOST_INDEX=$1 PMR_HOST_COUNT=$shares
bin/decon-orchestrator --config orchestration.yaml --input-list "$2" >>share-$1.log 2>&1
echo "exit status \$?" >>share-$1.log
SHARE
}

start() {
    local list number options=()
    list=$(bin/decon-orchestrator plan --config orchestration.yaml)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    for ((number = 0; number < shares; number++)); do
        write_share "$number" "$list" >"$folder/share-$number.sh"
        options+=(--script "$folder/share-$number.sh")
    done
    pmr map --name "$cluster" "${options[@]}"
}

status() {
    bin/decon-orchestrator status --config orchestration.yaml
}

terminate() {
    pmr terminate --name "$cluster"
}

case ${1:-} in
create | install | start | status | terminate) "$1" ;;
*)
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
