/* Options from a YAML file: one flat mapping; each error with its line and column. */
#include "base/options/options_internal.h"

#include <errno.h>
#include <yaml.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"

enum { FILE_MAX_BYTES = 1 << 20 };

typedef struct reader {
    option_target target;
    const char *path;
    yaml_document_t *document; /* borrowed */
    /* one per row: the name under which the key was given, NULL if not given, and its position */
    const char **seen_name;
    yaml_mark_t *seen;
} reader;

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

/* Puts "file:line:column: " in front; yields false. */
static bool at(const reader *r, yaml_mark_t mark, err *e)
{
    return err_context(e, "%s:%zu:%zu", r->path, mark.line + 1, mark.column + 1);
}

static bool at_key(const reader *r, yaml_mark_t mark, const char *key, err *e)
{
    return err_context(e, "%s:%zu:%zu: %s", r->path, mark.line + 1, mark.column + 1, key);
}

/* The text of a scalar; NULL if it is not a scalar or contains a NUL. Borrowed from the
 * document. */
static const char *scalar_text(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE)
        return NULL;
    const char *text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length ? text : NULL;
}

static bool is_null(const yaml_node_t *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_equal((const char *)node->data.scalar.value, words[i]))
            return true;
    return false;
}

static bool read_scalar(const reader *r, const option *row, const yaml_node_t *node, bool append,
                        err *e)
{
    const char *text = scalar_text(node);
    if (text)
        return option_store(&r->target, row, text, append, e);
    if (node->type == YAML_MAPPING_NODE)
        return err_set(e, ERR_CONFIG, "a nested mapping is not allowed here; give one value");
    if (node->type == YAML_SEQUENCE_NODE)
        return err_set(e, ERR_CONFIG, "a list is not allowed here; give one value");
    return err_set(e, ERR_CONFIG, "the value contains a NUL character");
}

static bool read_sequence(const reader *r, const option *row, const yaml_node_t *node,
                          const char *key, err *e)
{
    bool append = false;
    option_store_empty(&r->target, row);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++, append = true) {
        const yaml_node_t *element = yaml_document_get_node(r->document, *item);
        bool good = is_null(element) ? err_set(e, ERR_CONFIG, "the list contains an empty item")
                                     : read_scalar(r, row, element, append, e);
        if (!good)
            return at_key(r, element->start_mark, key, e);
    }
    return true;
}

static bool read_value(const reader *r, const option *row, const yaml_node_t *node, const char *key,
                       err *e)
{
    bool good = true;
    if (row->flags & OPTION_ACCEPTED) /* for old files: any value */
        good = option_store(&r->target, row, "", false, e);
    else if (is_null(node))
        good = option_store_default(&r->target, row, e);
    else if (row->type == OPTION_LIST && node->type == YAML_SEQUENCE_NODE)
        return read_sequence(r, row, node, key, e);
    else
        good = read_scalar(r, row, node, false, e);
    return good || at_key(r, node->start_mark, key, e);
}

static bool unknown_key(const reader *r, yaml_mark_t mark, const char *key, err *e)
{
    const option_set *set = r->target.set;
    if (set->ignore_unknown_keys || (set->related && option_by_key(set->related, key))) {
        log_debug("%s:%zu:%zu: unknown key %s is ignored", r->path, mark.line + 1, mark.column + 1,
                  key);
        return true;
    }
    AUTO_FREE char *nearest = option_nearest(set, key, false);
    if (*nearest)
        (void)err_set(e, ERR_CONFIG, "unknown key; did you mean %s?", nearest);
    else
        (void)err_set(e, ERR_CONFIG, "unknown key; --help lists the known ones");
    return at_key(r, mark, key, e);
}

static bool check_first(reader *r, const option *row, yaml_mark_t mark, const char *key, err *e)
{
    size_t i = (size_t)(row - r->target.set->rows);
    const char *before = r->seen_name[i];
    if (before) {
        size_t line = r->seen[i].line + 1;
        if (str_equal(before, key))
            (void)err_set(e, ERR_CONFIG, "given twice, first on line %zu; keep one", line);
        else
            (void)err_set(e, ERR_CONFIG, "is the same as %s, given on line %zu; keep one of them",
                          before, line);
        return at_key(r, mark, key, e);
    }
    r->seen_name[i] = key;
    r->seen[i] = mark;
    return true;
}

