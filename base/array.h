/* Arrays that grow by doubling.
 *
 * What:    macros over members of the owner's struct: a pointer, a count and, where the array is
 *          cleared or filled by index, a capacity; all of them begin as 0. New elements are not
 *          initialised.
 * Owner:   the memory is the owner's, released with free().
 * Threads: one at a time.
 * Fails:   never; the program ends when memory is exhausted.
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <string.h>

#include "base/util.h"

#define ARRAY_LEAST 4

static inline void *array_grow(void *items, size_t *capacity, size_t needed, size_t item_bytes)
{
    size_t larger = MAX(needed, MAX(*capacity * 2, (size_t)ARRAY_LEAST));
    if (larger > SIZE_MAX / item_bytes)
        util_out_of_memory(SIZE_MAX);
    *capacity = larger;
    return xrealloc(items, larger * item_bytes);
}

/* Makes space for `needed` elements. `capacity` may be of any unsigned type. */
#define ARRAY_RESERVE(items, capacity, needed)                                                     \
    do {                                                                                           \
        size_t capacity_ = (capacity), needed_ = (needed);                                         \
        if (needed_ > capacity_) {                                                                 \
            (items) = array_grow((items), &capacity_, needed_, sizeof *(items));                   \
            (capacity) = (__typeof__(capacity))capacity_;                                          \
            if ((capacity) != capacity_)                                                           \
                util_out_of_memory(SIZE_MAX);                                                      \
        }                                                                                          \
    } while (0)

/* Adds an element; gives its address. In `*ARRAY_PUSH(...) = value` the value must not use the
 * array: the order of evaluation is not defined. */
#define ARRAY_PUSH(items, count, capacity)                                                         \
    ({                                                                                             \
        ARRAY_RESERVE((items), (capacity), (size_t)(count) + 1);                                   \
        &(items)[(count)++];                                                                       \
    })

/* The same without a capacity, which follows from the count: only for arrays to which nothing else
 * adds elements. */
#define ARRAY_ADD(items, count)                                                                    \
    ({                                                                                             \
        (items) = array_grow_for((items), (count), sizeof *(items));                               \
        &(items)[(count)++];                                                                       \
    })

/* At 0, ARRAY_LEAST and each power of two above it the array is full. */
static inline void *array_grow_for(void *items, size_t count, size_t item_bytes)
{
    bool full = count == 0 || (count >= ARRAY_LEAST && (count & (count - 1)) == 0);
    size_t capacity = count;
    return full ? array_grow(items, &capacity, count + 1, item_bytes) : items;
}

/* Opens a gap before the element `at`: moves the elements after it into the last of `count`. */
static inline void *array_gap(void *items, size_t count, size_t at, size_t item_bytes)
{
    char *gap = (char *)items + at * item_bytes;
    memmove(gap + item_bytes, gap, (count - 1 - at) * item_bytes);
    return gap;
}

/* ARRAY_ADD and ARRAY_PUSH before the element `at`. */
#define ARRAY_ADD_AT(items, count, at)                                                             \
    ({                                                                                             \
        size_t at_ = (at);                                                                         \
        ARRAY_ADD(items, count);                                                                   \
        (__typeof__(items))array_gap((items), (count), at_, sizeof *(items));                      \
    })
#define ARRAY_PUSH_AT(items, count, capacity, at)                                                  \
    ({                                                                                             \
        size_t at_ = (at);                                                                         \
        ARRAY_PUSH(items, count, capacity);                                                        \
        (__typeof__(items))array_gap((items), (count), at_, sizeof *(items));                      \
    })

#endif
