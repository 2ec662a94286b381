#include "base/util.h"
#include "detection/recall/alter.h"

#include <ctype.h>

#include "detection/recall/words.h"

#define TEXT_MAX_BYTES    ((size_t)256 << 20)
#define DISTANT_WORDS     30
#define ZERO_WIDTH_SPACE  "\xE2\x80\x8B"
#define SOFT_HYPHEN       "\xC2\xAD"
#define EVERY_WORD_MARKED 6 /* every sixth word gets a mark inside */
#define EVERY_WORD_QUOTED 4
#define EVERY_WORD_BOLD   8

static const struct {
    const char *name, *meaning;
} kinds[ALTER_KINDS] = {
    [ALTER_VERBATIM] = {"verbatim", "unchanged copy"},
    [ALTER_CASE] = {"upper_case", "in capital letters"},
    [ALTER_PUNCTUATION] = {"punctuation", "every fourth word in brackets, spaces doubled"},
    [ALTER_FULL_WIDTH] = {"full_width", "full-width letters and digits"},
    [ALTER_ZERO_WIDTH] = {"zero_width", "a zero-width space inside every sixth word"},
    [ALTER_SOFT_HYPHEN] = {"soft_hyphen", "a soft hyphen inside every sixth word"},
    [ALTER_DECOMPOSED] = {"decomposed", "accents as separate characters (NFD)"},
    [ALTER_HTML] = {"html", "tags and entities of HTML"},
    [ALTER_EDIT_1] = {"edit_1", "one word of the question replaced"},
    [ALTER_EDIT_2] = {"edit_2", "two words replaced"},
    [ALTER_EDIT_3] = {"edit_3", "three words replaced"},
    [ALTER_EDIT_4] = {"edit_4", "four words replaced"},
    [ALTER_EDIT_TENTH] = {"edit_10_percent", "every tenth word replaced, at random places"},
    [ALTER_TRUNCATED] = {"truncated", "the first four fifths of the question, no answer"},
    [ALTER_QUESTION_ONLY] = {"question_only", "no answer and no passage"},
    [ALTER_DISTANT_ANSWER] = {"distant_answer", "thirty words between question and answer"},
};

const char *alter_name(alter_kind kind)
{
    return kinds[kind].name;
}

const char *alter_meaning(alter_kind kind)
{
    return kinds[kind].meaning;
}

/* --- words --- */

/* Passes each word to `put`, separated by spaces; `number` counts from 0. */
static void each_word(slice text, void (*put)(slice word, size_t number, buf *out), buf *out)
{
    size_t at = 0, number = 0;
    for (slice word = words_next(text, &at); word.len > 0; word = words_next(text, &at)) {
        if (number > 0)
            buf_append_char(out, ' ');
        put(word, number++, out);
    }
}

/* --- kinds that change characters --- */

static void put_upper(slice word, size_t number, buf *out)
{
    UNUSED(number);
    for (size_t i = 0; i < word.len; i++)
        buf_append_char(out, (char)toupper((unsigned char)word.data[i]));
}

static void put_bracketed(slice word, size_t number, buf *out)
{
    bool marked = number % EVERY_WORD_QUOTED == 0;
    buf_append_str(out, marked ? " (" : "");
    buf_append_slice(out, word);
    buf_append_str(out, marked ? ")," : "");
}

/* U+FF01 to U+FF5E are the full-width forms of ! to ~. */
static void put_full_width(slice word, size_t number, buf *out)
{
    UNUSED(number);
    for (size_t i = 0; i < word.len; i++) {
        unsigned char b = (unsigned char)word.data[i];
        if (b < '!' || b > '~') {
            buf_append_char(out, (char)b);
            continue;
        }
        unsigned code = 0xFF01U + (b - '!');
        const char utf8[] = {(char)(0xE0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3F)),
                             (char)(0x80 | (code & 0x3F))};
        buf_append(out, utf8, sizeof utf8);
    }
}

static void put_marked(slice word, size_t number, const char *mark, buf *out)
{
    size_t half = word.len / 2;
    while (half > 0 && half < word.len && ((unsigned char)word.data[half] & 0xC0) == 0x80)
        half--;
    bool marked = number % EVERY_WORD_MARKED == 0 && half > 0;
    buf_append(out, word.data, half);
    buf_append_str(out, marked ? mark : "");
    buf_append(out, word.data + half, word.len - half);
}

static void put_zero_width(slice word, size_t number, buf *out)
{
    put_marked(word, number, ZERO_WIDTH_SPACE, out);
}

static void put_soft_hyphen(slice word, size_t number, buf *out)
{
    put_marked(word, number, SOFT_HYPHEN, out);
}

/* Latin-1 letters with an accent: U+00C0 to U+00FF. */
static bool decompose(unsigned code, char *base, const char **accent)
{
    static const char letters[] =
        "AAAAAA.CEEEEIIII.NOOOOO..UUUUY..aaaaaa.ceeeeiiii.nooooo..uuuuy.y";
    static const char accents[] =
        "`'^~:o.,`'^:`'^:.~`'^~:..`'^:'..`'^~:o.,`'^:`'^:.~`'^~:..`'^:'.:";
    static const char *const marks[128] = {
        ['`'] = "\xCC\x80", ['\''] = "\xCC\x81", ['^'] = "\xCC\x82", ['~'] = "\xCC\x83",
        [':'] = "\xCC\x88", ['o'] = "\xCC\x8A",  [','] = "\xCC\xA7"};
    *base = letters[code - 0xC0];
    *accent = marks[(unsigned char)accents[code - 0xC0]];
    return *base != '.';
}

