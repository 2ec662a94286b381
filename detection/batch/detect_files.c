#include "detection/batch/detect_files.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "decon/base/digest.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/array.h"
#include "base/util.h"
#include "detection/batch/batch_record.h"

static void free_names(detect_file *file)
{
    free(file->path);
    free(file->id);
    free(file->short_id);
    free(file->relative);
}

void detect_files_deinit(detect_files *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free_names(&f->files[i]);
    }
    free(f->files);
    *f = (detect_files){0};
}

/* Bytes of result names beside the id: the suffix (".clean.jsonl.zstd"), and the digest of a
 * shortened id. */
enum { ADDED_MOST = 17, DIGEST_BYTES = 8 };

/* A name too long for the suffix is cut, and a digest of it is appended. */
static char *shortened(char *id, size_t start)
{
    size_t most = NAME_MAX - ADDED_MOST, keep = start + most - 1 - (size_t)2 * DIGEST_BYTES;
    char hex[2 * SHA256_BYTES + 1];
    uint8_t digest[SHA256_BYTES];
    if (strlen(id + start) <= most)
        return id;
    sha256(slice_from(id + start), digest);
    hex_encode(digest, DIGEST_BYTES, hex);
    while (keep > start && ((unsigned char)id[keep] & 0xc0) == 0x80) /* not inside a character */
        keep--;
    char *shorter = xasprintf("%.*s~%s", (int)keep, id, hex);
    free(id);
    return shorter;
}

/* The name without its compression's suffix and without .jsonl or .json, unless that would be
 * empty. */
static char *id_of(const char *relative)
{
    static const char *const suffixes[] = {".jsonl", ".json"};
    const char *slash = strrchr(relative, '/');
    size_t start = slash ? (size_t)(slash + 1 - relative) : 0;
    size_t len = strlen(relative) - strlen(codec_name_suffix(relative));
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        size_t suffix_len = strlen(suffixes[i]);
        if (len > start + suffix_len &&
            strncmp(relative + len - suffix_len, suffixes[i], suffix_len) == 0) {
            len -= suffix_len;
            break;
        }
    }
    return shortened(xstrndup(relative, len > start ? len : strlen(relative)), start);
}

static void add_file(detect_files *f, const char *path, const char *relative, const struct stat *st)
{
    *ARRAY_PUSH(f->files, f->count, f->capacity) =
        (detect_file){.path = xstrdup(path),
                      .id = id_of(relative),
                      .relative = xstrdup(relative),
                      .size_bytes = (uint64_t)st->st_size,
                      .device = st->st_dev,
                      .inode = st->st_ino,
                      .is_plain = codec_by_suffix(path) == CODEC_PLAIN};
}

static bool has_training_suffix(const char *name)
{
    AUTO_FREE char *plain = xstrndup(name, strlen(name) - strlen(codec_name_suffix(name)));
    return str_ends_with(plain, ".jsonl") || str_ends_with(plain, ".json");
}

static bool is_skipped(const detect_files *f, const struct stat *dir)
{
    struct stat st;
    for (size_t i = 0; i < ARRAY_LEN(f->skip); i++)
        if (f->skip[i] && stat(f->skip[i], &st) == 0 && st.st_dev == dir->st_dev &&
            st.st_ino == dir->st_ino)
            return true;
    return false;
}

typedef struct walk {
    detect_files *files;
    const char *dir;
    size_t root_len; /* of the named part of `dir`, with its slash */
} walk;

/* Links to files are followed; links to folders are not, since they could form a cycle. */
static bool walk_name(void *ctx, const char *name, err *e)
{
    const walk *w = ctx;
    struct stat st;
    AUTO_FREE char *path = xasprintf("%s%s%s", w->dir, str_ends_with(w->dir, "/") ? "" : "/", name);
    bool there = lstat(path, &st) == 0;
    if (there && S_ISDIR(st.st_mode)) {
        walk below = {.files = w->files, .dir = path, .root_len = w->root_len};
        return is_skipped(w->files, &st) || str_equal(name, BATCH_RECORD_DIR) ||
               fs_each_name(path, walk_name, &below, e);
    }
    if (!has_training_suffix(name))
        return true;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        log_warn("%s: skipped: not a file, or a broken link", path);
        return true;
    }
    add_file(w->files, path, path + w->root_len, &st);
    return true;
}

