#include "base/array.h"
#include "base/util.h"
#include "detection/convert/source_files.h"

#include <ctype.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "detection/convert/rows.h"

void source_files_deinit(source_files *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->paths[i]);
    free(l->paths);
    *l = (source_files){0};
}

static void add_path(source_files *l, const char *path)
{
    *ARRAY_PUSH(l->paths, l->count, l->capacity) = xstrdup(path);
}

typedef struct walk {
    source_files *out;
    const char *dir, *prefix; /* prefix: of names in this folder only */
} walk;

static bool walk_name(void *ctx, const char *name, err *e)
{
    const walk *w = ctx;
    struct stat st;
    if (name[0] == '.' || !str_starts_with(name, w->prefix))
        return true;
    AUTO_FREE char *path = xasprintf("%s/%s", w->dir, name);
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        walk below = {.out = w->out, .dir = path, .prefix = ""};
        return fs_each_name(path, walk_name, &below, e);
    }
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return true;
    if (rows_can_read(name))
        add_path(w->out, path);
    else
        w->out->unreadable++;
    return true;
}

/* A folder, or the beginning of names in one. */
static bool find_all(const char *path, source_files *out, err *e)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        add_path(out, path);
        return true;
    }
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        walk top = {.out = out, .dir = path, .prefix = ""};
        return fs_each_name(path, walk_name, &top, e);
    }
    const char *slash = strrchr(path, '/');
    AUTO_FREE char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
    walk beginning = {.out = out, .dir = *dir ? dir : "/", .prefix = slash ? slash + 1 : path};
    return stat(beginning.dir, &st) != 0 || !S_ISDIR(st.st_mode) ||
           fs_each_name(beginning.dir, walk_name, &beginning, e);
}

/* As a word: between characters other than letters and digits. */
static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(text, word); at && len > 0; at = strstr(at + 1, word))
        if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[len]))
            return true;
    return false;
}

/* The longest split that the name has; NULL: none. */
static const char *split_of(const char *name, const char *const *splits)
{
    const char *best = NULL;
    for (size_t i = 0; splits[i]; i++)
        if (has_word(name, splits[i]) && (!best || strlen(splits[i]) > strlen(best)))
            best = splits[i];
    return best;
}

bool source_files_find(const char *path, const char *split, const char *const *splits,
                       source_files *out, err *e)
{
    AUTO(source_files) all = {0};
    bool named = false;
    if (!find_all(path, &all, e))
        return false;
    size_t root = strlen(path);
    for (size_t i = 0; i < all.count; i++)
        named |= split_of(all.paths[i] + MIN(root, strlen(all.paths[i])), splits) != NULL;
    for (size_t i = 0; i < all.count; i++) {
        const char *found = split_of(all.paths[i] + MIN(root, strlen(all.paths[i])), splits);
        if (named ? str_equal(found, split) : !splits[1])
            add_path(out, all.paths[i]);
    }
    out->unreadable = all.unreadable;
    return true;
}
