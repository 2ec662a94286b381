/* Walks a local folder depth first, in byte order of whole paths: a folder's name is compared with
 * its slash, as in a listing of keys. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "decon/base/log.h"
#include "base/array.h"
#include "base/fsutil.h"
#include "base/util.h"
#include "s3/cli/source/source.h"

typedef struct level {
    char *dir;          /* with a trailing slash */
    char **names;       /* sorted; folders with a slash */
    size_t count, next; /* next: the next one to visit */
    struct level *outer;
} level;

struct walk {
    cli *c;
    bool is_target;
    const filter *filter; /* or NULL */
    size_t root_length;   /* including the slash */
    level *inner;
};

static void unreadable(walk *w, const char *path, int number, bool *incomplete)
{
    err e = ERR_INIT;
    (void)err_set_errno(&e, ERR_IO, number, "%s: cannot read", path);
    cli_print_error_of(w->c, path, NULL, &e);
    *incomplete = true;
}

static bool is_meant(const walk *w, const char *path)
{
    return !w->filter || filter_passes(w->filter, path + w->root_length);
}

/* An entry of a source that is not copied is an error; in a target it is only left unchanged. */
static void not_copied(walk *w, const char *path, const char *why, bool *incomplete)
{
    err e = ERR_INIT;
    if (w->is_target || !is_meant(w, path)) {
        log_debug("%s: %s; left unchanged", path, why);
        return;
    }
    (void)err_set(&e, ERR_IO, "%s: not copied: %s", path, why);
    cli_print_error_of(w->c, path, NULL, &e);
    *incomplete = true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_name(void *ctx, const fs_entry *found, err *e)
{
    level *l = ctx;
    UNUSED(e);
    char *name = xasprintf("%s%s", found->name, fs_entry_is_dir(found) ? "/" : "");
    *ARRAY_ADD(l->names, l->count) = name;
    return true;
}

/* Network file systems may return an entry twice while others write to the folder. */
static void drop_repeats(level *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (kept > 0 && str_equal(l->names[kept - 1], l->names[i]))
            free(l->names[i]);
        else
            l->names[kept++] = l->names[i];
    }
    l->count = kept;
}

static void enter(walk *w, const char *dir, bool *incomplete)
{
    level *l = xcalloc(1, sizeof *l);
    l->dir = place_folder_text(dir);
    l->outer = w->inner;
    w->inner = l;
    err unread = ERR_INIT;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !fs_each_entry(fd, dir, add_name, l, &unread))
        unreadable(w, dir, fd < 0 ? errno : unread.sys_errno, incomplete);
    if (l->count > 1)
        qsort(l->names, l->count, sizeof *l->names, compare_names);
    drop_repeats(l);
}

static void leave(walk *w)
{
    level *l = w->inner;
    w->inner = l->outer;
    for (size_t i = 0; i < l->count; i++)
        free(l->names[i]);
    free(l->names);
    free(l->dir);
    free(l);
}

static const char *special_text(mode_t mode)
{
    if (S_ISDIR(mode))
        return "symbolic links to folders are not followed; name the folder itself, or skip "
               "links "
               "links with --no-follow-symlinks";
    return S_ISFIFO(mode)   ? "a pipe (FIFO) is not a regular file; skip it with --exclude"
           : S_ISSOCK(mode) ? "a socket is not a regular file; skip it with --exclude"
                            : "a device is not a regular file; skip it with --exclude";
}

/* A link to a file is copied as that file; links to folders are not followed, since
 * they may form loops. */
static bool take_file(walk *w, char *give_path, entry *out, bool *incomplete)
{
    AUTO_FREE char *path = give_path;
    struct stat st;
    if (!w->c->config->follow_symlinks && lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
        log_info("%s: is a symbolic link; skipped", path);
        return false;
    }
    if (stat(path, &st) != 0) {
        if (is_meant(w, path))
            unreadable(w, path, errno, incomplete);
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        not_copied(w, path, special_text(st.st_mode), incomplete);
        return false;
    }
    *out = (entry){.name = move(path),
                   .relative_at = w->root_length,
                   .size_bytes = (uint64_t)st.st_size,
                   .modified_s = st.st_mtim.tv_sec,
                   .modified_ns = (uint32_t)st.st_mtim.tv_nsec};
    return true;
}

walk *walk_open(cli *c, const source_options *options, bool *incomplete)
{
    walk *w = xcalloc(1, sizeof *w);
    AUTO_FREE char *root = place_folder_text(options->place->path);
    w->c = c;
    w->is_target = options->is_target;
    w->filter = options->filter;
    w->root_length = strlen(root);
    enter(w, root, incomplete);
    return w;
}

void walk_close(walk *w)
{
    while (w->inner)
        leave(w);
    free(w);
}

static bool is_partial(const char *name)
{
    return str_ends_with(name, PARTIAL_SUFFIX) || str_ends_with(name, RANGES_SUFFIX);
}

bool walk_next(walk *w, entry *out, bool *incomplete)
{
    while (w->inner) {
        level *l = w->inner;
        if (l->next == l->count) {
            leave(w);
            continue;
        }
        const char *name = l->names[l->next++];
        char *path = xasprintf("%s%s", l->dir, name);
        if (is_partial(name)) {
            not_copied(w, path, "an interrupted download of this program; finish or remove it",
                       incomplete);
            free(path);
            continue;
        }
        if (!str_ends_with(name, "/")) {
            if (take_file(w, path, out, incomplete))
                return true;
            continue;
        }
        enter(w, path, incomplete);
        free(path);
    }
    return false;
}
