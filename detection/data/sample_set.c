#include "detection/data/sample_set.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"

/* The folder of the running program; empty if unknown. */
static void program_dir(char out[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
    out[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
}

/* NULL if not installed. */
static char *find_installed(void)
{
    /* Relative to build/bin and build/sanitize/bin of a checkout, and to PREFIX/bin. */
    static const char *const beside[] = {
        "../../config/sample-evals", "../../../config/sample-evals", "../share/decon/sample-evals"};
    char program[PATH_MAX];
    program_dir(program);
    for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
        AUTO_FREE char *path = xasprintf("%s/%s", program, beside[i]);
        char *found = realpath(path, NULL);
        if (found)
            return found;
    }
    return NULL;
}

static bool is_same_folder(const char *a, const char *b)
{
    AUTO_FREE char *real_a = realpath(a, NULL);
    AUTO_FREE char *real_b = realpath(b, NULL);
    return real_a && real_b && str_equal(real_a, real_b);
}

static bool check_name(const char *installed, const char *before, err *e)
{
    if (!installed)
        return err_set(e, ERR_CONFIG,
                       "evals_dir " SAMPLE_SET ": the sample set is not in "
                       "share/decon/sample-evals beside the program's bin folder; run make "
                       "install, or name a folder: %s DIR",
                       before);
    return !fs_exists(SAMPLE_SET) ||
           err_set(e, ERR_CONFIG,
                   "evals_dir " SAMPLE_SET ": this folder exists and is also the name of the "
                   "sample set; write %s ./" SAMPLE_SET " for the folder or %s %s for the sample "
                   "set",
                   before, before, installed);
}

bool sample_set_find(char **dir, const char *before, bool *is_sample, err *e)
{
    AUTO_FREE char *installed = find_installed();
    bool named = str_equal(*dir, SAMPLE_SET);
    if (is_sample)
        *is_sample = named || (installed && is_same_folder(*dir, installed));
    if (!named)
        return true;
    if (!check_name(installed, before, e))
        return false;
    free(*dir);
    *dir = move(installed);
    return true;
}
