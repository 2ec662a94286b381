#include "detection/text/unicode.h"

typedef struct unicode_range {
    uint32_t first, last;
} unicode_range;
typedef struct unicode_pair {
    uint32_t from, to;
} unicode_pair;

#include "detection/text/unicode_tables.inc"

/* How many bytes the well-formed sequence at `p` has; 0 when there is none (RFC 3629, section 4:
 * no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t sequence_len(const uint8_t *p, size_t left)
{
    uint8_t lead = p[0];
    size_t len = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (len == 0 || len > left)
        return 0;
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* The first byte at or after `i` that is not ASCII, looked for eight bytes at a time. */
static size_t skip_ascii(const uint8_t *p, size_t i, size_t len)
{
    for (; i + 8 <= len; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < len && p[i] < 0x80)
        i++;
    return i;
}

size_t utf8_check(slice text)
{
    const uint8_t *p = (const uint8_t *)text.data;
    size_t i = skip_ascii(p, 0, text.len);
    while (i < text.len) {
        size_t len = sequence_len(p + i, text.len - i);
        if (len == 0)
            return i;
        i = skip_ascii(p, i + len, text.len);
    }
    return text.len;
}

uint32_t utf8_previous(slice text, size_t *offset)
{
    do
        (*offset)--;
    while (((uint8_t)text.data[*offset] & 0xC0) == 0x80);
    size_t at = *offset;
    return utf8_next(text, &at);
}

size_t utf8_put(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

uint8_t unicode_flags_of[UNICODE_LIMIT];

static void set_flag(const unicode_range *ranges, size_t count, unsigned flag)
{
    for (size_t i = 0; i < count; i++)
        for (uint32_t c = ranges[i].first; c <= ranges[i].last; c++)
            unicode_flags_of[c] |= (uint8_t)flag;
}

__attribute__((constructor)) static void fill_flags(void)
{
    set_flag(unicode_white_space, ARRAY_LEN(unicode_white_space), UNICODE_WHITE_SPACE);
    set_flag(unicode_letter, ARRAY_LEN(unicode_letter), UNICODE_LETTER);
    set_flag(unicode_number, ARRAY_LEN(unicode_number), UNICODE_NUMBER);
    set_flag(unicode_cased, ARRAY_LEN(unicode_cased), UNICODE_CASED);
    set_flag(unicode_case_ignorable, ARRAY_LEN(unicode_case_ignorable), UNICODE_CASE_IGNORABLE);
    set_flag(unicode_capital, ARRAY_LEN(unicode_capital), UNICODE_CAPITAL);
    set_flag(unicode_small, ARRAY_LEN(unicode_small), UNICODE_SMALL);
    set_flag(unicode_mark, ARRAY_LEN(unicode_mark), UNICODE_MARK);
}

uint32_t unicode_simple_lower(uint32_t c)
{
    uint32_t page = c >> 8;
    if (page >= UNICODE_LOWER_PAGES)
        return c;
    size_t low = unicode_lower_page[page], end = unicode_lower_page[page + 1], high = end;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (unicode_lower[middle].from < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && unicode_lower[low].from == c ? unicode_lower[low].to : c;
}

const char *unicode_version(void)
{
    return UNICODE_TABLES_VERSION;
}
