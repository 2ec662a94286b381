/* Feeds each file of a fuzz target's corpus to the target, once: what `make test` runs instead of
 * libFuzzer. The program fuzz_NAME takes tests/fuzz/corpus/NAME, or the folder it is given. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decon/base/buf.h"
#include "base/fsutil.h"
#include "base/util.h"

#define INPUT_MAX_BYTES ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int only_files(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The target gets an allocation of the input's exact size, so that a sanitizer detects reads beyond
 * it. */
static bool replay(const char *path, err *e)
{
    AUTO(buf) input = BUF(INPUT_MAX_BYTES);
    if (!fs_read_file(path, INPUT_MAX_BYTES, &input, e))
        return false;
    slice all = buf_slice(&input);
    AUTO_FREE uint8_t *data = xcalloc(MAX(all.len, (size_t)1), 1);
    if (all.len > 0)
        memcpy(data, all.data, all.len);
    LLVMFuzzerTestOneInput(data, all.len);
    return true;
}

int main(int argc, char **argv)
{
    const char *name = strstr(argv[0], "fuzz_");
    for (const char *next = name; next; next = strstr(next + 1, "fuzz_"))
        name = next;
    AUTO_FREE char *folder =
        argc > 1 ? xstrdup(argv[1])
                 : xasprintf("tests/fuzz/corpus/%s", name ? name + strlen("fuzz_") : "");
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, only_files, alphasort);
    if (count <= 0) {
        printf("not ok 1 - %s: contains no inputs\n", folder);
        return 1;
    }
    int failed = 0;
    for (int i = 0; i < count; i++) {
        err e = ERR_INIT;
        AUTO_FREE char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
        bool ok = replay(path, &e);
        printf("%sok %d - %s\n", ok ? "" : "not ", i + 1, ok ? path : e.message);
        fflush(stdout);
        failed += ok ? 0 : 1;
        free(entries[i]);
    }
    free(entries);
    return failed > 0;
}
