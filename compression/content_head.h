/* What a text that is not JSON Lines looks like, from its first bytes: for error messages.
 *
 * What:    content_head_feed keeps the first bytes of a decoded text; content_head_name names
 *          another compression or container, another encoding, a web page, JSON in another layout.
 * Owner:   an embedded value, {0} to begin with. Threads: one at a time. Fails: never.
 */
#ifndef COMPRESSION_CONTENT_HEAD_H
#define COMPRESSION_CONTENT_HEAD_H

#include "decon/compression/codec.h"
#include "base/util.h"

#define CONTENT_HEAD_BYTES 512 /* tar's magic is at 257 */

typedef struct content_head {
    char bytes[CONTENT_HEAD_BYTES];
    size_t len;
} content_head;

static inline void content_head_feed(content_head *h, slice text)
{
    size_t len = MIN(text.len, sizeof h->bytes - h->len);
    if (len > 0)
        memcpy(h->bytes + h->len, text.data, len);
    h->len += len;
}

/* "lz4", "an HTML page"; NULL: nothing that is known. *binary (may be NULL): no line of it can be a
 * JSON object, whatever follows. */
const char *content_head_name(const content_head *h, bool *binary);

/* Appends "; this is lz4 inside gzip" to a message about such a text; `format` is how it was
 * compressed. */
void content_head_explain(const content_head *h, codec_format format, err *e);

#endif
