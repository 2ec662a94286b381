#!/usr/bin/env bash
# Epilog= of slurm.conf, run by slurmd after each job on this node.
exec "$(dirname "$(readlink -f "$0")")/node_server.sh" end "$SLURM_JOB_ID"
