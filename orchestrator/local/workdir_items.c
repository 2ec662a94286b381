/* Files of items in the work directory, and those left by an earlier run. */
#include "base/array.h"
#include "base/util.h"
#include "orchestrator/local/workdir_private.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/security/fs_below.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "orchestrator/config/file_names.h"

#define PART_NAME     "part"
#define RESUME_NAME   "part.resume"
#define KEY_HEX_CHARS 32

char *workdir_item_dir(const workdir *w, const char *key)
{
    char key_hash[KEY_HEX_CHARS + 1];
    workdir_hash(key, KEY_HEX_CHARS, key_hash);
    return xasprintf("%s/%s", w->download, key_hash);
}

char *workdir_final_path(const workdir *w, const char *key)
{
    AUTO_FREE char *dir = workdir_item_dir(w, key);
    AUTO_FREE char *name = names_local(key);
    return xasprintf("%s/%s", dir, name);
}

char *workdir_item_file(const char *key, const char *name)
{
    char key_hash[KEY_HEX_CHARS + 1];
    workdir_hash(key, KEY_HEX_CHARS, key_hash);
    return xasprintf("%s/%s", key_hash, name);
}

char *workdir_resume_name(const workdir *w, const char *key)
{
    UNUSED(w);
    return workdir_item_file(key, RESUME_NAME);
}

/* Not a system error: the name of a directory or file of this program is used by something else. */
static bool is_misplaced(const err *e)
{
    return e->sys_errno == 0;
}

/* Other files there, created while the modes were wider, are removed. */
static int open_item_dir(const workdir *w, const char *key, err *e)
{
    char key_hash[KEY_HEX_CHARS + 1];
    workdir_hash(key, KEY_HEX_CHARS, key_hash);
    AUTO_FREE char *shown = workdir_item_dir(w, key);
    privacy p = w->privacy;
    err first = ERR_INIT;
    int fd = private_dir_open(&p, w->download_fd, key_hash, shown, &first);
    if (fd < 0 && is_misplaced(&first) && fs_remove_tree_at(w->download_fd, key_hash, &first))
        return private_dir_open(&p, w->download_fd, key_hash, shown, e);
    if (fd < 0 && e)
        *e = first;
    return fd;
}

/* The same for a directory that rarely exists: first one of a finished item is tried. */
static int make_item_dir(const workdir *w, const char *key, err *e)
{
    char key_hash[KEY_HEX_CHARS + 1];
    workdir_hash(key, KEY_HEX_CHARS, key_hash);
    if (spare_dirs_take(w->spares, w->download_fd, key_hash)) {
        privacy p = w->privacy;
        AUTO_FREE char *shown = workdir_item_dir(w, key);
        int fd = private_dir_reopen(&p, w->download_fd, key_hash, shown, NULL);
        if (fd >= 0)
            return fd;
    }
    return open_item_dir(w, key, e);
}

int workdir_file_create(const workdir *w, const char *key, const char *name, err *e)
{
    AUTO_FD dir = open_item_dir(w, key, e);
    if (dir < 0 || !fs_remove_tree_at(dir, name, e))
        return -1;
    return private_file_open(&w->privacy, dir, name, e);
}

int workdir_file_open(const workdir *w, const char *key, const char *name, err *e)
{
    fs_identity id;
    AUTO_FREE char *path = workdir_item_file(key, name);
    int fd = fs_below_open_file(w->download_fd, path, &id, e);
    if (fd >= 0 && id.owner != geteuid()) {
        err_set(e, ERR_IO, "%s/%s: the file belongs to another user", w->download, path);
        util_auto_close(&fd);
        return -1;
    }
    return fd;
}

bool workdir_file_remove(const workdir *w, const char *key, const char *name, err *e)
{
    AUTO_FREE char *path = workdir_item_file(key, name);
    return fs_below_remove_tree(w->download_fd, path, e);
}

