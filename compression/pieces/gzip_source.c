#include "base/util.h"
#include "compression/pieces/gzip_source.h"

#include <inttypes.h>
#include <string.h>

#include "compression/pieces/file_copy.h"

enum { FLAG_HEADER_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16 };
#define XFL_BEST 2

bool gzip_source_ends(const gzip_source *s)
{
    return s->rest.len == 0 && s->read == s->size;
}

bool gzip_source_fill(gzip_source *s, err *e)
{
    if (s->rest.len > 0)
        return true;
    if (s->read == s->size)
        return err_set(e, ERR_CODEC_EARLY_END, "gzip: ends early at raw byte %" PRIu64, s->size);
    size_t len = (size_t)MIN(s->size - s->read, (uint64_t)sizeof s->bytes);
    if (!file_read(s->in, s->read, s->bytes, len, e))
        return false;
    s->rest = (slice){.data = s->bytes, .len = len};
    s->read += len;
    return true;
}

bool gzip_source_take(gzip_source *s, void *bytes, size_t len, err *e)
{
    for (char *to = bytes; len > 0;) {
        if (!gzip_source_fill(s, e))
            return false;
        size_t part = MIN(len, s->rest.len);
        memcpy(to, s->rest.data, part);
        s->rest = (slice){.data = s->rest.data + part, .len = s->rest.len - part};
        to += part;
        len -= part;
    }
    return true;
}

/* Subfields have two bytes of name, two of length, and data. bgzip's is "BC" with two bytes. */
static unsigned find_block_size(const unsigned char *extra, size_t len)
{
    for (size_t at = 0; at + 4 <= len;) {
        size_t data_len = extra[at + 2] | (size_t)extra[at + 3] << 8;
        if (extra[at] == 'B' && extra[at + 1] == 'C' && data_len == 2 && at + 6 <= len)
            return (unsigned)at + 4;
        at += 4 + data_len;
    }
    return 0;
}

static bool take_extra(gzip_source *s, gzip_header *h, err *e)
{
    unsigned char count[2];
    if (!gzip_source_take(s, count, sizeof count, e))
        return false;
    size_t len = count[0] | (size_t)count[1] << 8;
    AUTO_FREE unsigned char *extra = xcalloc(1, len + 1);
    if (!gzip_source_take(s, extra, len, e))
        return false;
    unsigned at = find_block_size(extra, len);
    h->block_size = at > 0 ? 12 + at : 0;
    return true;
}

static bool skip_text(gzip_source *s, err *e)
{
    char byte = 1;
    while (byte != 0)
        if (!gzip_source_take(s, &byte, 1, e))
            return false;
    return true;
}

bool gzip_source_header(gzip_source *s, gzip_header *h, bool *is_member, err *e)
{
    unsigned char fixed[10], crc[2];
    uint64_t from = gzip_source_at(s);
    *h = (gzip_header){0};
    if (!gzip_source_fill(s, e))
        return false;
    *is_member = *s->rest.data != 0;
    if (!*is_member)
        return true;
    if (!gzip_source_take(s, fixed, sizeof fixed, e))
        return false;
    if (fixed[0] != 0x1f || fixed[1] != 0x8b || fixed[2] != 8)
        return err_set(e, ERR_CODEC_CORRUPT, "gzip: no member begins at raw byte %" PRIu64, from);
    h->is_best = fixed[8] == XFL_BEST;
    h->has_crc = fixed[3] & FLAG_HEADER_CRC;
    if (((fixed[3] & FLAG_EXTRA) && !take_extra(s, h, e)) ||
        ((fixed[3] & FLAG_NAME) && !skip_text(s, e)) ||
        ((fixed[3] & FLAG_COMMENT) && !skip_text(s, e)) ||
        (h->has_crc && !gzip_source_take(s, crc, sizeof crc, e)))
        return false;
    h->len = gzip_source_at(s) - from;
    return true;
}
