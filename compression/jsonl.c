/* The checker's automaton: one byte after the other, nothing looked up twice.
 *
 * state          white space and       then
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
 *                \                     ESCAPE, and HEX behind \u; then STRING
 * NUMBER         by its own table      AFTER_, without consuming what ended it
 * LITERAL        its letters           AFTER_
 * AFTER_MEMBER   ,                     NEXT_KEY
 *                }                     close
 * AFTER_ELEMENT  ,                     VALUE
 *                ]                     close
 * LINE_END       line end              LINE_START, a line
 *
 * close: the container's AFTER_ state, or LINE_END where none is left. All else is a fault.
 */
#include "compression/jsonl.h"

#include "compression/keypath.h"
#include "compression/linecount.h"
#include "compression/number.h"
#include "compression/scan.h"
#include "compression/utf8.h"

#include <inttypes.h>

#define DEFAULT_LINE_BYTES ((uint64_t)1024 * 1024 * 1024)
#define END_OF_TEXT        (-1)

typedef enum jsonl_state {
    LINE_START,
    BYTE_ORDER_MARK,
    FIRST_KEY,
    NEXT_KEY,
    COLON,
    FIRST_ELEMENT,
    VALUE,
    STRING,
    ESCAPE,
    HEX,
    NUMBER,
    LITERAL,
    AFTER_MEMBER,
    AFTER_ELEMENT,
    LINE_END,
} jsonl_state;

static const char *const expectations[] = {
    [LINE_START] = "one JSON object a line, beginning with '{'",
    [BYTE_ORDER_MARK] = "one JSON object a line, beginning with '{'",
    [FIRST_KEY] = "a key in double quotes or '}'",
    [NEXT_KEY] = "a key in double quotes",
    [COLON] = "':' behind the key",
    [FIRST_ELEMENT] = "a value or ']'",
    [VALUE] = "a value",
    [STRING] = "the closing quote of a string",
    [ESCAPE] = "one of \"\\/bfnrtu behind the backslash",
    [HEX] = "four hex digits behind \\u",
    [NUMBER] = "a digit",
    [LITERAL] = "true, false or null",
    [AFTER_MEMBER] = "',' or '}'",
    [AFTER_ELEMENT] = "',' or ']'",
    [LINE_END] = "the end of the line behind the object",
};

struct jsonl {
    jsonl_state state;
    uint64_t max_line_bytes;
    uint64_t offset;     /* of the piece that is fed, in the text */
    const char *piece;   /* its first byte, for the length of a call */
    uint64_t line_start; /* offset of the line's first byte */
    linecount counts;
    uint64_t unscannable_lines;

    size_t depth;                           /* open containers */
    uint64_t objects[JSONL_DEPTH_MAX / 64]; /* a bit each: it is an object */

    bool string_is_key;
    utf8 utf8;
    unsigned hex_left, hex_value;
    number_state number;
    const char *literal; /* its letters that are still to come */
    unsigned mark_bytes; /* of the byte-order mark, so far */
    keypath keys;

    bool failed;
    err_code fault_code;
    uint64_t fault_offset;
    char fault_cause[160];
};

/* ---- faults ---- */

static uint64_t offset_of(const jsonl *j, const char *p)
{
    return j->offset + (uint64_t)(p - j->piece);
}

static const char *fault_at(jsonl *j, const char *p, err_code code)
{
    j->failed = true;
    j->fault_code = code;
    j->fault_offset = offset_of(j, p);
    return p;
}

static void describe(int c, char *out, size_t out_size)
{
    if (c == END_OF_TEXT)
        snprintf(out, out_size, "the end of the text");
    else if (c == '\n')
        snprintf(out, out_size, "the end of the line");
    else if (c > 0x20 && c < 0x7f)
        snprintf(out, out_size, "'%c'", c);
    else
        snprintf(out, out_size, "byte 0x%02X", (unsigned)c);
}

static const char *unexpected(jsonl *j, const char *p, int c)
{
    char found[32];
    describe(c, found, sizeof found);
    snprintf(j->fault_cause, sizeof j->fault_cause, "expected %s, found %s", expectations[j->state],
             found);
    return fault_at(j, p, ERR_JSONL);
}

static const char *wrong_utf8(jsonl *j, const char *p)
{
    snprintf(j->fault_cause, sizeof j->fault_cause, "invalid UTF-8: byte 0x%02X cannot stand here",
             (unsigned char)*p);
    return fault_at(j, p, ERR_UTF8);
}

static const char *wrong_control(jsonl *j, const char *p)
{
    unsigned c = (unsigned char)*p;
    if (c == '\n')
        return unexpected(j, p, '\n');
    snprintf(j->fault_cause, sizeof j->fault_cause,
             "raw control character 0x%02X in a string: JSON writes \\u%04x", c, c);
    return fault_at(j, p, ERR_JSONL);
}