int workdir_part_open(const workdir *w, const char *key, bool fresh, err *e)
{
    AUTO_FD dir = make_item_dir(w, key, e);
    if (dir < 0 || (fresh && (!fs_remove_tree_at(dir, RESUME_NAME, e) ||
                              !fs_remove_tree_at(dir, PART_NAME, e))))
        return -1;
    err first = ERR_INIT;
    int fd = private_file_open(&w->privacy, dir, PART_NAME, &first);
    if (fd < 0 && is_misplaced(&first) && fs_remove_tree_at(dir, PART_NAME, &first))
        return private_file_open(&w->privacy, dir, PART_NAME, e);
    if (fd < 0 && e)
        *e = first;
    return fd;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const found_dir *)a)->name, ((const found_dir *)b)->name);
}

static found_dir *find_dir(const workdir *w, const char *key)
{
    char name[KEY_HEX_CHARS + 1];
    if (!w->found_count)
        return NULL;
    workdir_hash(key, KEY_HEX_CHARS, name);
    found_dir wanted = {.name = name};
    return bsearch(&wanted, w->found, w->found_count, sizeof *w->found, compare_names);
}

/* If the file system has no unnamed files: a file that is unlinked at once. */
int workdir_unnamed_open(const workdir *w, err *e)
{
    int fd = openat(w->share_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    char *temp = NULL;
    fd = fs_below_temp(w->share_fd, "unnamed", 0600, &temp, e);
    fs_below_temp_discard(w->share_fd, &temp);
    return fd;
}

/* Whether an earlier run may have left files for this key. */
static bool may_exist(const workdir *w, const char *key)
{
    return !w->scanned || find_dir(w, key);
}

bool workdir_has_part(const workdir *w, const char *key)
{
    err absent = ERR_INIT;
    AUTO_FD fd = workdir_file_open(w, key, RESUME_NAME, &absent);
    return fd >= 0;
}

uint64_t workdir_part_bytes(const workdir *w, const char *key)
{
    struct stat st;
    err absent = ERR_INIT;
    AUTO_FD fd = may_exist(w, key) ? workdir_file_open(w, key, PART_NAME, &absent) : -1;
    return fd >= 0 && fstat(fd, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

bool workdir_part_commit(const workdir *w, const char *key, int fd, const char *etag,
                         const char *checksum, err *e)
{
    AUTO_FREE char *part = workdir_item_file(key, PART_NAME);
    AUTO_FREE char *local = names_local(key);
    AUTO_FREE char *whole = workdir_item_file(key, local);
    return workdir_version_write(w, key, fd, etag, checksum, e) &&
           fs_below_rename(w->download_fd, part, whole, e);
}

/* The file and its directory may come from a run without share_group. */
static bool fit_item(const workdir *w, const char *key, int fd, const char *name, err *e)
{
    AUTO_FD dir = w->privacy.shared ? open_item_dir(w, key, e) : -1;
    return (!w->privacy.shared || dir >= 0) && private_file_fit(&w->privacy, fd, name, e);
}

int workdir_whole_open(const workdir *w, const char *key, err *e)
{
    AUTO_FREE char *name = names_local(key);
    AUTO_FREE char *path = workdir_item_file(key, name);
    int fd = fs_below_open(w->download_fd, path, O_RDWR | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        err_set_errno(e, ERR_IO, errno, "%s/%s: cannot open", w->download, path);
    if (fd < 0 || fit_item(w, key, fd, name, e))
        return fd;
    util_auto_close(&fd);
    return -1;
}

char *workdir_whole_checksum(const workdir *w, const char *key, int fd)
{
    AUTO_FREE char *etag = NULL;
    char *checksum = NULL;
    UNUSED(workdir_version_read(w, key, fd, &etag, &checksum));
    return checksum;
}

bool workdir_whole_to_part(const workdir *w, const char *key, err *e)
{
    AUTO_FREE char *part = workdir_item_file(key, PART_NAME);
    AUTO_FREE char *local = names_local(key);
    AUTO_FREE char *whole = workdir_item_file(key, local);
    return workdir_version_forget(w, key, e) && fs_below_rename(w->download_fd, whole, part, e);
}

bool workdir_has_whole(const workdir *w, const char *key, const char *etag, uint64_t size_bytes)
{
    if (etag[0] == '\0' || !may_exist(w, key))
        return false;
    AUTO_FREE char *kept = NULL, *checksum = NULL;
    err unread = ERR_INIT;
    fs_identity id;
    AUTO_FD fd = workdir_whole_open(w, key, &unread);
    return fd >= 0 && fs_identity_of(fd, &id) && id.size_bytes == size_bytes &&
           workdir_version_read(w, key, fd, &kept, &checksum) && str_equal(kept, etag);
}

/* --- clearing --- */

/* Of a killed run, and empty. */
static bool is_unused_spare(const workdir *w, const char *name)
{
    return str_starts_with(name, WORKDIR_SPARE) &&
           unlinkat(w->download_fd, name, AT_REMOVEDIR) == 0;
}

static bool note_name(void *ctx, const char *name, err *e)
{
    workdir *w = ctx;
    UNUSED(e);
    if (is_unused_spare(w, name))
        return true;
    *ARRAY_ADD(w->found, w->found_count) = (found_dir){.name = xstrdup(name)};
    return true;
}

void workdir_forget_scan(workdir *w)
{
    for (size_t i = 0; i < w->found_count; i++)
        free(w->found[i].name);
    free(w->found);
    w->found = NULL;
    w->found_count = 0;
    w->scanned = false;
}

bool workdir_scan(workdir *w, err *e)
{
    workdir_forget_scan(w);
    if (!fs_each_name_at(w->download_fd, ".", note_name, w, e))
        return false;
    if (w->found_count)
        qsort(w->found, w->found_count, sizeof *w->found, compare_names);
    w->scanned = true;
    return true;
}

void workdir_want(workdir *w, const char *key)
{
    found_dir *dir = find_dir(w, key);
    if (dir)
        dir->wanted = true;
}

bool workdir_has_item(const workdir *w, const char *key)
{
    return find_dir(w, key) != NULL;
}

typedef struct disk_sum {
    int dir_fd;
    uint64_t bytes;
} disk_sum;

static bool add_disk_bytes(void *ctx, const char *name, err *e)
{
    disk_sum *sum = ctx;
    struct stat st;
    UNUSED(e);
    if (fstatat(sum->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        sum->bytes += (uint64_t)st.st_blocks * 512;
    return true;
}

uint64_t workdir_item_bytes(const workdir *w, const char *key)
{
    char key_hash[KEY_HEX_CHARS + 1];
    err unread = ERR_INIT;
    workdir_hash(key, KEY_HEX_CHARS, key_hash);
    AUTO_FD dir = fs_below_open(w->download_fd, key_hash, O_RDONLY | O_DIRECTORY, 0);
    disk_sum sum = {.dir_fd = dir};
    return dir >= 0 && fs_each_name_at(dir, ".", add_disk_bytes, &sum, &unread) ? sum.bytes : 0;
}

bool workdir_clear_unwanted(workdir *w, size_t *removed, err *e)
{
    *removed = 0;
    for (size_t i = 0; i < w->found_count; i++) {
        if (w->found[i].wanted)
            continue;
        if (!fs_remove_tree_at(w->download_fd, w->found[i].name, e))
            return err_context(e, "%s", w->download);
        (*removed)++;
    }
    return true;
}

bool workdir_remove_item(const workdir *w, const char *key, err *e)
{
    char key_hash[KEY_HEX_CHARS + 1];
    workdir_hash(key, KEY_HEX_CHARS, key_hash);
    return spare_dirs_keep(w->spares, w->download_fd, key_hash) ||
           fs_remove_tree_at(w->download_fd, key_hash, e) || err_context(e, "%s", w->download);
}

void workdir_remove_if_empty(workdir *w)
{
    spare_dirs_remove(w->spares, w->download_fd);
    if (unlinkat(w->share_fd, "download", AT_REMOVEDIR) != 0)
        log_debug("%s: kept: not empty", w->download);
}
