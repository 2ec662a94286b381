/* The hosts of a fleet, from the records of their newest runs.
 *
 * What:    of each host index the newest record below `_decon/runs/`; of hosts that claim their work
 *          the newest of each machine and work directory, which only one process can have. Records
 *          of another distribution or another number of shares than the newest one are skipped:
 *          they belong to an earlier division.
 * Owner:   status_runs_deinit.
 * Threads: loop.
 * Fails:   by err if the records cannot be listed; one that cannot be read is skipped, with a
 *          warning.
 */
#ifndef ORCHESTRATOR_STATUS_STATUS_RUNS_H
#define ORCHESTRATOR_STATUS_STATUS_RUNS_H

#include "base/util.h"
#include "decon/base/err.h"
#include "orchestrator/config/remote_paths.h"
#include "orchestrator/runtime/store_session.h"

#define STATUS_NO_RECORD "no record"
#define STATUS_SILENT_S  300 /* a running host without a newer record counts as silent */

typedef struct status_host {
    char *run, *machine; /* run: NULL for a share without a record; machine: or NULL */
    char *state;         /* see run_record_state; STATUS_NO_RECORD */
    char *work_dir;      /* its work directory; or NULL */
    int64_t index;       /* RUN_HOST_CLAIMS: it claims its work */
    uint64_t count;      /* of hosts; 0: unknown, since it claims its work */
    int64_t updated_s;   /* LastModified of the record */
    bool running, silent;
    uint64_t files, clean, contaminated, failed, refused, waiting, in_flight; /* of this run */
    uint64_t bytes_done, bytes_per_s;
    uint64_t left_files, left_bytes; /* of its share; filled in by status */
} status_host;

typedef struct status_runs {
    status_host *hosts; /* by index, then by machine */
    size_t count;
    /* Facts of the newest record about the whole fleet; NULL: unknown. */
    char *input_uri, *cleaned_uri, *settings;
    char **suffixes;    /* input_suffixes, NULL-terminated */
    char **input_lists; /* input_list, NULL-terminated */
    bool purify_known, purify;
    bool redoes;         /* the newest run makes results of other settings again */
    bool claims;         /* hosts claim their work */
    uint64_t host_count; /* of shares; where hosts claim, as many as one of them knows of, or 0 */
} status_runs;

bool status_runs_read(store_session *s, const place *report, int64_t now_s, status_runs *out,
                      err *e) MUST_USE;
/* If shares are assigned by hash: adds a row for each share without a record of a host. The rows
 * are output only; no decision depends on them. */
void status_runs_add_missing(status_runs *runs);
/* One record, for tests: false if it is not a record of format 1. `newest`: it fills the members of
 * the
 * whole, too. */
bool status_runs_add(status_runs *runs, slice record, int64_t updated_s, int64_t now_s, bool newest)
    MUST_USE;
void status_runs_deinit(status_runs *r);
DEFINE_AUTO(status_runs, status_runs_deinit)

#endif
