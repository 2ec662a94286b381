#include "base/util.h"
#include "detection/table/rank_bits.h"

void rank_bits_init(rank_bits *b, size_t count)
{
    size_t words = count / 64 + 1;
    *b = (rank_bits){.words = xcalloc(words, sizeof *b->words), .word_count = words};
}

void rank_bits_deinit(rank_bits *b)
{
    free(b->words);
    free(b->below);
    *b = (rank_bits){0};
}

void rank_bits_count(rank_bits *b)
{
    b->below = xcalloc(b->word_count, sizeof *b->below);
    b->set = 0;
    for (size_t i = 0; i < b->word_count; i++) {
        b->below[i] = b->set;
        b->set += rank_bits_of_word(b->words[i]);
    }
}
