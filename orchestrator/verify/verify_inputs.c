#include "orchestrator/verify/verify_inputs.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/array.h"
#include "base/util.h"
#include "orchestrator/config/file_names.h"

#define NAMED_MAX 3 /* of skipped files that look like inputs */

void verify_names_deinit(verify_names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        free(n->rows[i].name);
        free(n->rows[i].error);
    }
    free(n->rows);
    *n = (verify_names){0};
}

void verify_names_add(verify_names *n, const char *name, uint64_t size_bytes)
{
    *ARRAY_PUSH(n->rows, n->count, n->capacity) =
        (verify_name){.name = xstrdup(name), .size_bytes = size_bytes};
    n->any_object |= str_starts_with(name, "s3://");
}

void verify_names_add_error(verify_names *n, const char *name, const err *error)
{
    verify_names_add(n, name, 0);
    err *copy = xcalloc(1, sizeof *copy);
    *copy = *error;
    n->rows[n->count - 1].error = copy;
}

static void note_ignored(verify_names *n, const char *name)
{
    n->ignored_count++;
    if (names_is_near_input(name) && n->near_count++ < NAMED_MAX)
        log_warn(
            "%s: skipped: looks like a training file, but has another suffix; add the suffix to "
            "input_suffixes, or name the file itself",
            name);
    else
        log_debug("%s: skipped: not an input by its name", name);
}

void verify_names_add_listed(verify_names *n, const char *name, uint64_t size_bytes)
{
    if (names_is_input(name))
        verify_names_add(n, name, size_bytes);
    else
        note_ignored(n, name);
}

void verify_names_end_folder(verify_names *n, const char *folder, size_t before)
{
    n->any_folder = true;
    if (n->count > before)
        return;
    err e = ERR_INIT;
    err_set(&e, ERR_IO,
            "%s: no file in it ends in .jsonl or .json, plain or compressed; name other files "
            "themselves",
            folder);
    verify_names_add_error(n, folder, &e);
}

bool verify_names_is_remote_folder(const char *name)
{
    static const char scheme[] = "s3://";
    if (!str_starts_with(name, scheme))
        return false;
    const char *key = strchr(name + strlen(scheme), '/');
    return !key || str_ends_with(key, "/");
}

typedef struct walk {
    verify_names *names;
    const char *dir;
} walk;

static bool walk_name(void *ctx, const char *name, err *e)
{
    const walk *w = ctx;
    struct stat st;
    AUTO_FREE char *path = xasprintf("%s%s%s", w->dir, str_ends_with(w->dir, "/") ? "" : "/", name);
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        walk below = {.names = w->names, .dir = path};
        err unread = ERR_INIT;
        if (!fs_each_name(path, walk_name, &below, &unread))
            verify_names_add_error(w->names, path, &unread);
    } else {
        verify_names_add_listed(w->names, path, 0);
    }
    UNUSED(e);
    return true;
}

void verify_names_add_local(verify_names *n, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        verify_names_add(n, path, 0);
        return;
    }
    size_t before = n->count;
    walk top = {.names = n, .dir = path};
    err unread = ERR_INIT;
    if (!fs_each_name(path, walk_name, &top, &unread))
        verify_names_add_error(n, path, &unread);
    verify_names_end_folder(n, path, before);
}
