/* Untrusted CSV, YAML and JSON: rows and configuration become valid JSON, and their trees have no
 * cycles. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "base/json/json_tree.h"
#include "base/yaml/yaml_json.h"
#include "detection/convert/csv.h"
#include "detection/text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static size_t count_nodes(const json_tree *t, const json_node *node)
{
    size_t count = 1, children = 0;
    for (const json_node *n = json_tree_first(t, node); n; n = json_tree_next(t, n), children++)
        count += count_nodes(t, n);
    expect(children == node->count);
    return count;
}

static void try_tree(slice text)
{
    AUTO(json_tree) t = {0};
    if (json_tree_read(&t, text, NULL))
        expect(count_nodes(&t, json_tree_root(&t)) == t.count);
}

static bool take_row(void *ctx, slice object, uint64_t line, err *e)
{
    AUTO(json_tree) t = {0};
    UNUSED(ctx), UNUSED(line), UNUSED(e);
    expect(json_tree_read(&t, object, NULL));
    expect(json_tree_root(&t)->value.type == JSON_OBJECT);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice text = {.data = (const char *)data, .len = size};
    AUTO(buf) json = BUF((size_t)1 << 20);
    err e = ERR_INIT;
    if (size == 0 || size > 65536 || utf8_check(text) != size)
        return 0;
    try_tree(text);
    if (!csv_each_row(text, take_row, NULL, &e))
        expect(e.code != 0);
    e = (err)ERR_INIT;
    if (yaml_to_json(text, "f", &json, &e)) {
        AUTO(json_tree) t = {0};
        expect(json_tree_read(&t, buf_slice(&json), NULL));
    }
    return 0;
}
