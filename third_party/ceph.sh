#!/usr/bin/env bash
# Prints the path of Ceph's gateway `radosgw`, a store of another make for `make check-stores`; where there is none, it and
# a cluster's programs are installed as packages (`third_party/install.sh ceph`). `ceph.sh --find` only looks.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "${1:-}" = --find ] || "$here/install.sh" ceph >&2
for program in ceph ceph-mon ceph-osd radosgw-admin; do
    command -v "$program" >/dev/null || { echo "ceph: there is no $program; install ceph-mon, ceph-osd, ceph-common and radosgw" >&2; exit 1; }
done
command -v radosgw
