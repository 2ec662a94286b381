#include "base/util.h"
#include "s3/cli/source/location.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"

bool place_parse(const char *text, place *out, err *e)
{
    if (str_equal(text, "/dev/stdin") || str_equal(text, "/dev/stdout"))
        text = "-"; /* special links, which must not be replaced by a file */
    *out = (place){.is_object = str_starts_with(text, "s3://")};
    if (out->is_object)
        return s3_uri_parse(text, &out->uri, e);
    if (!text[0])
        return err_set(e, ERR_USAGE, "an empty path is not a file name");
    if (strstr(text, "://") && !fs_exists(text))
        return err_set(e, ERR_USAGE, "%s: is neither an s3:// URI nor a file", text);
    out->path = xstrdup(text);
    return true;
}

void place_deinit(place *p)
{
    s3_uri_deinit(&p->uri);
    free(p->path);
    *p = (place){0};
}

bool place_is_standard(const place *p)
{
    return !p->is_object && str_equal(p->path, "-");
}

bool place_is_folder(const place *p)
{
    struct stat st;
    if (p->is_object)
        return !p->uri.key[0] || str_ends_with(p->uri.key, "/");
    return str_ends_with(p->path, "/") || (stat(p->path, &st) == 0 && S_ISDIR(st.st_mode));
}

bool place_is_pattern(const place *p)
{
    return p->is_object && strpbrk(p->uri.key, "*?");
}

bool place_same(const place *a, const place *b)
{
    return a->is_object && b->is_object && str_equal(a->uri.bucket, b->uri.bucket) &&
           str_equal(a->uri.key, b->uri.key);
}

char *place_text(const place *p)
{
    return p->is_object ? xasprintf("s3://%s/%s", p->uri.bucket, p->uri.key) : xstrdup(p->path);
}

const char *place_name(const place *p)
{
    const char *text = p->is_object ? p->uri.key : p->path;
    const char *slash = strrchr(text, '/');
    return slash ? slash + 1 : text;
}

char *place_folder_text(const char *name)
{
    return name[0] && !str_ends_with(name, "/") ? xasprintf("%s/", name) : xstrdup(name);
}

bool place_below(const place *to, const char *relative, place *out, err *e)
{
    *out = (place){.is_object = to->is_object};
    if (to->is_object) {
        AUTO_FREE char *folder = place_folder_text(to->uri.key);
        out->uri.bucket = xstrdup(to->uri.bucket);
        out->uri.key = xasprintf("%s%s", folder, relative);
        return out->uri.key[0] ||
               err_set(e, ERR_USAGE,
                       "not copied: its key is the folder's own, and no object can have an empty "
                       "key; cp it alone, to a key of your choice");
    }
    if (strstr(relative, "//"))
        return err_set(
            e, ERR_IO,
            "'%s': not copied: a file path cannot have an empty folder name, and 'a//b' would "
            "overwrite 'a/b'; cp it alone, to another name",
            relative);
    AUTO_FREE char *folder = xstrdup(to->path);
    for (size_t len = strlen(folder); len > 1 && folder[len - 1] == '/'; len--)
        folder[len - 1] = '\0';
    out->path = fs_join_below(folder, relative, e);
    return out->path != NULL;
}

/* The nearest existing folder, in which missing ones will be created. */
bool place_check_writable(const place *folder, err *e)
{
    AUTO_FREE char *path = xstrdup(folder->is_object ? "" : folder->path);
    struct stat st;
    while (path[0] && stat(path, &st) != 0 && errno == ENOENT) {
        char *slash = strrchr(path, '/');
        if (slash)
            *(slash == path ? slash + 1 : slash) = '\0';
        else
            path[0] = '\0';
    }
    const char *there = path[0] ? path : ".";
    if (folder->is_object || faccessat(AT_FDCWD, there, W_OK | X_OK, AT_EACCESS) == 0)
        return true;
    return err_set_errno(e, ERR_IO, errno, "%s: cannot create files in %s", folder->path, there);
}

bool place_contains(const place *from, const place *to)
{
    if (!from->is_object || !to->is_object || !str_equal(from->uri.bucket, to->uri.bucket))
        return false;
    AUTO_FREE char *outer = place_folder_text(from->uri.key);
    AUTO_FREE char *inner = place_folder_text(to->uri.key);
    return str_starts_with(inner, outer);
}
