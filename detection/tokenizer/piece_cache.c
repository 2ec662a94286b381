#include "base/util.h"
#include "detection/tokenizer/piece_cache.h"

#include "detection/table/huge_pages.h"

piece_cache *piece_cache_new(void)
{
    return huge_calloc(1, sizeof(piece_cache));
}

void piece_cache_free(piece_cache *c)
{
    free(c);
}

void piece_cache_put(piece_cache *c, piece_key key, const piece_token *tokens, size_t count)
{
    piece_entry *pair = piece_pair(c, key);
    pair[1] = pair[0];
    pair[0] = (piece_entry){.key = key};
    memcpy(pair[0].tokens, tokens, count * sizeof *tokens);
}
