/* Tokenizers whose tokens are words: `word` takes those of the normalised text, `uniseg` all
 * segments between the word boundaries of Unicode, including spaces. Words of evaluation records
 * are learned while the index is built and numbered in order; other words are TOKEN_UNKNOWN. */
#include <sys/random.h>

#include "base/util.h"
#include "detection/table/hash.h"
#include "detection/tokenizer/tokenizer_private.h"
#include "detection/text/word_break.h"

typedef struct word_entry {
    uint64_t hash;
    size_t start; /* in `letters` */
    uint32_t len;
    uint32_t id;
} word_entry;

typedef struct word_kind {
    tokenizer_ops ops; /* first */
    /* The next word from *at on; false at the end. */
    bool (*next)(slice text, size_t *at, slice *word);
} word_kind;

typedef struct word_tokenizer {
    tokenizer base;
    const word_kind *kind;
    word_entry *slots; /* open addressing, a power of two; an id of TOKEN_UNKNOWN is free */
    size_t slot_count;
    size_t word_count;
    buf letters; /* all words, concatenated */
    uint64_t seed;
} word_tokenizer;

static word_entry *slots_new(size_t count)
{
    word_entry *slots = xcalloc(count, sizeof *slots);
    for (size_t i = 0; i < count; i++)
        slots[i].id = TOKEN_UNKNOWN;
    return slots;
}

static tokenizer *word_create(const tokenizer_ops *ops, const char *vocabulary_dir, err *e)
{
    UNUSED(vocabulary_dir);
    UNUSED(e);
    word_tokenizer *w = xcalloc(1, sizeof *w);
    w->base.ops = ops;
    w->kind = (const word_kind *)ops;
    w->slot_count = 1024;
    w->slots = slots_new(w->slot_count);
    buf_init(&w->letters, SIZE_MAX / 4);
    if (getrandom(&w->seed, sizeof w->seed, GRND_NONBLOCK) < 0)
        w->seed = (uintptr_t)w;
    return &w->base;
}

static void word_free(tokenizer *t)
{
    word_tokenizer *w = (word_tokenizer *)t;
    free(w->slots);
    buf_deinit(&w->letters);
    free(w);
}

/* The slot of a word, or the free slot for it. */
static word_entry *find(const word_tokenizer *w, slice word, uint64_t hash)
{
    size_t mask = w->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        word_entry *s = &w->slots[i];
        if (s->id == TOKEN_UNKNOWN ||
            (s->hash == hash && s->len == word.len &&
             memcmp(w->letters.data + s->start, word.data, word.len) == 0))
            return s;
    }
}

static void grow(word_tokenizer *w)
{
    size_t count = w->slot_count * 2;
    word_entry *slots = slots_new(count);
    for (size_t i = 0; i < w->slot_count; i++) {
        if (w->slots[i].id == TOKEN_UNKNOWN)
            continue;
        size_t at = w->slots[i].hash & (count - 1);
        while (slots[at].id != TOKEN_UNKNOWN)
            at = (at + 1) & (count - 1);
        slots[at] = w->slots[i];
    }
    free(w->slots);
    w->slots = slots;
    w->slot_count = count;
}

static uint32_t learn_word(word_tokenizer *w, slice word)
{
    uint64_t hash = hash_bytes(word.data, word.len, w->seed);
    word_entry *s = find(w, word, hash);
    if (s->id != TOKEN_UNKNOWN)
        return s->id;
    *s = (word_entry){.hash = hash,
                      .start = w->letters.len,
                      .len = (uint32_t)word.len,
                      .id = (uint32_t)w->word_count++};
    uint32_t id = s->id;
    buf_append_slice(&w->letters, word);
    if (w->word_count * 2 > w->slot_count)
        grow(w);
    return id;
}

static bool next_word(slice normal, size_t *at, slice *word)
{
    if (*at >= normal.len)
        return false;
    const char *start = normal.data + *at;
    const char *space = memchr(start, ' ', normal.len - *at);
    size_t len = space ? (size_t)(space - start) : normal.len - *at;
    *word = (slice){.data = start, .len = len};
    *at += len + 1;
    return true;
}

static bool next_segment(slice text, size_t *at, slice *word)
{
    if (*at >= text.len)
        return false;
    size_t end = word_break_end(text, *at);
    *word = (slice){.data = text.data + *at, .len = end - *at};
    *at = end;
    return true;
}

static void word_learn(tokenizer *t, slice text, token_list *out)
{
    word_tokenizer *w = (word_tokenizer *)t;
    slice word;
    for (size_t at = 0; w->kind->next(text, &at, &word);)
        token_list_add(out, learn_word(w, word), (uint32_t)(word.data - text.data + word.len));
}

static void word_encode(const tokenizer *t, slice text, token_list *out)
{
    const word_tokenizer *w = (const word_tokenizer *)t;
    slice word;
    for (size_t at = 0; w->kind->next(text, &at, &word);) {
        uint64_t hash = hash_bytes(word.data, word.len, w->seed);
        token_list_add(out, find(w, word, hash)->id,
                       (uint32_t)((size_t)(word.data - text.data) + word.len));
    }
}

static size_t word_count_filled(tokenizer *t, slice text)
{
    size_t count = 0;
    slice word;
    for (size_t at = 0; ((word_tokenizer *)t)->kind->next(text, &at, &word);)
        count++;
    return count;
}

#define WORD_FUNCTIONS                                                                             \
    .create = word_create, .free = word_free, .learn = word_learn, .encode = word_encode,          \
    .count_filled = word_count_filled

static const word_kind word = {
    .ops = {.name = "word", .spaces_between = true, .shows_text = true, WORD_FUNCTIONS},
    .next = next_word,
};
static const word_kind uniseg = {
    .ops = {.name = "uniseg", .leads_with_space = true, WORD_FUNCTIONS},
    .next = next_segment,
};

const tokenizer_ops *const tokenizer_words[TOKENIZER_WORD_COUNT] = {&uniseg.ops, &word.ops};
