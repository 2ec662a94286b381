/* Compares results in the store with the current inputs and settings.
 *
 * What:    one HEAD of the commit object of each done input of this share (which is not older by
 *          LastModified); its provenance is compared with the listed ETag and size.
 *          Results without provenance (older versions, stores that drop metadata) and results that
 *          may not be read (403, 405, 501) count as before: by LastModified. If a result was
 *          removed meanwhile, its input is processed again. If the settings fingerprint of the
 *          detection server is known, results of other settings are counted and, on request, made
 *          again. Memory: 100 bytes for each request in flight, 8 for each input that is processed
 *          again.
 * Owner:   done_check_free; plan and listing outlive it.
 * Threads: loop.
 * Fails:   by the error given to on_done (the store cannot be read): no input may be skipped then.
 */
#ifndef ORCHESTRATOR_PLAN_DONE_CHECK_H
#define ORCHESTRATOR_PLAN_DONE_CHECK_H

#include "base/util.h"
#include "orchestrator/plan/plan.h"

typedef struct done_check done_check;

typedef struct done_check_options {
    s3_client *s3;
    const plan *plan;     /* made with list_done, at least one is done */
    unsigned at_once;     /* requests in the client's queue */
    const char *settings; /* the server's fingerprint, borrowed; NULL: not compared */
    bool redo_other_settings;
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} done_check_options;

done_check *done_check_start(const done_check_options *options) MUST_USE;
/* Inputs whose results are of another version, sorted for plan_options.superseded. */
const superseded_inputs *done_check_superseded(const done_check *c);
/* The number of results that could not be compared by provenance. */
typedef struct done_check_counts {
    size_t unmarked;         /* without provenance */
    size_t unreadable;       /* that may not be read */
    size_t other_settings;   /* made with other settings */
    size_t without_settings; /* without a fingerprint, if there is one to compare with */
} done_check_counts;
/* The fingerprint of the first result of other settings; NULL: there is none. */
const char *done_check_other_settings(const done_check *c);
done_check_counts done_check_count(const done_check *c);
void done_check_free(done_check *c); /* after on_done, or to end it early; NULL is allowed */

#endif
