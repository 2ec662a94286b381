/* The three places of a run in the store: inputs, reports, cleaned files.
 *
 * What:    URIs become buckets and folder prefixes ("" or with a `/` at the end). The input names a
 *          folder (`data` never matches `data-old/`), or one object exactly.
 * Owner:   the strings are malloc'ed; places_deinit frees them.
 * Threads: constant once made.
 * Fails:   places_make sets ERR_CONFIG: a bad URI, or an output directory that is the input's
 *          prefix or lies above it (its files would be inputs of the next run).
 */
#ifndef ORCHESTRATOR_CONFIG_REMOTE_PATHS_H
#define ORCHESTRATOR_CONFIG_REMOTE_PATHS_H

#include "decon/base/err.h"
#include "base/util.h"

/* In an output folder: where a write is tried; no object is left there. */
#define PLACES_PROBE_NAME ".decon-write-probe"

typedef struct place {
    char *bucket;
    char *prefix; /* "" or ends in '/' */
} place;

typedef struct places {
    place input;
    char *input_object; /* the key as it was given, where it may also name one object; or NULL */
    place report;
    place cleaned; /* the report place, where none was given */
} places;

bool places_make(const char *input_uri, const char *report_uri, const char *cleaned_uri,
                 places *out, err *e) MUST_USE;
/* The report place alone, for commands that only read there. */
bool places_make_report(const char *report_uri, places *out, err *e) MUST_USE;
void places_deinit(places *p);
DEFINE_AUTO(places, places_deinit)

const char *places_list_prefix(const places *p); /* what to ask the store for: may match too much */

/* The key without the input's prefix; the bare name where the input is this one object; NULL where
 * the key lies outside of the input. Points into `key`. */
const char *places_relative(const places *p, const char *key);

/* Below _decon/ of the report directory: records of runs, of no interest to a plan. */
bool places_is_record(const places *p, const char *bucket, const char *key);

/* Below the report or cleaned directory: never an input. */
bool places_is_output(const places *p, const char *key);

#endif
