#!/usr/bin/env bash
# Prints the path of s5cmd, which `make bench-s3` measures decon-s3 against; if there is none,
# builds one (see go_tool.sh). $S5CMD names another one. `s5cmd.sh --find` only searches.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/go_tool.sh"
tool=s5cmd
version=v2.3.0
package=github.com/peak/s5cmd/v2
override=S5CMD
go_minor_needed=20

# In a copy of the module's folder: `go install` requests the list of versions, which not every
# module proxy has. The module's vendor/ folder is incomplete.
build_tool() {
    "$go" mod download "$package@$version"
    cp -r "$GOMODCACHE/$package@$version" "$work/source"
    chmod -R u+w "$work/source"
    rm -rf "$work/source/vendor"
    (cd "$work/source" && "$go" build -v -mod=mod -trimpath -ldflags='-s -w' -o "$work/bin/$tool" .)
}
go_tool "$@"
