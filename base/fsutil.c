#include "base/output.h"
#include "base/util.h"
#include "base/fsutil.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool make_dir(const char *path, mode_t mode, err *e)
{
    if (mkdir(path, mode) == 0)
        return true;
    int number = errno;
    /* Some systems report EROFS and other errors before EEXIST. */
    if (is_directory(path))
        return true;
    return err_set_errno(e, ERR_IO, number == EEXIST ? ENOTDIR : number,
                         "%s: cannot create the directory", path);
}

bool fs_make_dirs_as(const char *path, mode_t mode, err *e)
{
    AUTO_FREE char *copy = xstrdup(path);
    for (char *p = copy; *p; p++) {
        if (*p != '/' || p == copy || p[-1] == '/')
            continue;
        *p = '\0';
        if (!make_dir(copy, mode, e))
            return false;
        *p = '/';
    }
    return make_dir(copy, mode, e);
}

bool fs_make_dirs(const char *path, err *e)
{
    return fs_make_dirs_as(path, 0777, e);
}

bool fs_remove(const char *path, err *e)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    return err_set_errno(e, ERR_IO, errno, "%s: cannot remove", path);
}

bool fs_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool fs_size(const char *path, uint64_t *size_bytes, err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot examine", path);
    *size_bytes = (uint64_t)st.st_size;
    return true;
}

char *fs_join_below(const char *root, const char *relative, err *e)
{
    bool good = *relative && *relative != '/';
    for (const char *p = relative; good && *p;) {
        size_t len = strcspn(p, "/");
        slice segment = {.data = p, .len = len};
        good = !slice_equal_str(segment, ".") && !slice_equal_str(segment, "..");
        p += len + (p[len] == '/');
    }
    if (!good) {
        (void)err_set(e, ERR_IO,
                      "%s: the name \"%s\" is refused: it is empty, absolute, or has a segment "
                      "`.` or `..`",
                      root, relative);
        return NULL;
    }
    return xasprintf("%s%s%s", root, str_ends_with(root, "/") ? "" : "/", relative);
}

/* Removes empty and `.` segments; `..` stays, since its meaning depends on links. */
static char *tidy(const char *path)
{
    AUTO(buf) out = BUF(SIZE_MAX / 2);
    for (const char *p = path; *p;) {
        size_t len = strcspn(p, "/");
        if (len > 0 && !(len == 1 && *p == '.')) {
            buf_append_char(&out, '/');
            buf_append(&out, p, len);
        }
        p += len + (p[len] == '/');
    }
    return out.len > 0 ? buf_give(&out) : xstrdup("/");
}

char *fs_absolute(const char *path, err *e)
{
    if (*path == '/')
        return tidy(path);
    AUTO_FREE char *cwd = getcwd(NULL, 0);
    if (!cwd) {
        (void)err_set_errno(e, ERR_IO, errno, "cannot determine the working directory");
        return NULL;
    }
    AUTO_FREE char *joined = xasprintf("%s/%s", cwd, path);
    return tidy(joined);
}

static bool read_all(int fd, const char *path, size_t max_bytes, buf *out, err *e)
{
    char chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot read", path);
        if ((size_t)n > max_bytes - out->len)
            return err_set(e, ERR_LIMIT, "%s: larger than the limit of %zu bytes", path, max_bytes);
        buf_append(out, chunk, (size_t)n);
    }
}

bool fs_read_file(const char *path, size_t max_bytes, buf *out, err *e)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", path);
    buf_clear(out);
    out->max_bytes = MAX(out->max_bytes, max_bytes);
    return read_all(fd, path, max_bytes, out, e);
}

