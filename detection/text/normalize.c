#include "base/util.h"
#include "detection/text/normalize.h"

#include "detection/text/fold.h"
#include "detection/text/unicode.h"

#define CAPITAL_I_WITH_DOT 0x0130
#define COMBINING_DOT      0x0307
#define CAPITAL_SIGMA      0x03A3
#define SMALL_SIGMA        0x03C3
#define FINAL_SIGMA        0x03C2

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool cased_before(slice text, size_t offset)
{
    while (offset > 0) {
        uint32_t c = utf8_previous(text, &offset);
        if (!(unicode_flags(c) & UNICODE_CASE_IGNORABLE))
            return unicode_flags(c) & UNICODE_CASED;
    }
    return false;
}

static bool cased_after(slice text, size_t offset)
{
    while (offset < text.len) {
        uint32_t c = utf8_next(text, &offset);
        if (!(unicode_flags(c) & UNICODE_CASE_IGNORABLE))
            return unicode_flags(c) & UNICODE_CASED;
    }
    return false;
}

/* Writes c's lower-case form: 1 or 2 code points. `start` and `end` are c's position in the text.
 * */
static size_t lower(slice text, uint32_t c, size_t start, size_t end, uint32_t out[2])
{
    out[0] = unicode_simple_lower(c);
    if (c == CAPITAL_I_WITH_DOT) {
        out[0] = 'i';
        out[1] = COMBINING_DOT;
        return 2;
    }
    if (c == CAPITAL_SIGMA)
        out[0] = cased_before(text, start) && !cased_after(text, end) ? FINAL_SIGMA : SMALL_SIGMA;
    return 1;
}

static bool becomes_space(const normalizer *n, uint32_t c)
{
    if (c < 128)
        return n->ascii[c] == ' ';
    return (unicode_flags(c) & UNICODE_WHITE_SPACE) ||
           bsearch(&c, n->others, n->other_count, sizeof c, compare_u32) != NULL;
}

/* --- characters beyond ASCII --- */

/* What becomes of a character of two or three bytes. */
enum { KIND_OTHER, KIND_SAME, KIND_SPACE, KIND_SMALL };

#define KINDS    ((uint32_t)0x10000)
#define TWO_LAST ((uint32_t)0x7FF)

static uint8_t kind_of(const normalizer *n, uint32_t c, uint32_t small)
{
    if (c == CAPITAL_I_WITH_DOT || c == CAPITAL_SIGMA || small < 128)
        return KIND_OTHER;
    if (becomes_space(n, small))
        return KIND_SPACE;
    if (small == c)
        return KIND_SAME;
    return c <= TWO_LAST && small <= TWO_LAST ? KIND_SMALL : KIND_OTHER;
}

static void make_kinds(normalizer *n)
{
    n->kinds = xcalloc(KINDS, sizeof *n->kinds);
    n->small = xcalloc(TWO_LAST + 1, sizeof *n->small);
    for (uint32_t c = 128; c < KINDS; c++) {
        uint32_t small = unicode_simple_lower(c);
        n->kinds[c] = kind_of(n, c, small);
        if (n->kinds[c] == KIND_SMALL)
            n->small[c] = (uint16_t)small;
    }
}

bool normalizer_init(normalizer *n, const char *punctuation, err *e)
{
    *n = (normalizer){0};
    slice set = slice_from(punctuation);
    if (utf8_check(set) != set.len)
        return err_set(e, ERR_CONFIG, "punctuation_chars is not valid UTF-8; correct the key");
    for (unsigned c = 0; c < 128; c++)
        n->ascii[c] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    for (unsigned c = 9; c <= 13; c++)
        n->ascii[c] = ' ';
    n->others = xcalloc(set.len + 1, sizeof *n->others);
    for (size_t i = 0; i < set.len;) {
        uint32_t c = utf8_next(set, &i);
        if (c >= 128)
            n->others[n->other_count++] = c;
        else
            n->ascii[c] = ' ';
    }
    /* The set is applied after lower-casing, so a capital letter in it has no effect, and a small
     * one matches both. */
    for (unsigned c = 'A'; c <= 'Z'; c++)
        n->ascii[c] = n->ascii[c + 32];
    normalize_tables_init(&n->tables, n->ascii);
    qsort(n->others, n->other_count, sizeof *n->others, compare_u32);
    make_kinds(n);
    return true;
}

void normalizer_deinit(normalizer *n)
{
    free(n->others);
    free(n->kinds);
    free(n->small);
    *n = (normalizer){0};
}

/* A dropped space is written and then overwritten. */
static inline void put_byte(normalize_output *w, char c)
{
    *w->at = c;
    w->at += c != ' ' || w->last != ' ';
    w->last = c;
}

