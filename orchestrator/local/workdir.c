#include "orchestrator/local/workdir_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decon/base/digest.h"
#include "base/security/fs_below.h"
#include "base/fs_guard.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/config/file_names.h"

#define LOCK_NAME     WORKDIR_LOCK
#define URI_HEX_CHARS 12
#define HASHES_SHARE  10          /* a tenth of the budget */
#define SPARE_BYTES   (64u << 20) /* left free on the file system */

void workdir_hash(const char *text, size_t hex_chars, char *out)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    sha256(slice_from(text), digest);
    hex_encode(digest, sizeof digest, hex);
    memcpy(out, hex, hex_chars);
    out[hex_chars] = '\0';
}

void workdir_make_tag(int share_fd, const char *path, char *out)
{
    fs_identity id = {0};
    UNUSED(fs_identity_of(share_fd, &id)); /* without it only the path is used */
    AUTO_FREE char *name = xasprintf("%s\n%llu", path, (unsigned long long)id.inode);
    workdir_hash(name, WORKDIR_TAG_CHARS, out);
}

static bool check_root_name(const char *root, err *e)
{
    return names_is_utf8(root) || /* paths are sent to the server as JSON */
           err_set(e, ERR_IO,
                   "%s: the path is not UTF-8 and cannot be sent to the server; choose another "
                   "local_work_dir",
                   root);
}

/* The owner of a link can change its target at any time. */
static bool is_link_of_others(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid != 0 && st.st_uid != geteuid();
}

