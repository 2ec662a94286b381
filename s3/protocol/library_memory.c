#include "base/util.h"
#include "s3/protocol/library_memory.h"

#include <jansson.h>
#include <libxml/xmlmemory.h>

static void *allocate(size_t size_bytes)
{
    return xrealloc(NULL, size_bytes);
}

void library_memory_check(void)
{
    json_set_alloc_funcs(allocate, free);
    if (xmlMemSetup(free, allocate, xrealloc, xstrdup) != 0)
        util_out_of_memory(0);
}
