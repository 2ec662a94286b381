#include "base/util.h"
#include "compression/pieces/bzip2_writer.h"

#include <endian.h>
#include <string.h>

#include "base/fsutil.h"
#include "compression/bzip2/bzip2_bits.h"
#include "compression/pieces/file_copy.h"

#define READ_BYTES ((size_t)64 * 1024)
/* From this size the kernel copies bytes that need no shift. */
#define KERNEL_COPY_BYTES ((uint64_t)256 * 1024)

bool bzip2_flush(bzip2_writer *w, err *e)
{
    size_t len = w->len;
    w->len = 0;
    return len == 0 || fs_write_all(w->fd, w->bytes, len, e);
}

bool bzip2_put(bzip2_writer *w, uint64_t value, unsigned count, err *e)
{
    w->bits = w->bits << count | (value & ((1ull << count) - 1));
    w->count += count;
    if (w->len + 8 > sizeof w->bytes && !bzip2_flush(w, e))
        return false;
    for (; w->count >= 8; w->count -= 8)
        w->bytes[w->len++] = (unsigned char)(w->bits >> (w->count - 8));
    w->bits &= (1ull << w->count) - 1;
    return true;
}

bool bzip2_pad(bzip2_writer *w, err *e)
{
    return w->count == 0 || bzip2_put(w, 0, 8 - w->count, e);
}

/* 64 bits from bit `shift` of the first byte on; nine bytes exist. */
static uint64_t load(const unsigned char *p, unsigned shift)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    word = be64toh(word);
    return shift == 0 ? word : word << shift | (unsigned)p[8] >> (8 - shift);
}

static bool put_word(bzip2_writer *w, uint64_t word, err *e)
{
    if (w->len + 8 > sizeof w->bytes && !bzip2_flush(w, e))
        return false;
    uint64_t out = w->count == 0 ? word : w->bits << (64 - w->count) | word >> w->count;
    out = htobe64(out);
    memcpy(w->bytes + w->len, &out, sizeof out);
    w->len += sizeof out;
    w->bits = word & ((1ull << w->count) - 1);
    return true;
}

bool bzip2_put_bits(bzip2_writer *w, slice bytes, uint64_t from, uint64_t to, err *e)
{
    const unsigned char *p = (const unsigned char *)bytes.data;
    for (; to - from >= 64 && from / 8 + 9 <= bytes.len; from += 64)
        if (!put_word(w, load(p + from / 8, from % 8), e))
            return false;
    while (from < to) {
        unsigned count = (unsigned)MIN(to - from, (uint64_t)32);
        if (!bzip2_put(w, bzip2_bits_read(bytes, from, count), count, e))
            return false;
        from += count;
    }
    return true;
}

static bool copy_by_hand(bzip2_writer *w, int in, uint64_t from, uint64_t to, err *e)
{
    char bytes[READ_BYTES];
    while (from < to) {
        uint64_t first = from / 8, last = MIN((to + 7) / 8, first + sizeof bytes);
        uint64_t end = MIN(to, last * 8);
        slice part = {.data = bytes, .len = (size_t)(last - first)};
        if (!file_read(in, first, bytes, part.len, e) ||
            !bzip2_put_bits(w, part, from - first * 8, end - first * 8, e))
            return false;
        from = end;
    }
    return true;
}

bool bzip2_copy(bzip2_writer *w, int in, uint64_t from, uint64_t to, err *e)
{
    uint64_t first = (from + 7) / 8 * 8, last = to / 8 * 8;
    if (w->count != from % 8 || last < first + 8 * KERNEL_COPY_BYTES)
        return copy_by_hand(w, in, from, to, e);
    return copy_by_hand(w, in, from, first, e) && bzip2_flush(w, e) &&
           file_copy(in, first / 8, (last - first) / 8, w->fd, e) &&
           copy_by_hand(w, in, last, to, e);
}
