/* Works through the files of a batch, several at once.
 *
 * What:    the largest files are begun first; each result is told as its file ends, all are there
 *          at the end. The first SIGINT or SIGTERM lets files that have begun end, a second one
 *          ends the program.
 * Owner:   `results` are the caller's (detect_results_deinit), one for each file, in their order.
 * Threads: called by the main one; threads of its own inside. `each` is called by one at a time.
 * Fails:   where threads cannot be started; what fails a file is in its result.
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
    char *error; /* of a failed one, with its file */
} detect_result;

typedef struct detect_batch {
    const detect_files *files;
    const job_settings *settings;
    worker_processes *processes;
    unsigned threads;
    detect_result *results;
    int signal; /* that ended it early; 0: none */
    /* May be NULL. */
    void (*each)(void *ctx, const detect_file *file, const detect_result *result);
    void *ctx;
} detect_batch;

bool detect_run(detect_batch *b, err *e) MUST_USE;

detect_result *detect_results_new(size_t count) MUST_USE;
void detect_results_free(detect_result *results, size_t count);

#endif
