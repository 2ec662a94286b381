/* Borrowed slices and owned, bounded buffers.
 *
 * What:    a slice is a pointer and a length into memory that it does not own. A buf owns its bytes
 *          and grows by doubling up to `max_bytes`. A NUL byte always follows the bytes of a buf.
 * Owner:   a slice is valid as long as the memory it points to. A buf is released by
 *          decon_buf_deinit.
 * Threads: any; a buf belongs to one thread at a time.
 * Fails:   an append beyond the bound sets `overflow`, appends nothing and returns false; after
 *          several appends it is enough to check `overflow` once.
 */
#ifndef DECON_BASE_BUF_H
#define DECON_BASE_BUF_H

#include "decon/base/api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct decon_slice {
    const char *data; /* not NUL-terminated */
    size_t len;       /* bytes */
} decon_slice;

#ifdef __cplusplus
#define DECON_SLICE_LIT(s) (decon_slice{"" s, sizeof(s) - 1})
#else
#define DECON_SLICE_LIT(s) ((decon_slice){.data = "" s, .len = sizeof(s) - 1})
#endif

decon_slice decon_slice_from(const char *s); /* NULL gives the empty slice */
bool decon_slice_equal(decon_slice a, decon_slice b);
bool decon_slice_equal_str(decon_slice a, const char *s);
bool decon_slice_starts_with(decon_slice s, const char *prefix);
bool decon_slice_ends_with(decon_slice s, const char *suffix);
decon_slice decon_slice_trim(decon_slice s);         /* ASCII white space removed at both ends */
char *decon_slice_dup(decon_slice s) DECON_MUST_USE; /* a malloc'ed, NUL-terminated copy */

/* The same for C strings. */
bool decon_str_starts_with(const char *s, const char *prefix);
bool decon_str_ends_with(const char *s, const char *suffix);
/* A copy of `url` without surrounding white space and with its scheme in lower case. */
char *decon_url_clean(const char *url) DECON_MUST_USE;
/* A copy of `url` for messages, without user, password and query (a query may carry a
 * signature). */
char *decon_url_shown(const char *url) DECON_MUST_USE;
bool decon_str_equal(const char *a, const char *b); /* NULL equals NULL only */

/* Digits only (no sign, no white space, nothing after the number); false on overflow. */
bool decon_num_parse_u64(const char *s, uint64_t *out) DECON_MUST_USE;

typedef struct decon_buf {
    char *data;       /* NULL before the first append; then data[len] is NUL */
    size_t len;       /* bytes in use */
    size_t capacity;  /* bytes allocated */
    size_t max_bytes; /* bound on len */
    bool overflow;    /* an append was refused */
} decon_buf;

/* Initialiser for an empty buf: `DECON_AUTO(decon_buf) b = DECON_BUF(4096);`. */
#ifdef __cplusplus
#define DECON_BUF(max_bytes_) (decon_buf{nullptr, 0, 0, (max_bytes_), false})
#else
#define DECON_BUF(max_bytes_) ((decon_buf){.max_bytes = (max_bytes_)})
#endif

void decon_buf_init(decon_buf *b, size_t max_bytes);
void decon_buf_deinit(decon_buf *b);
void decon_buf_clear(decon_buf *b); /* keeps the memory */
bool decon_buf_append(decon_buf *b, const void *data, size_t len);
bool decon_buf_append_slice(decon_buf *b, decon_slice s);
bool decon_buf_append_str(decon_buf *b, const char *s);
bool decon_buf_append_char(decon_buf *b, char c);
bool decon_buf_printf(decon_buf *b, const char *fmt, ...) DECON_PRINTF_LIKE(2, 3);
void decon_buf_consume(decon_buf *b, size_t len); /* drops bytes from the front */
decon_slice decon_buf_slice(const decon_buf *b);
const char *decon_buf_str(const decon_buf *b); /* never NULL */
/* Moves the bytes out as a malloc'ed string and leaves b empty. */
char *decon_buf_give(decon_buf *b) DECON_MUST_USE;
DECON_DEFINE_AUTO(decon_buf, decon_buf_deinit)

/* A memory budget: counts bytes for admission control. Loop thread only. */
typedef struct decon_budget {
    uint64_t limit_bytes;
    uint64_t used_bytes;
} decon_budget;

/* False if the budget is exhausted. A request larger than the limit succeeds if nothing is in
 * use. */
bool decon_budget_take(decon_budget *b, uint64_t bytes) DECON_MUST_USE;
void decon_budget_give(decon_budget *b, uint64_t bytes);

#ifdef __cplusplus
}
#endif

#endif
