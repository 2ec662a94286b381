/* Borrowed slices and owned, bounded buffers.
 *
 * What:    slice is pointer and length into memory of somebody else; buf owns its bytes, grows by
 *          doubling and never beyond its `max_bytes`. A buf always keeps a NUL behind its bytes.
 * Owner:   a slice lives no longer than what it points into. A buf is released by buf_deinit.
 * Threads: any; a buf belongs to one thread at a time.
 * Fails:   an append that would pass the bound sets `overflow`, appends nothing and yields false;
 *          writers may append many times and look at `overflow` once, at the end.
 */
#ifndef DECON_BASE_BUF_H
#define DECON_BASE_BUF_H

#include "decon/base/util.h"

typedef struct slice {
    const char *data; /* not NUL-terminated */
    size_t len;       /* bytes */
} slice;

#define SLICE_LIT(s) ((slice){.data = "" s, .len = sizeof(s) - 1})

slice slice_from(const char *s); /* NULL gives the empty slice */
bool slice_equal(slice a, slice b);
bool slice_equal_str(slice a, const char *s);
bool slice_starts_with(slice s, const char *prefix);
bool slice_ends_with(slice s, const char *suffix);
slice slice_trim(slice s);         /* without ASCII white space at both ends */
char *slice_dup(slice s) MUST_USE; /* a malloc'ed, NUL-terminated copy */

/* str_* : the same for C strings. */
bool str_starts_with(const char *s, const char *prefix);
bool str_ends_with(const char *s, const char *suffix);
/* A copy of a URL without white space around it, its scheme in lower case. */
char *url_clean(const char *url) MUST_USE;
/* A copy of a URL fit for messages: without user and password, and without the query, which may be
 * presigned. */
char *url_shown(const char *url) MUST_USE;
bool str_equal(const char *a, const char *b); /* NULL equals NULL only */

/* Decimal numbers without sign, white space or anything behind them; false on overflow. */
bool num_parse_u64(const char *s, uint64_t *out) MUST_USE;

typedef struct buf {
    char *data;       /* NULL while nothing was appended; NUL behind data[len] otherwise */
    size_t len;       /* bytes in use */
    size_t capacity;  /* bytes allocated */
    size_t max_bytes; /* bound on len */
    bool overflow;    /* an append was refused */
} buf;

/* The empty buf, as an initialiser: `AUTO(buf) b = BUF(4096);`. */
#define BUF(max_bytes_) ((buf){.max_bytes = (max_bytes_)})

void buf_init(buf *b, size_t max_bytes);
void buf_deinit(buf *b);
void buf_clear(buf *b); /* keeps the memory */
bool buf_append(buf *b, const void *data, size_t len);
bool buf_append_slice(buf *b, slice s);
bool buf_append_str(buf *b, const char *s);
bool buf_append_char(buf *b, char c);
bool buf_printf(buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_consume(buf *b, size_t len); /* drops bytes from the front */
slice buf_slice(const buf *b);
const char *buf_str(const buf *b); /* never NULL */
char *buf_give(buf *b) MUST_USE;   /* moves the bytes out as a malloc'ed string; b is empty */
DEFINE_AUTO(buf, buf_deinit)

/* The memory budget: a plain counter of bytes, for admission. Loop thread only. */
typedef struct budget {
    uint64_t limit_bytes;
    uint64_t used_bytes;
} budget;

bool budget_take(budget *b, uint64_t bytes) MUST_USE; /* one that is larger than the whole limit is
                                                         let in alone, when nothing else is used */
void budget_give(budget *b, uint64_t bytes);

#endif
