/* The questions of an index as rows of tokens, to find copies in which words were changed.
 *
 * What:    distinct texts, the weights of their tokens, and the seeds (align_seeds.h) that lead to
 *          them. A token weighs ln((N + 1) / records whose question has it), N: all records.
 * Owner:   align_set_new / align_set_free.
 * Threads: adding and freezing by one thread, before any other use; then all may read.
 * Fails:   never.
 */
#ifndef DETECTION_ALIGN_ALIGN_SET_H
#define DETECTION_ALIGN_ALIGN_SET_H

#include "base/util.h"
#include "detection/align/align_seeds.h"

/* Longer texts, and texts that more records share, have no seeds. */
#define ALIGN_TEXT_TOKENS  2048
#define ALIGN_TEXT_RECORDS 256
#define ALIGN_NO_TEXT      UINT32_MAX

typedef struct align_check { /* a distinct token of a text */
    uint32_t token;
    float weight; /* of all its occurrences in the text */
} align_check;

typedef struct align_text {
    size_t first;                /* in `tokens` */
    size_t first_check;          /* in `checks`: heaviest first */
    uint32_t count, check_count; /* tokens; distinct ones */
    uint32_t records;            /* that have this text as question */
    float weight;                /* of all tokens */
} align_text;

typedef struct align_set {
    uint32_t *tokens; /* of all texts, concatenated */
    size_t token_count, token_capacity;
    align_text *texts;
    size_t count, capacity;
    uint32_t *known; /* hash table of texts, numbers + 1, until align_set_freeze */
    size_t known_slots;
    float *weights;      /* by token */
    size_t weight_count; /* tokens from here on occur in no text */
    float full_weight;   /* ln(N + 1): of a token that one record has */
    align_check *checks;
    align_seeds seeds;
    uint32_t *record_first; /* by text, and one more: in `records` */
    uint32_t *records;      /* numbers, ascending in each text */
} align_set;

align_set *align_set_new(void) MUST_USE;
void align_set_free(align_set *s); /* NULL is allowed */
DEFINE_AUTO_PTR(align_set, align_set_free)

/* Yields the number of the text; equal texts share one. */
uint32_t align_set_add(align_set *s, const uint32_t *tokens, size_t count);
/* text_of: by record; ALIGN_NO_TEXT where it has none. */
void align_set_freeze(align_set *s, const uint32_t *text_of, size_t record_count);

#endif
