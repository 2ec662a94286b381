#include "orchestrator/local/workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <unistd.h>

#include "decon/base/digest.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/config/file_names.h"

#define LOCK_NAME     "orchestrator.lock"
#define ETAG_NAME     "etag"
#define SUM_NAME      "checksum"
#define PART_NAME     "part"
#define RESUME_NAME   "part.resume"
#define RECODED_NAME  "cleaned"
#define URI_HEX_CHARS 12
#define KEY_HEX_CHARS 32
#define HASHES_SHARE  10          /* of the budget: a tenth */
#define SPARE_BYTES   (64u << 20) /* of the file system, left to others */

typedef struct found_dir {
    char *name;
    bool wanted;
} found_dir;

struct workdir {
    char *path;     /* of the share, absolute */
    char *download; /* path/download */
    int lock_fd;
    budget disk;
    _Atomic uint64_t hash_bytes; /* on the disk too, beside disk.used_bytes */
    bool scanned;
    found_dir *found; /* directories of items that stood there then, sorted */
    size_t found_count;
};

static void hash_hex(const char *text, size_t hex_chars, char *out)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    sha256(slice_from(text), digest);
    hex_encode(digest, sizeof digest, hex);
    memcpy(out, hex, hex_chars);
    out[hex_chars] = '\0';
}

static char *share_path(const workdir_options *o, err *e)
{
    char uri_hash[URI_HEX_CHARS + 1];
    hash_hex(o->input_uri, URI_HEX_CHARS, uri_hash);
    AUTO_FREE char *root = fs_absolute(o->root, e);
    if (!root)
        return NULL;
    if (!names_is_utf8(root)) { /* paths go to the server as JSON */
        err_set(e, ERR_IO,
                "%s: the path is not UTF-8, the server could not be told of it; choose another "
                "local_work_dir",
                root);
        return NULL;
    }
    return xasprintf("%s/input-%s/%u-of-%u", root, uri_hash, o->host_index, o->host_count);
}

static bool refuse_second(const char *path, const char *lock_path, err *e)
{
    AUTO(buf) pid = BUF(64);
    err unread = ERR_INIT;
    bool known = fs_read_file(lock_path, 64, &pid, &unread);
    slice words = slice_trim(buf_slice(&pid));
    return err_set(e, ERR_LOCKED,
                   "%s: another orchestrator works there (process %.*s); wait for it, stop it, or "
                   "choose another local_work_dir",
                   path, known ? (int)words.len : 7, known ? words.data : "unknown");
}

