/* splice_lines EVERY INPUT OUTPUT: writes INPUT (plain or compressed) without one line in EVERY, as
 * the server does, and prints the CPU seconds, which exclude finding the lines. */
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/util.h"
#include "compression/splice/splice.h"
#include "tests/fake/splice_array.h"

typedef struct lines {
    uint64_t every, at, number;
    splice_range *ranges;
    size_t count;
    splice_blocks blocks;
} lines;

static bool take(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    lines *l = ctx;
    UNUSED(e);
    uint64_t to = l->at + text.len + has_newline;
    if (number % l->every == l->every / 2) {
        l->ranges = xrealloc(l->ranges, (l->count + 1) * sizeof *l->ranges);
        l->ranges[l->count++] = (splice_range){l->at, to};
    }
    l->at = to;
    return true;
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static bool run(lines *l, const char *input, const char *output, err *e)
{
    AUTO_PTR(stage) sink = stage_lines_new((size_t)1 << 30, NULL, take, l);
    AUTO_FD in = open(input, O_RDONLY | O_CLOEXEC);
    AUTO_FD out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct stat st;
    if (in < 0 || out < 0 || fstat(in, &st) != 0)
        return err_set(e, ERR_IO, "%s or %s cannot be opened", input, output);
    codec_options options = {.on_block = splice_blocks_add, .on_block_ctx = &l->blocks};
    if (!codec_decode_file_with(input, &options, sink, e))
        return false;
    splice_array array = {.ranges = l->ranges, .count = l->count};
    splice_request r = {.in = in,
                        .out = out,
                        .format = codec_by_suffix(input),
                        .pin = splice_pin_of(&st),
                        .removed = splice_ranges_of(&array),
                        .blocks = &l->blocks};
    double before = cpu_seconds();
    if (!splice_file(&r, e))
        return false;
    printf("%.3f\n", cpu_seconds() - before);
    return true;
}

int main(int argc, char **argv)
{
    err e = ERR_INIT;
    lines l = {0};
    if (argc != 4 || !num_parse_u64(argv[1], &l.every) || l.every == 0) {
        fprintf(stderr, "usage: splice_lines EVERY INPUT OUTPUT\n");
        return 2;
    }
    splice_blocks_init(&l.blocks);
    bool ok = run(&l, argv[2], argv[3], &e);
    if (!ok)
        fprintf(stderr, "splice_lines: %s\n", e.message);
    splice_blocks_deinit(&l.blocks);
    free(l.ranges);
    return !ok;
}
