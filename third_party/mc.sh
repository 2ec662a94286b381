#!/usr/bin/env bash
# Prints the path of mc, MinIO's client; where there is none it builds one (see go_tool.sh). $MC names
# another one. `mc.sh --find` only looks.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/go_tool.sh"
tool=mc
version=v0.0.0-20250313080218-cf909e1063a9
package=github.com/minio/mc
override=MC
go_minor_needed=24
go_tool "$@"
