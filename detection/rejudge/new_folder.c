#include "base/util.h"
#include "detection/rejudge/new_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fsutil.h"
#include "decon/base/log.h"

bool new_folder_write(const char *path, bool (*fill)(void *ctx, const char *partial, err *e),
                      void *ctx, err *e)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') /* the other name would be inside the folder */
        len--;
    AUTO_FREE char *name = xstrndup(path, len);
    AUTO_FREE char *partial = fs_temp_name(name);
    if (fs_make_dirs(partial, e) && fill(ctx, partial, e) &&
        (rename(partial, name) == 0 ||
         err_set_errno(e, ERR_IO, errno, "%s: cannot be renamed to %s", partial, name)) &&
        fs_sync_parent(name, e))
        return true;
    err ignored = ERR_INIT;
    if (!fs_remove_tree(partial, &ignored))
        log_warn("%s: is incomplete and cannot be removed; remove it by hand", partial);
    return false;
}
