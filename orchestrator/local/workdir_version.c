/* The version of an item's complete file, and the checksum of its bytes: an extended attribute of
 * the file, which takes no other inode; where the file system has none, the files `etag` and
 * `checksum` beside it, which earlier versions of this program always wrote. */
#include "base/util.h"
#include "orchestrator/local/workdir_private.h"

#include <string.h>
#include <sys/xattr.h>

#include "base/security/fs_below.h"
#include "base/fsutil.h"

#define ATTRIBUTE       "user.decon.version" /* ETag, line feed, checksum */
#define ETAG_NAME       "etag"
#define SUM_NAME        "checksum"
#define TEXT_MAX_BYTES  4096
#define VALUE_MAX_BYTES (2 * TEXT_MAX_BYTES)

/* --- files --- */

static bool write_small(const workdir *w, const char *key, const char *name, const char *text,
                        err *e)
{
    AUTO_FREE char *path = workdir_item_file(key, name);
    char *temp = NULL;
    AUTO_FD fd = fs_below_temp(w->download_fd, path, 0600, &temp, e);
    if (fd < 0)
        return false;
    if (fs_write_all(fd, text, strlen(text), e))
        return fs_below_temp_commit(w->download_fd, &temp, path, e);
    fs_below_temp_discard(w->download_fd, &temp);
    return false;
}

static char *read_small(const workdir *w, const char *key, const char *name)
{
    AUTO_FREE char *path = workdir_item_file(key, name);
    AUTO(buf) text = BUF(TEXT_MAX_BYTES);
    err unread = ERR_INIT;
    return fs_below_read_own(w->download_fd, path, TEXT_MAX_BYTES, &text, &unread) ? buf_give(&text)
                                                                                   : NULL;
}

/* --- both --- */

bool workdir_version_write(const workdir *w, const char *key, int fd, const char *etag,
                           const char *checksum, err *e)
{
    AUTO_FREE char *value = xasprintf("%s\n%s", etag, checksum);
    if (strlen(value) <= VALUE_MAX_BYTES && !strchr(etag, '\n') &&
        fsetxattr(fd, ATTRIBUTE, value, strlen(value), 0) == 0)
        return true;
    fremovexattr(fd, ATTRIBUTE); /* of another version */
    return write_small(w, key, SUM_NAME, checksum, e) && write_small(w, key, ETAG_NAME, etag, e);
}

bool workdir_version_read(const workdir *w, const char *key, int fd, char **etag, char **checksum)
{
    char value[VALUE_MAX_BYTES + 1];
    ssize_t len = fgetxattr(fd, ATTRIBUTE, value, VALUE_MAX_BYTES);
    value[len > 0 ? len : 0] = '\0';
    char *newline = strchr(value, '\n');
    if (newline) {
        *etag = xstrndup(value, (size_t)(newline - value));
        *checksum = xstrdup(newline + 1);
        return true;
    }
    *etag = read_small(w, key, ETAG_NAME);
    *checksum = *etag ? read_small(w, key, SUM_NAME) : NULL;
    return *etag;
}

bool workdir_version_forget(const workdir *w, const char *key, err *e)
{
    AUTO_FREE char *etag = workdir_item_file(key, ETAG_NAME);
    return fs_below_remove(w->download_fd, etag, e);
}
