/* Finds copies of a set's texts in a document, also with changed words.
 *
 * What:    seeds lead to candidates (a text and its presumed beginning). When the document has been
 *          read to a candidate's end, it is aligned if enough of the text's weight occurs there.
 * Owner:   align_scan_init / _deinit; the set is borrowed. Memory is kept from document to document.
 * Threads: the set is constant; a scan belongs to one thread at a time.
 * Fails:   an error of the callback ends the scan.
 *
 * The work is linear in the length of any document: candidates are skipped while the steps so far
 * exceed ALIGN_FREE_WORK plus ALIGN_WORK_A_TOKEN per token read. In addition a token leads to at
 * most ALIGN_WEAK_SEED_TEXTS posts.
 */
#ifndef DETECTION_ALIGN_ALIGN_SCAN_H
#define DETECTION_ALIGN_ALIGN_SCAN_H

#include "decon/base/err.h"
#include "detection/align/align_path.h"
#include "detection/table/key_set.h"

/* Minimum share of a text's weight that must match. */
#define ALIGN_SHARE        0.65f
#define ALIGN_SLACK        16 /* tokens by which a copy may begin earlier or end later */
#define ALIGN_FREE_WORK    (UINT64_C(4) << 20)
#define ALIGN_WORK_A_TOKEN 1024
/* Tokens that the window needs before and after those that are read. */
#define ALIGN_BEFORE (ALIGN_TEXT_TOKENS + 2 * ALIGN_SLACK)
#define ALIGN_BEHIND (ALIGN_NEAR + ALIGN_SEED_TOKENS)

typedef struct align_candidate {
    int64_t start; /* token of the document */
    uint64_t due;
    uint32_t text;
} align_candidate;

typedef struct align_counts { /* over all documents */
    uint64_t tokens, seeds, posts, candidates, checked, aligned, found, left_out;
    uint64_t work; /* steps: posts, tokens of checks, cells of alignments, records */
} align_counts;

typedef struct align_scan {
    const align_set *set;  /* NULL: no texts */
    uint32_t *seen;        /* by token: the clock of its last place */
    uint32_t clock;        /* of the document's first token */
    align_candidate *heap; /* by `due` */
    size_t heap_count, heap_capacity;
    key_set offered; /* candidates: text and place */
    align_path path;
    uint64_t work; /* in this document */
    align_counts counts;
} align_scan;

typedef struct align_found {
    uint32_t text;
    const align_path *path; /* places are those in the window */
} align_found;

/* A piece of a document in memory. Tokens [from, to) are read now; all others of the document before
 * `from` were read by earlier calls. */
typedef struct align_piece {
    const uint32_t *tokens;
    size_t count;
    size_t base; /* number of the first one in the document */
    size_t from, to;
    bool at_end; /* `to` is the end of the document */
} align_piece;

void align_scan_init(align_scan *s, const align_set *set);
void align_scan_deinit(align_scan *s);
/* Between documents: frees memory that only long ones need. */
void align_scan_trim(align_scan *s);
void align_scan_begin(align_scan *s); /* a document */
bool align_scan_read(align_scan *s, const align_piece *piece,
                     bool (*on_found)(void *ctx, const align_found *f, err *e), void *ctx, err *e)
    MUST_USE;

#endif
