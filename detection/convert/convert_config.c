#include "base/util.h"
#include "detection/convert/convert_config.h"

#include "base/fsutil.h"
#include "base/options/options.h"
#include "base/yaml/yaml_json.h"
#include "detection/convert/field.h"

#define FILE_MAX_BYTES ((size_t)4 << 20)
#define JSON_MAX_BYTES ((size_t)64 << 20)

static const char *const entry_keys[] = {
    "hf_path",         "hf_config", "local_path", "splits",       "prompt",
    "prompts",         "passage",   "answers",    "extra_fields", "dataset_name_field",
    "no_answer_splits"};

void convert_config_deinit(convert_config *c)
{
    json_tree_deinit(&c->tree);
    buf_deinit(&c->json);
    *c = (convert_config){0};
}

const json_node *convert_config_entries(const convert_config *c)
{
    return json_tree_member(&c->tree, json_tree_root(&c->tree), SLICE_LIT("evals"));
}

static const json_node *member(const convert_config *c, const json_node *entry, const char *key)
{
    const json_node *node = json_tree_member(&c->tree, entry, slice_from(key));
    return node && node->value.type != JSON_NULL ? node : NULL;
}

bool convert_config_has(const convert_config *c, const json_node *entry, const char *key)
{
    return member(c, entry, key) != NULL;
}

char *convert_config_text(const convert_config *c, const json_node *entry, const char *key)
{
    AUTO(buf) text = BUF(JSON_MAX_BYTES);
    const json_node *node = member(c, entry, key);
    if (node)
        (void)field_text(&c->tree, node, " ", &text);
    return xstrdup(buf_str(&text));
}

bool convert_config_lists(const convert_config *c, const json_node *entry, const char *key,
                          const char *text)
{
    const json_node *list = member(c, entry, key);
    for (const json_node *n = list ? json_tree_first(&c->tree, list) : NULL; n;
         n = json_tree_next(&c->tree, n)) {
        AUTO(buf) one = BUF(JSON_MAX_BYTES);
        if (field_text(&c->tree, n, " ", &one) && str_equal(buf_str(&one), text))
            return true;
    }
    return false;
}

/* --- checks --- */

static bool is_known(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(entry_keys); i++)
        if (str_equal(key, entry_keys[i]))
            return true;
    return false;
}

static bool check_key(const json_node *node, err *e)
{
    AUTO(buf) key = BUF(4096);
    json_node_put_key(node, &key);
    if (is_known(buf_str(&key)))
        return true;
    const char *nearest = nearest_name(buf_str(&key), entry_keys, ARRAY_LEN(entry_keys));
    return nearest
               ? err_set(e, ERR_CONFIG, "unknown key %s; did you mean %s?", buf_str(&key), nearest)
               : err_set(e, ERR_CONFIG, "unknown key %s", buf_str(&key));
}

static bool check_entry(const convert_config *c, const json_node *entry, err *e)
{
    if (entry->value.type != JSON_OBJECT)
        return err_set(e, ERR_CONFIG, "expected keys such as local_path, splits and prompt");
    for (const json_node *n = json_tree_first(&c->tree, entry); n; n = json_tree_next(&c->tree, n))
        if (!check_key(n, e))
            return false;
    if (!member(c, entry, "local_path") && !member(c, entry, "hf_path"))
        return err_set(e, ERR_CONFIG, "no source is named; add local_path");
    const json_node *splits = member(c, entry, "splits");
    return (splits && splits->value.type == JSON_ARRAY && splits->count > 0) ||
           err_set(e, ERR_CONFIG, "splits is missing; list the splits that are converted");
}

static bool check_entries(const convert_config *c, err *e)
{
    const json_node *entries = convert_config_entries(c);
    if (!entries || entries->value.type != JSON_OBJECT)
        return err_set(e, ERR_CONFIG, "the key evals is missing; it holds an entry for each set");
    for (const json_node *n = json_tree_first(&c->tree, entries); n;
         n = json_tree_next(&c->tree, n)) {
        AUTO(buf) name = BUF(4096);
        json_node_put_key(n, &name);
        if (!check_entry(c, n, e))
            return err_context(e, "evals.%s", buf_str(&name));
    }
    return true;
}

bool convert_config_read(convert_config *c, const char *path, err *e)
{
    AUTO(buf) text = BUF(FILE_MAX_BYTES);
    *c = (convert_config){.json = BUF(JSON_MAX_BYTES)};
    if (!fs_read_file(path, FILE_MAX_BYTES, &text, e) ||
        !yaml_to_json(buf_slice(&text), path, &c->json, e))
        return false;
    return (json_tree_read(&c->tree, buf_slice(&c->json), e) && check_entries(c, e)) ||
           err_context(e, "%s", path);
}
