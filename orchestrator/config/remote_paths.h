/* The three remote paths of a run: inputs, reports, cleaned files.
 *
 * What:    URIs become buckets and folder prefixes ("" or with a `/` at the end). The input names a
 *          folder (`data` never matches `data-old/`), or one object exactly.
 * Owner:   the strings are malloc'ed; places_deinit frees them.
 * Threads: constant after creation.
 * Fails:   places_make sets ERR_CONFIG: a bad URI, or an output directory that equals the input's
 *          prefix or is above it (its files would be inputs of the next run).
 */
#ifndef ORCHESTRATOR_CONFIG_REMOTE_PATHS_H
#define ORCHESTRATOR_CONFIG_REMOTE_PATHS_H

#include "decon/base/err.h"
#include "base/util.h"

/* In an output folder: the key of the write probe, which leaves no object. */
#define PLACES_PROBE_NAME ".decon-write-probe"

typedef struct place {
    char *bucket;
    char *prefix; /* "" or ends in '/' */
} place;

typedef struct places {
    place input;
    char *input_object; /* the key as given, if it may also name one object; or NULL */
    place report;
    place cleaned; /* the report path, if none was given */
} places;

bool places_make(const char *input_uri, const char *report_uri, const char *cleaned_uri,
                 places *out, err *e) MUST_USE;
/* Only the report path, for commands that only read it. */
bool places_make_report(const char *report_uri, places *out, err *e) MUST_USE;
void places_deinit(places *p);
DEFINE_AUTO(places, places_deinit)

const char *places_list_prefix(const places *p); /* prefix for listings: may match too much */

/* The key without the input's prefix; the file name if the input is this one object; NULL if the
 * key is outside of the input. Points into `key`. */
const char *places_relative(const places *p, const char *key);

/* Below _decon/ of the report directory: records of runs, ignored by a plan. */
bool places_is_record(const places *p, const char *bucket, const char *key);

/* Below the report or cleaned directory: never an input. */
bool places_is_output(const places *p, const char *key);

#endif