/* The kernel holds the lock and drops it with the process; the pid inside is for people. */
static bool take_lock(workdir *w, err *e)
{
    AUTO_FREE char *lock_path = xasprintf("%s/" LOCK_NAME, w->path);
    w->lock_fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (w->lock_fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", lock_path);
    if (flock(w->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK
                   ? refuse_second(w->path, lock_path, e)
                   : err_set_errno(e, ERR_IO, errno, "%s: cannot be locked", lock_path);
    char pid[32];
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(w->lock_fd, 0) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be written", lock_path);
    return fs_pwrite_all(w->lock_fd, pid, (size_t)len, 0, e);
}

static bool set_budget(workdir *w, uint64_t asked_bytes, err *e)
{
    w->disk.limit_bytes = asked_bytes;
    if (asked_bytes)
        return true;
    uint64_t free_bytes = 0;
    if (!fs_free_bytes(w->path, &free_bytes, e))
        return false;
    w->disk.limit_bytes = free_bytes / 5 * 4;
    return true;
}

workdir *workdir_open(const workdir_options *options, err *e)
{
    AUTO_PTR(workdir) w = xcalloc(1, sizeof *w);
    w->lock_fd = -1;
    w->path = share_path(options, e);
    if (!w->path)
        return NULL;
    w->download = xasprintf("%s/download", w->path);
    if (!fs_make_dirs(w->download, e) || !take_lock(w, e) ||
        !set_budget(w, options->disk_budget_bytes, e))
        return NULL;
    return move(w);
}

static void forget_scan(workdir *w);
static found_dir *find_dir(const workdir *w, const char *key);

void workdir_close(workdir *w)
{
    if (!w)
        return;
    if (w->lock_fd >= 0)
        close(w->lock_fd);
    forget_scan(w);
    free(w->path);
    free(w->download);
    free(w);
}

const char *workdir_path(const workdir *w)
{
    return w->path;
}

uint64_t workdir_budget_bytes(const workdir *w)
{
    return w->disk.limit_bytes;
}

char *workdir_item_dir(const workdir *w, const char *key)
{
    char key_hash[KEY_HEX_CHARS + 1];
    hash_hex(key, KEY_HEX_CHARS, key_hash);
    return xasprintf("%s/%s", w->download, key_hash);
}

static char *item_file(const workdir *w, const char *key, const char *name)
{
    AUTO_FREE char *dir = workdir_item_dir(w, key);
    return xasprintf("%s/%s", dir, name);
}

char *workdir_final_path(const workdir *w, const char *key)
{
    AUTO_FREE char *name = names_local(key);
    return item_file(w, key, name);
}

char *workdir_part_path(const workdir *w, const char *key)
{
    return item_file(w, key, PART_NAME);
}

char *workdir_recode_path(const workdir *w, const char *key)
{
    return item_file(w, key, RECODED_NAME);
}

char *workdir_resume_path(const workdir *w, const char *key)
{
    return item_file(w, key, RESUME_NAME);
}

int workdir_part_open(const workdir *w, const char *key, bool fresh, err *e)
{
    AUTO_FREE char *dir = workdir_item_dir(w, key);
    AUTO_FREE char *path = workdir_part_path(w, key);
    AUTO_FREE char *resume = workdir_resume_path(w, key);
    if (!fs_make_dirs(dir, e) || (fresh && !fs_remove(resume, e)))
        return -1;
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (fresh ? O_TRUNC : 0);
    int fd = open(path, flags, 0666);
    if (fd < 0)
        err_set_errno(e, ERR_IO, errno, "%s: cannot be made", path);
    return fd;
}

/* Where the file system has no files without a name: one whose name goes at once. */
int workdir_unnamed_open(const workdir *w, err *e)
{
    int fd = open(w->path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    AUTO_FREE char *path = xasprintf("%s/unnamed", w->path);
    char *temp = NULL;
    fd = fs_temp_create(path, &temp, e);
    fs_temp_discard(&temp);
    return fd;
}

/* An earlier run left something for this key, as far as is known. */
static bool may_stand(const workdir *w, const char *key)
{
    return !w->scanned || find_dir(w, key);
}

bool workdir_has_part(const workdir *w, const char *key)
{
    AUTO_FREE char *resume = workdir_resume_path(w, key);
    return fs_exists(resume);
}

bool workdir_part_commit(const workdir *w, const char *key, const char *etag, const char *checksum,
                         err *e)
{
    AUTO_FREE char *part = workdir_part_path(w, key);
    AUTO_FREE char *whole = workdir_final_path(w, key);
    AUTO_FREE char *etag_path = item_file(w, key, ETAG_NAME);
    AUTO_FREE char *sum_path = item_file(w, key, SUM_NAME);
    if (!fs_write_file(sum_path, slice_from(checksum), false, e) ||
        !fs_write_file(etag_path, slice_from(etag), false, e))
        return false;
    if (rename(part, whole) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be renamed to %s", part, whole);
    return true;
}

bool workdir_has_whole(const workdir *w, const char *key, const char *etag, uint64_t size_bytes)
{
    if (!may_stand(w, key))
        return false;
    AUTO_FREE char *whole = workdir_final_path(w, key);
    AUTO_FREE char *etag_path = item_file(w, key, ETAG_NAME);
    AUTO(buf) kept = BUF(4096);
    err unread = ERR_INIT;
    uint64_t size = 0;
    return etag[0] != '\0' && fs_exists(whole) && fs_size(whole, &size, &unread) &&
           size == size_bytes && fs_read_file(etag_path, 4096, &kept, &unread) &&
           slice_equal_str(buf_slice(&kept), etag);
}

char *workdir_whole_checksum(const workdir *w, const char *key)
{
    AUTO_FREE char *path = item_file(w, key, SUM_NAME);
    AUTO(buf) text = BUF(4096);
    err unread = ERR_INIT;
    return fs_read_file(path, 4096, &text, &unread) ? buf_give(&text) : NULL;
}

int workdir_whole_open(const workdir *w, const char *key, err *e)
{
    AUTO_FREE char *path = workdir_final_path(w, key);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", path);
    return fd;
}

bool workdir_whole_to_part(const workdir *w, const char *key, err *e)
{
    AUTO_FREE char *part = workdir_part_path(w, key);
    AUTO_FREE char *whole = workdir_final_path(w, key);
    AUTO_FREE char *etag_path = item_file(w, key, ETAG_NAME);
    if (!fs_remove(etag_path, e))
        return false;
    if (rename(whole, part) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be renamed to %s", whole, part);
    return true;
}

/* --- clearing --- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const found_dir *)a)->name, ((const found_dir *)b)->name);
}

static bool note_name(void *ctx, const char *name, err *e)
{
    workdir *w = ctx;
    UNUSED(e);
    w->found = xrealloc(w->found, (w->found_count + 1) * sizeof *w->found);
    w->found[w->found_count++] = (found_dir){.name = xstrdup(name)};
    return true;
}

static void forget_scan(workdir *w)
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
    forget_scan(w);
    if (!fs_each_name(w->download, note_name, w, e))
        return false;
    if (w->found_count)
        qsort(w->found, w->found_count, sizeof *w->found, compare_names);
    w->scanned = true;
    return true;
}

static found_dir *find_dir(const workdir *w, const char *key)
{
    char name[KEY_HEX_CHARS + 1];
    if (!w->found_count)
        return NULL;
    hash_hex(key, KEY_HEX_CHARS, name);
    found_dir wanted = {.name = name};
    return bsearch(&wanted, w->found, w->found_count, sizeof *w->found, compare_names);
}

void workdir_want(workdir *w, const char *key)
{
    found_dir *dir = find_dir(w, key);
    if (dir)
        dir->wanted = true;
}

bool workdir_clear_unwanted(workdir *w, size_t *removed, err *e)
{
    *removed = 0;
    for (size_t i = 0; i < w->found_count; i++) {
        if (w->found[i].wanted)
            continue;
        AUTO_FREE char *path = xasprintf("%s/%s", w->download, w->found[i].name);
        if (!fs_remove_tree(path, e))
            return false;
        (*removed)++;
    }
    return true;
}

bool workdir_remove_item(const workdir *w, const char *key, err *e)
{
    AUTO_FREE char *dir = workdir_item_dir(w, key);
    return fs_remove_tree(dir, e);
}

void workdir_remove_if_empty(workdir *w)
{
    if (rmdir(w->download) != 0)
        log_debug("%s: kept, it is not empty", w->download);
}

/* --- disk budget --- */

bool workdir_admit(workdir *w, uint64_t size_bytes, bool alone)
{
    if (alone) {
        w->disk.used_bytes += size_bytes;
        return true;
    }
    uint64_t free_bytes = UINT64_MAX;
    err unknown = ERR_INIT;
    if (fs_free_bytes(w->path, &free_bytes, &unknown) && free_bytes < size_bytes + SPARE_BYTES)
        return false;
    budget left = w->disk;
    left.limit_bytes -= MIN(left.limit_bytes, atomic_load(&w->hash_bytes));
    if (!budget_take(&left, size_bytes))
        return false;
    w->disk.used_bytes = left.used_bytes;
    return true;
}

bool workdir_take_hashes(workdir *w, uint64_t bytes)
{
    uint64_t before = atomic_fetch_add(&w->hash_bytes, bytes);
    if (before + bytes <= w->disk.limit_bytes / HASHES_SHARE)
        return true;
    atomic_fetch_sub(&w->hash_bytes, bytes);
    return false;
}

void workdir_give_hashes(workdir *w, uint64_t bytes)
{
    atomic_fetch_sub(&w->hash_bytes, bytes);
}

void workdir_release(workdir *w, uint64_t size_bytes)
{
    budget_give(&w->disk, size_bytes);
}

void workdir_add(workdir *w, uint64_t size_bytes)
{
    w->disk.used_bytes += size_bytes;
}
