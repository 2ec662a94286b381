/* How the tokens of a text correspond to those of a document, in order.
 *
 * What:    the alignment of the greatest weight, less a penalty for tokens of the document between
 *          those that match. Tokens of the text may be missing anywhere. The search is limited to a
 *          band around the expected place, which follows the best alignment so far.
 * Owner:   align_path_deinit; memory is kept from text to text.
 * Threads: one at a time.
 * Fails:   never.
 *
 * Each token of the text costs ALIGN_BAND steps, for any document.
 */
#ifndef DETECTION_ALIGN_ALIGN_PATH_H
#define DETECTION_ALIGN_ALIGN_PATH_H

#include "detection/align/align_set.h"

#define ALIGN_BAND 33 /* odd */
/* A gap of at most this many tokens between two matches counts as one or two replaced words. */
#define ALIGN_GAP_TEXT     3
#define ALIGN_GAP_DOCUMENT 4

typedef struct align_path {
    float matched;      /* weight of the tokens of the text that match */
    float replaced;     /* of those in gaps between them */
    size_t first, last; /* the first and last token of the document that match */
    size_t count;       /* tokens that match */
    struct align_row *rows;
    size_t capacity;
} align_path;

void align_path_deinit(align_path *p);

/* `tokens`: of the document; `expected`: where the text's first one may be, possibly before them.
 * False: nothing matches. */
bool align_path_find(align_path *p, const align_set *set, const align_text *text,
                     const uint32_t *tokens, size_t count, int64_t expected);

#endif
