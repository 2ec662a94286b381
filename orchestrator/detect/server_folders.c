#include "orchestrator/detect/server_folders.h"

#include <string.h>

#include "base/json/json_read.h"
#include "base/json/json_tree.h"
#include "base/util.h"

#define PATH_MAX_BYTES ((size_t)64 << 10)

void server_folders_free(char **folders)
{
    for (size_t i = 0; folders && folders[i]; i++)
        free(folders[i]);
    free(folders);
}

static char *path_of(const json_node *node)
{
    AUTO(buf) text = BUF(PATH_MAX_BYTES);
    if (node->value.type != JSON_STRING)
        return NULL;
    json_node_put_text(node, &text);
    bool usable =
        !text.overflow && text.len > 0 && text.data[0] == '/' && !memchr(text.data, '\0', text.len);
    return usable ? buf_give(&text) : NULL;
}

char **server_folders_read(slice health)
{
    static const char *const key = "allow_dir";
    json_value list;
    AUTO(json_tree) tree = {0};
    if (!json_read_members(health, &key, &list, 1, NULL, NULL) || list.type != JSON_ARRAY ||
        !json_tree_read(&tree, list.raw, NULL))
        return NULL;
    const json_node *root = json_tree_root(&tree);
    char **folders = xcalloc(root->count + (size_t)1, sizeof *folders);
    size_t count = 0;
    for (const json_node *n = json_tree_first(&tree, root); n; n = json_tree_next(&tree, n)) {
        folders[count] = path_of(n);
        if (!folders[count++]) {
            server_folders_free(folders);
            return NULL;
        }
    }
    return folders;
}
