#include "base/util.h"
#include "detection/audit/question_files.h"

#include <inttypes.h>

#include "base/json/json_write.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static void put_csv_text(const char *text, buf *out)
{
    if (!strpbrk(text, ",\"\r\n")) {
        buf_append_str(out, text);
        return;
    }
    buf_append_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_append_char(out, '"');
        buf_append_char(out, *text);
    }
    buf_append_char(out, '"');
}

void question_put_found_csv(const question_table *t, buf *out)
{
    buf_append_str(out, "eval_key,split,eval_instance_index,documents,best_score\n");
    for (size_t i = 0; i < t->count; i++) {
        const audit_question *q = &t->each[i];
        if (q->documents == 0)
            continue;
        put_csv_text(t->sets.names[q->set], out);
        buf_append_char(out, ',');
        put_csv_text(t->splits.names[q->split], out);
        buf_printf(out, ",%" PRIu64 ",%" PRIu64 ",", q->instance, q->documents);
        json_put_float(out, q->best_score);
        buf_append_char(out, '\n');
    }
}

void question_put_found_json(const question_table *t, buf *out)
{
    bool any = false;
    for (size_t i = 0; i < t->count; i++) {
        const audit_question *q = &t->each[i];
        AUTO(buf) one = BUF(LINE_MAX_BYTES);
        if (q->documents == 0)
            continue;
        json_member_float(&one, "best_score", q->best_score);
        json_member_unsigned(&one, "documents", q->documents);
        json_member_unsigned(&one, "eval_instance_index", q->instance);
        json_member_string(&one, "eval_key", slice_from(t->sets.names[q->set]));
        json_member_string(&one, "split", slice_from(t->splits.names[q->split]));
        json_close(&one);
        buf_append_str(out, any ? ",\n" : "[");
        buf_append_slice(out, buf_slice(&one));
        any = true;
    }
    buf_append_str(out, any ? "]\n" : "[]\n");
}

/* The instances of one set and split that were not found, from *at on; *at moves past them. */
static void put_instances(const question_table *t, size_t *at, buf *out)
{
    const audit_question *first = &t->each[*at];
    bool any = false;
    buf_append_char(out, '[');
    for (; *at < t->count; (*at)++) {
        const audit_question *q = &t->each[*at];
        if (q->set != first->set || q->split != first->split)
            break;
        if (q->documents > 0 || !q->is_known || q->is_left_out)
            continue;
        buf_printf(out, "%s%" PRIu64, any ? "," : "", q->instance);
        any = true;
    }
    buf_append_char(out, ']');
}

static void put_set(const question_table *t, size_t *at, const char *split, buf *out)
{
    uint32_t set = t->each[*at].set;
    AUTO(buf) splits = BUF(out->max_bytes);
    while (*at < t->count && t->each[*at].set == set) {
        const char *name = t->splits.names[t->each[*at].split];
        AUTO(buf) list = BUF(out->max_bytes);
        put_instances(t, at, &list);
        if (split && !str_equal(split, name))
            continue;
        if (split) {
            buf_append_slice(&splits, buf_slice(&list));
            continue;
        }
        json_key(&splits, name);
        buf_append_slice(&splits, buf_slice(&list));
    }
    if (splits.len == 0)
        return;
    if (!split)
        json_close(&splits);
    json_key(out, t->sets.names[set]);
    buf_append_slice(out, buf_slice(&splits));
}

void question_put_clean(const question_table *t, const char *split, buf *out)
{
    size_t before = out->len;
    for (size_t at = 0; at < t->count;)
        put_set(t, &at, split, out);
    buf_append_str(out, out->len > before ? "}\n" : "{}\n");
}
