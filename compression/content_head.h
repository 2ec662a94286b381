/* Names the format of a text that is not JSON Lines by its first bytes, for error messages.
 *
 * What:    content_head_feed keeps the first bytes of a decoded text; content_head_name names
 *          another compression or container, another encoding, a web page, or JSON in another
 *          layout.
 * Owner:   an embedded value, initialised with {0}. Threads: one at a time. Fails: never.
 */
#ifndef COMPRESSION_CONTENT_HEAD_H
#define COMPRESSION_CONTENT_HEAD_H

#include "decon/compression/codec.h"
#include "base/util.h"

#define CONTENT_HEAD_BYTES 512 /* the magic of tar is at offset 257 */

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

/* "lz4", "an HTML page"; NULL if unknown. *binary (may be NULL): no line of this format can
 * be a JSON object. */
const char *content_head_name(const content_head *h, bool *binary);

/* Appends "; this is lz4 inside gzip" to the message of *e; `format` is the outer compression. */
void content_head_explain(const content_head *h, codec_format format, err *e);

#endif