static void put_code_point(const normalizer *n, normalize_output *w, uint32_t c)
{
    char bytes[4];
    if (becomes_space(n, c)) {
        put_byte(w, ' ');
        return;
    }
    size_t len = utf8_put(c, bytes);
    for (size_t i = 0; i < len; i++)
        put_byte(w, bytes[i]);
}

/* The character beyond ASCII at *i; *i moves past it. */
static void put_lowered(const normalizer *n, slice text, size_t *i, normalize_output *w)
{
    size_t start = *i;
    uint32_t small[2];
    uint32_t c = utf8_next(text, i);
    size_t count = lower(text, c, start, *i, small);
    for (size_t k = 0; k < count; k++)
        put_code_point(n, w, small[k]);
}

/* Space for the longest text that `len` bytes can become: 2 may become 3 (U+0130, U+023A). */
static bool make_room(buf *out, size_t len)
{
    size_t most = len + len / 2 + 1, spare = NORMALIZE_ASCII_BYTES + 1;
    if (most > out->max_bytes) {
        out->overflow = true;
        return false;
    }
    if (most + spare > out->capacity) {
        out->data = xrealloc(out->data, most + spare);
        out->capacity = most + spare;
    }
    return true;
}

/* Converts ASCII from `i` on; yields where it ends. The writer is kept in registers. */
static size_t put_ascii(const normalizer *n, slice text, size_t i, normalize_output *w)
{
    normalize_output here = *w;
    if (i + 1 < text.len &&
        (uint8_t)text.data[i + 1] < 0x80) /* not a space between other letters */
        i = normalize_ascii(&n->tables, text, i, &here);
    for (uint8_t byte; i < text.len && (byte = (uint8_t)text.data[i]) < 0x80; i++)
        put_byte(&here, n->ascii[byte]);
    *w = here;
    return i;
}

/* A character of `len` bytes, 2 or 3; false: neither kept nor a space. */
static inline bool put_known(const normalizer *n, const char *p, uint32_t c, size_t len,
                             normalize_output *w)
{
    uint8_t kind = n->kinds[c];
    if (kind == KIND_SPACE) {
        put_byte(w, ' ');
        return true;
    }
    if (kind == KIND_OTHER)
        return false;
    uint32_t small = kind == KIND_SMALL ? n->small[c] : c;
    w->at[0] = len == 2 ? (char)(0xC0 | small >> 6) : p[0];
    w->at[1] = len == 2 ? (char)(0x80 | (small & 0x3F)) : p[1];
    if (len == 3)
        w->at[2] = p[2];
    w->at += len;
    w->last = 'x';
    return true;
}

/* Converts characters beyond ASCII from `i` on; yields where they end. */
static size_t put_others(const normalizer *n, slice text, size_t i, normalize_output *w)
{
    normalize_output here = *w;
    for (uint8_t byte; i < text.len && (byte = (uint8_t)text.data[i]) >= 0x80;) {
        size_t next = i;
        uint32_t c = utf8_next(text, &next);
        if (byte < 0xF0 && put_known(n, text.data + i, c, byte < 0xE0 ? 2 : 3, &here))
            i = next;
        else
            put_lowered(n, text, &i, &here);
    }
    *w = here;
    return i;
}

static bool normalize_folded(const normalizer *n, slice text, buf *out)
{
    if (!make_room(out, text.len))
        return false;
    normalize_output w = {.at = out->data, .last = ' '};
    for (size_t i = 0; i < text.len;) {
        i = put_ascii(n, text, i, &w);
        i = put_others(n, text, i, &w);
    }
    if (w.at > out->data && w.last == ' ')
        w.at--;
    out->len = (size_t)(w.at - out->data);
    out->data[out->len] = '\0';
    return true;
}

/* One character of three bytes may become 18 (U+FDFA). */
#define FOLD_GROWTH 12

bool normalize_text(const normalizer *n, slice text, buf *out)
{
    if (!n->extended || !fold_is_needed(text))
        return normalize_folded(n, text, out);
    AUTO(buf) folded = BUF(text.len * FOLD_GROWTH + 1);
    fold_text(text, &folded);
    return normalize_folded(n, buf_slice(&folded), out);
}

slice normalize_first_words(slice normal, size_t max_words)
{
    const char *end = normal.data + normal.len;
    const char *at = normal.data;
    for (size_t words = 0; at && at < end; at++) {
        at = memchr(at, ' ', (size_t)(end - at));
        if (!at)
            return normal;
        if (++words == max_words)
            return (slice){.data = normal.data, .len = (size_t)(at - normal.data)};
    }
    return normal;
}
