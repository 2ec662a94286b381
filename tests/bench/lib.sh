# shellcheck shell=bash
# Shared by the benchmarks; sourced. A script sets `-euo pipefail` and sources this, which provides:
# a temporary working directory (removed at the end, $dir), BIN and BENCH (folders of the built
# programs), RUNS (3), keys for a local store, `pids` of processes to end, KEPT (a folder below build/ that stays).
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(realpath "${BIN:-$top/build/bin}")
BENCH=$(realpath -m "${BENCH:-$top/build/bench}")
RUNS=${RUNS:-3}
KEPT=$(realpath -m "${KEPT:-$top/build/bench-files}") # what takes long to make, for the next time
# Absolute paths of folders and files, since scripts change their directory.
for name in EVALS_DIR REFERENCE POINTS; do
    [ -z "${!name:-}" ] || export "$name=$(realpath -m "${!name}")"
done
dir=$(mktemp -d "${TMPDIR:-/tmp}/decon-bench.XXXXXX")
unset "${!AWS_@}" "${!PMR_@}" "${!SLURM_@}" "${!PMI_@}" "${!OMPI_@}" "${!BATCH_TASK_@}" "${!CLOUD_RUN_@}" MAX_FILES_DEBUG
unset RANK WORLD_SIZE JOB_COMPLETION_INDEX NOMAD_ALLOC_INDEX
export AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench-secret AWS_EC2_METADATA_DISABLED=true
pids=()
making=() # of keep
finish() {
    kill "${pids[@]}" "${making[@]%% *}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$dir" "$KEPT"/*."$$"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 1

await_file() {
    for _ in $(seq 600); do
        [ -s "$1" ] && return
        sleep 0.05
    done
    echo "bench: a program did not start" >&2
    exit 1
}
now() { date +%s.%N; }
# Runs before each timed run of `measure`; a script may redefine it.
prepare() { :; }
# measure NAME AMOUNT UNIT COMMAND...: prints the median time, and AMOUNT per second.
measure() {
    local name=$1 amount=$2 unit=$3 begin i
    shift 3
    for ((i = 0; i < RUNS; i++)); do
        prepare
        begin=$(now)
        "$@" >out.log 2>&1 || { cat out.log >&2; exit 1; }
        echo "$begin $(now)"
    done | awk '{print $2 - $1}' | sort -n | awk -v name="$name" -v amount="$amount" -v unit="$unit" '
        {t[NR] = $1} END {m = t[int((NR + 1) / 2)]; printf "%-52s %8.2f s %10.0f %s/s\n", name, m, amount / m, unit}'
}
s3() { "$BIN/decon-s3" "$@"; }
# start_store: `decon-s3 serve` on a free port, as AWS_ENDPOINT_URL.
start_store() {
    "$BIN/decon-s3" serve --root store --port 0 --port-file store.port >store.log 2>&1 &
    pids+=($!)
    await_file store.port
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat store.port)
    export AWS_ENDPOINT_URL
}
# make_large FILE MIB: JSON lines of plain sentences.
make_large() {
    awk -v bytes=$(($2 * 1048576)) 'BEGIN {
        while (total < bytes) {
            line = "{\"id\":" n++ ",\"text\":\""
            for (i = 0; i < 40; i++) line = line "The quiet river number " (n * 7919 + i * 104729) % 1000003 " follows the old bridge. "
            line = line "\"}"
            total += length(line) + 1
            print line
        }}' >"$1"
}
# machine: describes the machine, and warns if other programs keep it busy, which makes figures unreliable.
machine() {
    echo "machine: $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    { grep "^cpu " /proc/stat; sleep 1; grep "^cpu " /proc/stat; } | awk '
        { for (i = 2; i <= NF; i++) all[NR] += $i; idle[NR] = $5 + $6 }
        END {
            busy = 1 - (idle[2] - idle[1]) / (all[2] - all[1])
            if (busy > 0.1)
                printf "warning: other programs take %.0f %% of the processor; the figures are unreliable\n", 100 * busy
        }'
}
# keep FILE SOURCE COMMAND...: starts to write the command's output to FILE in $KEPT, unless it
# exists and is not older than SOURCE. keep_wait waits for all of these.
keep() {
    local file=$KEPT/$1 source=$2
    shift 2
    [ -s "$file" ] && [ ! "$source" -nt "$file" ] && return
    mkdir -p "$KEPT"
    echo "making $file: ${*##*/}" >&2
    "$@" >"$file.$$" &
    making+=("$! $file")
}
keep_wait() {
    local one
    for one in "${making[@]}"; do
        wait "${one%% *}" || { echo "bench: ${one#* } cannot be generated" >&2; exit 1; }
        mv "${one#* }.$$" "${one#* }"
    done
    making=()
}
# tree PID: the process and all below it.
tree() {
    local pid
    echo "$1"
    for pid in $(pgrep -P "$1"); do
        tree "$pid"
    done
}
# tree_cpu PID: CPU seconds of the process and all below it, with those that ended.
tree_cpu() {
    local pid
    for pid in $(tree "$1"); do
        sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null || true
    done | awk -v hz="$(getconf CLK_TCK)" '{t += $12 + $13 + $14 + $15} END {printf "%.2f", t / hz}'
}
# tree_written PID: bytes that they wrote to a file system, if it is on a disk.
tree_written() {
    local pid
    for pid in $(tree "$1"); do
        cat "/proc/$pid/io" 2>/dev/null || true
    done | awk '/^write_bytes/ {n += $2} END {printf "%d", n}'
}
# tree_peak PID: the most memory that one of them had, MiB.
tree_peak() {
    local pid
    for pid in $(tree "$1"); do
        cat "/proc/$pid/status" 2>/dev/null || true
    done | awk '/^VmHWM/ && $2 > most {most = $2} END {printf "%d", most / 1024}'
}
# cpu_ns PID: nanoseconds of CPU of all threads that the process has now.
cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{t += $1} END {printf "%.0f", t}'; }
# record_strings DIR: passage, question and answer of its records, one a line, as they are in JSON, if they have 25 words.
record_strings() {
    {
        find "$1" -name '*.gz' -exec gzip -dc {} +
        find "$1" -name '*.jsonl' -exec cat {} +
    } | awk 'function member(name,  text) {
            if (!match($0, "\"" name "\": *\"([^\"\\\\]|\\\\.)*\""))
                return ""
            text = substr($0, RSTART, RLENGTH - 1)
            sub(/^"[a-z]+": *"/, "", text)
            return text " "
        }
        NR % 7 == 0 || NR < 2000 {
            text = member("passage") member("question") member("answer")
            if (split(text, words, " ") >= 25 && ++n <= 5000)
                print text
        }'
}
