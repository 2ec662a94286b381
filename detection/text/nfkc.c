#include "base/util.h"
#include "detection/text/nfkc.h"

#include "detection/text/unicode.h"

typedef struct fold_entry {
    uint32_t code;
    uint16_t start; /* in fold_pool */
    uint8_t len;
} fold_entry;

typedef struct fold_pair {
    uint32_t first, second, composed;
} fold_pair;

typedef struct fold_class {
    uint32_t code;
    uint8_t class;
} fold_class;

#include "detection/text/fold_tables.inc"

#define HANGUL_FIRST   0xAC00u
#define HANGUL_COUNT   11172u
#define LEADING_FIRST  0x1100u
#define LEADING_COUNT  19u
#define VOWEL_FIRST    0x1161u
#define VOWEL_COUNT    21u
#define TRAILING_FIRST 0x11A7u /* one before the first */
#define TRAILING_COUNT 28u

static int by_code(const void *key, const void *entry)
{
    uint32_t a = *(const uint32_t *)key, b = ((const fold_entry *)entry)->code;
    return (a > b) - (a < b);
}

static int by_class_code(const void *key, const void *entry)
{
    uint32_t a = *(const uint32_t *)key, b = ((const fold_class *)entry)->code;
    return (a > b) - (a < b);
}

static int by_pair(const void *key, const void *entry)
{
    const fold_pair *a = key, *b = entry;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a->second > b->second) - (a->second < b->second);
}

static uint8_t class_of(uint32_t code)
{
    if (!(unicode_flags(code) & UNICODE_MARK))
        return 0;
    const fold_class *c =
        bsearch(&code, fold_classes, ARRAY_LEN(fold_classes), sizeof *fold_classes, by_class_code);
    return c ? c->class : 0;
}

static uint32_t compose_hangul(uint32_t first, uint32_t second)
{
    if (first - LEADING_FIRST < LEADING_COUNT && second - VOWEL_FIRST < VOWEL_COUNT)
        return HANGUL_FIRST +
               ((first - LEADING_FIRST) * VOWEL_COUNT + (second - VOWEL_FIRST)) * TRAILING_COUNT;
    if (first - HANGUL_FIRST < HANGUL_COUNT && (first - HANGUL_FIRST) % TRAILING_COUNT == 0 &&
        second - TRAILING_FIRST - 1 < TRAILING_COUNT - 1)
        return first + (second - TRAILING_FIRST);
    return 0;
}

/* 0: they do not compose. */
static uint32_t compose(uint32_t first, uint32_t second)
{
    uint32_t hangul = compose_hangul(first, second);
    if (hangul || second < 0x300)
        return hangul;
    const fold_pair key = {.first = first, .second = second};
    const fold_pair *p = bsearch(&key, fold_compositions, ARRAY_LEN(fold_compositions),
                                 sizeof *fold_compositions, by_pair);
    return p ? p->composed : 0;
}

static void put_code(nfkc *n, uint32_t code)
{
    char bytes[4];
    buf_append(n->out, bytes, utf8_put(code, bytes));
}

/* The first held character is a starter, unless the text begins with a mark. */
static void compose_held(nfkc *n)
{
    size_t kept = 1;
    uint8_t last = 0;
    for (size_t i = 1; i < n->count; i++) {
        uint8_t class = n->classes[i];
        bool is_free = kept == 1 || last < class;
        uint32_t composed = n->classes[0] == 0 && is_free ? compose(n->held[0], n->held[i]) : 0;
        if (composed) {
            n->held[0] = composed;
            continue;
        }
        n->held[kept] = n->held[i];
        n->classes[kept++] = class;
        last = class;
    }
    n->count = kept;
}

static void flush(nfkc *n)
{
    if (n->count > 1)
        compose_held(n);
    for (size_t i = 0; i < n->count; i++)
        put_code(n, n->held[i]);
    n->count = 0;
}

void nfkc_init(nfkc *n, buf *out)
{
    *n = (nfkc){.out = out};
}

/* In the order of their classes; equal ones in the order of the text. */
static void hold_mark(nfkc *n, uint32_t code, uint8_t class)
{
    size_t at = n->count++;
    for (; at > 0 && n->classes[at - 1] > class; at--) {
        n->held[at] = n->held[at - 1];
        n->classes[at] = n->classes[at - 1];
    }
    n->held[at] = code;
    n->classes[at] = class;
}

/* Starters that may compose with the one before: Hangul, and signs of Indian scripts. */
static bool may_follow(uint32_t code)
{
    return (unicode_flags(code) & UNICODE_MARK) || (code >= 0x1161 && code <= 0x11C2);
}

static void hold(nfkc *n, uint32_t code)
{
    uint8_t class = class_of(code);
    if (class > 0 && n->count < NFKC_HELD) {
        hold_mark(n, code, class);
        return;
    }
    if (class == 0 && n->count > 0 && may_follow(code)) {
        compose_held(n);
        uint32_t composed = n->count == 1 && n->classes[0] == 0 ? compose(n->held[0], code) : 0;
        if (composed) {
            n->held[0] = composed;
            return;
        }
    }
    flush(n);
    n->held[0] = code;
    n->classes[0] = class;
    n->count = 1;
}

void nfkc_put(nfkc *n, uint32_t code)
{
    /* Neither Hangul nor unified ideographs have a decomposition in the table. */
    if (code < 0xA0 || code - HANGUL_FIRST < HANGUL_COUNT || (code >= 0x3400 && code < 0xA000)) {
        hold(n, code);
        return;
    }
    const fold_entry *d = bsearch(&code, fold_decompositions, ARRAY_LEN(fold_decompositions),
                                  sizeof *fold_decompositions, by_code);
    if (!d) {
        hold(n, code);
        return;
    }
    for (size_t i = 0; i < d->len; i++)
        hold(n, fold_pool[d->start + i]);
}

void nfkc_finish(nfkc *n)
{
    flush(n);
}
