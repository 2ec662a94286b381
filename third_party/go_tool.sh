# shellcheck shell=bash
# Shared by minio.sh, versitygw.sh, s5cmd.sh and mc.sh: finds a program that tests or benchmarks
# run, or builds it with the Go tool chain. Sourced; the script sets
#
#   tool=NAME version=VERSION package=PATH override=VARIABLE go_minor_needed=N
#
# (and may define build_tool, which writes the program to $work/bin/$tool), then calls
#
#   go_tool "$@"              prints the program's path: searches, then builds
#   go_tool --find            only searches; exit status 1 if there is none
#
# Searches $VARIABLE, PATH, then the cache folder, which is outside the build: $DECON_CACHE,
# else ${XDG_CACHE_HOME:-$HOME/.cache}/decon. An installed `go` that is too old (Debian 12 packages
# 1.19) first fetches a newer tool chain, which comes as a Go module with its checksum verified, like
# the program's own sources.
go_version=1.24.11
go_minor_needed=0
cache=${DECON_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/decon}

say() {
    printf '%s: %s\n' "$tool" "$*" >&2
}

find_tool() {
    if [ -n "${!override:-}" ]; then
        [ -x "${!override}" ] && echo "${!override}"
    elif command -v "$tool"; then
        :
    else
        [ -x "$cached" ] && echo "$cached"
    fi
}

# Prints the minor version: 24 of go1.24.11.
go_minor() {
    GOTOOLCHAIN=local "$1" version 2>/dev/null | sed -n 's/^go version go1\.\([0-9]*\).*/\1/p'
}

# Prints the path of a go that is new enough; fetches one if the installed one is older.
find_go() {
    local go minor arch dir
    go=$(command -v go || ls /usr/local/go/bin/go 2>/dev/null || true)
    [ -n "$go" ] || {
        say "no Go tool chain; install one (Debian: golang-go), or put $tool on PATH"
        return 1
    }
    minor=$(go_minor "$go")
    if [ "${minor:-0}" -ge "$go_minor_needed" ]; then
        echo "$go"
        return
    fi
    arch=$("$go" env GOOS)-$("$go" env GOARCH)
    say "go 1.$minor is older than 1.$go_minor_needed; fetching go $go_version for this build"
    "$go" mod download "golang.org/toolchain@v0.0.1-go$go_version.$arch" >&2 || return 1
    dir=$GOMODCACHE/golang.org/toolchain@v0.0.1-go$go_version.$arch
    # Files of a module are not executable.
    chmod u+x "$dir"/bin/* "$dir"/pkg/tool/*/*
    echo "$dir/bin/go"
}

build_tool() {
    "$go" install -v -trimpath -ldflags='-s -w' "$package@$version"
}

# Runs build_tool; prints its progress every DECON_PROGRESS_S seconds (15).
build_with_progress() {
    local build next=${DECON_PROGRESS_S:-15} started=$SECONDS
    (build_tool) >"$work/log" 2>&1 &
    build=$!
    while kill -0 "$build" 2>/dev/null; do
        if [ $((SECONDS - started)) -ge "$next" ]; then
            say "$((SECONDS - started)) s: $(grep -c '^go: downloading' "$work/log" || true) modules fetched, $(grep -vc '^go: ' "$work/log" || true) packages compiled"
            next=$((SECONDS - started + ${DECON_PROGRESS_S:-15}))
        fi
        sleep 0.2
    done
    wait "$build"
}

build_in_cache() {
    work=$(mktemp -d "$cache/build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # Everything of this build in one folder, removed at its end. -modcacherw: rm may remove it.
    export GOPATH=$work/go GOMODCACHE=$work/go/mod GOCACHE=$work/go-build GOBIN=$work/bin
    export GOFLAGS=-modcacherw GOTOOLCHAIN=local CGO_ENABLED=0
    unset GOROOT
    cd "$work" || exit 1 # not inside another Go module
    go=$(find_go) || return 1
    say "building $package@$version into $cache (once; 3 to 20 minutes)"
    if ! build_with_progress; then
        grep -v '^go: downloading' "$work/log" | tail -n 20 >&2
        return 1
    fi
    mv "$work/bin/$tool" "$cached"
    say "built $cached in $SECONDS s"
}

go_tool() {
    cached=$cache/$tool-$version
    if find_tool; then
        exit 0
    fi
    if [ "${1:-}" = --find ]; then
        exit 1
    fi
    # One build at a time: a second caller waits and then finds the first one's program.
    mkdir -p "$cache"
    exec 9>"$cache/$tool.lock"
    flock 9 2>/dev/null || true
    find_tool && exit 0
    build_in_cache || {
        say 'could not be built'
        exit 1
    }
    echo "$cached"
}
