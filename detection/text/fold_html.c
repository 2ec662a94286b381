#include "base/util.h"
#include "detection/text/fold_html.h"

#include <ctype.h>
#include <strings.h>

#define TAG_MOST     2000 /* bytes; a longer one is treated as text */
#define ENTITY_MOST  10
#define COMMENT_MOST 100000

static bool is_inline(slice name)
{
    static const char *const names[] = {"a",   "b",    "big", "code",  "em",   "font",   "i",
                                        "ins", "mark", "s",   "small", "span", "strong", "sub",
                                        "sup", "tt",   "u",   "wbr",   "del",  "abbr"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strlen(names[i]) == name.len && strncasecmp(names[i], name.data, name.len) == 0)
            return true;
    return false;
}

static size_t comment_len(slice rest)
{
    for (size_t i = 4; i + 2 < MIN(rest.len, (size_t)COMMENT_MOST); i++)
        if (memcmp(rest.data + i, "-->", 3) == 0)
            return i + 3;
    return 0;
}

size_t html_tag_len(slice text, size_t at, bool *breaks)
{
    slice rest = {.data = text.data + at, .len = MIN(text.len - at, (size_t)TAG_MOST)};
    size_t i = 1;
    *breaks = true;
    if (slice_starts_with(rest, "<!--"))
        return comment_len((slice){.data = text.data + at, .len = text.len - at});
    i += i < rest.len && rest.data[i] == '/';
    size_t from = i;
    if (i == rest.len || !isalpha((unsigned char)rest.data[i]))
        return 0;
    while (i < rest.len && isalnum((unsigned char)rest.data[i]))
        i++;
    slice name = {.data = rest.data + from, .len = i - from};
    if (i == rest.len || !strchr(" \t\r\n/>", rest.data[i]))
        return 0;
    for (; i < rest.len && rest.data[i] != '<'; i++)
        if (rest.data[i] == '>') {
            *breaks = !is_inline(name);
            return i + 1;
        }
    return 0;
}

static bool is_valid_code(uint64_t code)
{
    return code > 0 && code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
}

static size_t numeric_entity(slice rest, uint32_t *code)
{
    bool hex = rest.len > 2 && (rest.data[2] == 'x' || rest.data[2] == 'X');
    uint64_t value = 0;
    size_t i = hex ? 3 : 2, first = i;
    for (; i < rest.len && isxdigit((unsigned char)rest.data[i]); i++) {
        int c = tolower((unsigned char)rest.data[i]);
        if (!hex && c > '9')
            return 0;
        value = value * (hex ? 16 : 10) + (uint64_t)(c > '9' ? c - 'a' + 10 : c - '0');
    }
    if (i == first || i == rest.len || rest.data[i] != ';' || !is_valid_code(value))
        return 0;
    *code = (uint32_t)value;
    return i + 1;
}

size_t html_entity(slice text, size_t at, uint32_t *code)
{
    static const struct {
        const char *name;
        uint32_t code;
    } named[] = {
        {"&amp;", '&'},       {"&lt;", '<'},       {"&gt;", '>'},       {"&quot;", '"'},
        {"&apos;", '\''},     {"&nbsp;", ' '},     {"&ndash;", 0x2013}, {"&mdash;", 0x2014},
        {"&lsquo;", 0x2018},  {"&rsquo;", 0x2019}, {"&ldquo;", 0x201C}, {"&rdquo;", 0x201D},
        {"&hellip;", 0x2026}, {"&shy;", 0xAD},     {"&times;", 0xD7},   {"&deg;", 0xB0},
        {"&middot;", 0xB7},   {"&minus;", 0x2212}, {"&le;", 0x2264},    {"&ge;", 0x2265},
        {"&ne;", 0x2260},     {"&plusmn;", 0xB1},  {"&frac12;", 0xBD},  {"&copy;", 0xA9}};
    slice rest = {.data = text.data + at, .len = MIN(text.len - at, (size_t)ENTITY_MOST)};
    if (rest.len > 1 && rest.data[1] == '#')
        return numeric_entity(rest, code);
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (slice_starts_with(rest, named[i].name)) {
            *code = named[i].code;
            return strlen(named[i].name);
        }
    return 0;
}
