/* The checker's fast reader: checks the tokens of a window against the grammar.
 *
 * Between two tokens the state is the same as in the exact reader. At any unexpected token the walk
 * stops, and the exact reader continues from that token to the window's end: it reports the fault,
 * or accepts text that the walk does not handle. The content of strings was checked by the indexer.
 */
#include "base/util.h"
#include "compression/jsonl/jsonl_fault.h"
#include "compression/jsonl/string_scan.h"

/* ---- numbers and literals: complete, within the window ---- */

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number of leading digits among the eight bytes at p. */
static inline size_t count_digits(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    word = le64toh(word) ^ SCAN_EACH('0'); /* digits become 0 to 9 */
    uint64_t others = ((word + SCAN_EACH(0x7f - 9)) | word) & SCAN_EACH(0x80);
    return others ? (size_t)__builtin_ctzll(others) / 8 : 8;
}

/* Eight bytes at p are always readable, also at the window's end. */
static inline const char *skip_digits(const char *p, const char *end)
{
    size_t count;
    do {
        count = count_digits(p);
        p += count;
    } while (count == 8 && p < end);
    return p;
}

static inline bool ends_scalar(const char *p, const char *end)
{
    static const bool ends[256] = {[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true,
                                   [','] = true, [']'] = true,  ['}'] = true};
    return p < end && ends[(unsigned char)*p];
}

/* A number out of range of a double has a long exponent or more digits than this; the exact reader
 * determines its magnitude. */
#define DIGITS_MAX          200
#define EXPONENT_DIGITS_MAX 2

/* The fraction and the exponent, after the integer digits. */
static inline const char *skip_fraction(const char *p, const char *end)
{
    if (*p == '.') {
        if (!is_digit(p[1]))
            return end;
        p = skip_digits(p + 2, end);
    }
    if (p < end && (*p | 0x20) == 'e') {
        p += 1 + (p[1] == '+' || p[1] == '-');
        if (!is_digit(*p))
            return end;
        const char *exponent = p;
        p = skip_digits(p + 1, end);
        if (p - exponent > EXPONENT_DIGITS_MAX)
            return end;
    }
    return p;
}

static bool is_number_to_the_end(const char *p, const char *end)
{
    return ends_scalar(skip_fraction(p, end), end);
}

static inline bool is_number(const char *p, const char *end)
{
    p += *p == '-';
    const char *digits = p;
    p = skip_digits(p, end);
    if ((size_t)(p - digits - 1) >= DIGITS_MAX || (*digits == '0' && p > digits + 1) || p >= end)
        return false;
    return ends_scalar(p, end) || is_number_to_the_end(p, end);
}

/* Without branches for the three literals, which would be mispredicted. */
static inline bool is_literal(const char *p, const char *end)
{
    static const char words[8][4] = {
        ['t' >> 2 & 7] = {'t', 'r', 'u', 'e'},
        ['f' >> 2 & 7] = {'a', 'l', 's', 'e'},
        ['n' >> 2 & 7] = {'n', 'u', 'l', 'l'},
    };
    const char *word = p + (*p == 'f');
    return memcmp(word, words[*p >> 2 & 7], 4) == 0 && ends_scalar(word + 4, end);
}

/* ---- keys and lines ---- */

/* Compares the raw text with a part of the content key; `room` bytes precede the next token. */
static inline bool is_part(slice part, const char *p, size_t room)
{
    return room >= part.len + 2 && p[1 + part.len] == '"' &&
           memcmp(p + 1, part.data, part.len) == 0;
}

/* Handles a key that may be the content key or that is checked otherwise; `next` is the next
 * token. */
static inline bool take_wanted_key(jsonl *j, const char *p, const char *next)
{
    keypath *k = &j->keys;
    size_t room = (size_t)(next - p);
    if (!k->noting && !k->seen && k->plain) {
        k->matches = is_part(keypath_part(k), p, room);
        if (k->matches || !j->window.has_backslashes || !memchr(p, '\\', room))
            return true;
    }
    if (jsonl_offset_of(j, next) - j->line_start > j->max_line_bytes)
        return false;
    j->state = NEXT_KEY;
    jsonl_read_exactly(j, p, next);
    return !j->failed && j->state == COLON;
}

static inline bool is_wanted(const jsonl *j)
{
    return j->depth == j->keys.on_depth || j->keys.seen;
}

static bool take_line_end(jsonl *j, const char *p, jsonl_state state)
{
    uint64_t end = jsonl_offset_of(j, p);
    if (end - j->line_start > j->max_line_bytes)
        return false;
    j->state = state;
    jsonl_end_line(j, end);
    j->line_start = end + 1;
    return true;
}

/* ---- the walk ---- */

typedef enum taken { NOTHING, SCALAR, OBJECT, ARRAY } taken;

static inline __attribute__((always_inline)) taken take_value(jsonl *j, const char *p,
                                                              const char *end)
{
    bool object = false;
    switch (*p) {
    case '"':
        break;
    case '{':
        object = true;
        /* fall through */
    case '[':
        if (j->depth >= j->fast_depth)
            return NOTHING;
        keypath_value(&j->keys, j->depth, *p);
        jsonl_push(j, object);
        return object ? OBJECT : ARRAY;
    case 't':
    case 'f':
    case 'n':
        if (!is_literal(p, end))
            return NOTHING;
        break;
    default:
        if (!is_number(p, end))
            return NOTHING;
    }
    keypath_value(&j->keys, j->depth, *p);
    return SCALAR;
}

/* VALUE within an array, a separate label. */
enum { ELEMENT = LINE_END + 1 };

/* Consumes the next token in state `here`, or ends if there is none. */
#define TAKE(here)                                                                                 \
    do {                                                                                           \
        state = (here);                                                                            \
        if (token == last)                                                                         \
            goto out;                                                                              \
        p = text + *token++;                                                                       \
    } while (0)

#define EXPECT(c)                                                                                  \
    do {                                                                                           \
        if (*p != (c))                                                                             \
            goto not_taken;                                                                        \
    } while (0)

#define TAKE_VALUE(after_scalar)                                                                   \
    do {                                                                                           \
        taken value = take_value(j, p, end);                                                       \
        if (value == OBJECT)                                                                       \
            goto first_key;                                                                        \
        if (value == ARRAY)                                                                        \
            goto first_element;                                                                    \
        if (value == NOTHING)                                                                      \
            goto not_taken;                                                                        \
        goto after_scalar;                                                                         \
    } while (0)

/* Each label is a state of the table in jsonl_exact.c. The state is in the program counter instead
 * of a variable, which makes the walk fast. Returns the first token that was not consumed. */
static const uint16_t *take_tokens(jsonl *j, unsigned place)
{
    static const void *const places[] = {[LINE_START] = &&line_start,
                                         [FIRST_KEY] = &&first_key,
                                         [NEXT_KEY] = &&next_key,
                                         [COLON] = &&colon,
                                         [VALUE] = &&member,
                                         [ELEMENT] = &&next_element,
                                         [FIRST_ELEMENT] = &&first_element,
                                         [LINE_END] = &&line_end,
                                         [AFTER_MEMBER] = &&after_member,
                                         [AFTER_ELEMENT] = &&after_element};
    const char *const text = j->window.text, *const end = text + j->window.len;
    const uint16_t *token = j->window.tokens, *const last = token + j->window.count;
    jsonl_state state;
    const char *p;
    goto *places[place];
line_start:
    TAKE(LINE_START);
    if (*p == '\n' && take_line_end(j, p, LINE_START))
        goto line_start;
    EXPECT('{');
    keypath_line_begin(&j->keys);
    jsonl_push(j, true);
first_key:
    TAKE(FIRST_KEY);
    if (*p == '}')
        goto close;
    goto key;
next_key:
    TAKE(NEXT_KEY);
key:
    if (*p != '"' || (is_wanted(j) && (token == last || !take_wanted_key(j, p, text + *token))))
        goto not_taken;
colon:
    TAKE(COLON);
    EXPECT(':');
member:
    TAKE(VALUE);
    TAKE_VALUE(after_member);
after_member:
    TAKE(AFTER_MEMBER);
    if (*p == ',')
        goto next_key;
    EXPECT('}');
close:
    jsonl_pop(j);
    goto *places[j->after_value];
first_element:
    TAKE(FIRST_ELEMENT);
    if (*p == ']')
        goto close;
    goto element;
next_element:
    TAKE(VALUE);
element:
    TAKE_VALUE(after_element);
after_element:
    TAKE(AFTER_ELEMENT);
    if (*p == ',')
        goto next_element;
    EXPECT(']');
    goto close;
line_end:
    TAKE(LINE_END);
    if (*p == '\n' && take_line_end(j, p, LINE_END))
        goto line_start;
not_taken:
    token--;
out:
    j->state = state;
    return token;
}

/* Returns the position of the state: the end of the window, or the token that stopped the walk. */
static const char *walk(jsonl *j)
{
    json_window *w = &j->window;
    if (j->state == STRING && w->count == 0 && w->ends_in_string)
        return w->text + w->next;
    jsonl_state state = j->state;
    if (state == STRING) /* closed in this window: before the next token, or before the end of
                            the window */
        state = j->string_is_key ? COLON : j->after_value;
    bool in_array = state == VALUE && !jsonl_in_object(j);
    const uint16_t *token = take_tokens(j, in_array ? ELEMENT : state);
    if (token < w->tokens + w->count)
        return w->text + *token;
    if (!w->ends_in_string)
        return w->text + w->len;
    j->string_is_key = j->state == COLON; /* the last token opened it */
    j->state = STRING;
    return w->text + w->next;
}

/* Whether a window may begin in this state. */
static bool is_between(const jsonl *j)
{
    switch (j->state) {
    case STRING:
        return j->utf8.left == 0 && j->high == 0 && !(j->string_is_key && j->keys.active);
    case BYTE_ORDER_MARK:
    case ESCAPE:
    case HEX:
    case NUMBER:
    case LITERAL:
        return false;
    default:
        return true;
    }
}

static const char *read_window(jsonl *j, const char *p, size_t len)
{
    json_window *w = &j->window;
    w->text = p;
    w->len = len;
    w->starts_in_string = j->state == STRING;
    j->indexer->index(w);
    if (!w->odd)
        p = walk(j);
    if (!j->failed && jsonl_offset_of(j, p) - j->line_start > j->max_line_bytes)
        jsonl_fault_line_length(j);
    return jsonl_read_exactly(j, p, w->text + len);
}

const char *jsonl_read_windows(jsonl *j, const char *p, const char *end)
{
    if (!j->indexer)
        return p;
    while (end - p >= JSON_BLOCK_BYTES + JSON_WINDOW_BEHIND && !j->failed) {
        size_t room = MIN((size_t)(end - p) - JSON_WINDOW_BEHIND, JSON_WINDOW_BYTES);
        if (is_between(j))
            p = read_window(j, p, room / JSON_BLOCK_BYTES * JSON_BLOCK_BYTES);
        else
            p = jsonl_read_exactly(j, p, p + JSON_BLOCK_BYTES);
    }
    return p;
}
