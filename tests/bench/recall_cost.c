/* CPU time of the detection with several settings over the same text, on one core:
 *   recall_cost EVALS_DIR FILE VOCABULARY_DIR [ROUNDS]
 *
 * FILE: JSON lines with their text under "text", not compressed. The settings alternate, so that
 * the load of the machine affects all alike; the minimum of ROUNDS (3) counts. */
#include <sys/resource.h>

#include "base/fsutil.h"
#include "base/json/json_read.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "detection/index/evals.h"
#include "detection/match/match.h"
#include "detection/text/unicode.h"
#include "tests/bench/bench_settings.h"

static const struct {
    const char *name;
    bool extended, high;
} columns[] = {{"default", false, false},
               {"--normalization extended", true, false},
               {"--recall high", false, true},
               {"both", true, true}};

typedef struct column {
    detect_settings settings;
    ngram_index *x;
    matcher matcher;
    double index_seconds, least;
    uint64_t matches;
} column;

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static detect_settings settings_of(size_t i, const char *vocabulary_dir)
{
    detect_settings settings = bench_settings("cl100k", vocabulary_dir);
    settings.extended_normal = columns[i].extended;
    settings.recall_high = columns[i].high;
    return settings;
}

static bool build(column *c, const char *evals_dir, err *e)
{
    double begin = cpu_seconds();
    const evals_options options = {.dir = evals_dir, .max_line_bytes = 1 << 30};
    c->x = index_new(&c->settings, e);
    if (!c->x || !evals_load(&options, c->x, e))
        return false;
    index_freeze(c->x);
    matcher_init(&c->matcher, c->x);
    c->index_seconds = cpu_seconds() - begin;
    return true;
}

static bool count_match(void *ctx, const match *m, err *e)
{
    UNUSED(m), UNUSED(e);
    ((column *)ctx)->matches++;
    return true;
}

/* As a job does: UTF-8, JSON, text, matches. */
static bool scan(column *c, slice rest, buf *scratch, err *e)
{
    double begin = cpu_seconds();
    c->matches = 0;
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        slice line = {rest.data, end ? (size_t)(end - rest.data) : rest.len}, text;
        json_value value;
        size_t used = line.len + (end != NULL);
        rest = (slice){rest.data + used, rest.len - used};
        if (utf8_check(line) == line.len && json_read_path(line, "text", &value, NULL) &&
            value.type == JSON_STRING && json_text(&value, scratch, &text) &&
            !match_document(&c->matcher, text, count_match, c, NULL, e))
            return false;
    }
    double took = cpu_seconds() - begin;
    c->least = c->least > 0 ? MIN(c->least, took) : took;
    return true;
}

static bool run(char **argv, size_t rounds, err *e)
{
    static column all[ARRAY_LEN(columns)];
    AUTO(buf) file = BUF(UINT32_MAX);
    AUTO(buf) scratch = BUF(UINT32_MAX);
    if (!fs_read_file(argv[2], UINT32_MAX / 2, &file, e))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        all[i].settings = settings_of(i, argv[3]);
        if (!build(&all[i], argv[1], e))
            return false;
    }
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < ARRAY_LEN(columns); i++)
            if (!scan(&all[i], buf_slice(&file), &scratch, e))
                return false;
    printf("%-26s %9s %9s %6s %8s %8s\n", "CPU of one core", "seconds", "MB/s", "ratio", "matches",
           "index s");
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        column *c = &all[i];
        printf("%-26s %9.2f %9.1f %6.2f %8llu %8.2f\n", columns[i].name, c->least,
               (double)file.len / 1e6 / c->least, c->least / all[0].least,
               (unsigned long long)c->matches, c->index_seconds);
        matcher_deinit(&c->matcher);
        index_free(c->x);
    }
    return true;
}

int main(int argc, char **argv)
{
    err e = ERR_INIT;
    uint64_t rounds = 3;
    log_setup(&(log_options){.level = LOG_WARN, .fd = 2});
    if (argc < 4 || (argc > 4 && !num_parse_u64(argv[4], &rounds))) {
        fprintf(stderr, "usage: recall_cost EVALS_DIR FILE VOCABULARY_DIR [ROUNDS]\n");
        return 2;
    }
    if (run(argv, (size_t)rounds, &e))
        return 0;
    fprintf(stderr, "recall_cost: %s\n", e.message);
    return 1;
}
