#!/usr/bin/env bash
# Prints the path of an rclone that has `serve s3` (1.65 or newer), another store for `make
# check-stores`; if there is none, builds one with only that command and the local file system,
# which takes a tenth of the time of a full build (see go_tool.sh). $RCLONE names another
# one. `rclone.sh --find` only searches. Debian 12's rclone is too old, so PATH is not searched.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/go_tool.sh"
tool=rclone-serve
version=v1.71.2
package=github.com/rclone/rclone
override=RCLONE
go_minor_needed=24

build_tool() {
    mkdir "$work/serve" && cd "$work/serve" || return 1
    cat >main.go <<'GO'
package main

import (
	_ "github.com/rclone/rclone/backend/local"
	"github.com/rclone/rclone/cmd"
	_ "github.com/rclone/rclone/cmd/serve"
	_ "github.com/rclone/rclone/cmd/serve/s3"
)

func main() { cmd.Main() }
GO
    "$go" mod init serve
    "$go" get "$package@$version"
    "$go" mod tidy
    "$go" build -trimpath -ldflags='-s -w' -o "$work/bin/$tool" .
}
go_tool "$@"
