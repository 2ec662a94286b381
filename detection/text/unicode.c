#include "base/util.h"
#include "detection/text/unicode.h"

typedef struct unicode_range {
    uint32_t first, last;
} unicode_range;
typedef struct unicode_pair {
    uint32_t from, to;
} unicode_pair;

#include "detection/text/unicode_tables.inc"

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
