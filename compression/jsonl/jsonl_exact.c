/* The checker's exact reader: an automaton that reads byte by byte.
 *
 * state          white space and       next
 * LINE_START     {                     FIRST_KEY
 *                line end              LINE_START, a blank line
 *                0xEF as byte 0        BYTE_ORDER_MARK, which ends in a fault
 * FIRST_KEY      "                     STRING (a key)
 *                }                     close
 * NEXT_KEY       "                     STRING (a key)
 * COLON          :                     VALUE
 * FIRST_ELEMENT  ]                     close; else as VALUE
 * VALUE          { [                   open: FIRST_KEY, FIRST_ELEMENT
 *                " - 0-9 t f n         STRING, NUMBER, LITERAL
 * STRING         "                     a key: COLON; a value: the container's AFTER_ state
 *                \                     ESCAPE, and HEX after \u; then STRING
 * NUMBER         json_number.h      AFTER_, without consuming what ended it
 * LITERAL        its letters           AFTER_
 * AFTER_MEMBER   ,                     NEXT_KEY
 *                }                     close
 * AFTER_ELEMENT  ,                     VALUE
 *                ]                     close
 * LINE_END       line end              LINE_START, a line
 *
 * close: the container's AFTER_ state, or LINE_END after the outermost. Everything else is a fault.
 */
#include "base/util.h"
#include "base/json/json_escape.h"
#include "compression/jsonl/jsonl_fault.h"
#include "compression/jsonl/string_scan.h"

/* ---- containers and lines ---- */

static const char *open_container(jsonl *j, const char *p)
{
    if (j->depth == j->max_depth)
        return jsonl_fault_depth(j, p);
    jsonl_push(j, *p == '{');
    j->line_is_beyond |= j->depth > JSONL_SERVER_DEPTH;
    return p + 1;
}

static const char *close_container(jsonl *j, const char *p)
{
    jsonl_pop(j);
    return p + 1;
}

void jsonl_end_line(jsonl *j, uint64_t end)
{
    bool blank = j->state == LINE_START;
    linecount_add(&j->counts, end - j->line_start, blank);
    if (blank)
        return;
    j->unscannable_lines += !j->keys.found;
    j->skipped_lines += j->keys.found && j->line_is_beyond;
    j->line_is_beyond = false;
    keypath_line_end(&j->keys);
}

static const char *take_newline(jsonl *j, const char *p)
{
    uint64_t end = jsonl_offset_of(j, p);
    jsonl_end_line(j, end);
    j->line_start = end + 1;
    j->state = LINE_START;
    return p + 1;
}

/* ---- strings, numbers, literals ---- */

/* A lone surrogate: valid in RFC 8259, refused by an option. */
static bool take_lone_surrogate(jsonl *j, unsigned unit, uint64_t offset)
{
    j->lone_surrogates++;
    j->line_is_beyond = true;
    if (j->refuse_lone_surrogates)
        jsonl_fault_lone_surrogate(j, unit, offset);
    return !j->refuse_lone_surrogates;
}

/* Not followed by a low surrogate: reports a pending high surrogate. */
static bool settle_high(jsonl *j)
{
    unsigned high = j->high;
    j->high = 0;
    return high == 0 || take_lone_surrogate(j, high, j->high_offset);
}

static const char *begin_string(jsonl *j, const char *p, bool is_key)
{
    j->string_is_key = is_key;
    j->state = STRING;
    if (is_key) {
        j->key_offset = jsonl_offset_of(j, p);
        keypath_key_begin(&j->keys, j->depth);
    }
    return p + 1;
}

static const char *end_string(jsonl *j, const char *p)
{
    keyset_result result = j->string_is_key ? keypath_key_end(&j->keys) : KEYSET_NEW;
    if (result != KEYSET_NEW)
        jsonl_fault_key(j, result);
    j->state = j->string_is_key ? COLON : j->after_value;
    return p + 1;
}

