/* The text of a progress line, and the rate that it shows.
 *
 * What:    progress_text renders numbers within a width and omits the least important parts if
 *          they do not fit. A rate_meter computes units per second over its last samples.
 * Owner:   values; strings are borrowed.
 * Threads: any.
 * Fails:   never.
 */
#ifndef BASE_PROGRESS_PROGRESS_TEXT_H
#define BASE_PROGRESS_PROGRESS_TEXT_H

#include "base/util.h"
#include "decon/base/buf.h"

#define PROGRESS_UNKNOWN UINT64_MAX

typedef struct progress_view {
    uint64_t part, whole;             /* the percentage; whole 0: 100 % */
    uint64_t bytes_done, bytes_total; /* total PROGRESS_UNKNOWN: no percentage yet */
    uint64_t count_done, count_total;
    const char *unit;      /* "objects", "files" */
    const char *bytes_are; /* "received"; NULL: omitted */
    uint64_t rate;         /* bytes per second; 0: unknown */
    uint64_t left_ms;      /* PROGRESS_UNKNOWN: no estimate yet */
    uint64_t failed;
    const char *first, *limit,
        *detail; /* first, and further parts; NULL: none. `detail` is omitted first */
    bool bar;
} progress_view;

#define PROGRESS_ANY_WIDTH SIZE_MAX

/* At most `columns` characters, if `first` and the percentage fit in them. */
void progress_text(const progress_view *v, size_t columns, buf *out);

#define RATE_SAMPLES 60

typedef struct rate_meter {
    unsigned window; /* samples, at most RATE_SAMPLES */
    unsigned count;  /* taken so far */
    uint64_t values[RATE_SAMPLES], at_ms[RATE_SAMPLES];
} rate_meter;

/* Takes a sample; units per second since the oldest one in the window, 0 if unknown. */
double rate_sample(rate_meter *m, uint64_t value, uint64_t now_ms);
/* Time for `left` units at that rate; PROGRESS_UNKNOWN without a rate. */
uint64_t rate_left_ms(double rate, uint64_t left);

#endif