static void put_decomposed(slice word, size_t number, buf *out)
{
    UNUSED(number);
    for (size_t i = 0; i < word.len; i++) {
        char base;
        const char *accent;
        if (word.data[i] != '\xC3' || i + 1 == word.len ||
            !decompose(0xC0U + ((unsigned char)word.data[i + 1] & 0x3F), &base, &accent)) {
            buf_append_char(out, word.data[i]);
            continue;
        }
        buf_append_char(out, base);
        buf_append_str(out, accent);
        i++;
    }
}

static void put_html(slice word, size_t number, buf *out)
{
    bool bold = number % EVERY_WORD_BOLD == 0;
    buf_append_str(out, bold ? "<b>" : "");
    for (size_t i = 0; i < word.len; i++) {
        switch (word.data[i]) {
        case '&':
            buf_append_str(out, "&amp;");
            break;
        case '<':
            buf_append_str(out, "&lt;");
            break;
        case '>':
            buf_append_str(out, "&gt;");
            break;
        case '"':
            buf_append_str(out, "&quot;");
            break;
        case '\'':
            buf_append_str(out, "&#39;");
            break;
        default:
            buf_append_char(out, word.data[i]);
        }
    }
    buf_append_str(out, bold ? "</b>" : "");
}

static void put_plain(slice word, size_t number, buf *out)
{
    UNUSED(number);
    buf_append_slice(out, word);
}

/* --- kinds that change words --- */

/* Replaces `edits` different words. */
static bool put_edited(slice text, size_t edits, carrier *c, buf *out)
{
    size_t count = words_count(text), left = edits, at = 0;
    if (edits == 0 || count < edits + 1)
        return false;
    for (size_t i = 0; i < count; i++) {
        slice word = words_next(text, &at);
        bool replaced = carrier_number(c, count - i) < left;
        left -= replaced;
        buf_append_str(out, i > 0 ? " " : "");
        if (replaced)
            buf_append_str(out, carrier_word(c));
        else
            buf_append_slice(out, word);
    }
    return true;
}

static bool put_truncated(slice text, buf *out)
{
    size_t count = words_count(text), kept = count * 4 / 5, at = 0;
    if (kept == 0 || kept == count)
        return false;
    for (size_t i = 0; i < kept; i++) {
        buf_append_str(out, i > 0 ? " " : "");
        buf_append_slice(out, words_next(text, &at));
    }
    return true;
}

/* --- records --- */

typedef void (*word_writer)(slice word, size_t number, buf *out);

static void put_parts(const alter_input *in, word_writer put, buf *out)
{
    const slice parts[] = {in->passage, in->question, in->answer};
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].len == 0)
            continue;
        buf_append_str(out, any ? "\n" : "");
        each_word(parts[i], put, out);
        any = true;
    }
}

static bool differs(const alter_input *in, word_writer put, buf *out)
{
    AUTO(buf) plain = BUF(TEXT_MAX_BYTES);
    size_t from = out->len;
    put_parts(in, put_plain, &plain);
    put_parts(in, put, out);
    slice written = {.data = buf_str(out) + from, .len = out->len - from};
    return !slice_equal(written, buf_slice(&plain));
}

static bool put_with_edits(const alter_input *in, size_t edits, carrier *c, buf *out)
{
    AUTO(buf) question = BUF(TEXT_MAX_BYTES);
    if (!put_edited(in->question, edits, c, &question))
        return false;
    const alter_input edited = {
        .question = buf_slice(&question), .answer = in->answer, .passage = in->passage};
    put_parts(&edited, put_plain, out);
    return true;
}

static bool put_distant(const alter_input *in, carrier *c, buf *out)
{
    if (in->answer.len == 0)
        return false;
    const alter_input before = {.question = in->question, .passage = in->passage};
    put_parts(&before, put_plain, out);
    buf_append_char(out, ' ');
    carrier_put(c, DISTANT_WORDS, out);
    buf_append_char(out, ' ');
    buf_append_slice(out, in->answer);
    return true;
}

static bool put_without_rest(const alter_input *in, buf *out)
{
    const alter_input alone = {.question = in->question};
    put_parts(&alone, put_plain, out);
    return in->answer.len > 0 || in->passage.len > 0;
}

bool alter_record(alter_kind kind, const alter_input *in, carrier *c, buf *out)
{
    static const word_writer writers[ALTER_KINDS] = {[ALTER_CASE] = put_upper,
                                                     [ALTER_PUNCTUATION] = put_bracketed,
                                                     [ALTER_FULL_WIDTH] = put_full_width,
                                                     [ALTER_ZERO_WIDTH] = put_zero_width,
                                                     [ALTER_SOFT_HYPHEN] = put_soft_hyphen,
                                                     [ALTER_DECOMPOSED] = put_decomposed,
                                                     [ALTER_HTML] = put_html};
    if (kind >= ALTER_EDIT_1 && kind <= ALTER_EDIT_4)
        return put_with_edits(in, 1 + (size_t)(kind - ALTER_EDIT_1), c, out);
    if (kind == ALTER_EDIT_TENTH)
        return put_with_edits(in, (words_count(in->question) + 5) / 10, c, out);
    if (kind == ALTER_TRUNCATED)
        return put_truncated(in->question, out);
    if (kind == ALTER_QUESTION_ONLY)
        return put_without_rest(in, out);
    if (kind == ALTER_DISTANT_ANSWER)
        return put_distant(in, c, out);
    if (kind != ALTER_VERBATIM)
        return differs(in, writers[kind], out);
    put_parts(in, put_plain, out);
    return true;
}