static const char *string(jsonl *j, const char *p, const char *stop)
{
    const char *start = p;
    if (*p != '\\' && !settle_high(j))
        return p;
    for (;;) {
        if (j->utf8.left == 0)
            p = scan_plain(p, stop);
        if (p == stop || (j->utf8.left == 0 && (signed char)*p >= 0))
            break;
        p = utf8_skip(&j->utf8, p, stop);
        if (j->utf8.wrong)
            return jsonl_fault_utf8(j, p);
    }
    if (j->keys.active)
        keypath_key_bytes(&j->keys, (slice){.data = start, .len = (size_t)(p - start)});
    if (p == stop)
        return p;
    if (*p == '"')
        return end_string(j, p);
    if (*p != '\\')
        return jsonl_fault_control(j, p);
    j->escape_offset = jsonl_offset_of(j, p);
    j->state = ESCAPE;
    return p + 1;
}

static const char *escape(jsonl *j, const char *p)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (*p == 'u') {
        j->state = HEX;
        j->hex_left = 4;
        j->hex_value = 0;
        return p + 1;
    }
    const char *letter = memchr(letters, *p, sizeof letters - 1);
    if (!letter)
        return jsonl_fault_unexpected(j, p);
    if (!settle_high(j))
        return p;
    if (j->keys.active)
        keypath_key_unit(&j->keys, (unsigned char)meanings[letter - letters]);
    j->state = STRING;
    return p + 1;
}

/* A complete \u escape: checks whether it, or the previous one, is a lone surrogate. */
static bool take_unit(jsonl *j, unsigned unit)
{
    bool is_high = unit >= 0xd800 && unit <= 0xdbff;
    bool is_low = unit >= 0xdc00 && unit <= 0xdfff;
    if (j->keys.active)
        keypath_key_unit(&j->keys, unit);
    if (is_low && j->high) {
        j->high = 0;
        return true;
    }
    if (!settle_high(j))
        return false;
    if (is_high) {
        j->high = unit;
        j->high_offset = j->escape_offset;
    }
    return !is_low || take_lone_surrogate(j, unit, j->escape_offset);
}

static const char *hex(jsonl *j, const char *p, const char *stop)
{
    for (; p < stop && j->hex_left > 0; p++) {
        int digit = json_hex_digit(*p);
        if (digit < 0)
            return jsonl_fault_unexpected(j, p);
        j->hex_value = j->hex_value << 4 | (unsigned)digit;
        j->hex_left--;
    }
    if (j->hex_left == 0 && take_unit(j, j->hex_value))
        j->state = STRING;
    return p;
}

static const char *number(jsonl *j, const char *p, const char *stop)
{
    for (; p < stop; p++) {
        number_state next = number_next(j->number, *p);
        if (next == NUMBER_BAD)
            return j->number == ZERO ? jsonl_fault_leading_zero(j, p)
                                     : jsonl_fault_unexpected(j, p);
        if (next == NUMBER_END) {
            j->line_is_beyond |= number_size_is_beyond(&j->number_size);
            j->state = j->after_value;
            return p;
        }
        number_size_add(&j->number_size, next, *p);
        j->number = next;
    }
    return p;
}

static const char *literal(jsonl *j, const char *p, const char *stop)
{
    for (; p < stop && *j->literal; p++, j->literal++)
        if (*p != *j->literal)
            return jsonl_fault_unexpected(j, p);
    if (!*j->literal)
        j->state = j->after_value;
    return p;
}

/* ---- structure ---- */

static const char *begin_number(jsonl *j, const char *p)
{
    j->number = *p == '-' ? MINUS : *p == '0' ? ZERO : INTEGER;
    j->number_size = (number_size){0};
    number_size_add(&j->number_size, j->number, *p);
    j->state = NUMBER;
    return p + 1;
}

static const char *begin_literal(jsonl *j, const char *p, const char *rest)
{
    j->literal = rest;
    j->state = LITERAL;
    return p + 1;
}

static const char *value(jsonl *j, const char *p)
{
    keypath_value(&j->keys, j->depth, *p);
    switch (*p) {
    case '"':
        return begin_string(j, p, false);
    case '{':
    case '[':
        return open_container(j, p);
    case 't':
        return begin_literal(j, p, "rue");
    case 'f':
        return begin_literal(j, p, "alse");
    case 'n':
        return begin_literal(j, p, "ull");
    case '-':
    case '0' ... '9':
        return begin_number(j, p);
    default:
        return jsonl_fault_unexpected(j, p);
    }
}