static bool report(const jsonl *j, err *e)
{
    return err_set(e, j->fault_code, "line %" PRIu64 ", byte %" PRIu64 " of the decoded text: %s",
                   j->counts.lines + 1, j->fault_offset, j->fault_cause);
}

/* ---- containers and lines ---- */

static bool in_object(const jsonl *j)
{
    size_t at = j->depth - 1;
    return j->objects[at / 64] >> (at % 64) & 1;
}

static jsonl_state after_value(const jsonl *j)
{
    if (j->depth == 0)
        return LINE_END;
    return in_object(j) ? AFTER_MEMBER : AFTER_ELEMENT;
}

static const char *open_container(jsonl *j, const char *p)
{
    if (j->depth == JSONL_DEPTH_MAX) {
        snprintf(j->fault_cause, sizeof j->fault_cause, "nested deeper than %d levels",
                 JSONL_DEPTH_MAX);
        return fault_at(j, p, ERR_JSONL);
    }
    bool object = *p == '{';
    uint64_t bit = (uint64_t)1 << (j->depth % 64);
    uint64_t *word = &j->objects[j->depth / 64];
    *word = object ? *word | bit : *word & ~bit;
    j->depth++;
    j->state = object ? FIRST_KEY : FIRST_ELEMENT;
    return p + 1;
}

static const char *close_container(jsonl *j, const char *p)
{
    keypath_close(&j->keys, j->depth);
    j->depth--;
    j->state = after_value(j);
    return p + 1;
}

static void end_line(jsonl *j, uint64_t end)
{
    bool blank = j->state == LINE_START;
    linecount_add(&j->counts, end - j->line_start, blank);
    if (blank)
        return;
    j->unscannable_lines += !j->keys.found;
    keypath_line_end(&j->keys);
}

static const char *take_newline(jsonl *j, const char *p)
{
    uint64_t end = offset_of(j, p);
    end_line(j, end);
    j->line_start = end + 1;
    j->state = LINE_START;
    return p + 1;
}

/* ---- strings, numbers, literals ---- */

static const char *begin_string(jsonl *j, const char *p, bool is_key)
{
    j->string_is_key = is_key;
    j->state = STRING;
    if (is_key)
        keypath_key_begin(&j->keys, j->depth);
    return p + 1;
}

static const char *end_string(jsonl *j, const char *p)
{
    if (j->string_is_key)
        keypath_key_end(&j->keys);
    j->state = j->string_is_key ? COLON : after_value(j);
    return p + 1;
}

static const char *string(jsonl *j, const char *p, const char *stop)
{
    const char *start = p;
    for (;;) {
        if (j->utf8.left == 0)
            p = scan_plain(p, stop);
        if (p == stop || (j->utf8.left == 0 && (signed char)*p >= 0))
            break;
        p = utf8_skip(&j->utf8, p, stop);
        if (j->utf8.wrong)
            return wrong_utf8(j, p);
    }
    if (j->keys.active)
        keypath_key_bytes(&j->keys, (slice){.data = start, .len = (size_t)(p - start)});
    if (p == stop)
        return p;
    if (*p == '"')
        return end_string(j, p);
    if (*p != '\\')
        return wrong_control(j, p);
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
        return unexpected(j, p, (unsigned char)*p);
    if (j->keys.active)
        keypath_key_unit(&j->keys, (unsigned char)meanings[letter - letters]);
    j->state = STRING;
    return p + 1;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static const char *hex(jsonl *j, const char *p, const char *stop)
{
    for (; p < stop && j->hex_left > 0; p++) {
        int digit = hex_digit(*p);
        if (digit < 0)
            return unexpected(j, p, (unsigned char)*p);
        j->hex_value = j->hex_value << 4 | (unsigned)digit;
        j->hex_left--;
    }
    if (j->hex_left == 0) {
        if (j->keys.active)
            keypath_key_unit(&j->keys, j->hex_value);
        j->state = STRING;
    }
    return p;
}

static const char *wrong_number(jsonl *j, const char *p, number_state before)
{
    if (before != ZERO)
        return unexpected(j, p, (unsigned char)*p);
    snprintf(j->fault_cause, sizeof j->fault_cause, "a number has a leading zero");
    return fault_at(j, p, ERR_JSONL);
}

static const char *number(jsonl *j, const char *p, const char *stop)
{
    for (; p < stop; p++) {
        number_state next = number_next(j->number, *p);
        if (next == NUMBER_BAD)
            return wrong_number(j, p, j->number);
        if (next == NUMBER_END) {
            j->state = after_value(j);
            return p;
        }
        j->number = next;
    }
    return p;
}

static const char *literal(jsonl *j, const char *p, const char *stop)
{
    for (; p < stop && *j->literal; p++, j->literal++)
        if (*p != *j->literal)
            return unexpected(j, p, (unsigned char)*p);
    if (!*j->literal)
        j->state = after_value(j);
    return p;
}

/* ---- structure ---- */

static const char *begin_number(jsonl *j, const char *p)
{
    j->number = *p == '-' ? MINUS : *p == '0' ? ZERO : INTEGER;
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
        return unexpected(j, p, (unsigned char)*p);
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
    if (*p == '\xef' && offset_of(j, p) == 0) {
        j->state = BYTE_ORDER_MARK;
        j->mark_bytes = 1;
        return p + 1;
    }
    return unexpected(j, p, (unsigned char)*p);
}

/* Whatever comes, the fault lies at byte 0; three right bytes give it its name. */
static const char *byte_order_mark(jsonl *j, const char *p)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (*p == mark[j->mark_bytes] && j->mark_bytes < 2) {
        j->mark_bytes++;
        return p + 1;
    }
    bool whole = *p == mark[2] && j->mark_bytes == 2;
    unexpected(j, p, 0xef);
    j->fault_offset = 0;
    if (whole)
        snprintf(j->fault_cause, sizeof j->fault_cause,
                 "the text begins with a byte-order mark (EF BB BF), which JSON forbids");
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
        return unexpected(j, p, (unsigned char)*p);
    case COLON:
        if (*p != ':')
            return unexpected(j, p, (unsigned char)*p);
        j->state = VALUE;
        return p + 1;
    case FIRST_ELEMENT:
        return closes ? close_container(j, p) : value(j, p);
    case AFTER_MEMBER:
    case AFTER_ELEMENT:
        if (closes)
            return close_container(j, p);
        if (*p != ',')
            return unexpected(j, p, (unsigned char)*p);
        j->state = j->state == AFTER_MEMBER ? NEXT_KEY : VALUE;
        return p + 1;
    case LINE_END:
        return *p == '\n' ? take_newline(j, p) : unexpected(j, p, (unsigned char)*p);
    default:
        return value(j, p);
    }
}