static bool fill(int fd, const char *path, slice data, bool durable, err *e)
{
    if (!fs_write_all(fd, data.data, data.len, e))
        return err_context(e, "%s", path);
    if (durable && fsync(fd) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot sync", path);
    return true;
}

bool fs_write_file(const char *path, slice data, bool durable, err *e)
{
    char *temp_path = NULL;
    AUTO_FD fd = fs_temp_create(path, &temp_path, e);
    if (fd < 0)
        return false;
    if (!fill(fd, path, data, durable, e)) {
        fs_temp_discard(&temp_path);
        return false;
    }
    return fs_temp_commit(&temp_path, path, e) && (!durable || fs_sync_parent(path, e));
}

size_t fs_name_max(const char *path)
{
    AUTO_FREE char *folder = xstrdup(path);
    for (char *slash; (slash = strrchr(folder, '/')) != NULL;) {
        *(slash == folder ? slash + 1 : slash) = '\0';
        long found = pathconf(folder, _PC_NAME_MAX);
        if (found > 0 || slash == folder)
            return found > 0 ? MIN((size_t)found, (size_t)NAME_MAX) : NAME_MAX;
    }
    long found = pathconf(".", _PC_NAME_MAX);
    return found > 0 ? MIN((size_t)found, (size_t)NAME_MAX) : NAME_MAX;
}

/* The length of `path` that leaves space for `more` bytes in its last name; UTF-8 characters are not
 * split. */
static size_t room_for(const char *path, size_t more)
{
    const char *slash = strrchr(path, '/');
    size_t dir = slash ? (size_t)(slash - path) + 1 : 0;
    size_t len = strlen(path), limit = fs_name_max(path);
    if (len - dir + more <= limit)
        return len;
    len = dir + (limit > more ? limit - more : 0);
    while (len > dir && ((unsigned char)path[len] & 0xc0) == 0x80)
        len--;
    return len;
}

char *fs_temp_name(const char *path)
{
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        number = (uint32_t)getpid(); /* O_EXCL prevents collisions */
    return xasprintf("%.*s.tmp-%08x", (int)room_for(path, 13), path, number);
}

int fs_temp_create(const char *path, char **temp_path, err *e)
{
    for (;;) {
        AUTO_FREE char *name = fs_temp_name(path);
        /* 0666: the umask decides, as for other files of the user. */
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            *temp_path = move(name);
            return fd;
        }
        if (errno != EEXIST) {
            *temp_path = NULL;
            (void)err_set_errno(e, ERR_IO, errno, "%s: cannot create", name);
            return -1;
        }
    }
}

bool fs_temp_commit(char **temp_path, const char *path, err *e)
{
    AUTO_FREE char *temp = move(*temp_path);
    if (rename(temp, path) == 0)
        return true;
    int number = errno;
    unlink(temp);
    return err_set_errno(e, ERR_IO, number, "%s: cannot rename to %s", temp, path);
}

void fs_temp_discard(char **temp_path)
{
    AUTO_FREE char *temp = move(*temp_path);
    if (temp)
        unlink(temp);
}

bool fs_write_all(int fd, const void *data, size_t len, err *e)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(e, ERR_IO, errno, "cannot write %zu bytes", len);
        p += n;
        len -= (size_t)n;
    }
    return true;
}

void fs_reserve(int fd, uint64_t size_bytes)
{
    struct stat st;
    if (size_bytes == 0 || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size_bytes) == 0)
        return;
    /* A failed fallocate may have taken the last blocks of the disk: return them. */
    bool cut_back = fstat(fd, &st) == 0 && ftruncate(fd, st.st_size) == 0;
    UNUSED(cut_back);
}

bool fs_pwrite_all(int fd, const void *data, size_t len, off_t offset, err *e)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = pwrite(fd, p, len, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(e, ERR_IO, errno, "cannot write %zu bytes at offset %lld", len,
                                 (long long)offset);
        p += n;
        len -= (size_t)n;
        offset += n;
    }
    return true;
}

bool fs_free_bytes(const char *path, uint64_t *free_bytes, err *e)
{
    struct statvfs st;
    if (statvfs(path, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot determine the free space", path);
    *free_bytes = (uint64_t)st.f_bavail * st.f_frsize;
    return true;
}

bool fs_print_standard(int fd, slice text, uint64_t limit_ms, err *e)
{
    output *o = output_new(&(output_options){.fd = fd, .threaded = true, .max_bytes = text.len});
    bool ok = output_put(o, text, OUTPUT_DROP) && (output_flush(o, limit_ms) || !errno);
    int error = errno;
    output_free(o);
    return ok || err_set_errno(e, ERR_IO, error, "cannot write standard %s",
                               fd == STDERR_FILENO ? "error" : "output");
}

void fs_hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return;
}

unsigned fs_raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    rlim_t now = setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
    return (unsigned)MIN(now, (rlim_t)UINT32_MAX);
}
