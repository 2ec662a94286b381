#include "base/util.h"
#include "detection/merge/merge_lines.h"

#include "base/json/json_read.h"
#include "base/json/json_write.h"

typedef struct place {
    const char *at; /* the quote of the first key after SCORED_BY; NULL: none */
    bool known, any;
} place;

static void on_member(void *ctx, const json_value *key, const json_value *value)
{
    place *p = ctx;
    AUTO_FREE char *name = slice_dup(key->raw);
    UNUSED(value);
    p->any = true;
    p->known = p->known || str_equal(name, SCORED_BY);
    if (!p->at && strcmp(name, SCORED_BY) > 0)
        p->at = key->raw.data - 1;
}

static void put_member(const char *fingerprint, buf *out)
{
    buf_append_str(out, "\"" SCORED_BY "\":");
    json_put_string(out, slice_from(fingerprint));
}

bool merge_put_line(slice line, const char *fingerprint, buf *out, err *e)
{
    place p = {.at = NULL};
    slice text = slice_trim(line);
    if (!json_each_member(text, on_member, &p, e))
        return false;
    if (p.known)
        return buf_append_slice(out, text);
    const char *end = text.data + text.len - 1; /* the closing brace */
    size_t before = (size_t)((p.at ? p.at : end) - text.data);
    buf_append(out, text.data, before);
    if (!p.at && p.any)
        buf_append_char(out, ',');
    put_member(fingerprint, out);
    if (p.at)
        buf_append_char(out, ',');
    return buf_append(out, text.data + before, text.len - before);
}
