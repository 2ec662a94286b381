/* The table of indexers and the choice among them. */
#include "compression/jsonl/json_window.h"

#include "decon/base/buf.h"
#include "base/util.h"

static const json_indexer *const known[] = {
#ifdef __x86_64__
    &json_indexer_avx512,   &json_indexer_avx2, &json_indexer_sse42,
#endif
#ifdef __aarch64__
    &json_indexer_neon,
#endif
    &json_indexer_portable,
};

const json_indexer *json_indexer_at(size_t place)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i]->supported() && place-- == 0)
            return known[i];
    return NULL;
}

const json_indexer *json_indexer_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i]->supported() && (!name || str_equal(known[i]->name, name)))
            return known[i];
    return NULL;
}