static const char *line_start(jsonl *j, const char *p)
{
    if (*p == '{') {
        keypath_line_begin(&j->keys);
        return open_container(j, p);
    }
    if (*p == '\n')
        return take_newline(j, p);
    if (*p == '\xef' && jsonl_offset_of(j, p) == 0) {
        j->state = BYTE_ORDER_MARK;
        j->mark_bytes = 1;
        return p + 1;
    }
    return jsonl_fault_unexpected(j, p);
}

/* The fault is at byte 0 in any case; three matching bytes identify a byte-order mark. */
static const char *byte_order_mark(jsonl *j, const char *p)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (*p == mark[j->mark_bytes] && j->mark_bytes < 2) {
        j->mark_bytes++;
        return p + 1;
    }
    jsonl_fault_byte_order_mark(j, *p == mark[2] && j->mark_bytes == 2);
    return p;
}

static bool is_white_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *structure(jsonl *j, const char *p, const char *stop)
{
    while (p < stop && is_white_space(*p))
        p++;
    if (p == stop)
        return p;
    bool closes = *p == (j->state == FIRST_ELEMENT || j->state == AFTER_ELEMENT ? ']' : '}');
    switch (j->state) {
    case LINE_START:
        return line_start(j, p);
    case FIRST_KEY:
    case NEXT_KEY:
        if (*p == '"')
            return begin_string(j, p, true);
        if (closes && j->state == FIRST_KEY)
            return close_container(j, p);
        return jsonl_fault_unexpected(j, p);
    case COLON:
        if (*p != ':')
            return jsonl_fault_unexpected(j, p);
        j->state = VALUE;
        return p + 1;
    case FIRST_ELEMENT:
        return closes ? close_container(j, p) : value(j, p);
    case AFTER_MEMBER:
    case AFTER_ELEMENT:
        if (closes)
            return close_container(j, p);
        if (*p != ',')
            return jsonl_fault_unexpected(j, p);
        j->state = j->state == AFTER_MEMBER ? NEXT_KEY : VALUE;
        return p + 1;
    case LINE_END:
        return *p == '\n' ? take_newline(j, p) : jsonl_fault_unexpected(j, p);
    default:
        return value(j, p);
    }
}

const char *jsonl_step(jsonl *j, const char *p, const char *stop)
{
    switch (j->state) {
    case STRING:
        return string(j, p, stop);
    case ESCAPE:
        return escape(j, p);
    case HEX:
        return hex(j, p, stop);
    case NUMBER:
        return number(j, p, stop);
    case LITERAL:
        return literal(j, p, stop);
    case BYTE_ORDER_MARK:
        return byte_order_mark(j, p);
    default:
        return structure(j, p, stop);
    }
}

void jsonl_check_end(jsonl *j)
{
    if (j->state == NUMBER && number_is_whole(j->number))
        j->state = j->after_value;
    if (j->state == LINE_START || j->state == LINE_END)
        return;
    if (j->state == BYTE_ORDER_MARK)
        jsonl_fault_byte_order_mark(j, false);
    else
        jsonl_fault_end_of_text(j);
}

/* Reads at most one line, and at most max_line_bytes of it. */
static const char *run_line(jsonl *j, const char *p, const char *end)
{
    uint64_t line = j->line_start;
    uint64_t room = j->max_line_bytes - (jsonl_offset_of(j, p) - line);
    const char *stop = (uint64_t)(end - p) > room ? p + room : end;
    if (stop == p && *p != '\n') {
        jsonl_fault_line_length(j);
        return p;
    }
    if (stop == p)
        stop++;
    while (p < stop && !j->failed && j->line_start == line)
        p = jsonl_step(j, p, stop);
    return p;
}

const char *jsonl_read_exactly(jsonl *j, const char *p, const char *end)
{
    while (p < end && !j->failed)
        p = run_line(j, p, end);
    return p;
}
