/* The self-test: the share of copied records that the detection finds with its settings.
 *
 * What:    each chosen record is inserted into synthetic text, once for each kind of change, and
 *          scanned; a document without a record, and texts that resemble it without being copies,
 *          are scanned for each record too. Equal settings, records and seed give equal results.
 * Owner:   recall_result_deinit. The index is borrowed.
 * Threads: one; the index is frozen.
 * Fails:   as reading the evaluation files does.
 */
#ifndef DETECTION_RECALL_RECALL_H
#define DETECTION_RECALL_RECALL_H

#include "base/util.h"
#include "detection/index/index.h"
#include "detection/recall/alter.h"
#include "detection/recall/neighbour.h"

#define RECALL_SEED 1

typedef struct recall_count {
    uint64_t injected, found;
} recall_count;

/* Records by the length that the threshold uses: tokens of question and passage, distinct tokens of
 * the answer. */
#define RECALL_LENGTHS 5

typedef struct recall_length {
    size_t most; /* tokens; SIZE_MAX in the last one */
    uint64_t records;
    recall_count kinds[ALTER_KINDS];
} recall_length;

typedef struct recall_neighbours {
    uint64_t made, flagged;
} recall_neighbours;

typedef struct recall_set {
    char *name;
    uint64_t records; /* that were injected */
    recall_count kinds[ALTER_KINDS];
} recall_set;

typedef struct recall_result {
    uint64_t seed, records;
    recall_count kinds[ALTER_KINDS];
    uint64_t flagged;       /* documents with an injection and a match, of any record */
    uint64_t clean;         /* documents without an injection */
    uint64_t clean_flagged; /* of these with a match */
    recall_neighbours neighbours[NEIGHBOUR_KINDS];
    recall_length lengths[RECALL_LENGTHS];
    recall_set *sets;
    size_t set_count;
} recall_result;

typedef struct recall_options {
    const char *evals_dir;
    uint64_t seed;
    size_t per_set; /* records of each set; 0: all */
    uint64_t max_line_bytes;
} recall_options;

bool recall_run(const ngram_index *x, const recall_options *options, recall_result *out, err *e)
    MUST_USE;
void recall_result_deinit(recall_result *r);
DEFINE_AUTO(recall_result, recall_result_deinit)

/* 1 if nothing was injected or flagged. */
double recall_share(const recall_count *c);
recall_neighbours recall_all_neighbours(const recall_result *r);
/* The share of documents with an injection among flagged ones, neighbours included. */
double recall_precision(const recall_result *r);

/* Outputs: a table; `json`: one object with ascending keys; the short form in /health. */
void recall_print(const recall_result *r, FILE *out);
/* "verbatim 99.2 %, upper_case 99.2 %, ...". */
void recall_put_line(const recall_result *r, buf *out);
void recall_json(const recall_result *r, const char *fingerprint, buf *json);
void recall_json_short(const recall_result *r, buf *json);

#endif
