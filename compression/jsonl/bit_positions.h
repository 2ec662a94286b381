/* A table of the bits that are set in a byte.
 *
 * What:    json_places_put writes the positions of a byte's set bits, plus `base`, as eight numbers
 *          of 16 bits; the numbers after the last set bit are undefined.
 * Owner:   constants. Threads: any; pure. Fails: never.
 */
#ifndef COMPRESSION_JSONL_BIT_POSITIONS_H
#define COMPRESSION_JSONL_BIT_POSITIONS_H

#include "base/util.h"

/* Each nibble contributes one part of a row. */
/* clang-format off */
#define LOW_0
#define LOW_1 0,
#define LOW_2 1,
#define LOW_3 0, 1,
#define LOW_4 2,
#define LOW_5 0, 2,
#define LOW_6 1, 2,
#define LOW_7 0, 1, 2,
#define LOW_8 3,
#define LOW_9 0, 3,
#define LOW_A 1, 3,
#define LOW_B 0, 1, 3,
#define LOW_C 2, 3,
#define LOW_D 0, 2, 3,
#define LOW_E 1, 2, 3,
#define LOW_F 0, 1, 2, 3,
#define HIGH_0
#define HIGH_1 4,
#define HIGH_2 5,
#define HIGH_3 4, 5,
#define HIGH_4 6,
#define HIGH_5 4, 6,
#define HIGH_6 5, 6,
#define HIGH_7 4, 5, 6,
#define HIGH_8 7,
#define HIGH_9 4, 7,
#define HIGH_A 5, 7,
#define HIGH_B 4, 5, 7,
#define HIGH_C 6, 7,
#define HIGH_D 4, 6, 7,
#define HIGH_E 5, 6, 7,
#define HIGH_F 4, 5, 6, 7,
#define ROWS(high)                                                                                 \
    {LOW_0 high}, {LOW_1 high}, {LOW_2 high}, {LOW_3 high}, {LOW_4 high}, {LOW_5 high},            \
    {LOW_6 high}, {LOW_7 high}, {LOW_8 high}, {LOW_9 high}, {LOW_A high}, {LOW_B high},            \
    {LOW_C high}, {LOW_D high}, {LOW_E high}, {LOW_F high}
/* clang-format on */

static const uint16_t json_places[256][8] = {
    ROWS(HIGH_0), ROWS(HIGH_1), ROWS(HIGH_2), ROWS(HIGH_3), ROWS(HIGH_4), ROWS(HIGH_5),
    ROWS(HIGH_6), ROWS(HIGH_7), ROWS(HIGH_8), ROWS(HIGH_9), ROWS(HIGH_A), ROWS(HIGH_B),
    ROWS(HIGH_C), ROWS(HIGH_D), ROWS(HIGH_E), ROWS(HIGH_F),
};

/* Adds four numbers at once; none is large enough to overflow into the next. */
static inline void json_places_put(uint16_t *out, uint64_t byte, size_t base)
{
    uint64_t row[2], start = (uint64_t)base * UINT64_C(0x0001000100010001);
    memcpy(row, json_places[byte], sizeof row);
    row[0] += start;
    row[1] += start;
    memcpy(out, row, sizeof row);
}

#endif
