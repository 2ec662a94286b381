#include "base/util.h"
#include "s3/cli/transfer/name_set.h"

#include <search.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void free_name(void *name)
{
    free(name);
}

bool names_add(names *n, const char *name)
{
    char *copy = xstrdup(name);
    char **found = tsearch(copy, &n->root, compare_names);
    if (*found == copy)
        return true;
    free(copy);
    return false;
}

void names_deinit(names *n)
{
    tdestroy(n->root, free_name);
    n->root = NULL;
}
