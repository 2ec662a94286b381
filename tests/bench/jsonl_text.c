/* Writes synthetic JSON lines to standard output: the same bytes on every machine.
 *
 * usage: jsonl_text KIND MIB
 * KIND: english    lines of about 2 KiB, nearly all of it one string of prose
 *       cyrillic   the same in two-byte characters
 *       structure  short strings, numbers and literals in small objects and arrays
 */
#include <inttypes.h>

#include "decon/base/buf.h"
#include "base/util.h"

static uint64_t random_state = 88172645463325253ULL;

static unsigned pick(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 20) % below);
}

static const char *const english[] = {
    "the",   "of",    "and",     "a",          "to",      "in",      "is",        "that",
    "for",   "it",    "was",     "as",         "with",    "on",      "by",        "be",
    "river", "stone", "winter",  "government", "between", "small",   "question",  "number",
    "house", "water", "through", "morning",    "because", "history", "nothing",   "language",
    "seven", "light", "garden",  "mountain",   "old",     "quiet",   "different", "answer",
};

static const char *const cyrillic[] = {
    "и",     "в",     "не",    "на",     "я",      "что",     "он",       "с",
    "как",   "это",   "по",    "но",     "они",    "мы",      "река",     "камень",
    "зима",  "дом",   "вода",  "утро",   "вопрос", "история", "ничего",   "язык",
    "семь",  "свет",  "сад",   "гора",   "старый", "тихий",   "другой",   "ответ",
    "город", "время", "книга", "дорога", "слово",  "человек", "например", "сегодня",
};

/* Sentences, some with a quotation or a new paragraph. */
static void prose(buf *line, const char *const *words, unsigned count, size_t bytes)
{
    unsigned in_sentence = 0;
    for (size_t start = line->len; line->len - start < bytes;) {
        if (in_sentence > 0)
            buf_append_char(line, ' ');
        bool quoted = pick(150) == 0;
        buf_append_str(line, quoted ? "\\\"" : "");
        buf_append_str(line, words[pick(count)]);
        buf_append_str(line, quoted ? "\\\"" : "");
        in_sentence++;
        if (in_sentence > 6 && pick(8) == 0) {
            buf_append_str(line, pick(8) == 0 ? ".\\n" : ". ");
            in_sentence = 0;
        } else if (pick(12) == 0) {
            buf_append_char(line, ',');
        }
    }
}

static void prose_line(buf *line, uint64_t number, const char *const *words, unsigned count)
{
    buf_printf(line, "{\"id\": \"doc-%" PRIu64 "\", \"text\": \"", number);
    prose(line, words, count, 1024 + pick(2048));
    buf_printf(line, "\", \"source\": \"synthetic\", \"score\": %u.%u}\n", pick(10), pick(1000));
}

static void structure_item(buf *line)
{
    static const char *const literals[] = {"true", "false", "null"};
    switch (pick(6)) {
    case 0:
        buf_printf(line, "%u", pick(100000));
        break;
    case 1:
        buf_printf(line, "-%u.%ue-%u", pick(10), pick(1000), pick(20));
        break;
    case 2:
        buf_append_str(line, literals[pick(3)]);
        break;
    case 3:
        buf_printf(line, "[%u,%u,\"%s\"]", pick(10), pick(1000), english[pick(16)]);
        break;
    default:
        buf_printf(line, "\"%s\"", english[pick(ARRAY_LEN(english))]);
    }
}

static void structure_line(buf *line, uint64_t number)
{
    buf_printf(line, "{\"id\":%" PRIu64 ",\"text\":\"%s\",\"tags\":[", number, english[pick(40)]);
    for (unsigned i = 0, count = pick(8); i < count; i++)
        buf_printf(line, "%s\"%s\"", i ? "," : "", english[pick(40)]);
    buf_append_str(line, "],\"meta\":{");
    for (unsigned i = 0, count = 4 + pick(12); i < count; i++) {
        buf_printf(line, "%s\"%s\":", i ? "," : "", english[pick(40)]);
        if (pick(4) == 0) {
            buf_printf(line, "{\"%s\":", english[pick(40)]);
            structure_item(line);
            buf_append_char(line, '}');
        } else {
            structure_item(line);
        }
    }
    buf_append_str(line, "}}\n");
}

int main(int argc, char **argv)
{
    uint64_t mib = 0;
    if (argc != 3 || !num_parse_u64(argv[2], &mib)) {
        fputs("usage: jsonl_text english|cyrillic|structure MIB\n", stderr);
        return 2;
    }
    bool structure = str_equal(argv[1], "structure");
    bool russian = str_equal(argv[1], "cyrillic");
    AUTO(buf) line = BUF((size_t)1 << 20);
    uint64_t bytes = 0;
    for (uint64_t number = 0; bytes < mib * 1048576; number++) {
        buf_clear(&line);
        if (structure)
            structure_line(&line, number);
        else
            prose_line(&line, number, russian ? cyrillic : english, 40);
        bytes += line.len;
        if (fwrite(line.data, 1, line.len, stdout) != line.len)
            return 1;
    }
    return fflush(stdout) != 0;
}
