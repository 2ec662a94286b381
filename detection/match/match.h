/* Turns clusters into matches: scores, bounds, duplicates within one document.
 *
 * What:    match_document scans one document and passes on matches in order; and, to on_near, those
 *          that only a lower threshold would find (report_threshold).
 * Owner:   matcher is one worker's memory, kept from document to document; _init / _deinit. A match
 *          borrows the matcher's memory until the callback returns.
 * Threads: the index is constant; a matcher belongs to one thread at a time.
 * Fails:   normalised text that is too long (ERR_LIMIT); errors of the callback.
 */
#ifndef DETECTION_MATCH_MATCH_H
#define DETECTION_MATCH_MATCH_H

#include "base/util.h"
#include "detection/align/align_scan.h"
#include "detection/match/answer.h"
#include "detection/match/passage.h"
#include "detection/match/scan.h"

typedef struct match {
    const eval_record *record;
    const ngram_index *index;   /* the record's */
    slice text;                 /* of the document, as the tokenizer took it */
    bool shows_text;            /* an excerpt of it is part of the report */
    const token_list *document; /* or a part of it: */
    size_t first_token;         /* number of the part's first token in the document */
    size_t cluster_tokens;      /* before the end was cut back */
    size_t question_first, question_last;
    uint32_t matched_ngrams;
    float question_overlap, question_threshold;
    float score;
    bool aligned;                 /* found with changed words */
    const answer_found *answer;   /* NULL: the record has none */
    const passage_found *passage; /* NULL: the record has none */
} match;

typedef struct matcher {
    const ngram_index *x;
    token_window window; /* of the document */
    size_t memo_base;    /* of the window that the searches' memos are for */
    scan_scratch scan;
    align_scan align; /* where recall is high, as are the places */
    key_set places;   /* of this document, where a question was reported */
    answer_found answer;
    passage_found passage;
    struct reported *reported; /* of this document, a hash table */
    size_t reported_count, reported_slots;
    bool (*on_match)(void *ctx, const match *m, err *e);
    bool (*on_near)(void *ctx, const match *m, err *e); /* with the same ctx; or NULL */
    void *ctx;
} matcher;

void matcher_init(matcher *m, const ngram_index *x);
void matcher_deinit(matcher *m);
DEFINE_AUTO(matcher, matcher_deinit)
/* Between documents: frees memory that only long ones need. */
void matcher_trim(matcher *m);

/* `text` is valid UTF-8. *scanned (may be NULL): whether it was long enough to be scanned. */
bool match_document(matcher *m, slice text, bool (*on_match)(void *ctx, const match *m, err *e),
                    void *ctx, bool *scanned, err *e) MUST_USE;

/* For aligned.c: reports a match with a sufficient score; discards look-ups of another window. */
bool match_report(matcher *m, match *found, bool is_near, err *e) MUST_USE;
float match_least_score(const matcher *m);
void match_forget_memos(matcher *m);

#endif
