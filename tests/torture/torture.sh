#!/usr/bin/env bash
# One call of one program fails, then the next run has to complete: each call site of an allocation, a
# file operation, a network call and a new thread fails at its first call, in the orchestrator, the
# detection server and the store, in a run on five small files with purification; then COUNT (200)
# calls and errors chosen by SEED (1).
#   COUNT=50 SEED=7 ONLY='orchestrator' tests/torture/torture.sh
# Each run ends, but not by a signal; exit status 0 only with all outputs right, otherwise 1 or 3
# and a message; an allocation of the program itself, or of a codec's library, ends it with one line
# and exit status 1. The next run, without a fault: exit status 0, outputs equal to those of an
# undisturbed run, no file left.
# Not intercepted: writes of stdio, fchmod, flock, futimens, epoll_ctl.
# LIMIT (420): no case begins after this number of seconds; untried cases fail the run. LANES (6)
# run at once. KEEP=1 keeps the logs of failures.
# BIN, TESTS: folders of the built programs, and of the tests' libraries and programs.
set -u
. "$(dirname "$0")/lib.sh"
count=${COUNT:-200} seed=${SEED:-1} limit=${LIMIT:-420} lanes=${LANES:-6}
targets=${ONLY:-orchestrator server store}
begin_torture torture

kinds=(- allocation write sync name network read open thread)

state_file() {
    rm -f "$1"
    truncate -s 524288 "$1"
}

# with_target TARGET VARIABLE...: a run in which the program TARGET has these variables.
with_target() {
    local target=$1
    shift
    case $target in
    orchestrator) orchestrate first "$@" ;;
    server)
        end "$server"
        start_server "$@"
        orchestrate first
        ;;
    store)
        end "$store"
        start_store "$@"
        orchestrate first
        ;;
    esac
}

# sites TARGET: its call sites, one a line: target, hash, kind, direct or library, calls, function, frames.
sites() {
    local hash kind calls function frames
    state_file "$lane/state"
    with_target "$1" TORTURE_STATE="$lane/state" LD_PRELOAD="$TESTS/preload/fail.so"
    [ "$1" = orchestrator ] || restart "$1"
    od -An -v -tx8 -w64 "$lane/state" | sed 1d | while read -r hash kind calls function frames; do
        [ "$hash" != 0000000000000000 ] || continue
        kind=$((16#$kind))
        echo "$1 $hash ${kinds[kind & 255]} $([ "$kind" -gt 256 ] && echo direct || echo library)" \
            "$((16#$calls)) $(name_of "$function") $frames"
    done
}

# restart TARGET: without a fault; the exit status of the old one is in $ended.
restart() {
    if [ "$1" = server ]; then
        end "$server"
        mv "$lane/server.log" "$lane/server.old.log"
        start_server
    else
        end "$store"
        mv "$lane/store.log" "$lane/store.old.log"
        start_store
    fi
}

# name_of HEX: eight letters in the host's byte order.
name_of() {
    local i text=''
    for ((i = 14; i >= 0; i -= 2)); do
        [ "${1:i:2}" = 00 ] || text+="\\x${1:i:2}"
    done
    printf '%b' "$text"
}

# error_of KIND FUNCTION: the number of a possible error of this call, chosen by $RANDOM; 0: half of the bytes.
error_of() {
    local choices
    case $1:$2 in
    allocation:*) choices=(12) ;;
    write:*) choices=(28 5 28 122 0) ;;
    sync:*) choices=(5 28) ;;
    name:*) choices=(5 28) ;;
    network:poll | network:epoll_wa) choices=(4 4) ;;
    network:socket | network:accept4) choices=(24 23 105) ;;
    network:connect) choices=(111 110 113) ;;
    network:recv | network:read) choices=(104 110 0) ;;
    network:*) choices=(104 32 0) ;;
    read:*) choices=(5 0) ;;
    open:*) choices=(24 28 5) ;;
    thread:*) choices=(11) ;;
    esac
    if [ "$3" = first ]; then echo "${choices[0]}"; else echo "${choices[RANDOM % ${#choices[@]}]}"; fi
}

choose_cases() {
    local target hash kind direct calls function frames row rows i
    mapfile -t rows <"$dir/sites"
    for row in "${rows[@]}"; do
        read -r target hash kind direct calls function frames <<<"$row"
        echo "$target $hash $kind $direct 1 $(error_of "$kind" "$function" first) $function $frames"
    done
    RANDOM=$seed
    for ((i = 0; i < count; i++)); do
        read -r target hash kind direct calls function frames <<<"${rows[(RANDOM << 15 | RANDOM) % ${#rows[@]}]}"
        echo "$target $hash $kind $direct $((1 + (RANDOM << 15 | RANDOM) % calls)) $(error_of "$kind" "$function" any) $function $frames"
    done
}

# The functions that lead to the call, innermost first.
callers() {
    # shellcheck disable=SC2086  # addresses
    addr2line -psfe "$BIN/decon-${target/store/s3}" $frames 2>/dev/null
}

# glibc 2.36 ends with SIGSEGV or SIGABRT if getpwuid_r() and similar functions get no memory.
library_ends() {
    [ "$kind $direct" = 'allocation library' ] && callers | head -n 1 | grep -qE '^(check_home_of|is_private_group|account_\w+) '
}

wrong() {
    faults+=("$*")
}

