#include "base/util.h"
#include "detection/recall/neighbour.h"

#include <ctype.h>

#include "detection/recall/words.h"
#include "detection/table/hash.h"

#define DISTINCTIVE_SHARE 100 /* distinctive: a word that at most one in this many questions has, */
#define DISTINCTIVE_LEAST 2   /* or at most this many questions */
#define PHRASES           7   /* other questions in one text */
#define PHRASE_WORDS      4   /* and up to PHRASE_MORE more in each */
#define PHRASE_MORE       4
#define TOPIC_APART       3 /* at most this many other words between two of a topic, */
#define TOPIC_WORDS       3 /* which has at least this many */
#define TEMPLATE_SHARE    4 /* at least one in this many words of a template is replaced */
#define WORDS_MOST        400

static const struct {
    const char *name, *meaning;
} kinds[NEIGHBOUR_KINDS] = {
    [NEIGHBOUR_TEMPLATE] = {"template",
                            "question and answer with the distinctive words of other records"},
    [NEIGHBOUR_TOPIC] = {"topic", "its distinctive words in random order among others"},
    [NEIGHBOUR_PHRASES] = {"phrases",
                           "four to seven consecutive words from each of seven questions"},
    [NEIGHBOUR_CONTEXT] = {"context", "the passage without question and answer"},
};

const char *neighbour_name(neighbour_kind kind)
{
    return kinds[kind].name;
}

const char *neighbour_meaning(neighbour_kind kind)
{
    return kinds[kind].meaning;
}

/* --- the number of questions that have a word --- */

/* The hash of its letters and digits, without case; 0: it has none. */
static uint64_t word_hash(slice word)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char b = (unsigned char)word.data[i];
        if (isalnum(b) || b >= 0x80)
            hash = hash_mix(hash ^ (uint64_t)(tolower(b) + 1), UINT64_C(0x9E3779B97F4A7C15));
    }
    return hash;
}

static word_count *count_of(const word_counts *w, uint64_t hash)
{
    size_t mask = w->slot_count - 1, i = hash & mask;
    while (w->slots[i].hash && w->slots[i].hash != hash)
        i = (i + 1) & mask;
    return &w->slots[i];
}

static void grow(word_counts *w)
{
    word_count *old = w->slots;
    size_t count = w->slot_count;
    w->slot_count = MAX(count * 2, (size_t)1024);
    w->slots = xcalloc(w->slot_count, sizeof *w->slots);
    for (size_t i = 0; i < count; i++)
        if (old[i].hash)
            *count_of(w, old[i].hash) = old[i];
    free(old);
}

static void count_words_of(word_counts *w, slice text)
{
    size_t at = 0;
    w->questions++;
    for (slice word = words_next(text, &at); word.len > 0; word = words_next(text, &at)) {
        uint64_t hash = word_hash(word);
        if (w->used * 2 >= w->slot_count)
            grow(w);
        word_count *c = count_of(w, hash);
        if (hash == 0 || c->last == w->questions)
            continue;
        w->used += c->hash == 0;
        c->hash = hash;
        c->questions++;
        c->last = w->questions;
    }
}

/* The choices of one question are neighbours in `records` and count once. */
static bool same_question(const recall_records *records, size_t a, size_t b)
{
    return slice_equal(records->each[a].input.question, records->each[b].input.question);
}

void word_counts_make(word_counts *w, const recall_records *records)
{
    *w = (word_counts){0};
    grow(w);
    for (size_t i = 0; i < records->count; i++)
        if (i == 0 || !same_question(records, i - 1, i))
            count_words_of(w, records->each[i].input.question);
}

void word_counts_deinit(word_counts *w)
{
    free(w->slots);
    *w = (word_counts){0};
}

static bool is_distinctive(const word_counts *w, slice word)
{
    uint64_t hash = word_hash(word);
    uint32_t most = MAX(w->questions / DISTINCTIVE_SHARE, (uint32_t)DISTINCTIVE_LEAST);
    return hash != 0 && count_of(w, hash)->questions <= most;
}

/* --- texts --- */

typedef struct word_list {
    slice words[WORDS_MOST];
    size_t count;
} word_list;

static void distinctive_words(const word_counts *w, slice text, word_list *out)
{
    size_t at = 0;
    out->count = 0;
    for (slice word = words_next(text, &at); word.len > 0 && out->count < WORDS_MOST;
         word = words_next(text, &at))
        if (is_distinctive(w, word))
            out->words[out->count++] = word;
}

