/* Small helpers of this project's sources: attributes, cleanup by scope, array length, allocation
 * that cannot fail. Not for public headers, since the names have no prefix.
 *
 * What:    macros and the x* allocators.
 * Owner:   AUTO(type) variables are released when their scope ends; move() takes them out of it.
 * Threads: any.
 * Fails:   never.
 */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "decon/base/api.h"
#include "base/banned.h"

#define MUST_USE    DECON_MUST_USE
#define PRINTF_LIKE DECON_PRINTF_LIKE

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define UNUSED(x)    ((void)(x))
#define MIN(a, b)    ((a) < (b) ? (a) : (b))
#define MAX(a, b)    ((a) > (b) ? (a) : (b))

/* DEFINE_AUTO(type, release): `AUTO(type) v` calls release(&v) at the end of its scope;
 * DEFINE_AUTO_PTR(type, free): `AUTO_PTR(type) p` (a `type *`) calls free(p); NULL is allowed. */
#define DEFINE_AUTO     DECON_DEFINE_AUTO
#define DEFINE_AUTO_PTR DECON_DEFINE_AUTO_PTR
#define AUTO            DECON_AUTO
#define AUTO_PTR        DECON_AUTO_PTR

/* The end of an English noun after a number. */
static inline const char *plural_s(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* A malloc'ed block (usually a string), freed at the end of its scope. */
static inline void util_auto_free(void *p)
{
    free(*(void **)p);
}
#define AUTO_FREE __attribute__((unused, cleanup(util_auto_free)))

/* An open file descriptor, closed at the end of its scope unless it is -1. */
void util_auto_close(int *fd);
#define AUTO_FD __attribute__((unused, cleanup(util_auto_close))) int

/* Takes a pointer out of an AUTO variable: returns it and sets the variable to NULL. */
#define move(p)                                                                                    \
    ({                                                                                             \
        __typeof__(p) moved_ = (p);                                                                \
        (p) = NULL;                                                                                \
        moved_;                                                                                    \
    })

/* Ends the process: one line on standard error, exit status 1, no handlers of exit(3), from any
 * thread. Size 0: unknown. */
_Noreturn void util_out_of_memory(size_t size_bytes);
/* Called first by util_out_of_memory, on its thread. Set before other threads start. */
void util_on_out_of_memory(void (*handler)(void));
/* Larger requests to the x* allocators count as out of memory from now on. */
void util_limit_allocation(size_t most_bytes);

/* malloc, zeroed; ends the program when memory is exhausted. All results are in the store by
 * then. */
void *xcalloc(size_t count, size_t size_bytes) MUST_USE;
void *xrealloc(void *p, size_t size_bytes) MUST_USE;
char *xstrdup(const char *s) MUST_USE;
char *xstrdup_or_null(const char *s) MUST_USE; /* NULL gives NULL */
char *xstrndup(const char *s, size_t len) MUST_USE;
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) MUST_USE;

#endif
