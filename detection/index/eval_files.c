#include "base/array.h"
#include "base/util.h"
#include "detection/index/eval_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "decon/base/log.h"

void eval_files_deinit(eval_files *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->paths[i]);
    free(l->paths);
}

static void add_path(eval_files *l, char *take_path)
{
    *ARRAY_PUSH(l->paths, l->count, l->capacity) = take_path;
}

/* By components: a slash sorts below every other byte. */
static int compare_paths(const void *a, const void *b)
{
    const unsigned char *x = *(unsigned char *const *)a, *y = *(unsigned char *const *)b;
    while (*x && *x == *y)
        x++, y++;
    int left = *x == '/' ? 1 : *x ? *x + 2 : 0, right = *y == '/' ? 1 : *y ? *y + 2 : 0;
    return left - right;
}

static bool has_eval_suffix(const char *name)
{
    static const char *const suffixes[] = {".json", ".jsonl", ".gz", ".zst",
                                           ".zstd", ".bz2",   ".xz"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (str_ends_with(name, suffixes[i]))
            return true;
    return false;
}

typedef struct walk {
    const char *dir;
    eval_files *list;
} walk;

/* Links to files are followed, links to directories are not: they could form a cycle. */
static bool walk_name(void *ctx, const char *name, err *e)
{
    const walk *w = ctx;
    struct stat st;
    AUTO_FREE char *path = xasprintf("%s/%s", w->dir, name);
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        walk below = {.dir = path, .list = w->list};
        return fs_each_name(path, walk_name, &below, e);
    }
    if (stat(path, &st) != 0)
        log_warn("%s skipped: the link is broken", path);
    else if (S_ISDIR(st.st_mode))
        log_warn("%s skipped: links to directories are not followed", path);
    else if (S_ISREG(st.st_mode) && has_eval_suffix(name))
        add_path(w->list, move(path));
    return true;
}

bool eval_files_find(const char *dir, eval_files *list, err *e)
{
    struct stat st;
    walk top = {.dir = dir, .list = list};
    if (stat(dir, &st) != 0)
        return err_set_errno(e, ERR_CONFIG, errno, "evals_dir %s cannot be read (give --evals-dir)",
                             dir);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_CONFIG, "evals_dir %s is not a directory", dir);
    if (!fs_each_name(dir, walk_name, &top, e))
        return false;
    if (list->count == 0)
        return err_set(
            e, ERR_CONFIG,
            "evals_dir %s contains no file that ends in .jsonl, .json, .gz, .zst, .zstd, "
            ".bz2 or .xz",
            dir);
    qsort(list->paths, list->count, sizeof *list->paths, compare_paths);
    return true;
}

slice eval_set_of_file(const char *name)
{
    const char *dot = strrchr(name, '.');
    return (slice){.data = name, .len = dot && dot > name ? (size_t)(dot - name) : strlen(name)};
}

char *eval_set_name(const json_value *eval_key, const json_value *eval_name, const char *file)
{
    char *set = json_text_dup(eval_key);
    if (!set)
        set = json_text_dup(eval_name);
    return set ? set : slice_dup(eval_set_of_file(file));
}
