#include "base/util.h"
#include "detection/review/page_rows.h"

#include <inttypes.h>

#include "base/json/json_write.h"
#include "detection/review/html_text.h"

#define TEXT_MAX_BYTES ((size_t)1 << 24)

void page_rows_init(page_rows *p)
{
    *p = (page_rows){0};
    buf_init(&p->rows, PAGE_ROWS_BYTES + TEXT_MAX_BYTES);
}

void page_rows_deinit(page_rows *p)
{
    name_table_deinit(&p->sets);
    name_table_deinit(&p->files);
    name_table_deinit(&p->records);
    buf_deinit(&p->rows);
}

static void put_text(buf *out, const char *text)
{
    if (text)
        html_put_json(out, text);
    else
        buf_append_str(out, "null");
}

static void put_next(buf *out, const char *text)
{
    buf_append_char(out, ',');
    put_text(out, text);
}

static void put_share(buf *out, double share)
{
    if (share < 0)
        buf_append_str(out, ",null");
    else
        buf_printf(out, ",%.4g", share);
}

/* The number of a text that many rows share. */
static uint32_t number_of(page_rows *p, name_table *table, const buf *json)
{
    size_t before = table->count;
    uint32_t number = name_table_number(table, buf_str(json));
    if (table->count > before)
        p->shared_bytes += json->len;
    return number;
}

uint32_t page_rows_set(page_rows *p, const char *set)
{
    return name_table_number(&p->sets, set);
}

static uint32_t record_of(page_rows *p, const char *set, const review_example *x)
{
    AUTO(buf) json = BUF(TEXT_MAX_BYTES);
    buf_printf(&json, "[%" PRIu32, page_rows_set(p, set));
    put_next(&json, x->split);
    buf_printf(&json, ",%" PRIu64 ",%d", x->instance, x->is_correct);
    put_next(&json, x->question);
    put_next(&json, x->answer);
    put_next(&json, x->passage);
    put_next(&json, x->reference);
    buf_printf(&json, ",%" PRIu64 "]", x->eval_line);
    return number_of(p, &p->records, &json);
}

static uint32_t file_of(page_rows *p, const review_example *x)
{
    AUTO(buf) json = BUF(TEXT_MAX_BYTES);
    buf_append_char(&json, '[');
    put_text(&json, x->file);
    put_next(&json, x->report);
    buf_append_char(&json, ']');
    return number_of(p, &p->files, &json);
}

static void put_parts(buf *out, const review_example *x)
{
    buf_append_str(out, ",[");
    for (size_t i = 0; i < x->part_count; i++) {
        AUTO_FREE char *part = xasprintf("%d%s", (int)x->parts[i].kind, x->parts[i].text);
        if (i > 0)
            buf_append_char(out, ',');
        put_text(out, part);
    }
    buf_append_str(out, "]]");
}

void page_rows_add(page_rows *p, const char *set, const review_example *x)
{
    if (p->rows.len + p->shared_bytes >= PAGE_ROWS_BYTES) {
        p->left_out++;
        return;
    }
    uint32_t record = record_of(p, set, x), file = file_of(p, x);
    buf *out = &p->rows;
    buf_printf(out, "%s[%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",", p->count > 0 ? "," : "", record,
               file, x->training_line);
    json_put_float(out, (float)x->score);
    put_share(out, MAX(x->question_overlap, 0));
    buf_printf(out, ",%" PRIu64 ",%" PRIu64, x->matched_ngrams, x->ngrams);
    put_share(out, x->answer_overlap);
    put_share(out, x->passage_overlap);
    put_parts(out, x);
    p->count++;
}

static void put_list(const name_table *t, bool is_json, buf *out)
{
    buf_append_char(out, '[');
    for (size_t i = 0; i < t->count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        if (is_json)
            buf_append_str(out, t->names[i]);
        else
            put_text(out, t->names[i]);
    }
    buf_append_char(out, ']');
}

void page_rows_put(const page_rows *p, buf *out)
{
    buf_append_str(out, "{\"sets\":");
    put_list(&p->sets, false, out);
    buf_append_str(out, ",\"files\":");
    put_list(&p->files, true, out);
    buf_append_str(out, ",\"records\":");
    put_list(&p->records, true, out);
    buf_append_str(out, ",\"rows\":[");
    buf_append_slice(out, buf_slice(&p->rows));
    buf_printf(out, "],\"left_out\":%" PRIu64 "}", p->left_out);
}
