#include "base/util.h"
#include "detection/review/terminal_text.h"

#include <stdarg.h>

#define OUT_MAX_BYTES ((size_t)256 << 20)

/* Readable on dark and bright terminals: background colours with their own text colour. */
static const char *const codes[STYLE_COUNT] = {
    [STYLE_PLAIN] = "",
    [STYLE_BOLD] = "\033[1m",
    [STYLE_FAINT] = "\033[2m",
    [STYLE_BAR] = "\033[36m",
    [STYLE_QUESTION] = "\033[30;43m",
    [STYLE_ANSWER] = "\033[30;42m",
    [STYLE_PASSAGE] = "\033[30;46m",
};

void paint_init(painter *p, size_t width, bool color)
{
    *p = (painter){.width = width, .color = color};
    buf_init(&p->out, OUT_MAX_BYTES);
}

void paint_deinit(painter *p)
{
    buf_deinit(&p->out);
}

/* --- characters --- */

/* The code point at the start of valid UTF-8, and its length; invalid text gives single bytes. */
static uint32_t code_point(const char *text, size_t *len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t more = s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 1 : s[0] < 0xF0 ? 2 : 3;
    uint32_t value = more == 0 ? s[0] : s[0] & (0x3Fu >> more);
    *len = 1;
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0xFFFD;
        value = value << 6 | (s[i] & 0x3F);
        *len = i + 1;
    }
    return value;
}

/* Characters that control the terminal or the direction of text: C0, C1, Unicode's direction
 * marks. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* Two columns for East Asian characters and pictures, none for combining marks; approximate. */
static size_t columns_of(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } wide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    if ((c >= 0x0300 && c <= 0x036F) || c == 0x200B || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(wide); i++)
        if (c >= wide[i].first && c <= wide[i].last)
            return 2;
    return 1;
}

size_t paint_fit(const char *text, size_t columns)
{
    size_t at = 0, used = 0, len;
    while (text[at]) {
        size_t more = columns_of(code_point(text + at, &len));
        if (used + more > columns)
            break;
        used += more;
        at += len;
    }
    return at;
}

static size_t columns_in(const char *text, size_t bytes)
{
    size_t columns = 0, len;
    for (size_t at = 0; at < bytes; at += len)
        columns += columns_of(code_point(text + at, &len));
    return columns;
}

size_t paint_columns(const char *text)
{
    return columns_in(text, strlen(text));
}

/* --- painting --- */

static void set_style(painter *p, paint_style style)
{
    if (!p->color || p->style == style)
        return;
    if (p->style != STYLE_PLAIN)
        buf_append_str(&p->out, "\033[0m");
    buf_append_str(&p->out, codes[style]);
    p->style = style;
}

static void put_bytes(painter *p, const char *text, size_t bytes)
{
    size_t len;
    for (size_t at = 0; at < bytes; at += len) {
        uint32_t c = code_point(text + at, &len);
        if (c == 0xFFFD || is_control(c))
            buf_append_str(&p->out, c == '\t' || c == '\n' || c == '\r' ? " " : "\uFFFD");
        else
            buf_append(&p->out, text + at, len);
    }
    p->column += columns_in(text, bytes);
}

void paint_text(painter *p, paint_style style, const char *text)
{
    set_style(p, style);
    put_bytes(p, text, strlen(text));
}

void paint_printf(painter *p, paint_style style, const char *fmt, ...)
{
    AUTO_FREE char *text = NULL;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    paint_text(p, style, text ? text : "");
}

void paint_newline(painter *p)
{
    set_style(p, STYLE_PLAIN);
    buf_append_char(&p->out, '\n');
    p->column = 0;
}

void paint_pad(painter *p, size_t column)
{
    set_style(p, STYLE_PLAIN);
    for (; p->column < column; p->column++)
        buf_append_char(&p->out, ' ');
}

/* A word longer than a line is split. */
static void put_word(painter *p, paint_style style, const char *word, size_t bytes, bool space)
{
    size_t columns = columns_in(word, bytes);
    if (p->column + space + columns > p->width && p->column > p->indent) {
        paint_newline(p);
        paint_pad(p, p->indent);
        space = false;
    }
    set_style(p, style);
    if (space) {
        buf_append_char(&p->out, ' ');
        p->column++;
    }
    while (columns > 0 && p->column + columns > p->width && p->width > p->indent + 2) {
        size_t part = paint_fit(word, p->width - MIN(p->column, p->width));
        if (part == 0 || part >= bytes)
            break;
        put_bytes(p, word, part);
        word += part;
        bytes -= part;
        columns = columns_in(word, bytes);
        paint_newline(p);
        paint_pad(p, p->indent);
        set_style(p, style);
    }
    put_bytes(p, word, bytes);
}

void paint_words(painter *p, paint_style style, const char *text)
{
    static const char blanks[] = " \t\n\r";
    while (*text) {
        size_t space = strspn(text, blanks);
        text += space;
        size_t len = strcspn(text, blanks);
        if (len > 0)
            put_word(p, style, text, len, space > 0 && p->column > p->indent);
        else if (space > 0 && p->column > p->indent && p->column < p->width)
            put_word(p, style, "", 0, true);
        text += len;
    }
}
