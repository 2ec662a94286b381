#include "base/util.h"
#include "detection/tokenizer/unit_cache.h"

#include "detection/table/huge_pages.h"

#define LOW(n) ((UINT64_C(1) << 8 * (n)) - 1)
const uint64_t piece_masks[PIECE_MAX_BYTES + 1][2] = {
    {0, 0},
    {LOW(1), 0},
    {LOW(2), 0},
    {LOW(3), 0},
    {LOW(4), 0},
    {LOW(5), 0},
    {LOW(6), 0},
    {LOW(7), 0},
    {UINT64_MAX, 0},
    {UINT64_MAX, LOW(1)},
    {UINT64_MAX, LOW(2)},
    {UINT64_MAX, LOW(3)},
    {UINT64_MAX, LOW(4)},
    {UINT64_MAX, LOW(5)},
    {UINT64_MAX, LOW(6)},
    {UINT64_MAX, LOW(7)},
};

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
