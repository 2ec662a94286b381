/* Builds the index of evaluation records as the server does, and prints the cost:
 *   index_build EVALS_DIR THREADS [VOCABULARY_DIR]
 *
 * THREADS: helper threads beside the main thread. One line: records, n-grams, wall seconds, CPU
 * seconds, CPU seconds of the main thread, peak MiB, MiB afterwards (anonymous memory, after
 * malloc_trim). */
#include <malloc.h>
#include <sys/resource.h>
#include <time.h>

#include "decon/base/log.h"
#include "base/fsutil.h"
#include "base/util.h"
#include "detection/index/evals.h"
#include "tests/bench/bench_settings.h"

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A member of /proc/self/status, in MiB. */
static double status_mib(const char *name)
{
    AUTO(buf) text = BUF(65536);
    uint64_t kib = 0;
    if (!fs_read_file("/proc/self/status", 65536, &text, NULL))
        return 0;
    const char *at = strstr(buf_str(&text), name);
    AUTO_FREE char *number = NULL;
    if (at) {
        at += strlen(name);
        at += strspn(at, ": \t");
        number = xstrndup(at, strspn(at, "0123456789"));
    }
    return number && num_parse_u64(number, &kib) ? (double)kib / 1024 : 0;
}

int main(int argc, char **argv)
{
    err e = ERR_INIT;
    uint64_t threads = 0;
    detect_settings settings = bench_settings("cl100k", argc > 3 ? argv[3] : NULL);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    if (argc < 3 || !num_parse_u64(argv[2], &threads)) {
        fprintf(stderr, "usage: index_build EVALS_DIR THREADS [VOCABULARY_DIR]\n");
        return 2;
    }
    double begin_s = seconds_of(CLOCK_MONOTONIC);
    evals_options options = {
        .dir = argv[1], .max_line_bytes = 1 << 30, .threads = (unsigned)threads};
    AUTO_PTR(ngram_index) x = index_new(&settings, &e);
    if (!x || !evals_load(&options, x, &e)) {
        fprintf(stderr, "index_build: %s\n", e.message);
        return 1;
    }
    index_freeze(x);
    double wall_s = seconds_of(CLOCK_MONOTONIC) - begin_s;
    double peak = status_mib("VmHWM");
    malloc_trim(0);
    printf("%zu %u %.2f %.2f %.2f %.0f %.0f\n", x->record_count, x->table.count, wall_s,
           seconds_of(CLOCK_PROCESS_CPUTIME_ID), seconds_of(CLOCK_THREAD_CPUTIME_ID), peak,
           status_mib("RssAnon"));
    return 0;
}
