#include "base/json/json_canonical.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "base/json/json_number.h"
#include "base/json/json_tree.h"
#include "base/json/json_write.h"
#include "base/utf8.h"

/* --- numbers: ECMAScript, Number::toString --- */

static void put_zeros(int count, buf *out)
{
    for (int i = 0; i < count; i++)
        buf_append_char(out, '0');
}

static void put_exponential(const char *digits, int count, int point, buf *out)
{
    buf_append_char(out, digits[0]);
    if (count > 1)
        buf_printf(out, ".%s", digits + 1);
    buf_printf(out, "e%c%d", point > 0 ? '+' : '-', abs(point - 1));
}

void json_put_canonical_number(double value, buf *out)
{
    char digits[JSON_DIGITS_BYTES];
    int point;
    if (value == 0) { /* -0, too */
        buf_append_char(out, '0');
        return;
    }
    if (value < 0)
        buf_append_char(out, '-');
    int count = json_shortest_digits(fabs(value), digits, &point);
    if (point > 21 || point <= -6) {
        put_exponential(digits, count, point, out);
    } else if (point <= 0) {
        buf_append_str(out, "0.");
        put_zeros(-point, out);
        buf_append_str(out, digits);
    } else if (point >= count) {
        buf_append_str(out, digits);
        put_zeros(point - count, out);
    } else {
        buf_printf(out, "%.*s.%s", point, digits, digits + point);
    }
}

static void put_number(slice raw, buf *out)
{
    AUTO_FREE char *text = slice_dup(raw);
    json_put_canonical_number(strtod(text, NULL), out);
}

/* --- members in order --- */

typedef struct member {
    const json_node *node;
    buf name; /* without escapes */
} member;

typedef struct writer {
    const json_tree *tree;
    buf *out;
    err *e;
} writer;

/* UTF-16 has U+10000 and above before U+E000 to U+FFFF, UTF-8 after them. */
static unsigned rank_of(unsigned char byte)
{
    return byte == 0xee || byte == 0xef ? byte + 0x100u : byte;
}

static int compare_names(const void *a, const void *b)
{
    const buf *x = &((const member *)a)->name, *y = &((const member *)b)->name;
    for (size_t i = 0; i < x->len && i < y->len; i++) {
        unsigned char c = (unsigned char)x->data[i], d = (unsigned char)y->data[i];
        if (c != d)
            return rank_of(c) < rank_of(d) ? -1 : 1;
    }
    return (x->len > y->len) - (x->len < y->len);
}

static bool put_value(const writer *w, const json_node *node);

static void put_text(const writer *w, const json_node *node)
{
    AUTO(buf) text = BUF(node->value.raw.len + 1);
    json_node_put_text(node, &text);
    json_put_string(w->out, buf_slice(&text));
}

static bool put_members(const writer *w, const member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i && compare_names(&members[i - 1], &members[i]) == 0)
            return err_set(w->e, ERR_PARSE, "two members have the name '%.100s'",
                           buf_str(&members[i].name));
        if (i)
            buf_append_char(w->out, ',');
        json_put_string(w->out, buf_slice(&members[i].name));
        buf_append_char(w->out, ':');
        if (!put_value(w, members[i].node))
            return false;
    }
    return true;
}

static bool put_object(const writer *w, const json_node *node)
{
    AUTO_FREE member *members = xcalloc((size_t)node->count + 1, sizeof *members);
    size_t count = 0;
    for (const json_node *n = json_tree_first(w->tree, node); n; n = json_tree_next(w->tree, n)) {
        members[count] = (member){.node = n, .name = BUF(n->key.raw.len + 1)};
        json_node_put_key(n, &members[count++].name);
    }
    qsort(members, count, sizeof *members, compare_names);
    buf_append_char(w->out, '{');
    bool ok = put_members(w, members, count);
    buf_append_char(w->out, '}');
    for (size_t i = 0; i < count; i++)
        buf_deinit(&members[i].name);
    return ok;
}

static bool put_array(const writer *w, const json_node *node)
{
    bool ok = true;
    const char *before = "[";
    for (const json_node *n = json_tree_first(w->tree, node); n && ok;
         n = json_tree_next(w->tree, n)) {
        buf_append_str(w->out, before);
        before = ",";
        ok = put_value(w, n);
    }
    buf_append_str(w->out, node->count ? "]" : "[]");
    return ok;
}

static bool put_value(const writer *w, const json_node *node)
{
    switch (node->value.type) {
    case JSON_OBJECT:
        return put_object(w, node);
    case JSON_ARRAY:
        return put_array(w, node);
    case JSON_STRING:
        put_text(w, node);
        return true;
    case JSON_NUMBER:
        put_number(node->value.raw, w->out);
        return true;
    default:
        buf_append_slice(w->out, node->value.raw); /* true, false, null */
        return true;
    }
}

bool json_put_canonical(slice text, buf *out, err *e)
{
    AUTO(json_tree) tree = {0};
    if (utf8_check(text) < text.len)
        return err_set(e, ERR_PARSE, "the text is not UTF-8");
    if (!json_tree_read(&tree, text, e))
        return false;
    return put_value(&(writer){.tree = &tree, .out = out, .e = e}, json_tree_root(&tree)) &&
           (!out->overflow ||
            err_set(e, ERR_LIMIT, "the canonical form exceeds %zu bytes", out->max_bytes));
}