static bool resolve_root(workdir *w, const char *given, err *e)
{
    struct stat opened, named;
    if (is_link_of_others(given))
        return err_set(e, ERR_CONFIG,
                       "local_work_dir: %s is a link of another user; choose another directory",
                       given);
    w->root_fd = open(given, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (w->root_fd < 0 || fstat(w->root_fd, &opened) != 0 || !(w->root = realpath(given, NULL)) ||
        lstat(w->root, &named) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", given);
    return (opened.st_dev == named.st_dev && opened.st_ino == named.st_ino) ||
           err_set(e, ERR_IO, "%s: was replaced while it was opened; run again", given);
}

/* The root's path with links resolved, and its descriptor; both are used until the end. */
static bool open_root(workdir *w, const workdir_options *o, err *e)
{
    AUTO_FREE char *given = fs_absolute(o->root, e);
    if (!given || !check_root_name(given, e))
        return false;
    bool existed = fs_exists(given);
    if (!fs_make_dirs_as(given, 0755, e))
        return false;
    if (!resolve_root(w, given, e))
        return false;
    if (!check_root_name(w->root, e) || !fs_guard_check(w->root_fd, w->root, e))
        return err_context(e, "local_work_dir");
    if (!existed && o->share_group && fchmodat(w->root_fd, ".", 0755, 0) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot set the mode", w->root);
    if (fs_is_in_memory(w->root_fd))
        log_warn("local_work_dir: %s is on a file system in memory: downloads use the host's "
                 "memory; choose a directory on a disk",
                 w->root);
    return true;
}

static bool open_share(workdir *w, const workdir_options *o, err *e)
{
    char uri_hash[URI_HEX_CHARS + 1];
    workdir_hash(o->input_uri, URI_HEX_CHARS, uri_hash);
    AUTO_FREE char *input = xasprintf("%s/input-%s", w->root, uri_hash);
    AUTO_FREE char *share = xasprintf("%u-of-%u", o->host_index, o->host_count);
    w->path = xasprintf("%s/%s", input, share);
    w->download = xasprintf("%s/download", w->path);
    w->input_fd = private_dir_open(&w->privacy, w->root_fd, strrchr(input, '/') + 1, input, e);
    if (w->input_fd < 0)
        return false;
    w->share_fd = private_dir_open(&w->privacy, w->input_fd, share, w->path, e);
    if (w->share_fd < 0)
        return false;
    workdir_make_tag(w->share_fd, w->path, w->tag);
    return true;
}

static bool refuse_second(const workdir *w, err *e)
{
    AUTO(buf) pid = BUF(64);
    err unread = ERR_INIT;
    bool known = fs_below_read_own(w->share_fd, LOCK_NAME, 64, &pid, &unread);
    slice words = slice_trim(buf_slice(&pid));
    return err_set(e, ERR_LOCKED,
                   "%s: another orchestrator uses it (process %.*s); wait for it, stop it, or "
                   "choose another local_work_dir",
                   w->path, known ? (int)words.len : 7, known ? words.data : "unknown");
}

/* The tag depends on the directory's inode: after a power cut, results at the server are found only
 * if the directory still exists. */
static void sync_names(const workdir *w)
{
    err e = ERR_INIT;
    if (!fs_sync_dir(w->input_fd, w->path, &e) || !fs_sync_dir(w->root_fd, w->root, &e) ||
        !fs_sync_above(w->root, &e))
        log_debug("%s", e.message);
}

/* The kernel releases the lock with the process; the pid in the file is for messages. */
static bool take_lock(workdir *w, err *e)
{
    w->lock_fd = private_file_open(&w->privacy, w->share_fd, LOCK_NAME, e);
    if (w->lock_fd < 0)
        return err_context(e, "%s", w->path);
    if (flock(w->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK
                   ? refuse_second(w, e)
                   : err_set_errno(e, ERR_IO, errno, "%s/" LOCK_NAME ": cannot lock", w->path);
    char pid[32];
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(w->lock_fd, 0) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s/" LOCK_NAME ": cannot write", w->path);
    return fs_pwrite_all(w->lock_fd, pid, (size_t)len, 0, e);
}

/* "<name>.tmp-<8 hex digits>": a record that a killed run did not finish. */
static bool remove_unfinished(void *ctx, const char *name, err *e)
{
    const workdir *w = ctx;
    static const char mark[] = ".tmp-";
    const char *at = strstr(name, mark);
    if (!at || strlen(at) != strlen(mark) + 8 || strspn(at + strlen(mark), "0123456789abcdef") != 8)
        return true;
    return fs_below_remove(w->share_fd, name, e) || err_context(e, "%s", w->path);
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

static bool open_download(workdir *w, err *e)
{
    w->download_fd = private_dir_open(&w->privacy, w->share_fd, "download", w->download, e);
    return w->download_fd >= 0;
}

workdir *workdir_open(const workdir_options *options, err *e)
{
    AUTO_PTR(workdir) w = xcalloc(1, sizeof *w);
    w->spares = spare_dirs_new();
    w->lock_fd = w->root_fd = w->input_fd = w->share_fd = w->download_fd = -1;
    if (!privacy_make(options->share_group, &w->privacy, e) || !open_root(w, options, e) ||
        !open_share(w, options, e) || !take_lock(w, e) ||
        !fs_each_name_at(w->share_fd, ".", remove_unfinished, w, e) || !open_download(w, e) ||
        !set_budget(w, options->disk_budget_bytes, e))
        return NULL;
    sync_names(w);
    if (w->privacy.tightened)
        log_info("%s: other users had access to its directories; their modes are %04o now", w->path,
                 (unsigned)w->privacy.dir_mode);
    return move(w);
}

void workdir_close(workdir *w)
{
    if (!w)
        return;
    if (w->download_fd >= 0)
        spare_dirs_remove(w->spares, w->download_fd);
    free(w->spares);
    util_auto_close(&w->lock_fd);
    util_auto_close(&w->download_fd);
    util_auto_close(&w->share_fd);
    util_auto_close(&w->input_fd);
    util_auto_close(&w->root_fd);
    workdir_forget_scan(w);
    free(w->root);
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

const char *workdir_tag(const workdir *w)
{
    return w->tag;
}

int workdir_fd(const workdir *w)
{
    return w->share_fd;
}

int workdir_download_fd(const workdir *w)
{
    return w->download_fd;
}

/* --- disk budget --- */

/* A partial file of an earlier run is subtracted: its space is used already. */
static uint64_t free_for(const workdir *w, const char *key)
{
    uint64_t free_bytes = 0;
    err unknown = ERR_INIT;
    if (!fs_free_bytes(w->path, &free_bytes, &unknown))
        return UINT64_MAX;
    return free_bytes + workdir_part_bytes(w, key);
}

workdir_room workdir_admit(workdir *w, const char *key, uint64_t size_bytes, bool alone)
{
    uint64_t free_bytes = free_for(w, key);
    if (free_bytes < size_bytes && (alone || size_bytes - free_bytes > w->disk.used_bytes))
        return WORKDIR_ROOM_NEVER;
    if (alone) {
        w->disk.used_bytes += size_bytes;
        return WORKDIR_ROOM;
    }
    if (free_bytes < SPARE_BYTES || free_bytes - SPARE_BYTES < size_bytes)
        return WORKDIR_ROOM_LATER;
    budget left = w->disk;
    left.limit_bytes -= MIN(left.limit_bytes, atomic_load(&w->hash_bytes));
    if (!budget_take(&left, size_bytes))
        return WORKDIR_ROOM_LATER;
    w->disk.used_bytes = left.used_bytes;
    return WORKDIR_ROOM;
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
