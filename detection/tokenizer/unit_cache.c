#include "base/util.h"
#include "detection/tokenizer/unit_cache.h"

#include "detection/table/huge_pages.h"

unit_cache *unit_cache_new(void)
{
    return huge_calloc(1, sizeof(unit_cache));
}

void unit_cache_free(unit_cache *c)
{
    free(c);
}

void unit_cache_put(unit_cache *c, const unit_key *key, const piece_token *tokens, size_t count)
{
    unit_entry *pair = unit_pair(c, key);
    pair[1] = pair[0];
    pair[0] = (unit_entry){.key = *key};
    memcpy(pair[0].tokens, tokens, count * sizeof *tokens);
}
