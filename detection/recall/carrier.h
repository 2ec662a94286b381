/* Synthetic text around injected records, the same for the same seed on every machine.
 *
 * What:    a generator of random numbers, and sentences of common words in random order.
 * Owner:   a carrier is an embedded value; text is appended to the caller's buf.
 * Threads: one at a time. Fails: never.
 */
#ifndef DETECTION_RECALL_CARRIER_H
#define DETECTION_RECALL_CARRIER_H

#include "decon/base/buf.h"

typedef struct carrier {
    uint64_t state;
} carrier;

carrier carrier_new(uint64_t seed);
/* Below `limit`, which is above 0. */
uint64_t carrier_number(carrier *c, uint64_t limit);
const char *carrier_word(carrier *c);
/* Words, with a full stop after every few, without a space at either end. */
void carrier_put(carrier *c, size_t words, buf *out);

#endif
