/* The checker's fast reader: tokens of a window, held against the grammar.
 *
 * Between two tokens the state is what the exact reader would have there. So wherever something is
 * unexpected the walk just stops, and the exact reader goes on from that token to the window's end:
 * it finds the fault, or takes what the walk does not judge. Strings need no look here: the indexer
 * has checked what is in them.
 */
#include "compression/jsonl_state.h"

/* In place of a state: the exact reader's turn. */
#define STOP ((jsonl_state)(LINE_END + 1))

/* ---- numbers and literals: whole, within the window ---- */

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static inline bool ends_scalar(const char *p, const char *end)
{
    static const bool ends[256] = {[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true,
                                   [','] = true, [']'] = true,  ['}'] = true};
    return p < end && ends[(unsigned char)*p];
}

/* The window's bytes and those behind it can be read, so *p may be looked at where p is its end. */
static inline bool is_number(const char *p, const char *end)
{
    p += *p == '-';
    if (!is_digit(*p))
        return false;
    p = *p == '0' ? p + 1 : skip_digits(p + 1, end);
    if (*p == '.') {
        if (!is_digit(p[1]))
            return false;
        p = skip_digits(p + 2, end);
    }
    if ((*p | 0x20) == 'e') {
        p += 1 + (p[1] == '+' || p[1] == '-');
        if (!is_digit(*p))
            return false;
        p = skip_digits(p + 1, end);
    }
    return ends_scalar(p, end);
}

static inline bool is_literal(const char *p, const char *end)
{
    size_t len = *p == 'f' ? 5 : 4;
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
    return memcmp(p, word, len) == 0 && ends_scalar(p + len, end);
}

/* ---- what a token may be ---- */

static inline jsonl_state take_open(jsonl *j, bool object)
{
    if (j->depth == j->max_depth)
        return STOP;
    jsonl_push(j, object);
    return j->state;
}

static inline jsonl_state take_close(jsonl *j)
{
    jsonl_pop(j);
    return j->state;
}

static inline jsonl_state take_value(jsonl *j, const char *p)
{
    const char *end = j->window.text + j->window.len;
    bool sound;
    switch (*p) {
    case '"':
        sound = true;
        break;
    case '{':
    case '[':
        if (j->depth == j->max_depth)
            return STOP;
        keypath_value(&j->keys, j->depth, *p);
        return take_open(j, *p == '{');
    case 't':
    case 'f':
    case 'n':
        sound = is_literal(p, end);
        break;
    default:
        sound = is_number(p, end);
    }
    if (!sound)
        return STOP;
    keypath_value(&j->keys, j->depth, *p);
    return jsonl_after_value(j);
}

/* A key that may be the content key, or is wanted otherwise, up to the next token. */
static jsonl_state take_wanted_key(jsonl *j, const char *p, const char *next)
{
    keypath *k = &j->keys;
    slice part = keypath_part(k);
    size_t room = (size_t)(next - p);
    if (!k->noting && !k->seen && k->plain) {
        k->matches = room > part.len + 1 && memcmp(p + 1, part.data, part.len) == 0 &&
                     p[part.len + 1] == '"';
        if (k->matches || !j->window.has_backslashes || !memchr(p, '\\', room))
            return COLON;
    }
    if (jsonl_offset_of(j, next) - j->line_start > j->max_line_bytes)
        return STOP;
    jsonl_read_exactly(j, p, next);
    return j->failed ? STOP : j->state;
}

static inline jsonl_state take_key(jsonl *j, const uint16_t *token, const uint16_t *last)
{
    const char *p = j->window.text + *token;
    if (*p != '"')
        return STOP;
    if (j->depth != j->keys.on_depth && !j->keys.seen)
        return COLON;
    return token + 1 < last ? take_wanted_key(j, p, j->window.text + token[1]) : STOP;
}

static jsonl_state take_line_end(jsonl *j, const char *p)
{
    uint64_t end = jsonl_offset_of(j, p);
    if (end - j->line_start > j->max_line_bytes)
        return STOP;
    jsonl_end_line(j, end);
    j->line_start = end + 1;
    return LINE_START;
}

static jsonl_state take_line_start(jsonl *j, const char *p)
{
    if (*p == '\n')
        return take_line_end(j, p);
    if (*p != '{')
        return STOP;
    keypath_line_begin(&j->keys);
    return take_open(j, true);
}

static inline jsonl_state take_token(jsonl *j, jsonl_state state, const uint16_t *token,
                                     const uint16_t *last)
{
    const char *p = j->window.text + *token;
    switch (state) {
    case LINE_START:
        return take_line_start(j, p);
    case FIRST_KEY:
        return *p == '}' ? take_close(j) : take_key(j, token, last);
    case NEXT_KEY:
        return take_key(j, token, last);
    case COLON:
        return *p == ':' ? VALUE : STOP;
    case FIRST_ELEMENT:
        return *p == ']' ? take_close(j) : take_value(j, p);
    case VALUE:
        return take_value(j, p);
    case AFTER_MEMBER:
        return *p == ',' ? NEXT_KEY : *p == '}' ? take_close(j) : STOP;
    case AFTER_ELEMENT:
        return *p == ',' ? VALUE : *p == ']' ? take_close(j) : STOP;
    case LINE_END:
        return *p == '\n' ? take_line_end(j, p) : STOP;
    default:
        return STOP;
    }
}

/* ---- windows ---- */

/* Yields where the state now stands: behind the window, or at the token that stopped the walk. */
static const char *walk(jsonl *j)
{
    json_window *w = &j->window;
    const uint16_t *token = w->tokens, *last = token + w->count;
    const char *end = w->text + (w->ends_in_string ? w->next : w->len);
    if (j->state == STRING && token == last && w->ends_in_string)
        return end;
    jsonl_state state = j->state;
    if (state == STRING) /* closed in here: by what comes behind, or by the end outside of it */
        state = j->string_is_key ? COLON : jsonl_after_value(j);
    for (; token < last; token++) {
        j->state = state; /* for the exact reader */
        state = take_token(j, state, token, last);
        if (state == STOP)
            return w->text + *token;
    }
    if (w->ends_in_string) { /* the last token opened it */
        j->string_is_key = state == COLON;
        state = STRING;
    }
    j->state = state;
    return end;
}

/* May a window begin here? */
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
