#include "detection/index/eval_filter.h"

#include "decon/base/digest.h"
#include "base/util.h"
#include "detection/table/hash.h"
#include "detection/text/unicode.h"

/* A pair is identified by the first half of the SHA-256 of both strings, so that no two pairs are
 * confused. */
typedef struct eval_pair {
    uint64_t words[2]; /* both 0: free */
} eval_pair;

/* Slots of so many pairs. */
#define PAIRS_MOST(slots) ((slots) / 4 * 3)

void eval_filter_init(eval_filter *f, const detect_settings *settings)
{
    *f = (eval_filter){.settings = settings, .pair_slots = 1024};
    f->pairs = xcalloc(f->pair_slots, sizeof *f->pairs);
}

void eval_filter_deinit(eval_filter *f)
{
    free(f->pairs);
    *f = (eval_filter){0};
}

static bool is_free(const eval_pair *p)
{
    return (p->words[0] | p->words[1]) == 0;
}

/* The slot that holds the pair, or the free one where it belongs. */
static eval_pair *find_pair(eval_pair *pairs, size_t slots, const eval_pair *pair)
{
    for (size_t at = pair->words[0] & (slots - 1);; at = (at + 1) & (slots - 1))
        if (is_free(&pairs[at]) || memcmp(&pairs[at], pair, sizeof *pair) == 0)
            return &pairs[at];
}

static void grow_pairs(eval_filter *f)
{
    size_t slots = f->pair_slots * 2;
    eval_pair *pairs = xcalloc(slots, sizeof *pairs);
    for (size_t i = 0; i < f->pair_slots; i++)
        if (!is_free(&f->pairs[i]))
            *find_pair(pairs, slots, &f->pairs[i]) = f->pairs[i];
    free(f->pairs);
    f->pairs = pairs;
    f->pair_slots = slots;
}

/* Adds the pair; yields whether it was already present. */
static bool seen_before(eval_filter *f, const uint8_t digest[SHA256_BYTES])
{
    eval_pair pair;
    memcpy(&pair, digest, sizeof pair);
    pair.words[1] |= is_free(&pair);
    eval_pair *slot = find_pair(f->pairs, f->pair_slots, &pair);
    if (!is_free(slot))
        return true;
    *slot = pair;
    if (++f->pair_count > PAIRS_MOST(f->pair_slots))
        grow_pairs(f);
    return false;
}

void word_set_deinit(word_set *w)
{
    free(w->slots);
    *w = (word_set){0};
}

static void word_set_clear(word_set *w, size_t most)
{
    size_t slots = 16;
    while (slots < 2 * most)
        slots *= 2;
    if (slots > w->slot_count) {
        free(w->slots);
        w->slots = xcalloc(slots, sizeof *w->slots);
        w->slot_count = slots;
        return;
    }
    memset(w->slots, 0, w->slot_count * sizeof *w->slots);
}

/* True if it is new. */
static bool word_set_add(word_set *w, slice word)
{
    uint64_t hash = hash_bytes(word.data, word.len, 0) | 1;
    size_t i = hash >> 1 & (w->slot_count - 1);
    while (w->slots[i] && w->slots[i] != hash)
        i = (i + 1) & (w->slot_count - 1);
    bool is_new = w->slots[i] == 0;
    w->slots[i] = hash;
    return is_new;
}

bool word_set_reaches(word_set *w, slice normal, size_t least)
{
    size_t unique = 0;
    word_set_clear(w, MIN(least, normal.len));
    for (size_t at = 0; at < normal.len && unique < least;) {
        const char *word = normal.data + at;
        const char *space = memchr(word, ' ', normal.len - at);
        size_t len = space ? (size_t)(space - word) : normal.len - at;
        unique += word_set_add(w, (slice){word, len});
        at += len + 1;
    }
    return unique >= least;
}

/* Scripts that are written without spaces: Thai to Myanmar, Khmer, Kana, Chinese characters. Such a
 * text is long enough if it has enough tokens. */
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

void eval_facts_of_text(const detect_settings *s, slice combined, word_set *words, eval_facts *out)
{
    out->few_words = !word_set_reaches(words, slice_trim(combined), s->eval_min_unique_words) &&
                     !(s->extended_normal && is_unspaced(combined));
}

void eval_facts_of_names(const detect_settings *s, const eval_input *in, eval_facts *out)
{
    uint64_t key_len = in->eval_key.len;
    out->has_pair = s->eval_dedup && in->fingerprint.data;
    if (!out->has_pair)
        return;
    AUTO(digest_ctx) d = {0};
    digest_sha256_init(&d);
    digest_update(&d, &key_len, sizeof key_len);
    digest_update(&d, in->eval_key.data, in->eval_key.len);
    digest_update(&d, in->fingerprint.data, in->fingerprint.len);
    digest_final(&d, out->pair);
}

static eval_verdict judge(eval_filter *f, const eval_facts *facts)
{
    if (facts->filled_tokens < f->settings->eval_min_tokens)
        return EVAL_FEW_TOKENS;
    if (facts->few_words)
        return EVAL_FEW_WORDS;
    if (facts->has_pair && seen_before(f, facts->pair))
        return EVAL_DUPLICATE;
    return EVAL_KEEP;
}

/* A missing question is the reason, regardless of the filters; they are still applied, since a
 * record that passes them is recorded for later duplicates. */
eval_verdict eval_filter_judge(eval_filter *f, const eval_facts *facts, bool has_question)
{
    eval_verdict verdict = judge(f, facts);
    return has_question ? verdict : EVAL_EMPTY;
}
