#include "base/util.h"
#include "s3/cli/transfer/key_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fsutil.h"

void key_spool_deinit(key_spool *s)
{
    if (s->file)
        fclose(s->file);
    free(s->name);
    *s = (key_spool){0};
}

static bool failed(err *e)
{
    return err_set_errno(e, ERR_IO, errno,
                         "temporary file of the names to be removed: cannot write; nothing was "
                         "removed; set TMPDIR to a folder with free space");
}

static bool open_file(key_spool *s, err *e)
{
    const char *dir = getenv("TMPDIR");
    AUTO_FREE char *path = xasprintf("%s/decon-s3-names", dir && *dir ? dir : "/tmp");
    AUTO_FREE char *temp = NULL;
    int fd = fs_temp_create(path, &temp, e);
    if (fd < 0)
        return false;
    unlink(temp);
    s->file = fdopen(fd, "w+");
    if (s->file)
        return true;
    close(fd);
    return failed(e);
}

bool key_spool_add_version(key_spool *s, const char *name, const char *version_id, err *e)
{
    if (!s->file && !open_file(s, e))
        return false;
    const char *id = version_id ? version_id : "";
    size_t size = strlen(name) + 1;
    s->count++;
    return fprintf(s->file, "%zu/%s", strlen(id), id) >= 0
               ? fwrite(name, 1, size, s->file) == size || failed(e)
               : failed(e);
}

bool key_spool_add(key_spool *s, const char *name, err *e)
{
    return key_spool_add_version(s, name, NULL, e);
}

/* Splits a record, in place: the length of the id, the id, the name. */
static bool give(const key_spool *s, key_spool_taker each, void *ctx, err *e)
{
    char *id;
    size_t len = strtoul(s->name, &id, 10);
    AUTO_FREE char *version = len > 0 ? xstrndup(id + 1, len) : NULL;
    return each(ctx, id + 1 + len, version, e);
}

bool key_spool_each(key_spool *s, key_spool_taker each, void *ctx, err *e)
{
    uint64_t count = 0;
    if (!s->file)
        return true;
    if (fflush(s->file) != 0 || fseek(s->file, 0, SEEK_SET) != 0)
        return failed(e);
    while (count < s->count && getdelim(&s->name, &s->name_size, '\0', s->file) > 0) {
        count++;
        if (!give(s, each, ctx, e))
            return false;
    }
    return count == s->count ||
           err_set_errno(e, ERR_IO, errno,
                         "temporary file of the names to be removed: cannot read; run it again");
}
