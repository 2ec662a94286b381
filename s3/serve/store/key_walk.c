#include "base/array.h"
#include "base/util.h"
#include "s3/serve/store/key_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "s3/serve/store/key_layout.h"

#define PATH_BYTES_MAX 8192

typedef struct entry {
    char *file_name;
    char *piece; /* decoded, with the `/` of a directory */
    size_t piece_len;
    layout_kind kind;
} entry;

typedef struct entries {
    entry *items;
    size_t count, capacity;
} entries;

typedef struct walk {
    const walk_options *options;
    buf key;  /* of the current directory */
    buf path; /* its path */
} walk;

static bool walk_dir(walk *w, err *e);

static void entries_deinit(entries *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].file_name);
        free(list->items[i].piece);
    }
    free(list->items);
}
DEFINE_AUTO(entries, entries_deinit)

static void cut_back(buf *b, size_t len)
{
    b->len = len;
    b->overflow = false;
    if (b->data)
        b->data[len] = '\0';
}

static int compare_bytes(slice a, slice b)
{
    size_t common = MIN(a.len, b.len);
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Equal pieces: the object of 64 bytes precedes the keys that continue after it. */
static int compare_entries(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    int order = compare_bytes((slice){a->piece, a->piece_len}, (slice){b->piece, b->piece_len});
    return order ? order : (int)a->kind - (int)b->kind;
}

static bool starts_with(slice text, slice prefix)
{
    return text.len >= prefix.len &&
           (prefix.len == 0 || memcmp(text.data, prefix.data, prefix.len) == 0);
}

/* Whether the key, or a key that starts with it (for a directory), is requested. */
static bool is_wanted(const walk_options *o, slice key, bool is_dir)
{
    if (o->skip_prefix && o->skip_prefix->len > 0 && starts_with(key, buf_slice(o->skip_prefix)))
        return false;
    if (!is_dir)
        return starts_with(key, o->prefix) && compare_bytes(key, o->after) > 0;
    bool in_prefix = starts_with(key, o->prefix) || starts_with(o->prefix, key);
    return in_prefix && (compare_bytes(key, o->after) > 0 || starts_with(o->after, key));
}

/* Regular files and folders whose names are UTF-8; links are not followed. */
static bool plain_name(int dir_fd, const char *name, layout_kind *kind, buf *piece)
{
    struct stat st;
    if (!layout_key_check(slice_from(name), NULL) ||
        fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    *kind = S_ISDIR(st.st_mode) ? LAYOUT_DIR : LAYOUT_OBJECT;
    return (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)) && buf_append_str(piece, name) &&
           (*kind == LAYOUT_OBJECT || buf_append_char(piece, '/'));
}

static void add_entry(walk *w, entries *list, int dir_fd, const char *name)
{
    AUTO(buf) piece = BUF(1024);
    layout_kind kind;
    if (!(w->options->plain ? plain_name(dir_fd, name, &kind, &piece)
                            : layout_name_decode(name, &kind, &piece)))
        return;
    size_t key_len = w->key.len;
    buf_append_slice(&w->key, buf_slice(&piece));
    bool wanted = is_wanted(w->options, buf_slice(&w->key), kind != LAYOUT_OBJECT);
    cut_back(&w->key, key_len);
    if (!wanted)
        return;
    ARRAY_RESERVE(list->items, list->capacity, list->count + 1);
    size_t piece_len = piece.len;
    list->items[list->count++] = (entry){xstrdup(name), buf_give(&piece), piece_len, kind};
}

typedef struct name_reader {
    walk *walk;
    entries *list;
} name_reader;

static bool on_name(void *ctx, const fs_entry *found, err *e)
{
    name_reader *r = ctx;
    UNUSED(e);
    add_entry(r->walk, r->list, found->dir_fd, found->name);
    return true;
}

static bool read_names(walk *w, entries *list, err *e)
{
    const char *path = buf_str(&w->path);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 && errno == ENOENT)
        return true; /* its last key was removed meanwhile */
    if (dir < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot read the directory", path);
    if (!fs_each_entry(dir, path, on_name, &(name_reader){w, list}, e))
        return false;
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_entries);
    return true;
}

static bool walk_entry(walk *w, const entry *item, err *e)
{
    size_t key_len = w->key.len, path_len = w->path.len;
    buf_append(&w->key, item->piece, item->piece_len);
    buf_printf(&w->path, "/%s", item->file_name);
    bool ok = true, is_dir = item->kind != LAYOUT_OBJECT;
    if (w->key.overflow || w->path.overflow)
        ok = err_set(e, ERR_LIMIT, "%s: path too long", buf_str(&w->path));
    else if (!is_wanted(w->options, buf_slice(&w->key), is_dir))
        ok = true; /* skip_prefix has changed since the names were read */
    else if (is_dir)
        ok = walk_dir(w, e);
    else
        ok = w->options->visit(w->options->ctx, buf_slice(&w->key), buf_str(&w->path), e);
    cut_back(&w->key, key_len);
    cut_back(&w->path, path_len);
    return ok;
}

static bool walk_dir(walk *w, err *e)
{
    AUTO(entries) list = {0};
    bool ok = read_names(w, &list, e);
    for (size_t i = 0; ok && i < list.count; i++)
        ok = walk_entry(w, &list.items[i], e);
    return ok;
}

bool walk_keys(const walk_options *options, err *e)
{
    walk w = {.options = options};
    buf_init(&w.key, 2 * LAYOUT_KEY_BYTES_MAX);
    buf_init(&w.path, PATH_BYTES_MAX);
    buf_append_str(&w.path, options->root);
    bool ok = walk_dir(&w, e);
    buf_deinit(&w.key);
    buf_deinit(&w.path);
    return ok;
}
