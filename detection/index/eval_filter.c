#include "detection/index/eval_filter.h"

#include "decon/base/digest.h"
#include "base/array.h"
#include "base/util.h"
#include "detection/table/hash.h"
#include "detection/text/unicode.h"

/* A pair is known by the SHA-256 of both strings: no two pairs are taken for one. */
typedef struct eval_pair {
    uint8_t digest[SHA256_BYTES];
    bool used;
} eval_pair;

void eval_filter_init(eval_filter *f, const detect_settings *settings)
{
    *f = (eval_filter){.settings = settings, .pair_slots = 1024};
    f->pairs = xcalloc(f->pair_slots, sizeof *f->pairs);
}

void eval_filter_deinit(eval_filter *f)
{
    free(f->pairs);
    free(f->words);
    *f = (eval_filter){0};
}

static eval_pair *find_pair(eval_pair *pairs, size_t slots, const uint8_t digest[SHA256_BYTES])
{
    uint64_t at;
    memcpy(&at, digest, sizeof at);
    for (at &= slots - 1;; at = (at + 1) & (slots - 1))
        if (!pairs[at].used || memcmp(pairs[at].digest, digest, SHA256_BYTES) == 0)
            return &pairs[at];
}

static void grow_pairs(eval_filter *f)
{
    size_t slots = f->pair_slots * 2;
    eval_pair *pairs = xcalloc(slots, sizeof *pairs);
    for (size_t i = 0; i < f->pair_slots; i++)
        if (f->pairs[i].used)
            *find_pair(pairs, slots, f->pairs[i].digest) = f->pairs[i];
    free(f->pairs);
    f->pairs = pairs;
    f->pair_slots = slots;
}

/* Whether the pair is there already; it is from now on. */
static bool seen_before(eval_filter *f, slice eval_key, slice fingerprint)
{
    uint8_t digest[SHA256_BYTES];
    uint64_t key_len = eval_key.len;
    AUTO(digest_ctx) d = {0};
    digest_sha256_init(&d);
    digest_update(&d, &key_len, sizeof key_len);
    digest_update(&d, eval_key.data, eval_key.len);
    digest_update(&d, fingerprint.data, fingerprint.len);
    digest_final(&d, digest);
    eval_pair *pair = find_pair(f->pairs, f->pair_slots, digest);
    if (pair->used)
        return true;
    pair->used = true;
    memcpy(pair->digest, digest, sizeof digest);
    if (++f->pair_count * 2 > f->pair_slots)
        grow_pairs(f);
    return false;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void add_word(eval_filter *f, size_t count, const char *word, size_t len)
{
    ARRAY_RESERVE(f->words, f->word_capacity, count + 1);
    f->words[count] = hash_bytes(word, len, 0);
}

size_t count_unique_words(eval_filter *f, slice normal)
{
    size_t count = 0, unique = 0;
    for (size_t at = 0; at < normal.len;) {
        const char *word = normal.data + at;
        const char *space = memchr(word, ' ', normal.len - at);
        size_t len = space ? (size_t)(space - word) : normal.len - at;
        add_word(f, count++, word, len);
        at += len + 1;
    }
    if (count > 0)
        qsort(f->words, count, sizeof *f->words, compare_u64);
    for (size_t i = 0; i < count; i++)
        unique += i == 0 || f->words[i] != f->words[i - 1];
    return unique;
}

/* Scripts that are written without spaces: Thai to Myanmar, Khmer, Kana, Chinese characters. Such a text
 * is long enough where it has enough tokens. */
static bool is_unspaced(slice text)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t c = utf8_next(text, &i);
        if ((c >= 0x0E00 && c < 0x10A0) || (c >= 0x1780 && c < 0x1800) ||
            (c >= 0x3040 && c < 0xA000) || (c >= 0xF900 && c < 0xFB00) ||
            (c >= 0x20000 && c < 0x32000))
            return true;
    }
    return false;
}

static eval_verdict judge(eval_filter *f, const eval_input *input, slice combined,
                          tokenizer *tokens)
{
    const detect_settings *s = f->settings;
    if (s->eval_min_tokens > 0 && tokenizer_count_filled(tokens, combined) < s->eval_min_tokens)
        return EVAL_FEW_TOKENS;
    if (s->eval_min_unique_words > 0 &&
        count_unique_words(f, slice_trim(combined)) < s->eval_min_unique_words &&
        !(s->extended_normal && is_unspaced(combined)))
        return EVAL_FEW_WORDS;
    if (s->eval_dedup && input->fingerprint.data &&
        seen_before(f, input->eval_key, input->fingerprint))
        return EVAL_DUPLICATE;
    return EVAL_KEEP;
}

/* Without a question that is the reason, whatever the filters say; they are applied all the same, since
 * a record that passes them is remembered for later duplicates. */
eval_verdict eval_filter_judge(eval_filter *f, const eval_input *input, slice combined,
                               tokenizer *tokens)
{
    eval_verdict verdict = judge(f, input, combined, tokens);
    return input->question.len == 0 ? EVAL_EMPTY : verdict;
}
