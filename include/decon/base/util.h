/* Small helpers of the whole program: attributes, cleanup by scope, array length.
 *
 * What:    macros only; the rules of ownership are those of the types that use them.
 * Owner:   AUTO(type) variables are released when their scope ends; move() takes them out of it.
 * Threads: any.
 * Fails:   never.
 */
#ifndef DECON_BASE_UTIL_H
#define DECON_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "decon/base/banned.h"

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_LEN(a)      (sizeof(a) / sizeof((a)[0]))
#define UNUSED(x)         ((void)(x))
#define MIN(a, b)         ((a) < (b) ? (a) : (b))
#define MAX(a, b)         ((a) > (b) ? (a) : (b))

/* DEFINE_AUTO(type, release): lets `AUTO(type) v` call release(&v) at the end of its scope. */
#define DEFINE_AUTO(type, release)                                                                 \
    static inline void type##_auto_release(type *v)                                                \
    {                                                                                              \
        release(v);                                                                                \
    }
#define AUTO(type) __attribute__((unused, cleanup(type##_auto_release))) type

/* DEFINE_AUTO_PTR(type, free): lets `AUTO_PTR(type) p` (a `type *`) call free(p); NULL is fine. */
#define DEFINE_AUTO_PTR(type, free_fn)                                                             \
    static inline void type##_auto_free(type **p)                                                  \
    {                                                                                              \
        if (*p)                                                                                    \
            free_fn(*p);                                                                           \
    }
#define AUTO_PTR(type) __attribute__((unused, cleanup(type##_auto_free))) type *

/* A malloc'ed block (mostly a string), freed at the end of its scope. */
static inline void util_auto_free(void *p)
{
    free(*(void **)p);
}
#define AUTO_FREE __attribute__((unused, cleanup(util_auto_free)))

/* An open file descriptor, closed at the end of its scope unless it is -1. */
void util_auto_close(int *fd);
#define AUTO_FD __attribute__((unused, cleanup(util_auto_close))) int

/* Takes a pointer out of an AUTO variable: yields it and leaves NULL behind. */
#define move(p)                                                                                    \
    ({                                                                                             \
        __typeof__(p) moved_ = (p);                                                                \
        (p) = NULL;                                                                                \
        moved_;                                                                                    \
    })

/* malloc that ends the program with one line when memory is out (there is nothing sensible left to
 * do, and every state survives in the store). Zeroed. */
void *xcalloc(size_t count, size_t size_bytes) MUST_USE;
void *xrealloc(void *p, size_t size_bytes) MUST_USE;
char *xstrdup(const char *s) MUST_USE;
char *xstrdup_or_null(const char *s) MUST_USE; /* NULL gives NULL */
char *xstrndup(const char *s, size_t len) MUST_USE;
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) MUST_USE;

#endif
