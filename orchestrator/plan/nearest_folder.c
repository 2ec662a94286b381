#include "base/util.h"
#include "orchestrator/plan/nearest_folder.h"

#include "base/options/options.h"

#define NAMES_MAX      10000
#define PATH_MAX_BYTES ((size_t)4096)

/* state  listing                              next
 * PROBE  one key below `at` + the next part   it exists: PROBE of the part after it; else SCAN
 * SCAN   the names in `at`                    a similar name: PROBE of the part after it; else end */
struct nearest_folder {
    s3_client *s3;
    char *bucket, *path;
    nearest_folder_done on_done;
    void *ctx;
    s3_op *op;
    buf at;           /* exists */
    const char *rest; /* of path: parts not examined yet */
    char *part, *prefix;
    bool scanning, any;
    char **names; /* folders end in '/' */
    size_t count;
};

static void forget_names(nearest_folder *n)
{
    while (n->count > 0)
        free(n->names[--n->count]);
}

void nearest_folder_free(nearest_folder *n)
{
    if (!n)
        return;
    if (n->op)
        s3_op_cancel(n->op);
    forget_names(n);
    char *strings[] = {n->bucket, n->path, n->part, n->prefix};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(n->names);
    buf_deinit(&n->at);
    free(n);
}

static void finish(nearest_folder *n, bool known)
{
    n->on_done(n->ctx, known ? buf_str(&n->at) : NULL);
}

static bool take_name(nearest_folder *n, const char *key, err *e)
{
    n->any = true;
    if (!n->scanning || n->count == NAMES_MAX)
        return err_set(e, ERR_CANCELLED, "enough");
    n->names[n->count++] = xstrdup(key + n->at.len);
    return true;
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    return take_name(ctx, object->key, e);
}

static bool on_prefix(void *ctx, const char *prefix, err *e)
{
    return take_name(ctx, prefix, e);
}

static void on_listed(void *ctx, const err *error);

static void list(nearest_folder *n, bool scanning)
{
    n->scanning = scanning;
    n->any = false;
    free(n->prefix);
    n->prefix = scanning ? xstrdup(buf_str(&n->at)) : xasprintf("%s%s/", buf_str(&n->at), n->part);
    n->op = s3_list(n->s3, &(s3_list_options){.bucket = n->bucket,
                                              .prefix = n->prefix,
                                              .delimiter = scanning ? "/" : NULL,
                                              .page_size = scanning ? 0 : 1,
                                              .on_object = on_object,
                                              .on_prefix = on_prefix,
                                              .on_done = on_listed,
                                              .ctx = n});
}

static void next_part(nearest_folder *n)
{
    size_t len = strcspn(n->rest, "/");
    if (!*n->rest) {
        finish(n, true);
        return;
    }
    free(n->part);
    n->part = xstrndup(n->rest, len);
    n->rest += len + (n->rest[len] == '/');
    list(n, false);
}

/* A folder may be meant without its slash, an object has none: both are compared without. */
static void take_similar(nearest_folder *n)
{
    AUTO_FREE const char **bare = xcalloc(n->count + 1, sizeof *bare);
    AUTO_FREE char *folder = xasprintf("%s/", n->part);
    for (size_t i = 0; i < n->count; i++)
        bare[i] = n->names[i];
    const char *found = nearest_name(folder, bare, n->count);
    const char *object = *n->rest ? NULL : nearest_name(n->part, bare, n->count);
    if (object && !str_ends_with(object, "/"))
        found = object;
    if (!found || (!str_ends_with(found, "/") && *n->rest)) {
        finish(n, true);
        return;
    }
    buf_append_str(&n->at, found);
    if (str_ends_with(found, "/"))
        next_part(n);
    else
        finish(n, true);
}

static void on_listed(void *ctx, const err *error)
{
    nearest_folder *n = ctx;
    n->op = NULL;
    if (error) {
        finish(n, false);
    } else if (n->scanning && n->count == 0 && n->at.len == 0) {
        finish(n, false); /* an empty bucket */
    } else if (n->scanning) {
        take_similar(n);
        forget_names(n);
    } else if (n->any) {
        buf_printf(&n->at, "%s/", n->part);
        next_part(n);
    } else {
        list(n, true);
    }
}

nearest_folder *nearest_folder_start(s3_client *s3, const char *bucket, const char *path,
                                     nearest_folder_done on_done, void *ctx)
{
    nearest_folder *n = xcalloc(1, sizeof *n);
    *n = (nearest_folder){.s3 = s3,
                          .bucket = xstrdup(bucket),
                          .path = xstrdup(path),
                          .on_done = on_done,
                          .ctx = ctx,
                          .names = xcalloc(NAMES_MAX, sizeof(char *))};
    buf_init(&n->at, PATH_MAX_BYTES);
    n->rest = n->path;
    n->part = xstrdup("");
    if (*n->rest)
        next_part(n);
    else
        list(n, true); /* the bucket itself */
    return n;
}
