#include "detection/config/evals_dir.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"

#define SAMPLE "sample"

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
static char *find_samples(void)
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

static const char *command_of(const server_config *c)
{
    return c->is_batch ? "decon detect" : "decon server";
}

static bool refuse_missing(const server_config *c, err *e)
{
    return err_set(
        e, ERR_CONFIG,
        "evals_dir is not set: evaluation sets are required; name their "
        "folder: %s --evals-dir DIR (for a trial with the sample set: %s --evals-dir " SAMPLE ")",
        command_of(c), command_of(c));
}

static bool is_same_folder(const char *a, const char *b)
{
    AUTO_FREE char *real_a = realpath(a, NULL);
    AUTO_FREE char *real_b = realpath(b, NULL);
    return real_a && real_b && str_equal(real_a, real_b);
}

bool evals_dir_find(server_config *c, err *e)
{
    if (!c->evals_dir || !*c->evals_dir)
        return refuse_missing(c, e);
    AUTO_FREE char *samples = find_samples();
    if (!str_equal(c->evals_dir, SAMPLE)) {
        c->evals_are_samples = samples && is_same_folder(c->evals_dir, samples);
        return true;
    }
    if (!samples)
        return err_set(e, ERR_CONFIG,
                       "evals_dir " SAMPLE
                       ": the sample set is not in share/decon/sample-evals beside "
                       "the program's bin folder; run make install, or name a folder: %s "
                       "--evals-dir DIR",
                       command_of(c));
    if (fs_exists(SAMPLE))
        return err_set(
            e, ERR_CONFIG,
            "evals_dir " SAMPLE ": this folder exists and is also the name of the sample "
            "set; write --evals-dir ./" SAMPLE " for the folder or --evals-dir %s for the "
            "sample set",
            samples);
    free(c->evals_dir);
    c->evals_dir = move(samples);
    c->evals_are_samples = true;
    return true;
}
