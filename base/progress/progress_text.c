#include "base/progress/progress_text.h"

#include "base/options/options.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

enum { BAR_WIDTH = 20, PARTS_MAX = 12, PART_SIZE = 160 };

/* Parts in the order in which they are shown. If the line is too long, parts of the highest rank
 * are removed first. */
typedef struct part {
    char text[PART_SIZE];
    unsigned rank;
} part;

typedef struct line {
    part parts[PARTS_MAX];
    size_t count;
} line;

enum {
    RANK_ALWAYS,
    RANK_LEFT,
    RANK_FAILED,
    RANK_COUNT,
    RANK_BYTES,
    RANK_RATE,
    RANK_LIMIT,
    RANK_BAR,
    RANK_DETAIL
};

PRINTF_LIKE(3, 4)
static void add(line *l, unsigned rank, const char *fmt, ...)
{
    va_list args;
    part *p = &l->parts[l->count++];
    p->rank = rank;
    va_start(args, fmt);
    vsnprintf(p->text, sizeof p->text, fmt, args);
    va_end(args);
}

static unsigned percent(const progress_view *v)
{
    if (v->whole == 0)
        return 100;
    return (unsigned)((double)MIN(v->part, v->whole) / (double)v->whole * 100);
}

static void add_percent(line *l, const progress_view *v)
{
    char bar[BAR_WIDTH + 1] = "";
    unsigned share = percent(v);
    size_t full = (size_t)share * BAR_WIDTH / 100;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', full);
    if (v->bar)
        add(l, RANK_BAR, "[%s]", bar);
    add(l, RANK_ALWAYS, "%u%%", share);
}

static void add_amounts(line *l, const progress_view *v, bool total_known)
{
    char done[32], total[32];
    const char *before = v->bytes_are ? " " : "", *are = v->bytes_are ? v->bytes_are : "";
    format_size(v->bytes_done, done, sizeof done);
    format_size(v->bytes_total, total, sizeof total);
    if (!total_known) {
        add(l, RANK_BYTES, "%s%s%s", done, before, are);
        add(l, RANK_COUNT, "%llu %s", (unsigned long long)v->count_done, v->unit);
        return;
    }
    add(l, RANK_BYTES, "%s of %s%s%s", done, total, before, are);
    add(l, RANK_COUNT, "%llu of %llu %s", (unsigned long long)v->count_done,
        (unsigned long long)v->count_total, v->unit);
}

static void add_rate(line *l, const progress_view *v, bool total_known)
{
    char text[32];
    if (v->rate > 0) {
        format_size(v->rate, text, sizeof text);
        add(l, RANK_RATE, "%s/s", text);
    }
    if (total_known && v->left_ms != PROGRESS_UNKNOWN) {
        format_duration(v->left_ms, text, sizeof text);
        add(l, RANK_LEFT, "%s left", text);
    }
}

/* A bar is followed by a single blank. */
static const char *between(const line *l, size_t before)
{
    return l->parts[before].rank == RANK_BAR ? " " : ", ";
}

static size_t length(const line *l)
{
    size_t len = 0;
    for (size_t i = 0; i < l->count; i++)
        len += strlen(l->parts[i].text) + (i + 1 < l->count ? strlen(between(l, i)) : 0);
    return len;
}

static bool drop_one(line *l)
{
    size_t least = 0;
    for (size_t i = 1; i < l->count; i++)
        if (l->parts[i].rank > l->parts[least].rank)
            least = i;
    if (l->parts[least].rank == RANK_ALWAYS)
        return false;
    l->count--;
    memmove(&l->parts[least], &l->parts[least + 1], (l->count - least) * sizeof *l->parts);
    return true;
}

void progress_text(const progress_view *v, size_t columns, buf *out)
{
    line l = {.count = 0};
    bool total_known = v->bytes_total != PROGRESS_UNKNOWN;
    if (v->first)
        add(&l, RANK_ALWAYS, "%s", v->first);
    if (total_known)
        add_percent(&l, v);
    add_amounts(&l, v, total_known);
    add_rate(&l, v, total_known);
    if (v->failed > 0)
        add(&l, RANK_FAILED, "%llu failed", (unsigned long long)v->failed);
    if (!total_known)
        add(&l, RANK_LIMIT, "total not known yet");
    if (v->detail)
        add(&l, RANK_DETAIL, "%s", v->detail);
    if (v->limit)
        add(&l, RANK_LIMIT, "%s", v->limit);
    while (length(&l) > columns && l.count > 1 && drop_one(&l))
        ;
    for (size_t i = 0; i < l.count; i++)
        buf_printf(out, "%s%s", l.parts[i].text, i + 1 < l.count ? between(&l, i) : "");
}

/* --- rates --- */

double rate_sample(rate_meter *m, uint64_t value, uint64_t now_ms)
{
    unsigned place = m->count++ % m->window;
    unsigned oldest = m->count > m->window ? m->count % m->window : 0;
    m->values[place] = value;
    m->at_ms[place] = now_ms;
    uint64_t past_ms = now_ms - m->at_ms[oldest];
    if (past_ms == 0 || value < m->values[oldest])
        return 0;
    return (double)(value - m->values[oldest]) * 1000 / (double)past_ms;
}

uint64_t rate_left_ms(double rate, uint64_t left)
{
    double ms = rate > 0 ? (double)left / rate * 1000 : -1;
    return ms < 0 || ms > 1e15 ? PROGRESS_UNKNOWN : (uint64_t)ms;
}
