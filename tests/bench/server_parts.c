/* CPU time of each part of the detection, on one core:
 *   server_parts EVALS_DIR FILE [TOKENIZER [VOCABULARY_DIR]]
 *
 * FILE: JSON lines with their text under "text", not compressed. Prints the time of the index and
 * its size, then MB/s for each part and for all together. */
#include <sys/resource.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/index/evals.h"
#include "base/json/json_read.h"
#include "detection/match/match.h"
#include "detection/text/unicode.h"
#include "tests/bench/bench_settings.h"

#define MB 1e6

typedef struct bench {
    const ngram_index *x;
    matcher matcher;
    buf file, normal, scratch;
    token_list tokens;
    slice *texts; /* unescaped, in `unescaped` */
    size_t text_count;
    buf unescaped;
    uint64_t seen; /* so that the compiler does not remove it */
} bench;

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static size_t peak_mib(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (size_t)u.ru_maxrss / 1024;
}

static slice next_line(slice *rest)
{
    const char *end = memchr(rest->data, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    slice line = {rest->data, len};
    size_t used = len + (end != NULL);
    *rest = (slice){rest->data + used, rest->len - used};
    return line;
}

/* The work of a job on a line before detection. */
static bool text_of(bench *b, slice line, slice *text)
{
    json_value value;
    return utf8_check(line) == line.len && json_read_path(line, "text", &value, NULL) &&
           value.type == JSON_STRING && json_text(&value, &b->scratch, text);
}

static void read_json(bench *b)
{
    slice text;
    for (slice rest = buf_slice(&b->file); rest.len > 0;)
        if (text_of(b, next_line(&rest), &text))
            b->seen += text.len;
}

static void normalize_all(bench *b)
{
    for (size_t i = 0; i < b->text_count; i++)
        b->seen += normalize_text(&b->x->normal, b->texts[i], &b->normal) + b->normal.len;
}

static void tokenize(bench *b, size_t i)
{
    if (!normalize_text(&b->x->normal, b->texts[i], &b->normal))
        return;
    tokenizer_lead_in(b->x->tokens, &b->normal);
    tokenizer_encode(b->x->tokens, buf_slice(&b->normal), &b->tokens);
}

static void tokenize_all(bench *b)
{
    for (size_t i = 0; i < b->text_count; i++) {
        tokenize(b, i);
        b->seen += b->tokens.count;
    }
}

static bool count_match(void *ctx, const match *m, err *e)
{
    UNUSED(m);
    UNUSED(e);
    ((bench *)ctx)->seen++;
    return true;
}

static void match_all(bench *b)
{
    for (size_t i = 0; i < b->text_count; i++)
        if (!match_document(&b->matcher, b->texts[i], count_match, b, NULL, NULL))
            return;
}

static void whole(bench *b)
{
    slice text;
    for (slice rest = buf_slice(&b->file); rest.len > 0;)
        if (text_of(b, next_line(&rest), &text) &&
            !match_document(&b->matcher, text, count_match, b, NULL, NULL))
            return;
}

/* The minimum of three runs. */
static double seconds_of(bench *b, void (*part)(bench *b))
{
    double least = 0;
    for (int run = 0; run < 3; run++) {
        double begin = cpu_seconds();
        part(b);
        double took = cpu_seconds() - begin;
        least = run == 0 ? took : MIN(least, took);
    }
    return least;
}

static void show(const char *name, double seconds, size_t bytes)
{
    printf("%-44s %8.2f s %8.1f MB/s\n", name, seconds,
           seconds > 0 ? (double)bytes / MB / seconds : 0);
}

static void keep_texts(bench *b)
{
    slice text, rest;
    buf_init(&b->unescaped, UINT32_MAX);
    for (rest = buf_slice(&b->file); rest.len > 0;)
        b->text_count +=
            text_of(b, next_line(&rest), &text) && buf_append_slice(&b->unescaped, text);
    b->texts = xcalloc(b->text_count + 1, sizeof *b->texts);
    size_t at = 0, count = 0;
    for (rest = buf_slice(&b->file); rest.len > 0;)
        if (text_of(b, next_line(&rest), &text)) {
            b->texts[count++] = (slice){b->unescaped.data + at, text.len};
            at += text.len;
        }
}

static void time_parts(bench *b)
{
    size_t bytes = b->file.len;
    show("JSON lines to text", seconds_of(b, read_json), bytes);
    double normalize = seconds_of(b, normalize_all);
    show("normal form", normalize, bytes);
    double tokens = seconds_of(b, tokenize_all);
    show("tokens, from the normal form", tokens - normalize, bytes);
    show("scan and score, from tokens", seconds_of(b, match_all) - tokens, bytes);
    show("all of it, one core", seconds_of(b, whole), bytes);
}

static ngram_index *build(const detect_settings *settings, const char *dir, err *e)
{
    double begin = cpu_seconds();
    evals_options options = {.dir = dir, .max_line_bytes = 1 << 30};
    AUTO_PTR(ngram_index) x = index_new(settings, e);
    if (!x || !evals_load(&options, x, e))
        return NULL;
    index_freeze(x);
    printf("%-44s %8.2f s, %zu records, %u n-grams, %zu MiB\n", "index, CPU time",
           cpu_seconds() - begin, x->record_count, x->table.count, peak_mib());
    return move(x);
}

int main(int argc, char **argv)
{
    err e = ERR_INIT;
    detect_settings settings =
        bench_settings(argc > 3 ? argv[3] : "cl100k", argc > 4 ? argv[4] : NULL);
    bench b = {0};
    log_setup(&(log_options){.level = LOG_WARN, .fd = 2});
    if (argc < 3) {
        fprintf(stderr, "usage: server_parts EVALS_DIR FILE [TOKENIZER [VOCABULARY_DIR]]\n");
        return 2;
    }
    AUTO_PTR(ngram_index) x = build(&settings, argv[1], &e);
    buf_init(&b.file, UINT32_MAX);
    buf_init(&b.normal, UINT32_MAX);
    buf_init(&b.scratch, UINT32_MAX);
    if (!x || !fs_read_file(argv[2], UINT32_MAX / 2, &b.file, &e)) {
        fprintf(stderr, "server_parts: %s\n", e.message);
        return 1;
    }
    b.x = x;
    matcher_init(&b.matcher, x);
    keep_texts(&b);
    time_parts(&b);
    printf("%-44s %8zu MiB\n", "most memory, with the file in it", peak_mib());
    matcher_deinit(&b.matcher);
    token_list_deinit(&b.tokens);
    buf_deinit(&b.file);
    buf_deinit(&b.normal);
    buf_deinit(&b.scratch);
    buf_deinit(&b.unescaped);
    free(b.texts);
    return 0;
}
