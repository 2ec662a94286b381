/* Writes JSON lines of mixed text: mixed_corpus MEBIBYTES PERCENT SEED FOLDER <STRINGS
 *
 * FOLDER: that of third_party/mixed_text.sh: six languages (a tenth of the text each), code and manual pages (a fifth
 * each). STRINGS: evaluation records' texts, one a line, as in JSON; PERCENT of the lines have one of them in their
 * text, and then "copied":true. The same arguments give the same bytes. */
#include <inttypes.h>

#include "decon/base/buf.h"
#include "base/array.h"
#include "base/fsutil.h"
#include "base/json/json_write.h"
#include "base/util.h"

#define FILE_MAX       ((size_t)256 << 20)
#define DOCUMENT_LEAST 800
#define DOCUMENT_MOST  6000

typedef struct source {
    const char *name;
    unsigned weight; /* tenths of the text */
    buf text;
} source;

static source sources[] = {{.name = "english", .weight = 1}, {.name = "german", .weight = 1},
                           {.name = "french", .weight = 1},  {.name = "spanish", .weight = 1},
                           {.name = "russian", .weight = 1}, {.name = "japanese", .weight = 1},
                           {.name = "code", .weight = 2},    {.name = "man", .weight = 2}};
#define WEIGHTS 10

typedef struct strings {
    char **each;
    size_t count, capacity;
} strings;

static uint64_t state;

static size_t below(size_t limit)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (size_t)(((unsigned __int128)z * limit) >> 64);
}

static bool read_sources(const char *folder, err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        AUTO_FREE char *path = xasprintf("%s/%s.txt", folder, sources[i].name);
        buf_init(&sources[i].text, FILE_MAX);
        if (!fs_read_file(path, FILE_MAX, &sources[i].text, e))
            return false;
        if (sources[i].text.len <= DOCUMENT_MOST)
            return err_set(e, ERR_CONFIG, "%s: is too short", path);
    }
    return true;
}

static void read_strings(strings *s)
{
    AUTO_FREE char *line = NULL;
    size_t capacity = 0;
    for (ssize_t n; (n = getline(&line, &capacity, stdin)) > 0;) {
        line[strcspn(line, "\n")] = '\0';
        *ARRAY_PUSH(s->each, s->count, s->capacity) = xstrdup(line);
    }
}

/* Whole lines, so that characters stay whole. */
static slice choose_text(const source *s)
{
    size_t wanted = DOCUMENT_LEAST + below(DOCUMENT_MOST - DOCUMENT_LEAST);
    size_t at = below(s->text.len - DOCUMENT_MOST);
    const char *data = buf_str(&s->text), *begin = strchr(data + at, '\n');
    begin = begin ? begin + 1 : data;
    size_t left = s->text.len - (size_t)(begin - data);
    const char *end = left > wanted ? memchr(begin + wanted, '\n', left - wanted) : NULL;
    return (slice){.data = begin, .len = end ? (size_t)(end - begin) : left};
}

static const source *choose_source(void)
{
    size_t n = below(WEIGHTS);
    const source *s = sources;
    for (; n >= s->weight; s++)
        n -= s->weight;
    return s;
}

/* `copy` is in JSON already. */
static void put_line(uint64_t id, const char *copy, buf *out)
{
    const source *s = choose_source();
    slice text = choose_text(s);
    const char *cut = copy ? memchr(text.data + text.len / 2, '\n', text.len - text.len / 2) : NULL;
    size_t head = cut ? (size_t)(cut - text.data) : text.len;
    AUTO(buf) first = BUF(4 * DOCUMENT_MOST + FILE_MAX), rest = BUF(4 * DOCUMENT_MOST + FILE_MAX);
    json_put_string(&first, (slice){text.data, head});
    json_put_string(&rest, (slice){text.data + head, text.len - head});
    buf_clear(out);
    buf_printf(out, "{\"id\":%" PRIu64 ",\"source\":\"%s\"%s,\"text\":", id, s->name,
               copy ? ",\"copied\":true" : "");
    buf_append_slice(out, (slice){first.data, first.len - 1});
    buf_printf(out, "%s%s", copy ? "\\n" : "", copy ? copy : "");
    buf_append_slice(out, (slice){rest.data + 1, rest.len - 1});
    buf_append_str(out, "}\n");
}

int main(int argc, char **argv)
{
    uint64_t mib = 0, percent = 0;
    strings s = {0};
    err e = ERR_INIT;
    if (argc != 5 || !num_parse_u64(argv[1], &mib) || !num_parse_u64(argv[2], &percent) ||
        !num_parse_u64(argv[3], &state)) {
        fprintf(stderr, "usage: mixed_corpus MEBIBYTES PERCENT SEED FOLDER <STRINGS\n");
        return 2;
    }
    read_strings(&s);
    if (!read_sources(argv[4], &e) || s.count == 0) {
        fprintf(stderr, "mixed_corpus: %s\n", s.count ? e.message : "standard input has no text");
        return 1;
    }
    AUTO(buf) line = BUF(FILE_MAX);
    uint64_t written = 0;
    for (uint64_t id = 0; written < mib << 20; id++) {
        put_line(id, below(100) < percent ? s.each[below(s.count)] : NULL, &line);
        if (fwrite(line.data, 1, line.len, stdout) != line.len)
            return 1;
        written += line.len;
    }
    for (size_t i = 0; i < s.count; i++)
        free(s.each[i]);
    free(s.each);
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        buf_deinit(&sources[i].text);
    return fflush(stdout) == 0 ? 0 : 1;
}
