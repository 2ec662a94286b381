/* Included by every public header: standard types, attributes, cleanup at the end of a scope.
 *
 * What:    macros only, all with the prefix DECON_. Every public header compiles alone as C11 and as
 *          C++17, and declares no name without the prefix decon_, DECON_, s3_ or S3_.
 * Owner:   a DECON_AUTO variable is released when its scope ends (GCC and Clang, C only).
 * Threads: any.
 * Fails:   never.
 */
#ifndef DECON_BASE_API_H
#define DECON_BASE_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef DECON_SHORT_NAMES /* set by the build of this project only */
#include "base/names/short_names.h"
#endif

#ifdef __GNUC__
#define DECON_MUST_USE          __attribute__((warn_unused_result))
#define DECON_PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#else
#define DECON_MUST_USE
#define DECON_PRINTF_LIKE(f, a)
#endif

/* `DECON_AUTO(decon_buf) b = ...;` calls decon_buf_deinit(&b) at the end of the scope;
 * `DECON_AUTO_PTR(decon_loop) l = ...;` calls decon_loop_free(l) unless l is NULL. Only for types
 * whose header has a DECON_DEFINE_AUTO or DECON_DEFINE_AUTO_PTR line. */
#if defined(__GNUC__) && !defined(__cplusplus)
#define DECON_DEFINE_AUTO(type, release)     DECON_DEFINE_AUTO_(type, release)
#define DECON_DEFINE_AUTO_PTR(type, free_fn) DECON_DEFINE_AUTO_PTR_(type, free_fn)
#define DECON_AUTO(type)                     DECON_AUTO_(type)
#define DECON_AUTO_PTR(type)                 DECON_AUTO_PTR_(type)
/* The indirection expands `type`, which may be a macro, before ## is applied. */
#define DECON_DEFINE_AUTO_(type, release)                                                          \
    static inline void type##_auto_release(type *v)                                                \
    {                                                                                              \
        release(v);                                                                                \
    }
#define DECON_DEFINE_AUTO_PTR_(type, free_fn)                                                      \
    static inline void type##_auto_free(type **p)                                                  \
    {                                                                                              \
        if (*p)                                                                                    \
            free_fn(*p);                                                                           \
    }
#define DECON_AUTO_(type)     __attribute__((unused, cleanup(type##_auto_release))) type
#define DECON_AUTO_PTR_(type) __attribute__((unused, cleanup(type##_auto_free))) type *
#else
#define DECON_DEFINE_AUTO(type, release)
#define DECON_DEFINE_AUTO_PTR(type, free_fn)
#endif

#endif
