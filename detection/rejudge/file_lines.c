#include "base/util.h"
#include "detection/rejudge/file_lines.h"

#include "base/array.h"
#include "detection/table/hash.h"

void file_lines_deinit(file_lines *f)
{
    free(f->label);
    free(f->report_path);
    free(f->near_path);
    free(f->report_etag);
    free(f->near_etag);
    free(f->lines);
    *f = (file_lines){0};
}

static uint64_t place_of(const review_line *line)
{
    uint64_t set = hash_bytes(line->eval, strlen(line->eval), 0);
    return hash_mix(hash_mix(set ^ line->instance, UINT64_C(0xA0761D6478BD642F)),
                    line->question_start ^ UINT64_C(0xE7037ED1A0B428DB));
}

void file_lines_add(file_lines *f, const review_line *line, slice text, uint64_t offset,
                    bool is_near, bool counts)
{
    *ARRAY_PUSH(f->lines, f->count, f->capacity) =
        (judged_line){.training_line = line->training_line,
                      .offset = offset,
                      .text_hash = hash_bytes(text.data, text.len, 0),
                      .place_hash = place_of(line),
                      .len = (uint32_t)text.len,
                      .is_near = is_near,
                      .counts = counts};
}

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Within a document, lines of one place are adjacent. */
static int by_place(const void *a, const void *b)
{
    const judged_line *x = a, *y = b;
    int order = by_number(x->training_line, y->training_line);
    if (order == 0)
        order = by_number(x->place_hash, y->place_hash);
    if (order == 0)
        order = (int)x->is_near - (int)y->is_near;
    return order ? order : by_number(x->offset, y->offset);
}

static int in_report_order(const void *a, const void *b)
{
    const judged_line *x = a, *y = b;
    int order = by_number(x->training_line, y->training_line);
    if (order == 0)
        order = (int)x->is_near - (int)y->is_near;
    return order ? order : by_number(x->offset, y->offset);
}

static bool is_same_place(const judged_line *a, const judged_line *b)
{
    return a->training_line == b->training_line && a->place_hash == b->place_hash;
}

/* The same line in both files, after an interrupted run. */
static bool is_copy(const judged_line *first, const judged_line *end, const judged_line *line)
{
    for (const judged_line *l = first; l < end && line->is_near; l++)
        if (!l->is_near && l->text_hash == line->text_hash && l->len == line->len)
            return true;
    return false;
}

/* The matches of one place, from *at on; those that are kept are moved to *kept. */
static void settle_place(file_lines *f, size_t *at, size_t *kept)
{
    const judged_line place = f->lines[*at];
    size_t first = *kept;
    bool has_match = false;
    for (; *at < f->count && is_same_place(&place, &f->lines[*at]); ++*at) {
        judged_line line = f->lines[*at];
        if (is_copy(&f->lines[first], &f->lines[*kept], &line))
            continue;
        line.counts &= !line.is_near || !has_match;
        has_match |= line.counts;
        f->lines[(*kept)++] = line;
    }
}

/* Removes copies, and lets a near miss count only where the place has no other match that counts. */
static void settle_places(file_lines *f)
{
    size_t kept = 0;
    for (size_t at = 0; at < f->count;)
        settle_place(f, &at, &kept);
    f->copies = f->count - kept;
    f->count = kept;
}

/* The lines of one document, from *at on. */
static void add_document(const file_lines *f, size_t *at, file_change *c)
{
    uint64_t number = f->lines[*at].training_line;
    bool was = false, is = false;
    for (; *at < f->count && f->lines[*at].training_line == number; ++*at) {
        const judged_line *l = &f->lines[*at];
        c->matches += l->counts;
        c->matches_before += !l->is_near;
        c->moves |= l->counts == l->is_near;
        was |= !l->is_near;
        is |= l->counts;
    }
    c->lines += is;
    c->lines_before += was;
    c->lines_added += is && !was;
    c->lines_removed += was && !is;
}

file_change file_lines_judge(file_lines *f)
{
    file_change c = {0};
    if (f->count == 0)
        return c;
    qsort(f->lines, f->count, sizeof *f->lines, by_place);
    settle_places(f);
    qsort(f->lines, f->count, sizeof *f->lines, in_report_order);
    for (size_t at = 0; at < f->count;)
        add_document(f, &at, &c);
    return c;
}