# expect_end STATUS LOG: checks the end of a program.
expect_end() {
    case $1 in
    0 | 1 | 3) ;;
    134 | 139)
        if library_ends; then
            echo "library $target $kind" >>"$lane/results"
        else
            wrong "exit status $1"
        fi
        return
        ;;
    124 | 137) wrong "did not end (exit status $1)" ;;
    *) wrong "exit status $1" ;;
    esac
    if [ "$1" != 0 ] && ! grep -qE 'ERROR|FAILED: |^out of memory|^decon-|^OpenSSL refuses' "$2"; then
        wrong "exit status $1 without a message"
    fi
}

# own_memory: whether the program itself, or a library called by compression/, allocated the memory.
own_memory() {
    [ "$direct" = direct ] || addr2line -e "$BIN/decon-${target/store/s3}" "${frames%% *}" | grep -q '/compression/'
}

# expect_oom STATUS LOG: checks the end after a failed allocation of the program itself.
expect_oom() {
    local lines
    [ "$kind $fired" = 'allocation 1' ] && own_memory || return
    lines=$(grep -c '^out of memory: ' "$2")
    [ "$1 $lines" = '1 1' ] || wrong "exit status $1 and $lines lines \"out of memory\""
}

run_case() {
    local fired ended=0
    faults=()
    clear_lane
    rm -f "$lane"/*.old.log
    state_file "$lane/state"
    with_target "$target" TORTURE_STATE="$lane/state" LD_PRELOAD="$TESTS/preload/fail.so" TORTURE_SITE="$hash" \
        TORTURE_CALL="$call" TORTURE_ERROR="$error"
    fired=$(od -An -j8 -N8 -td8 "$lane/state")
    expect_end "$status" "$lane/first.log"
    [ "$target" != orchestrator ] || expect_oom "$status" "$lane/first.log"
    if [ "$status" = 0 ] && [ "$(digest)" != "$want" ]; then
        wrong "exit status 0, but the outputs differ"
    fi
    if [ "$target" = server ]; then after_fault "$server"; fi
    if [ "$target" = store ]; then after_fault "$store"; fi
    orchestrate second
    [ "$status" = 0 ] || wrong "the next run: exit status $status"
    [ "$(digest)" = "$want" ] || wrong "the next run: other outputs"
    [ -z "$(leftovers)" ] || third_run
    report_case
}

# after_fault PID: a server or store that ended is replaced; one that still runs also serves the
# next run, unless its call has yet to fail.
after_fault() {
    if [ "$fired" -gt 0 ] && kill -0 "$1" 2>/dev/null; then
        expect_oom 1 "$lane/$target.log" # of a job's process
        return
    fi
    restart "$target"
    expect_end "$ended" "$lane/$target.old.log"
    expect_oom "$ended" "$lane/$target.old.log"
}

report_case() {
    local verdict=passed
    [ "$fired" -gt 0 ] || verdict=unreached
    [ ${#faults[@]} = 0 ] || verdict=failed
    echo "$verdict $target $kind" >>"$lane/results"
    [ $verdict = failed ] || return
    {
        echo "FAILED: $target: call $call of $function ($kind, site $hash) with error $error: $(printf '%s; ' "${faults[@]}")"
        callers | sed 's/^/    /'
        for log in first second "$target" "$target.old"; do
            [ ! -s "$lane/$log.log" ] || grep -vE ' INFO |^SUMMARY|^WORK' "$lane/$log.log" | tail -n 4 | sed "s/^/    $log: /"
        done
    } >"$lane/report"
    cat "$lane/report"
}

# run_lane NUMBER: every $lanes-th case.
run_lane() {
    local i=0 target hash kind direct call error function frames
    trap end_lane EXIT
    trap 'exit 130' INT TERM
    make_lane "$dir/$1" || exit 1
    while read -r target hash kind direct call error function frames <&3; do
        i=$((i + 1))
        [ $((i % lanes)) = $(($1 % lanes)) ] || continue
        if [ $SECONDS -gt "$limit" ]; then
            echo "late $target $kind" >>"$lane/results"
        else
            run_case
        fi
    done 3<"$dir/cases"
}

(
    trap end_lane EXIT
    make_lane "$dir/sites.lane" || exit 1
    for target in $targets; do
        clear_lane
        sites "$target"
    done >"$dir/sites"
) || { echo "torture: the undisturbed run failed"; exit 1; }
# In an order by seed, so that the cases that are skipped for lack of time are random.
choose_cases | awk -v seed="$seed" 'BEGIN {srand(seed)} {printf "%.9f %s\n", rand(), $0}' | sort | cut -d ' ' -f 2- >"$dir/cases"
echo "torture: $(wc -l <"$dir/sites") call sites, $(wc -l <"$dir/cases") cases, seed $seed"
for ((n = 1; n <= lanes; n++)); do run_lane $n & done
wait
cat "$dir"/*/results | awk '
    {n[$2 " " $3]++; sum[$1 " " $2 " " $3]++; all[$1]++}
    END {
        for (k in n) printf "%-24s %4d passed %4d failed %4d not reached %4d not tried\n", k, sum["passed " k], sum["failed " k], sum["unreached " k], sum["late " k] | "sort"
        close("sort")
        printf "torture: %d passed (%d of them ended by a signal within libc), %d failed, %d calls not reached, %d cases not tried in time\n", all["passed"], all["library"], all["failed"], all["unreached"], all["late"]
        exit all["failed"] > 0 || all["passed"] == 0 || all["late"] > 0
    }'
