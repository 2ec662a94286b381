#include "base/util.h"
#include "compression/bzip2/bzip2_window.h"

void bzip2_window_deinit(bzip2_window *w)
{
    free(w->data);
}

static void make_room(bzip2_window *w, size_t len)
{
    if (len <= w->capacity)
        return;
    size_t capacity = MAX(w->capacity * 2, len);
    unsigned char *larger = xcalloc(1, capacity);
    if (w->len > 0)
        memcpy(larger, w->data, w->len);
    free(w->data);
    w->data = larger;
    w->capacity = capacity;
}

void bzip2_window_add(bzip2_window *w, slice piece)
{
    make_room(w, w->len + piece.len);
    memcpy(w->data + w->len, piece.data, piece.len);
    w->len += piece.len;
}

void bzip2_window_trim(bzip2_window *w, uint64_t oldest, size_t least)
{
    size_t len = (size_t)(oldest - w->start);
    if (len < least)
        return;
    memmove(w->data, w->data + len, w->len - len);
    w->len -= len;
    w->start = oldest;
}

slice bzip2_window_slice(const bzip2_window *w)
{
    return (slice){.data = (const char *)w->data, .len = w->len};
}

uint64_t bzip2_window_bit(const bzip2_window *w, uint64_t raw_bit)
{
    return raw_bit - w->start * 8;
}

uint64_t bzip2_window_bits_from(const bzip2_window *w, uint64_t raw_bit)
{
    uint64_t end = (w->start + w->len) * 8;
    return end > raw_bit ? end - raw_bit : 0;
}
