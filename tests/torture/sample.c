/* A program for tests/e2e/test_torture.sh: writes a file into folders that it makes, so that it survives a
 * power cut, and prints `done`. Built without sanitizers, since it is run with LD_PRELOAD.
 *
 *   sample DIR LETTER      writes DIR/new/a/file, 20,000 times the letter
 */
#include "base/util.h"

#include <stdio.h>
#include <string.h>

#include "base/fsutil.h"

#define SIZE_BYTES 20000

static bool write_sample(const char *dir, char letter, err *e)
{
    AUTO_FREE char *folder = xasprintf("%s/new/a", dir);
    AUTO_FREE char *path = xasprintf("%s/file", folder);
    AUTO_FREE char *text = xcalloc(1, SIZE_BYTES);
    memset(text, letter, SIZE_BYTES);
    return fs_make_dirs(folder, e) &&
           fs_write_file(path, (slice){.data = text, .len = SIZE_BYTES}, true, e) &&
           fs_sync_above(folder, e);
}

int main(int argc, char **argv)
{
    err e = ERR_INIT;
    if (argc != 3)
        return 2;
    if (!write_sample(argv[1], argv[2][0], &e)) {
        fprintf(stderr, "%s\n", e.message);
        return 3;
    }
    puts("done");
    return 0;
}