static void put_word(slice word, buf *out)
{
    buf_append_str(out, out->len > 0 ? " " : "");
    buf_append_slice(out, word);
}

/* Another question, of the same set if it has another. */
static size_t other_record(const recall_records *records, size_t number, carrier *c)
{
    size_t other = number;
    for (unsigned tries = 0; tries < 20; tries++) {
        other = (size_t)carrier_number(c, records->count);
        if (!same_question(records, number, other) &&
            (tries > 10 || slice_equal(records->each[other].record->origin->eval_key,
                                       records->each[number].record->origin->eval_key)))
            break;
    }
    return other;
}

/* A distinctive word of any other question; empty if that has none. */
static slice foreign_word(const recall_records *records, const word_counts *w, size_t number,
                          carrier *c)
{
    word_list words;
    size_t other = other_record(records, number, c);
    distinctive_words(w, records->each[other].input.question, &words);
    if (words.count == 0 || same_question(records, number, other))
        return (slice){0};
    return words.words[carrier_number(c, words.count)];
}

/* Yields how many words were replaced. */
static size_t put_replaced(const recall_records *records, const word_counts *w, size_t number,
                           slice text, carrier *c, buf *out)
{
    size_t at = 0, replaced = 0;
    for (slice word = words_next(text, &at); word.len > 0; word = words_next(text, &at)) {
        slice other = {0};
        for (unsigned tries = 0; tries < 5 && other.len == 0 && is_distinctive(w, word); tries++)
            other = foreign_word(records, w, number, c);
        put_word(other.len > 0 ? other : word, out);
        replaced += other.len > 0;
    }
    return replaced;
}

static bool put_template(const recall_records *records, const word_counts *w, size_t number,
                         carrier *c, buf *out)
{
    const alter_input *own = &records->each[number].input;
    size_t replaced = put_replaced(records, w, number, own->question, c, out);
    bool enough = replaced * TEMPLATE_SHARE >= words_count(own->question);
    (void)put_replaced(records, w, number, own->answer, c, out);
    return enough;
}

static void shuffle(word_list *words, carrier *c)
{
    for (size_t i = words->count; i > 1; i--) {
        size_t other = (size_t)carrier_number(c, i);
        slice last = words->words[i - 1];
        words->words[i - 1] = words->words[other];
        words->words[other] = last;
    }
}

static bool put_topic(const recall_records *records, const word_counts *w, size_t number,
                      carrier *c, buf *out)
{
    word_list words;
    distinctive_words(w, records->each[number].input.question, &words);
    shuffle(&words, c);
    for (size_t i = 0; i < words.count; i++) {
        for (size_t k = 1 + (size_t)carrier_number(c, TOPIC_APART); k > 0; k--)
            put_word(slice_from(carrier_word(c)), out);
        put_word(words.words[i], out);
    }
    return words.count >= TOPIC_WORDS;
}

static void put_phrase(slice text, carrier *c, buf *out)
{
    size_t count = words_count(text), at = 0;
    size_t wanted = MIN(PHRASE_WORDS + (size_t)carrier_number(c, PHRASE_MORE), count / 2);
    size_t from = count > wanted ? (size_t)carrier_number(c, count - wanted + 1) : 0;
    for (size_t i = 0; i < MIN(count, from + wanted); i++) {
        slice word = words_next(text, &at);
        if (i >= from)
            put_word(word, out);
    }
}

static bool put_phrases(const recall_records *records, size_t number, carrier *c, buf *out)
{
    if (records->count < 2 * PHRASES)
        return false;
    for (size_t i = 0; i < PHRASES; i++)
        put_phrase(records->each[other_record(records, number, c)].input.question, c, out);
    return true;
}

static bool put_context(const alter_input *in, buf *out)
{
    if (in->passage.len == 0)
        return false;
    put_word(in->passage, out);
    return true;
}

bool neighbour_put(neighbour_kind kind, const recall_records *records, const word_counts *words,
                   size_t number, carrier *c, buf *out)
{
    switch (kind) {
    case NEIGHBOUR_TEMPLATE:
        return put_template(records, words, number, c, out);
    case NEIGHBOUR_TOPIC:
        return put_topic(records, words, number, c, out);
    case NEIGHBOUR_PHRASES:
        return put_phrases(records, number, c, out);
    default:
        return put_context(&records->each[number].input, out);
    }
}
