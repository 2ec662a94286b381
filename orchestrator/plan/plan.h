/* The plan: the inputs that this host has to process.
 *
 * What:    a pure function of the listing: listed minus done, mine only, largest first.
 *          An input is done if its commit object exists and is not older than the input: the marker
 *          `<base>.clean`, or `<base>.report.jsonl` with, if the server purifies, the cleaned
 *          object beside it. If both exist the input is processed again: one of them is stale, and
 *          a run ended before it removed that. Two inputs that would write one output both fail;
 *          this is checked over the whole listing, before other shares and done inputs are removed.
 *          LastModified alone decides here; done_check.h finds inputs that were replaced while they
 *          were processed, and a second plan includes them (plan_options.superseded). It needs 16
 *          bytes for each input besides the listing, which it points into; an item is created from
 *          a row at its admission.
 * Owner:   plan_deinit frees the rows; items are the caller's (item_free). Places and listing
 *          outlive the plan.
 * Threads: loop.
 * Fails:   never; inputs that cannot be processed are in `refused`, plan_refusal gives the reason.
 */
#ifndef ORCHESTRATOR_PLAN_PLAN_H
#define ORCHESTRATOR_PLAN_PLAN_H

#include "base/util.h"
#include "orchestrator/plan/item.h"
#include "orchestrator/plan/listing.h"

/* Inputs whose results were made of another version: pointers into the listing, sorted. */
typedef struct superseded_inputs {
    const listed **objects;
    size_t count;
} superseded_inputs;

typedef struct plan_options {
    const places *places;
    const listing *listing;
    unsigned host_index, host_count;
    bool purify;                         /* of the server */
    bool redo;                           /* done ones too */
    size_t max_files;                    /* MAX_FILES_DEBUG; 0: all */
    bool retry_failed;                   /* also files that ended their processes */
    bool list_done;                      /* fills plan.done_rows */
    bool list_skipped;                   /* fills plan.skipped */
    const superseded_inputs *superseded; /* NULL: not checked */
} plan_options;

typedef struct planned {
    const listed *object;
    uint32_t base_len;           /* of its key, without suffixes */
    bool had_report, had_marker; /* the store has a commit object of an earlier version */
    uint8_t crashes;             /* number of times that it ended the process of its job */
} planned;

typedef struct refusal {
    const listed *object;
    /* Another input with the same outputs. NULL: it is in a folder of records, or its output's key
     * is too long. */
    const listed *rival;
    unsigned crashes; /* that it caused; 0: another reason */
} refusal;

/* Inputs that are neither done nor to be processed, for --dry-run. */
typedef enum skip_reason {
    SKIP_OTHER_HOST,
    SKIP_OUTPUT_FOLDER, /* is below an output folder */
    SKIP_BEYOND_DEBUG   /* MAX_FILES_DEBUG */
} skip_reason;

typedef struct skipped_input {
    const listed *object;
    skip_reason reason;
    unsigned host; /* OTHER_HOST: whose */
} skipped_input;

typedef struct plan {
    const places *places;
    planned *rows;
    size_t count, capacity;
    refusal *refused; /* mine */
    size_t refused_count;
    uint64_t size_bytes; /* of rows */
    planned *done_rows;  /* mine, if requested */
    size_t done_count;
    skipped_input *skipped; /* if requested */
    size_t skipped_count;
    /* What is skipped, and why. */
    size_t input_count;   /* inputs in the whole listing */
    size_t other_hosts;   /* in the shares of others */
    size_t done;          /* mine and already done */
    size_t superseded;    /* of rows: results of another version of the input are in the store */
    size_t beyond_debug;  /* mine, but more than max_files */
    size_t dropped;       /* of rows: left to another host, by flow_drop */
    size_t ignored_count; /* objects other than inputs: other suffixes, output directories */
} plan;

/* The outputs of an input that are in the store, with their LastModified. */
typedef struct plan_outputs {
    bool marker, report, cleaned;
    int64_t marker_s, report_s;
} plan_outputs;
/* The rule by which an input is done according to the listing alone. */
bool plan_outputs_make_done(const plan_outputs *found, int64_t input_modified_s, bool purify);

void plan_make(const plan_options *options, plan *out);
void plan_deinit(plan *p);
DEFINE_AUTO(plan, plan_deinit)

/* The whole listing, divided into slices: classes of MD5(key) mod the number of slices. */
typedef struct plan_slices {
    struct sliced *rows; /* slice by slice */
    size_t *first;       /* of each slice, and the end */
    uint32_t count;
} plan_slices;
void plan_slices_make(const plan_options *options, uint32_t count, plan_slices *out);
void plan_slices_deinit(plan_slices *s);
bool plan_slices_is_empty(const plan_slices *s, uint32_t rest);
/* As plan_make, of the inputs of one slice for which `takes` is true. Host index and count of the options
 * are not used. */
void plan_slice(const plan_options *options, const plan_slices *slices, uint32_t rest,
                bool (*takes)(void *ctx, const char *key), void *ctx, plan *out);
/* Moves all rows of `from` and their counts to the end of `to`; `from` is empty then. */
void plan_append(plan *to, plan *from);
item *plan_item(const plan *p, size_t index) MUST_USE;
/* Of one of done_rows: the commit object that makes it done. */
char *plan_commit_key(const plan *p, const planned *row) MUST_USE;
void plan_refusal(const plan *p, size_t index, err *e);

#endif
