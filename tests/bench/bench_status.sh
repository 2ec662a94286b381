#!/usr/bin/env bash
# Memory of `decon-orchestrator status` for a million inputs with two outputs each: below 400 MiB.
set -eu
(
    ulimit -v $((400 * 1024))
    "${BENCH:?}/status_memory" 1000000
)
