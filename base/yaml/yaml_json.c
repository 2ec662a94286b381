#include "base/util.h"
#include "base/yaml/yaml_json.h"

#include <yaml.h>

#include "base/json/json_read.h"
#include "base/json/json_write.h"

#define LEVELS_MAX 100

typedef struct writer {
    yaml_document_t *document; /* borrowed */
    const char *path;
    buf *out;
} writer;

static void parser_release(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}
DEFINE_AUTO(yaml_parser_t, parser_release)

static void document_release(yaml_document_t *document)
{
    yaml_document_delete(document);
}
DEFINE_AUTO(yaml_document_t, document_release)

static bool fail_at(const writer *w, yaml_mark_t mark, const char *cause, err *e)
{
    return err_set(e, ERR_CONFIG, "%s:%zu:%zu: %s", w->path, mark.line + 1, mark.column + 1, cause);
}

static bool put_node(const writer *w, const yaml_node_t *node, unsigned level, err *e);

static const char *word_of(slice text)
{
    static const struct {
        const char *yaml, *json;
    } words[] = {{"", "null"},       {"~", "null"},      {"null", "null"},  {"Null", "null"},
                 {"NULL", "null"},   {"true", "true"},   {"True", "true"},  {"TRUE", "true"},
                 {"false", "false"}, {"False", "false"}, {"FALSE", "false"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (slice_equal_str(text, words[i].yaml))
            return words[i].json;
    return NULL;
}

static bool is_number(slice text)
{
    json_type type = JSON_ABSENT;
    return text.len > 0 && strchr("-0123456789", text.data[0]) &&
           json_read_members(text, NULL, NULL, 0, &type, NULL) && type == JSON_NUMBER;
}

static void put_scalar(const writer *w, const yaml_node_t *node)
{
    slice text = {.data = (const char *)node->data.scalar.value, .len = node->data.scalar.length};
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const char *word = plain ? word_of(text) : NULL;
    if (word)
        buf_append_str(w->out, word);
    else if (plain && is_number(text))
        buf_append_slice(w->out, text);
    else
        json_put_string(w->out, text);
}

static bool is_same_scalar(const yaml_node_t *a, const yaml_node_t *b)
{
    return a->data.scalar.length == b->data.scalar.length &&
           memcmp(a->data.scalar.value, b->data.scalar.value, a->data.scalar.length) == 0;
}

static bool check_key(const writer *w, const yaml_node_t *map, const yaml_node_pair_t *pair, err *e)
{
    const yaml_node_t *key = yaml_document_get_node(w->document, pair->key);
    if (key->type != YAML_SCALAR_NODE)
        return fail_at(w, key->start_mark, "a key must be a single word", e);
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < pair; p++)
        if (is_same_scalar(key, yaml_document_get_node(w->document, p->key)))
            return fail_at(w, key->start_mark, "this key is given twice; keep one", e);
    return true;
}

static bool put_mapping(const writer *w, const yaml_node_t *node, unsigned level, err *e)
{
    buf_append_char(w->out, '{');
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        if (!check_key(w, node, pair, e))
            return false;
        const yaml_node_t *key = yaml_document_get_node(w->document, pair->key);
        if (pair > node->data.mapping.pairs.start)
            buf_append_char(w->out, ',');
        json_put_string(w->out, (slice){.data = (const char *)key->data.scalar.value,
                                        .len = key->data.scalar.length});
        buf_append_char(w->out, ':');
        if (!put_node(w, yaml_document_get_node(w->document, pair->value), level + 1, e))
            return false;
    }
    buf_append_char(w->out, '}');
    return true;
}

static bool put_sequence(const writer *w, const yaml_node_t *node, unsigned level, err *e)
{
    const yaml_node_item_t *start = node->data.sequence.items.start;
    buf_append_char(w->out, '[');
    for (const yaml_node_item_t *item = start; item < node->data.sequence.items.top; item++) {
        if (item > start)
            buf_append_char(w->out, ',');
        if (!put_node(w, yaml_document_get_node(w->document, *item), level + 1, e))
            return false;
    }
    buf_append_char(w->out, ']');
    return true;
}

static bool put_node(const writer *w, const yaml_node_t *node, unsigned level, err *e)
{
    if (level > LEVELS_MAX)
        return fail_at(w, node->start_mark, "nested more than 100 levels deep", e);
    if (w->out->overflow)
        return fail_at(w, node->start_mark, "the document is too large", e);
    if (node->type == YAML_MAPPING_NODE)
        return put_mapping(w, node, level, e);
    if (node->type == YAML_SEQUENCE_NODE)
        return put_sequence(w, node, level, e);
    put_scalar(w, node);
    return true;
}

static bool malformed(const char *path, const yaml_parser_t *parser, err *e)
{
    if (parser->error == YAML_MEMORY_ERROR)
        util_out_of_memory(0);
    return err_set(e, ERR_CONFIG, "%s:%zu:%zu: malformed YAML: %s", path,
                   parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                   parser->problem ? parser->problem : "unknown fault");
}

static bool put_document(yaml_parser_t *parser, const char *path, buf *json, err *e)
{
    AUTO(yaml_document_t) document = {0};
    AUTO(yaml_document_t) more = {0};
    if (!yaml_parser_load(parser, &document))
        return malformed(path, parser, e);
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    writer w = {.document = &document, .path = path, .out = json};
    if (!root) {
        buf_append_str(json, "null");
        return true;
    }
    if (!put_node(&w, root, 0, e))
        return false;
    if (!yaml_parser_load(parser, &more))
        return malformed(path, parser, e);
    root = yaml_document_get_root_node(&more);
    return !root ||
           fail_at(&w, root->start_mark, "a second document begins; only one is allowed", e);
}

bool yaml_to_json(slice text, const char *path, buf *json, err *e)
{
    AUTO(yaml_parser_t) parser = {0};
    if (!yaml_parser_initialize(&parser))
        util_out_of_memory(0);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.len ? text.data : ""),
                                 text.len);
    if (!put_document(&parser, path, json, e))
        return false;
    return !json->overflow || err_set(e, ERR_LIMIT, "%s: the document is too large", path);
}
