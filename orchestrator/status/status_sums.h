/* The sums of a fleet's results: of all, by evaluation set, by source folder.
 *
 * What:    fed with the results of single inputs; status_sums_close adds what the table says of all
 *          inputs and of the shares of hosts.
 * Owner:   status_sums_deinit.
 * Threads: loop.
 * Fails:   never. Beyond STATUS_FOLDERS_MAX folders all further ones are one row.
 */
#ifndef ORCHESTRATOR_STATUS_STATUS_SUMS_H
#define ORCHESTRATOR_STATUS_STATUS_SUMS_H

#include "base/util.h"
#include "orchestrator/fleet/set_counts.h"
#include "orchestrator/status/status_runs.h"
#include "orchestrator/status/status_table.h"

#define STATUS_FOLDERS_MAX 10000

typedef struct status_folder {
    char *name; /* relative to the input folder; "" for the input folder itself */
    uint64_t files, done, contaminated, lines, contaminated_lines;
} status_folder;

typedef struct status_sums {
    uint64_t inputs, clean, contaminated, failed, refused, left; /* files */
    uint64_t input_bytes, done_bytes, left_bytes;                /* left: failed ones, too */
    uint64_t counted; /* done, and their lines are known */
    uint64_t lines, contaminated_lines;
    uint64_t other_settings; /* results of other settings than the newest run's */
    set_counts sets;
    uint64_t bytes_per_s; /* of all hosts that run and are not silent */
    uint64_t running, silent;
    status_folder *folders; /* by name */
    size_t folder_count, newest_folder;
} status_sums;

/* The result of the input at `index` of the table, which becomes INPUT_COUNTED. `sets` may be NULL. */
void status_sums_add(status_sums *s, status_table *t, size_t index, uint64_t lines,
                     uint64_t contaminated_lines, const set_counts *sets);
void status_sums_close(status_sums *s, const status_table *t, status_runs *runs);
/* Milliseconds; UINT64_MAX: not known. */
uint64_t status_sums_left_ms(const status_sums *s);
void status_sums_deinit(status_sums *s);
DEFINE_AUTO(status_sums, status_sums_deinit)

#endif
