#!/usr/bin/env bash
# Prints the path of a MinIO server; where there is none it builds one.
#
#   third_party/minio.sh             looks, then builds (about three minutes on two cores)
#   third_party/minio.sh --find      only looks; exit status 1 where there is none
#
# Looks at $MINIO, on PATH, then in the cache folder, which lies outside the build: $DECON_CACHE,
# else ${XDG_CACHE_HOME:-$HOME/.cache}/decon. Builds with the Go tool chain. MinIO asks for a newer
# Go than Debian 12 packages (1.19), so an old `go` first fetches a newer tool chain, which comes
# as a Go module with its checksum verified, like MinIO's own sources.
set -euo pipefail
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c
go_version=1.24.11
go_minor_needed=24
cache=${DECON_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/decon}
cached=$cache/minio-$minio_version

say() {
    printf 'minio: %s\n' "$*" >&2
}

find_minio() {
    if [ -n "${MINIO:-}" ]; then
        [ -x "$MINIO" ] && echo "$MINIO"
    elif command -v minio; then
        :
    else
        [ -x "$cached" ] && echo "$cached"
    fi
}

# Prints the minor version: 24 of go1.24.11.
go_minor() {
    GOTOOLCHAIN=local "$1" version 2>/dev/null | sed -n 's/^go version go1\.\([0-9]*\).*/\1/p'
}

# Prints the path of a go that is new enough; fetches one where the installed one is not.
find_go() {
    local go minor arch dir
    go=$(command -v go || ls /usr/local/go/bin/go 2>/dev/null || true)
    [ -n "$go" ] || {
        say 'no Go tool chain; install one (Debian: golang-go), or put minio on PATH'
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
    # A module's files come without the right to be run.
    chmod u+x "$dir"/bin/* "$dir"/pkg/tool/*/*
    echo "$dir/bin/go"
}

build_minio() {
    local go
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # Everything of this build in one folder, removed at its end. -modcacherw: rm may remove it.
    export GOPATH=$work/go GOMODCACHE=$work/go/mod GOCACHE=$work/go-build GOBIN=$work/bin
    export GOFLAGS=-modcacherw GOTOOLCHAIN=local CGO_ENABLED=0
    unset GOROOT
    cd "$work" # not inside anybody's Go module
    go=$(find_go) || return 1
    say "building minio@$minio_version into $cache (a few minutes, once)"
    if ! "$go" install -trimpath -ldflags='-s -w' "github.com/minio/minio@$minio_version" >log 2>&1; then
        grep -v "^go: downloading" log | tail -n 20 >&2
        return 1
    fi
    mv "$work/bin/minio" "$cached"
}

if find_minio; then
    exit 0
fi
if [ "${1:-}" = --find ]; then
    exit 1
fi
# One build at a time: a second caller waits and then finds the first one's.
mkdir -p "$cache"
exec 9>"$cache/minio.lock"
flock 9 2>/dev/null || true
find_minio && exit 0
build_minio || {
    say 'could not be built'
    exit 1
}
echo "$cached"
