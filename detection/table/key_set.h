/* A set of 64-bit keys, for one document at a time.
 *
 * What:    a hash table with open addressing; the key 0 counts as 1.
 * Owner:   key_set_deinit; memory is kept from document to document. Zero-initialised.
 * Threads: one at a time.
 * Fails:   never.
 */
#ifndef DETECTION_TABLE_KEY_SET_H
#define DETECTION_TABLE_KEY_SET_H

#include "base/util.h"

typedef struct key_set {
    uint64_t *slots; /* 0: free */
    size_t slot_count, capacity, count;
} key_set;

void key_set_deinit(key_set *s);
void key_set_clear(key_set *s);
/* True the first time. */
bool key_set_add(key_set *s, uint64_t key);
bool key_set_has(const key_set *s, uint64_t key);

#endif
