/* Processes the files of a batch, several at once.
 *
 * What:    the largest files are started first; each result is reported when its file ends, all are
 *          available at the end. After the first SIGINT or SIGTERM files in progress are finished,
 *          a second one ends the program.
 * Owner:   `results` are the caller's (detect_results_deinit), one for each file, in their order.
 * Threads: called by the main thread; starts its own. `each` is called by one thread at a time.
 * Fails:   if threads cannot be started; the error of a file is in its result.
 */
#ifndef DETECTION_BATCH_DETECT_RUN_H
#define DETECTION_BATCH_DETECT_RUN_H

#include "base/util.h"
#include "detection/job/worker_processes.h"
#include "detection/batch/detect_files.h"

typedef enum detect_state {
    DETECT_SKIPPED,
    DETECT_CLEAN,
    DETECT_CONTAMINATED,
    DETECT_FAILED
} detect_state;

typedef struct detect_result {
    detect_state state;
    job_outcome outcome;
    char *error; /* of a failed file; names the file */
} detect_result;

typedef struct detect_batch {
    const detect_files *files;
    const job_settings *settings;
    worker_processes *processes;
    unsigned threads;
    detect_result *results;
    int signal; /* that stopped it early; 0: none */
    /* May be NULL. */
    void (*each)(void *ctx, const detect_file *file, const detect_result *result);
    void *ctx;
} detect_batch;

bool detect_run(detect_batch *b, err *e) MUST_USE;

detect_result *detect_results_new(size_t count) MUST_USE;
void detect_results_free(detect_result *results, size_t count);

#endif