static bool read_pair(reader *r, const yaml_node_pair_t *pair, err *e)
{
    const yaml_node_t *key_node = yaml_document_get_node(r->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(r->document, pair->value);
    yaml_mark_t mark = key_node->start_mark;
    const char *key = scalar_text(key_node);
    if (!key) {
        (void)err_set(e, ERR_CONFIG, "a key must be a single word");
        return at(r, mark, e);
    }
    const option *row = option_by_key(r->target.set, key);
    if (!row)
        return unknown_key(r, mark, key, e);
    if (row->flags & OPTION_FLAG_ONLY) {
        AUTO_FREE char *flag = option_flag_text(row->key);
        (void)err_set(e, ERR_CONFIG, "not allowed in the file; give %s on the command line", flag);
        return at_key(r, mark, key, e);
    }
    return check_first(r, row, mark, key, e) && read_value(r, row, value, key, e);
}

static bool read_mapping(reader *r, const yaml_node_t *root, err *e)
{
    size_t rows = r->target.set->row_count + 1;
    AUTO_FREE yaml_mark_t *seen = xcalloc(rows, sizeof *seen);
    AUTO_FREE const char **seen_name = xcalloc(rows, sizeof *seen_name);
    r->seen = seen;
    r->seen_name = seen_name;
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++)
        if (!read_pair(r, pair, e))
            return false;
    return true;
}

/* Errors of the YAML reader (a byte that is not UTF-8) have only an offset. */
static yaml_mark_t mark_of_offset(slice text, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < MIN(offset, text.len); i++) {
        mark.column = text.data[i] == '\n' ? 0 : mark.column + 1;
        mark.line += text.data[i] == '\n';
    }
    return mark;
}

static bool malformed(const reader *r, const yaml_parser_t *parser, slice text, err *e)
{
    if (parser->error == YAML_MEMORY_ERROR)
        util_out_of_memory(0);
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR)
        mark = mark_of_offset(text, parser->problem_offset);
    const char *context = parser->context ? parser->context : "";
    (void)err_set(e, ERR_CONFIG, "malformed YAML: %s%s%s", context, *context ? ", " : "",
                  parser->problem ? parser->problem : "unknown fault");
    return at(r, mark, e);
}

static bool read_document(reader *r, yaml_document_t *document, err *e)
{
    const yaml_node_t *root = yaml_document_get_root_node(document);
    r->document = document;
    if (!root || is_null(root))
        return true; /* only comments: all defaults */
    if (root->type == YAML_MAPPING_NODE)
        return read_mapping(r, root, e);
    (void)err_set(e, ERR_CONFIG, "expected lines of the form `key: value`");
    return at(r, root->start_mark, e);
}

static bool only_one(const reader *r, yaml_parser_t *parser, slice text, err *e)
{
    AUTO(yaml_document_t) more = {0};
    if (!yaml_parser_load(parser, &more))
        return malformed(r, parser, text, e);
    const yaml_node_t *root = yaml_document_get_root_node(&more);
    if (!root)
        return true;
    (void)err_set(e, ERR_CONFIG, "a second YAML document begins; only one is allowed");
    return at(r, root->start_mark, e);
}

static bool read_text(reader *r, slice text, err *e)
{
    AUTO(yaml_parser_t) parser = {0};
    AUTO(yaml_document_t) document = {0};
    if (!yaml_parser_initialize(&parser))
        util_out_of_memory(0);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.len > 0 ? text.data : ""),
                                 text.len);
    if (!yaml_parser_load(&parser, &document))
        return malformed(r, &parser, text, e);
    if (!yaml_document_get_root_node(&document))
        return true;
    return read_document(r, &document, e) && only_one(r, &parser, text, e);
}

bool options_yaml(const option_set *set, const char *path, void *config, option_origin *origins,
                  err *e)
{
    AUTO(buf) text = BUF(FILE_MAX_BYTES);
    err inner = ERR_INIT;
    if (!fs_read_file(path, FILE_MAX_BYTES, &text, &inner)) {
        return err_set(e, ERR_CONFIG, "configuration file: %s", inner.message);
    }
    reader r = {.target = {set, config, origins, 'y'}, .path = path};
    return read_text(&r, buf_slice(&text), e);
}