static const char *step(jsonl *j, const char *p, const char *stop)
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

/* ---- the outside ---- */

static const char *wrong_length(jsonl *j, const char *p)
{
    snprintf(j->fault_cause, sizeof j->fault_cause, "the line is longer than %" PRIu64 " bytes",
             j->max_line_bytes);
    return fault_at(j, p, ERR_LIMIT);
}

/* Runs through one line at the most, and no further than the length of a line allows. */
static const char *run_line(jsonl *j, const char *p, const char *end)
{
    uint64_t line = j->line_start;
    uint64_t room = j->max_line_bytes - (offset_of(j, p) - line);
    const char *stop = (uint64_t)(end - p) > room ? p + room : end;
    if (stop == p && *p != '\n')
        return wrong_length(j, p);
    if (stop == p)
        stop++;
    while (p < stop && !j->failed && j->line_start == line)
        p = step(j, p, stop);
    return p;
}

bool jsonl_feed(jsonl *j, slice text, err *e)
{
    const char *p = text.data, *end = text.data + text.len;
    j->piece = text.data;
    while (p < end && !j->failed)
        p = run_line(j, p, end);
    j->offset += text.len;
    return !j->failed || report(j, e);
}

/* A wrong key must not turn a whole data set "clean". */
static bool none_scannable(const jsonl *j, err *e)
{
    return err_set(e, ERR_JSONL,
                   "no line has a string under '%s'; the first line has %s%s; set content_key to "
                   "the key of the text",
                   j->keys.text, j->keys.names.len ? "the keys: " : "no keys",
                   buf_str(&j->keys.names));
}

bool jsonl_finish(jsonl *j, err *e)
{
    j->piece = NULL;
    if (j->state == NUMBER && number_is_whole(j->number))
        j->state = after_value(j);
    if (!j->failed && j->state == BYTE_ORDER_MARK) {
        unexpected(j, NULL, 0xef);
        j->fault_offset = 0;
    } else if (!j->failed && j->state != LINE_START && j->state != LINE_END) {
        unexpected(j, NULL, END_OF_TEXT);
    }
    if (j->failed)
        return report(j, e);
    if (j->offset > j->line_start)
        end_line(j, j->offset);
    uint64_t filled = j->counts.lines - j->counts.blank_lines;
    if (filled > 0 && j->unscannable_lines == filled)
        return none_scannable(j, e);
    return true;
}

jsonl_counts jsonl_counts_get(const jsonl *j)
{
    return (jsonl_counts){
        .bytes = j->offset,
        .lines = j->counts.lines,
        .blank_lines = j->counts.blank_lines,
        .longest_line_bytes = j->counts.longest_line_bytes,
        .unscannable_lines = j->unscannable_lines,
    };
}

jsonl *jsonl_new(const jsonl_options *options)
{
    jsonl *j = xcalloc(1, sizeof *j);
    j->max_line_bytes = options->max_line_bytes ? options->max_line_bytes : DEFAULT_LINE_BYTES;
    keypath_init(&j->keys, options->content_key ? options->content_key : "text");
    return j;
}

void jsonl_free(jsonl *j)
{
    if (!j)
        return;
    keypath_deinit(&j->keys);
    free(j);
}
