#include "base/util.h"
#include "compression/pieces/bit_writer.h"

#include <endian.h>
#include <string.h>

#include "compression/pieces/file_copy.h"
#include "base/fsutil.h"

/* From this size the kernel copies bytes that need no shift. */
#define KERNEL_COPY_BYTES ((uint64_t)256 * 1024)

bool bits_flush(bit_writer *w, err *e)
{
    size_t len = w->len;
    w->len = 0;
    if (w->held && buf_append(w->held, w->bytes, len))
        return true;
    buf *full = w->held;
    w->held = NULL;
    if (full && full->len > 0 && !fs_write_all(w->fd, full->data, full->len, e))
        return false;
    return len == 0 || fs_write_all(w->fd, w->bytes, len, e);
}

static bool put_byte(bit_writer *w, unsigned byte, err *e)
{
    if (w->len == sizeof w->bytes && !bits_flush(w, e))
        return false;
    w->bytes[w->len++] = (unsigned char)byte;
    return true;
}

bool bits_put(bit_writer *w, unsigned value, unsigned count, err *e)
{
    w->bits |= (value & ((1u << count) - 1)) << w->count;
    w->count += count;
    for (; w->count >= 8; w->count -= 8, w->bits >>= 8)
        if (!put_byte(w, w->bits & 255, e))
            return false;
    return true;
}

bool bits_pad(bit_writer *w, err *e)
{
    return w->count == 0 || bits_put(w, 0, 8 - w->count, e);
}

/* The bytes fit into the buffer; eight at a time. */
static void put_shifted(bit_writer *w, const unsigned char *from, size_t len)
{
    unsigned char *to = w->bytes + w->len;
    uint64_t carry = w->bits;
    w->len += len;
    for (; len >= 8; len -= 8, from += 8, to += 8) {
        uint64_t word;
        memcpy(&word, from, 8);
        word = le64toh(word);
        uint64_t out = htole64(carry | word << w->count);
        memcpy(to, &out, 8);
        carry = word >> (64 - w->count);
    }
    for (; len > 0; len--) {
        unsigned wide = (unsigned)carry | (unsigned)*from++ << w->count;
        *to++ = (unsigned char)wide;
        carry = wide >> 8;
    }
    w->bits = (unsigned)carry;
}

bool bits_put_bytes(bit_writer *w, slice bytes, err *e)
{
    while (bytes.len > 0) {
        if (w->len == sizeof w->bytes && !bits_flush(w, e))
            return false;
        size_t len = MIN(bytes.len, sizeof w->bytes - w->len);
        if (w->count > 0) {
            put_shifted(w, (const unsigned char *)bytes.data, len);
        } else {
            memcpy(w->bytes + w->len, bytes.data, len);
            w->len += len;
        }
        bytes = (slice){.data = bytes.data + len, .len = bytes.len - len};
    }
    return true;
}

static bool copy_bytes(bit_writer *w, int in, uint64_t from, uint64_t len, err *e)
{
    char bytes[16384];
    if (w->count == 0 && !w->held && len >= KERNEL_COPY_BYTES)
        return bits_flush(w, e) && file_copy(in, from, len, w->fd, e);
    while (len > 0) {
        size_t part = (size_t)MIN(len, (uint64_t)sizeof bytes);
        if (!file_read(in, from, bytes, part, e) ||
            !bits_put_bytes(w, (slice){.data = bytes, .len = part}, e))
            return false;
        from += part;
        len -= part;
    }
    return true;
}

/* Bits [from, from + count) of one byte. */
static bool copy_within_byte(bit_writer *w, int in, uint64_t from, unsigned count, err *e)
{
    unsigned char byte = 0;
    return count == 0 || (file_read(in, from / 8, &byte, 1, e) &&
                          bits_put(w, (unsigned)byte >> from % 8, count, e));
}

static bool copy_range(bit_writer *w, int in, uint64_t from, uint64_t to, err *e)
{
    unsigned lead = (unsigned)MIN((8 - from % 8) % 8, to - from);
    if (!copy_within_byte(w, in, from, lead, e))
        return false;
    from += lead;
    return copy_bytes(w, in, from / 8, (to - from) / 8, e) &&
           copy_within_byte(w, in, from + (to - from) / 8 * 8, (unsigned)((to - from) % 8), e);
}

bool bits_copy(bit_writer *w, int in, uint64_t from, uint64_t to, uint64_t cleared, err *e)
{
    if (cleared < from || cleared >= to)
        return copy_range(w, in, from, to, e);
    return copy_range(w, in, from, cleared, e) && bits_put(w, 0, 1, e) &&
           copy_range(w, in, cleared + 1, to, e);
}
