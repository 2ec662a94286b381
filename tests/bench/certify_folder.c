/* A folder of empty files for `decon-s3 serve`: COUNT inputs with their results.
 * Keys have 60 bytes; every fourth input is contaminated and has a cleaned file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

#define FOLDERS  1000
#define INPUT_S  1790000000 /* modification times, seconds since 1970 */
#define RESULT_S 1790000100

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void make(const char *path, off_t size_bytes, time_t modified_s)
{
    const struct timespec times[2] = {{.tv_sec = modified_s}, {.tv_sec = modified_s}};
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, size_bytes) != 0 || futimens(fd, times) != 0 || close(fd) != 0)
        fail(path);
}

static void make_folders(void)
{
    static const char *const parents[] = {"data",           "data/corpus",
                                          "data/corpus/v1", "data/corpus/v1/dump-2026-10",
                                          "data/reports",   "data/reports/dump-2026-10",
                                          "data/cleaned",   "data/cleaned/dump-2026-10"};
    static const char *const tops[] = {"corpus/v1", "reports", "cleaned"};
    char path[128];
    for (size_t i = 0; i < ARRAY_LEN(parents); i++)
        if (mkdir(parents[i], 0755) != 0)
            fail(parents[i]);
    for (unsigned i = 0; i < FOLDERS * ARRAY_LEN(tops); i++) {
        snprintf(path, sizeof path, "data/%s/dump-2026-10/segment-%04u", tops[i % ARRAY_LEN(tops)],
                 i / (unsigned)ARRAY_LEN(tops));
        if (mkdir(path, 0755) != 0)
            fail(path);
    }
}

static void make_input(unsigned long i)
{
    char path[160], name[64];
    snprintf(name, sizeof name, "dump-2026-10/segment-%04lu/part-%010lu", i % FOLDERS, i);
    snprintf(path, sizeof path, "data/corpus/v1/%s.jsonl.zst", name);
    make(path, (off_t)(1000 + i % 1000), INPUT_S);
    bool contaminated = i / FOLDERS % 4 == 0;
    snprintf(path, sizeof path, "data/reports/%s%s", name,
             contaminated ? ".report.jsonl" : ".clean");
    make(path, contaminated ? 500 : 0, RESULT_S);
    snprintf(path, sizeof path, "data/cleaned/%s.clean.jsonl.zst", name);
    if (contaminated)
        make(path, 900, RESULT_S);
}

/* In the current folder: data/corpus/v1, data/reports and data/cleaned. */
int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    make_folders();
    for (unsigned long i = 0; i < count; i++)
        make_input(i);
    return 0;
}
