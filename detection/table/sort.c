#include "base/util.h"
#include "detection/table/sort.h"

#define FEW    32  /* numbers that are sorted by insertion */
#define SOME   512 /* by their highest digit, then by insertion */
#define DIGITS 256

/* The two sorts differ only in the type of the numbers. */
#define DEFINE_SORT(type, bytes)                                                                   \
    static bool ascend_##type(const type *values, size_t count)                                    \
    {                                                                                              \
        for (size_t i = 1; i < count; i++)                                                         \
            if (values[i] < values[i - 1])                                                         \
                return false;                                                                      \
        return true;                                                                               \
    }                                                                                              \
                                                                                                   \
    static void insert_##type(type *values, size_t count)                                          \
    {                                                                                              \
        for (size_t i = 1; i < count; i++) {                                                       \
            type value = values[i];                                                                \
            size_t at = i;                                                                         \
            for (; at > 0 && values[at - 1] > value; at--)                                         \
                values[at] = values[at - 1];                                                       \
            values[at] = value;                                                                    \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    /* By 8 bits, into `to`; false: all numbers have the same ones, and nothing was done. */       \
    static bool distribute_##type(const type *from, size_t count, type *to, unsigned shift)        \
    {                                                                                              \
        uint32_t places[DIGITS] = {0}, total = 0;                                                  \
        for (size_t i = 0; i < count; i++)                                                         \
            places[from[i] >> shift & (DIGITS - 1)]++;                                             \
        if (places[from[0] >> shift & (DIGITS - 1)] == count)                                      \
            return false;                                                                          \
        for (size_t digit = 0; digit < DIGITS; digit++) {                                          \
            uint32_t those = places[digit];                                                        \
            places[digit] = total;                                                                 \
            total += those;                                                                        \
        }                                                                                          \
        for (size_t i = 0; i < count; i++)                                                         \
            to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];                               \
        return true;                                                                               \
    }                                                                                              \
                                                                                                   \
    static void sort_by_digits_##type(type *values, size_t count, type *spare)                     \
    {                                                                                              \
        type *from = values, *to = spare;                                                          \
        for (unsigned byte = 0; byte < (bytes); byte++) {                                          \
            if (!distribute_##type(from, count, to, 8 * byte))                                     \
                continue;                                                                          \
            type *other = from;                                                                    \
            from = to;                                                                             \
            to = other;                                                                            \
        }                                                                                          \
        if (from != values)                                                                        \
            memcpy(values, from, count * sizeof *values);                                          \
    }                                                                                              \
                                                                                                   \
    static void sort_by_highest_##type(type *values, size_t count, type *spare)                    \
    {                                                                                              \
        type all = 0;                                                                              \
        for (size_t i = 0; i < count; i++)                                                         \
            all |= values[i];                                                                      \
        unsigned bits = 64 - (unsigned)__builtin_clzll((uint64_t)all | 1);                         \
        if (distribute_##type(values, count, spare, bits > 8 ? bits - 8 : 0))                      \
            memcpy(values, spare, count * sizeof *values);                                         \
        insert_##type(values, count);                                                              \
    }                                                                                              \
                                                                                                   \
    static void sort_##type(type *values, size_t count, type *spare)                               \
    {                                                                                              \
        if (ascend_##type(values, count))                                                          \
            return;                                                                                \
        if (count <= FEW)                                                                          \
            insert_##type(values, count);                                                          \
        else if (count <= SOME)                                                                    \
            sort_by_highest_##type(values, count, spare);                                          \
        else                                                                                       \
            sort_by_digits_##type(values, count, spare);                                           \
    }

DEFINE_SORT(uint32_t, 4)
DEFINE_SORT(uint64_t, 8)

void sort_u32(uint32_t *values, size_t count, uint32_t *spare)
{
    sort_uint32_t(values, count, spare);
}

void sort_u64(uint64_t *values, size_t count, uint64_t *spare)
{
    sort_uint64_t(values, count, spare);
}

size_t sort_unique_u32(uint32_t *values, size_t count, uint32_t *spare)
{
    size_t kept = 0;
    sort_u32(values, count, spare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || values[i] != values[kept - 1])
            values[kept++] = values[i];
    return kept;
}
