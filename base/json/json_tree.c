#include "base/array.h"
#include "base/util.h"
#include "base/json/json_tree.h"

#include "base/json/json_read.h"

/* The text was checked before, so parsing cannot fail. */
typedef struct builder {
    json_tree *tree;
    const char *at;
} builder;

void json_tree_deinit(json_tree *t)
{
    free(t->nodes);
    *t = (json_tree){0};
}

static uint32_t new_node(builder *b)
{
    json_tree *t = b->tree;
    ARRAY_RESERVE(t->nodes, t->capacity, t->count + 1);
    t->nodes[t->count] = (json_node){0};
    return (uint32_t)t->count++;
}

static void skip_space(builder *b)
{
    while (*b->at == ' ' || *b->at == '\t' || *b->at == '\n' || *b->at == '\r')
        b->at++;
}

static json_value take_string(builder *b)
{
    const char *first = ++b->at;
    bool escaped = false;
    for (; *b->at != '"'; b->at++)
        if (*b->at == '\\') {
            escaped = true;
            b->at++;
        }
    slice raw = {.data = first, .len = (size_t)(b->at - first)};
    b->at++;
    return (json_value){.type = JSON_STRING, .raw = raw, .escaped = escaped};
}

static json_type type_of(char c)
{
    return c == 't' || c == 'f' ? JSON_BOOL : c == 'n' ? JSON_NULL : JSON_NUMBER;
}

static json_value take_word(builder *b, const char *end)
{
    const char *first = b->at;
    while (b->at < end && !strchr(",]} \t\r\n", *b->at))
        b->at++;
    return (json_value){.type = type_of(*first),
                        .raw = {.data = first, .len = (size_t)(b->at - first)}};
}

static uint32_t take_value(builder *b, const char *end);

/* From after the opening bracket up to the closing one. */
static void take_children(builder *b, uint32_t parent, bool is_object, const char *end)
{
    uint32_t last = 0;
    for (skip_space(b); *b->at != ']' && *b->at != '}'; skip_space(b)) {
        json_value key = {0};
        if (is_object) {
            key = take_string(b);
            skip_space(b);
            b->at++; /* the colon */
        }
        uint32_t child = take_value(b, end);
        json_node *nodes = b->tree->nodes;
        nodes[child].key = key;
        nodes[parent].count++;
        if (last)
            nodes[last].next = child;
        else
            nodes[parent].first = child;
        last = child;
        skip_space(b);
        b->at += *b->at == ',';
    }
    b->at++;
}

static uint32_t take_value(builder *b, const char *end)
{
    skip_space(b);
    uint32_t number = new_node(b);
    const char *first = b->at;
    json_value value = {0};
    if (*first == '{' || *first == '[') {
        b->at++;
        take_children(b, number, *first == '{', end);
        value = (json_value){.type = *first == '{' ? JSON_OBJECT : JSON_ARRAY,
                             .raw = {.data = first, .len = (size_t)(b->at - first)}};
    } else {
        value = *first == '"' ? take_string(b) : take_word(b, end);
    }
    b->tree->nodes[number].value = value;
    return number;
}

bool json_tree_read(json_tree *t, slice text, err *e)
{
    t->count = 0;
    if (text.len >= UINT32_MAX)
        return err_set(e, ERR_LIMIT, "the JSON text is longer than 4 GiB");
    if (!json_read_members(text, NULL, NULL, 0, NULL, e))
        return false;
    builder b = {.tree = t, .at = text.data};
    (void)take_value(&b, text.data + text.len);
    return true;
}

const json_node *json_tree_root(const json_tree *t)
{
    return &t->nodes[0];
}

const json_node *json_tree_first(const json_tree *t, const json_node *parent)
{
    return parent->first ? &t->nodes[parent->first] : NULL;
}

const json_node *json_tree_next(const json_tree *t, const json_node *node)
{
    return node->next ? &t->nodes[node->next] : NULL;
}

const json_node *json_tree_member(const json_tree *t, const json_node *object, slice key)
{
    const json_node *found = NULL;
    if (object->value.type != JSON_OBJECT)
        return NULL;
    for (const json_node *n = json_tree_first(t, object); n; n = json_tree_next(t, n))
        if (json_node_key_equals(n, key))
            found = n;
    return found;
}

const json_node *json_tree_element(const json_tree *t, const json_node *array, uint64_t index)
{
    if (array->value.type != JSON_ARRAY || index >= array->count)
        return NULL;
    const json_node *n = json_tree_first(t, array);
    for (; n && index > 0; index--)
        n = json_tree_next(t, n);
    return n;
}

static void put_text(const json_value *value, buf *out)
{
    AUTO(buf) scratch = BUF(value->raw.len + 1);
    slice text;
    if (json_text(value, &scratch, &text))
        buf_append_slice(out, text);
}

void json_node_put_key(const json_node *node, buf *out)
{
    if (node->key.type == JSON_STRING)
        put_text(&node->key, out);
}

void json_node_put_text(const json_node *node, buf *out)
{
    if (node->value.type == JSON_STRING)
        put_text(&node->value, out);
}

bool json_node_key_equals(const json_node *node, slice key)
{
    if (node->key.type != JSON_STRING)
        return false;
    if (!node->key.escaped)
        return slice_equal(node->key.raw, key);
    AUTO(buf) text = BUF(node->key.raw.len + 1);
    json_node_put_key(node, &text);
    return slice_equal(buf_slice(&text), key);
}
