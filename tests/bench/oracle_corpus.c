/* oracle_corpus DOCUMENTS SEED <STRINGS: writes JSON lines that are hard for the detection, with parts of the
 * strings (one a line, escaped as in JSON: questions, answers, passages) among other text. The same
 * arguments give the same bytes. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "decon/base/buf.h"

#define STRINGS_MAX ((size_t)64 << 20)
#define LONGEST     ((size_t)1 << 20)

static uint64_t seed;

static size_t chance(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % below);
}

/* Pieces of text, escaped as in a JSON string. */
static const char *const words[] = {"the",
                                    "of",
                                    "a",
                                    "water",
                                    "it's",
                                    "O'Neill",
                                    "don’t",
                                    "re-entry",
                                    "e.g.",
                                    "3.14159",
                                    "1889",
                                    "12345678901234567",
                                    "0x7fff",
                                    "naïve",
                                    "Straße",
                                    "STRASSE",
                                    "ẞ",
                                    "İstanbul",
                                    "ΣΊΣΥΦΟΣ",
                                    "ὈΔΥΣΣΕΎΣ",
                                    "Москва",
                                    "государственного",
                                    "достопримечательности",
                                    "日本語の文章です",
                                    "東京都",
                                    "ภาษาไทย",
                                    "العربية",
                                    "e\\u0301te\\u0301",
                                    "\\ud83d\\ude00",
                                    "👩‍👩‍👧",
                                    "ﬁne",
                                    "ǅ",
                                    "½",
                                    "٣٤",
                                    "x²",
                                    "foo_bar(baz)",
                                    "C:\\\\dir",
                                    "\\\"quoted\\\"",
                                    "--",
                                    "…",
                                    "«oui»",
                                    "<p>",
                                    "&amp;",
                                    "https://example.org/a?b=c",
                                    "a\\u0000b",
                                    "incomprehensibilities",
                                    "Donaudampfschifffahrtsgesellschaft",
                                    "I'LL",
                                    "'s",
                                    "ſ"};
static const char *const spaces[] = {
    " ",       " ",       " ",       " ",       " ",       " ",    "  ",      "\\n",
    "\\n\\n",  "\\t",     "\\r\\n",  ", ",      ". ",      " - ",  "\\u00a0", "\\u2003",
    "\\u3000", "\\u200b", "\\u0085", "\\u001c", "\\u2028", " \\n "};

static void put_word(buf *out)
{
    buf_append_str(out, words[chance(ARRAY_LEN(words))]);
}

static void put_space(buf *out)
{
    buf_append_str(out, spaces[chance(ARRAY_LEN(spaces))]);
}

static void put_filler(buf *out)
{
    for (size_t n = 1 + chance(60); n > 0; n--) {
        put_word(out);
        put_space(out);
    }
}

/* No white space: a letter, several, or words. */
static void put_run(buf *out)
{
    size_t kind = chance(4), most = chance(8) ? 300 : 20000;
    for (size_t n = 1 + chance(most); n > 0; n--)
        if (kind == 0)
            buf_append_char(out, 'a');
        else if (kind == 1)
            buf_append_char(out, (char)('a' + chance(3)));
        else if (kind == 2)
            buf_append_char(out, (char)('0' + chance(10)));
        else if (n % 8 == 0)
            put_word(out);
    put_space(out);
}

/* A string, or a part of it, with some words changed, omitted or inserted. */
static void put_string(buf *out, slice all)
{
    size_t from = chance(all.len);
    const char *begin = memchr(all.data + from, '\n', all.len - from);
    begin = begin && begin + 1 < all.data + all.len ? begin + 1 : all.data;
    const char *end = memchr(begin, '\n', (size_t)(all.data + all.len - begin));
    size_t changes = chance(3) ? 0 : 2 + chance(20);
    for (const char *p = begin; end && p < end;) {
        const char *space = memchr(p, ' ', (size_t)(end - p));
        size_t len = (size_t)((space ? space + 1 : end) - p);
        size_t what = changes ? chance(3 * changes) : 9;
        if (what == 0)
            put_word(out);
        if (what != 1)
            buf_append(out, p, len);
        if (what == 2 && space)
            put_space(out);
        p += len;
    }
    put_space(out);
}

static void put_document(buf *out, size_t number, slice strings)
{
    buf_printf(out, "{\"id\":%zu,\"text\":\"", number);
    for (size_t n = chance(12); n > 0; n--) {
        size_t what = chance(10);
        if (what < 4)
            put_filler(out);
        else if (what < 9)
            put_string(out, strings);
        else
            put_run(out);
    }
    buf_append_str(out, "\"}\n");
}

int main(int argc, char **argv)
{
    uint64_t documents;
    if (argc != 3 || !num_parse_u64(argv[1], &documents) || !num_parse_u64(argv[2], &seed) ||
        seed == 0) {
        fprintf(stderr, "usage: oracle_corpus DOCUMENTS SEED <STRINGS\n");
        return 2;
    }
    AUTO(buf) strings = BUF(STRINGS_MAX);
    char part[65536];
    for (size_t got; (got = fread(part, 1, sizeof part, stdin)) > 0;)
        if (!buf_append(&strings, part, got))
            break;
    if (strings.len == 0) {
        fprintf(stderr, "oracle_corpus: no strings on standard input\n");
        return 1;
    }
    for (uint64_t i = 0; i < documents; i++) {
        AUTO(buf) out = BUF(LONGEST);
        put_document(&out, (size_t)i, buf_slice(&strings));
        if (!out.overflow)
            fwrite(out.data, 1, out.len, stdout);
    }
    return fflush(stdout) != 0;
}
