/* Normalisation form KC (Unicode Standard Annex 15).
 *
 * What:    code points go in one after another; their normal form is appended to a buf as UTF-8 as soon
 *          as nothing that follows can change it.
 * Owner:   embedded; `out` is borrowed. nfkc_finish before it ends.
 * Threads: one. Fails: as the buf does. More than 60 consecutive combining marks are not put in
 *          order.
 */
#ifndef DETECTION_TEXT_NFKC_H
#define DETECTION_TEXT_NFKC_H

#include "decon/base/buf.h"

#define NFKC_HELD 64

typedef struct nfkc {
    buf *out;
    uint32_t held[NFKC_HELD];
    uint8_t classes[NFKC_HELD]; /* canonical combining classes */
    size_t count;
} nfkc;

void nfkc_init(nfkc *n, buf *out);
void nfkc_put(nfkc *n, uint32_t code);
void nfkc_finish(nfkc *n);

#endif
