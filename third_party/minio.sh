#!/usr/bin/env bash
# Prints the path of a MinIO server; if there is none, builds one (see go_tool.sh; about three
# minutes on two cores). $MINIO names another one. `minio.sh --find` only searches.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/go_tool.sh"
tool=minio
version=v0.0.0-20260212201848-7aac2a2c5b7c
package=github.com/minio/minio
override=MINIO
go_minor_needed=24
go_tool "$@"
