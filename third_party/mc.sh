#!/usr/bin/env bash
# Prints the path of mc, MinIO's client; if there is none, builds one (see go_tool.sh). $MC names
# another one. `mc.sh --find` only searches.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/go_tool.sh"
tool=mc
version=v0.0.0-20250313080218-cf909e1063a9
package=github.com/minio/mc
override=MC
go_minor_needed=24
go_tool "$@"
