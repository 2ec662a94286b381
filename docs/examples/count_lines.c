/* Counts the lines of a file with any compression: count_lines FILE
 *   cc count_lines.c $(pkg-config --cflags --libs decon-compression) -o count_lines */
#include <stdio.h>

#include "decon/compression/codec.h"

static bool on_line(void *ctx, decon_slice text, uint64_t number, bool has_newline, decon_err *e)
{
    (void)text, (void)has_newline, (void)e;
    *(unsigned long long *)ctx = number + 1;
    return true;
}

int main(int argc, char **argv)
{
    unsigned long long lines = 0;
    decon_err error = DECON_ERR_INIT;
    if (argc != 2)
        return fprintf(stderr, "usage: count_lines FILE\n"), 2;
    decon_stage *counter = decon_stage_lines_new(64 * 1024 * 1024, NULL, on_line, &lines);
    bool ok = decon_codec_decode_file(argv[1], counter, &error);
    if (ok)
        printf("%llu\n", lines);
    else
        fprintf(stderr, "%s\n", error.message);
    decon_stage_free(counter);
    return ok ? 0 : 1;
}
