/* The keys of the objects that are open, to find one that stands twice in the same object.
 *
 * What:    keys are kept as text, not as digests: two different ones are never taken for the same.
 *          What an object holds is forgotten when it closes.
 * Owner:   keyset_new / keyset_free. Threads: one at a time.
 * Fails:   KEYSET_FULL where the open objects have more keys than the set may hold.
 * Memory:  KEYSET_BYTES of text and 12 to 20 bytes for each of KEYSET_KEYS at most: 26 MiB. It grows
 *          with the largest line.
 */
#ifndef COMPRESSION_KEYS_KEYSET_H
#define COMPRESSION_KEYS_KEYSET_H

#include "decon/base/buf.h"
#include "base/util.h"

#define KEYSET_BYTES ((size_t)16 * 1024 * 1024)
#define KEYSET_KEYS  ((size_t)512 * 1024)

typedef enum keyset_result { KEYSET_NEW, KEYSET_TWICE, KEYSET_FULL } keyset_result;

typedef struct keyset keyset;
keyset *keyset_new(void) MUST_USE;
void keyset_free(keyset *s); /* NULL is fine */

void keyset_open(keyset *s);                   /* an object begins */
void keyset_close(keyset *s);                  /* the innermost one ends */
void keyset_key_bytes(keyset *s, slice bytes); /* a part of the key under way */
keyset_result keyset_key_end(keyset *s);       /* it is whole */
slice keyset_last(const keyset *s);            /* the key that ended last */

#endif