bool detect_files_add(detect_files *f, const char *path, err *e)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    if (stat(path, &st) != 0)
        return err_set_errno(e, ERR_USAGE, errno, "%s: cannot read", path);
    if (S_ISREG(st.st_mode)) {
        add_file(f, path, slash ? slash + 1 : path, &st);
        return true;
    }
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_USAGE, "%s: neither a file nor a folder", path);
    walk top = {.files = f, .dir = path, .root_len = strlen(path) + !str_ends_with(path, "/")};
    size_t before = f->count;
    if (!fs_each_name(path, walk_name, &top, e))
        return false;
    if (f->count == before)
        log_warn("%s: no file in it ends in .jsonl or .json, plain or compressed", path);
    return true;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const detect_file *)a)->path, ((const detect_file *)b)->path);
}

static int by_id(const void *a, const void *b)
{
    const detect_file *x = *(detect_file *const *)a, *y = *(detect_file *const *)b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : strcmp(x->path, y->path);
}

static bool is_same(const detect_file *a, const detect_file *b)
{
    return a->device == b->device && a->inode == b->inode && str_equal(a->id, b->id);
}

static bool is_repeated(detect_file *const *same_id, size_t count, const detect_file *file)
{
    for (size_t i = 0; i < count; i++)
        if (same_id[i]->path && is_same(same_id[i], file))
            return true;
    return false;
}

/* Files of one id are adjacent. Of files that were named twice the first is kept, the others lose
 * their path. */
static void compare_neighbours(detect_file **row, size_t count)
{
    for (size_t i = 0, first = 0; i < count; i++) {
        if (!str_equal(row[i]->id, row[first]->id))
            first = i;
        if (is_repeated(row + first, i - first, row[i])) {
            free(move(row[i]->path));
        } else if (i > first) {
            row[i]->rival = row[first]->path;
            row[first]->rival = row[i]->path;
        }
    }
}

static void drop_repeated(detect_files *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (f->files[i].path)
            f->files[kept++] = f->files[i];
        else
            free_names(&f->files[i]);
    }
    f->count = kept;
}

/* Files of one id that differ only in their suffixes get ids with these suffixes. */
static void add_suffixes(detect_file **row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        detect_file *file = row[i];
        if (!file->rival || str_equal(file->id, file->relative))
            continue;
        file->short_id = move(file->id);
        file->id = xstrdup(file->relative);
    }
}

static int id_order(const void *id, const void *file)
{
    return strcmp(id, (*(detect_file *const *)file)->id);
}

/* A file without a suffix among them has the short id as its own id. */
static void keep_names_in_use(detect_file **row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *id = row[i]->short_id;
        if (id && bsearch(id, row, count, sizeof *row, id_order))
            free(move(row[i]->short_id));
    }
}

static detect_file **sorted_by_id(detect_files *f, detect_file **row)
{
    for (size_t i = 0; i < f->count; i++)
        row[i] = &f->files[i];
    qsort(row, f->count, sizeof *row, by_id);
    return row;
}

static void find_rivals(detect_files *f, detect_file **row)
{
    for (size_t i = 0; i < f->count; i++)
        f->files[i].rival = NULL;
    compare_neighbours(sorted_by_id(f, row), f->count);
}

void detect_files_finish(detect_files *f)
{
    if (f->count == 0)
        return;
    AUTO_FREE detect_file **row = xcalloc(f->count, sizeof *row);
    qsort(f->files, f->count, sizeof *f->files, by_path);
    find_rivals(f, row);
    drop_repeated(f);
    add_suffixes(sorted_by_id(f, row), f->count);
    find_rivals(f, row);
    drop_repeated(f);
    keep_names_in_use(sorted_by_id(f, row), f->count);
    f->size_bytes = 0;
    for (size_t i = 0; i < f->count; i++)
        f->size_bytes += f->files[i].size_bytes;
}
