/* What the libraries for LD_PRELOAD share: the function that one of theirs takes the place of.
 *
 * What:    NEXT(function) is the next definition of the function, of a library or of libc.
 * Owner:   nothing. Threads: any.
 * Fails:   never. While `inside` is not 0, calls are this library's own and are let through.
 */
#ifndef TESTS_PRELOAD_NEXT_H
#define TESTS_PRELOAD_NEXT_H

#include <dlfcn.h>

/* No memory is allocated for it: malloc() may be the caller. */
static __thread int inside __attribute__((tls_model("initial-exec")));

static inline void *next_of(const char *function)
{
    inside++;
    void *found = dlsym(RTLD_NEXT, function);
    inside--;
    return found;
}

#define NEXT(function)                                                                             \
    ({                                                                                             \
        static __typeof__(&function) next;                                                         \
        next = next ? next : (__typeof__(&function))next_of(#function);                            \
        next;                                                                                      \
    })

#endif
