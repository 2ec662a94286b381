/* The keys of all open objects, to detect duplicate keys in an object.
 *
 * What:    keys are stored as text, not as digests: different keys are never mistaken for each
 *          other. The keys of an object are removed when it closes.
 * Owner:   keyset_new / keyset_free. Threads: one at a time.
 * Fails:   KEYSET_FULL if the open objects have more keys than the limit.
 * Memory:  KEYSET_BYTES of text and 12 to 20 bytes for each of at most KEYSET_KEYS keys: 26 MiB.
 *          Grows with the largest line.
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
void keyset_free(keyset *s); /* NULL is allowed */

void keyset_open(keyset *s);                   /* an object begins */
void keyset_close(keyset *s);                  /* the innermost object ends */
void keyset_key_bytes(keyset *s, slice bytes); /* a part of the current key */
keyset_result keyset_key_end(keyset *s);       /* the current key is complete */
slice keyset_last(const keyset *s);            /* the last complete key */

#endif
