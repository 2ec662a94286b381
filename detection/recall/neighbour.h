/* Texts that resemble evaluation records but contain no copy of one.
 *
 * What:    neighbour_put writes a text from the words of a record and of others; any match in it is
 *          false. The same records and seed give the same texts.
 * Owner:   word_counts_deinit; the records are borrowed. Text is appended to the caller's buf.
 * Threads: word_counts_make by one, then any; a carrier is one thread's.
 * Fails:   by false: the record has too little text for this kind.
 */
#ifndef DETECTION_RECALL_NEIGHBOUR_H
#define DETECTION_RECALL_NEIGHBOUR_H

#include "detection/recall/alter.h"
#include "detection/recall/recall_records.h"

typedef enum neighbour_kind {
    NEIGHBOUR_TEMPLATE,
    NEIGHBOUR_TOPIC,
    NEIGHBOUR_PHRASES,
    NEIGHBOUR_CONTEXT,
    NEIGHBOUR_KINDS,
} neighbour_kind;

/* The kind's name in reports ("template"), and a short description. */
const char *neighbour_name(neighbour_kind kind);
const char *neighbour_meaning(neighbour_kind kind);

typedef struct word_count {
    uint64_t hash;      /* 0: free */
    uint32_t questions; /* that have the word */
    uint32_t last;      /* number of the last one, from 1 on */
} word_count;

/* The number of questions that have each word. */
typedef struct word_counts {
    word_count *slots;
    size_t slot_count, used; /* a power of two */
    uint32_t questions;
} word_counts;

void word_counts_make(word_counts *w, const recall_records *records);
void word_counts_deinit(word_counts *w);
DEFINE_AUTO(word_counts, word_counts_deinit)

/* `number`: of the record in `records`. */
bool neighbour_put(neighbour_kind kind, const recall_records *records, const word_counts *words,
                   size_t number, carrier *c, buf *out);

#endif
