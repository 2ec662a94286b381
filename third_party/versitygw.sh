#!/usr/bin/env bash
# Prints the path of a Versity S3 gateway, the second real server of `make check-stores`; if there
# is none, builds one (see go_tool.sh). $VERSITYGW names another one. `versitygw.sh --find` only searches.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/go_tool.sh"
tool=versitygw
version=v1.8.0
package=github.com/versity/versitygw/cmd/versitygw
override=VERSITYGW
go_minor_needed=25
go_version=1.25.5
go_tool "$@"
