#include "base/array.h"
#include "base/util.h"
#include "detection/convert/field.h"

void field_list_deinit(field_list *l)
{
    free(l->nodes);
    *l = (field_list){0};
}

static void add_node(field_list *l, const json_node *node)
{
    *ARRAY_PUSH(l->nodes, l->count, l->capacity) = node;
}

/* The part before the first dot; *rest is what follows it, with data NULL at the end. */
static slice first_part(slice path, slice *rest)
{
    const char *dot = memchr(path.data, '.', path.len);
    size_t len = dot ? (size_t)(dot - path.data) : path.len;
    *rest = dot ? (slice){.data = dot + 1, .len = path.len - len - 1} : (slice){0};
    return (slice){.data = path.data, .len = len};
}

static bool as_index(slice part, uint64_t *index)
{
    AUTO_FREE char *text = part.len ? slice_dup(part) : xstrdup("");
    return num_parse_u64(text, index);
}

static bool is_present(const json_node *node)
{
    return node && node->value.type != JSON_NULL;
}

const json_node *field_find(const json_tree *t, const json_node *from, slice path)
{
    slice rest;
    uint64_t index;
    if (!from || path.len == 0)
        return NULL;
    /* A key may have dots itself. */
    const json_node *whole = json_tree_member(t, from, path);
    if (whole)
        return is_present(whole) ? whole : NULL;
    slice part = first_part(path, &rest);
    const json_node *next = from->value.type == JSON_ARRAY && as_index(part, &index)
                                ? json_tree_element(t, from, index)
                                : json_tree_member(t, from, part);
    if (!is_present(next))
        return NULL;
    return rest.data ? field_find(t, next, rest) : next;
}

static void add_leaves(const json_tree *t, const json_node *node, field_list *out)
{
    if (node->value.type != JSON_ARRAY) {
        add_node(out, node);
        return;
    }
    for (const json_node *n = json_tree_first(t, node); n; n = json_tree_next(t, n))
        add_leaves(t, n, out);
}

void field_collect(const json_tree *t, const json_node *from, slice path, field_list *out)
{
    slice rest;
    uint64_t index;
    if (!from)
        return;
    if (path.data == NULL || path.len == 0) {
        add_leaves(t, from, out);
        return;
    }
    slice part = first_part(path, &rest);
    if (from->value.type == JSON_ARRAY && !as_index(part, &index)) {
        for (const json_node *n = json_tree_first(t, from); n; n = json_tree_next(t, n))
            field_collect(t, n, path, out);
        return;
    }
    const json_node *next = from->value.type == JSON_ARRAY ? json_tree_element(t, from, index)
                                                           : json_tree_member(t, from, part);
    if (next)
        field_collect(t, next, rest, out);
}

bool field_text(const json_tree *t, const json_node *node, const char *between, buf *out)
{
    size_t before = out->len;
    if (!is_present(node))
        return false;
    if (node->value.type == JSON_STRING) {
        json_node_put_text(node, out);
    } else if (node->value.type == JSON_ARRAY || node->value.type == JSON_OBJECT) {
        for (const json_node *n = json_tree_first(t, node); n; n = json_tree_next(t, n)) {
            AUTO(buf) one = BUF(out->max_bytes);
            if (!field_text(t, n, between, &one))
                continue;
            if (out->len > before)
                buf_append_str(out, between);
            buf_append_slice(out, buf_slice(&one));
        }
    } else {
        buf_append_slice(out, node->value.raw);
    }
    return out->len > before;
}
