/* Shared by the libraries for LD_PRELOAD: the original of a function that they replace.
 *
 * What:    NEXT(function) is the next definition of the function, of a library or of libc.
 * Owner:   nothing. Threads: any.
 * Fails:   never. While `inside` is not 0, calls are this library's own and are passed through.
 */
#ifndef TESTS_PRELOAD_NEXT_H
#define TESTS_PRELOAD_NEXT_H

#include <dlfcn.h>

/* Must not allocate: the caller may be malloc(). */
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
