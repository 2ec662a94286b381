#include "detection/job/allowed_paths.h"

#include <errno.h>
#include <sys/stat.h>

#include "decon/base/buf.h"
#include "base/util.h"

/* The path with links resolved; NULL if a directory does not exist. The last part may be missing:
 * then the directory is resolved. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);
    if (real || errno != ENOENT)
        return real;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    AUTO_FREE char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    AUTO_FREE char *real_folder = realpath(folder, NULL);
    struct stat st;
    /* An existing last part that realpath cannot resolve is a broken link; its target may be
     * outside. */
    if (!real_folder || lstat(path, &st) == 0 || *name == '\0' || str_equal(name, ".."))
        return NULL;
    return xasprintf("%s/%s", str_equal(real_folder, "/") ? "" : real_folder, name);
}

static bool lies_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    if (str_equal(folder, "/"))
        return true;
    return str_starts_with(path, folder) && path[len] == '/';
}

bool allow_path(const char *const *dirs, const char *path)
{
    if (!dirs || !dirs[0])
        return true;
    AUTO_FREE char *real = resolve(path);
    for (size_t i = 0; real && dirs[i]; i++) {
        AUTO_FREE char *folder = realpath(dirs[i], NULL);
        if (folder && lies_below(real, folder))
            return true;
    }
    return false;
}
