/* The name of a run, and the keys of the records that carry it.
 *
 * What:    `<UTC start>-<host index>-<6 hexadecimal digits>`: 20261201T030000Z-7-0a1b2c; `c`
 *          instead of the index if hosts claim their work. The byte order of names is the order of
 *          their starts. All records of runs are below `<report folder>/_decon/`.
 * Owner:   returned keys are malloc'ed and the caller's.
 * Threads: any.
 * Fails:   run_name_read yields false for other text.
 */
#ifndef ORCHESTRATOR_FLEET_RUN_NAME_H
#define ORCHESTRATOR_FLEET_RUN_NAME_H

#include "base/util.h"
#include "decon/base/buf.h"

#define RUN_RECORDS_FOLDER "_decon/" /* below the report folder */
#define RUN_HOST_CLAIMS    (-1)      /* host index of a host that claims its work */

typedef struct run_name {
    char text[56];
} run_name;

/* `random`: any 64 bits, of which 24 are used. */
run_name run_name_make(int64_t start_s, int64_t host_index, uint64_t random);
bool run_name_read(slice text, int64_t *start_s, int64_t *host_index) MUST_USE;

/* "20261201T030000Z"; `iso`: "2026-12-01T03:00:00Z". Returns out. */
#define RUN_TIME_BYTES 32
const char *run_time_text(int64_t time_s, bool iso, char out[RUN_TIME_BYTES]);
/* Of the form of `iso`. */
bool run_time_read(const char *text, int64_t *time_s) MUST_USE;

/* The name of this machine; "" if it is unknown. Returns out. */
#define RUN_MACHINE_BYTES 256
const char *run_machine(char out[RUN_MACHINE_BYTES]);

/* `report_prefix` is empty or ends in '/'. */
char *run_record_key(const char *report_prefix, const char *run) MUST_USE; /* runs/<run>.json */
char *run_failures_key(const char *report_prefix, const char *run)
    MUST_USE; /* failures/<run>.jsonl */
/* ledger/<run>-<part>.jsonl.zst; part 0 replaces all others of its run. */
char *run_ledger_key(const char *report_prefix, const char *run, unsigned part) MUST_USE;

/* A folder named `_decon` is in the key: it is a record of some report folder. */
bool run_key_is_record(const char *key);

#endif
