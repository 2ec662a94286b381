/* The most similar existing folder, for an input prefix without objects.
 *
 * What:    walks down the path of the prefix; if a part of it does not exist, takes the most
 *          similar name beside it (edit distance), else stops. A few listings of one key, and one
 *          of at most 10,000 names for each part that does not exist.
 * Owner:   nearest_folder_free, after on_done (not from inside it) or to end it early.
 * Threads: loop.
 * Fails:   never: NULL if listing is not permitted.
 */
#ifndef ORCHESTRATOR_PLAN_NEAREST_FOLDER_H
#define ORCHESTRATOR_PLAN_NEAREST_FOLDER_H

#include "decon/s3/s3.h"
#include "base/util.h"

typedef struct nearest_folder nearest_folder;

/* `found`: a key prefix ("" for the bucket, "a/b/"), or the key of an object; borrowed. NULL: the bucket
 * is empty, or could not be listed. */
typedef void (*nearest_folder_done)(void *ctx, const char *found);
nearest_folder *nearest_folder_start(s3_client *s3, const char *bucket, const char *path,
                                     nearest_folder_done on_done, void *ctx) MUST_USE;
void nearest_folder_free(nearest_folder *n); /* NULL is allowed */

#endif
