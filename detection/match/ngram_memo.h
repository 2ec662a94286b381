/* Ids of a document's n-grams, kept while records are compared with the same place of it.
 *
 * What:    a direct-mapped table from a position to the id of the n-gram at it.
 * Owner:   an embedded value, zeroed. Threads: one at a time. Fails: never.
 */
#ifndef DETECTION_MATCH_NGRAM_MEMO_H
#define DETECTION_MATCH_NGRAM_MEMO_H

#include "base/util.h"
#include "detection/match/ngram_ahead.h"

#define NGRAM_MEMO_PLACES 1024 /* a power of two */

typedef struct ngram_memo {
    bool used;                           /* since the last clear */
    size_t positions[NGRAM_MEMO_PLACES]; /* each + 1; 0: none */
    uint32_t ids[NGRAM_MEMO_PLACES];
} ngram_memo;

/* For another document. */
static inline void ngram_memo_clear(ngram_memo *m)
{
    if (m->used)
        *m = (ngram_memo){0};
}

static inline bool ngram_memo_has(const ngram_memo *m, size_t position)
{
    return m->positions[position & (NGRAM_MEMO_PLACES - 1)] == position + 1;
}

/* The id of the n-gram at `position`, whose hash `a` has unless the memo has the id; NGRAM_UNKNOWN where no
 * record has it. */
static inline uint32_t ngram_memo_find(ngram_memo *m, const ngram_ahead *a, size_t position)
{
    size_t place = position & (NGRAM_MEMO_PLACES - 1);
    if (!ngram_memo_has(m, position)) {
        m->used = true;
        m->positions[place] = position + 1;
        m->ids[place] = ngram_table_find_hash(a->table, ngram_ahead_hash(a, position));
    }
    return m->ids[place];
}

/* As ngram_ahead_begin and ngram_ahead_middle, where the memo lacks the id. */
static inline void ngram_memo_begin(const ngram_memo *m, ngram_ahead *a, size_t position)
{
    if (!ngram_memo_has(m, position))
        ngram_ahead_begin(a, position);
}
static inline void ngram_memo_middle(const ngram_memo *m, const ngram_ahead *a, size_t position)
{
    if (!ngram_memo_has(m, position))
        ngram_ahead_middle(a, position);
}

#endif
