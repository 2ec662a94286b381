#!/usr/bin/env bash
# Prolog= of slurm.conf, run by slurmd before each job on this node. With `PrologFlags=Alloc` it runs at the
# allocation. A failure drains the node and puts the job back into the queue.
exec "$(dirname "$(readlink -f "$0")")/node_server.sh" begin "$SLURM_JOB_ID"
