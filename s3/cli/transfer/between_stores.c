/* A copy from one store to another (--source-endpoint-url, --source-profile): the source's headers
 * and tags, its bytes into an unnamed file, verified like a download, and the upload of that file. */
#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/transfer/transfer_private.h"
#include "s3/protocol/tags.h"

#define AMZ  "x-amz-"
#define META "x-amz-meta-"

static const char *version_of(const transfer *t)
{
    return t->job.c->config->version_id;
}

static bool open_unnamed(transfer *t, err *e)
{
    const char *dir = getenv("TMPDIR");
    AUTO_FREE char *path = xasprintf("%s/decon-s3-copy", dir && *dir ? dir : "/tmp");
    AUTO_FREE char *temp = NULL;
    t->fd = fs_temp_create(path, &temp, e);
    if (t->fd < 0)
        return err_context(e, "temporary file of a copy between stores; TMPDIR names the folder");
    unlink(temp);
    return true;
}

/* Encryption, version and checksum are those of the source's store. */
static bool is_kept(const http_header *h)
{
    return strncasecmp(h->name, AMZ, strlen(AMZ)) != 0 ||
           strncasecmp(h->name, META, strlen(META)) == 0;
}

static void keep_headers(transfer *t, const s3_object *object)
{
    const cli_config *o = t->job.c->config;
    s3_fields_deinit(&t->kept);
    if (o->described.directive == DESCRIBED_REPLACE)
        return;
    if (object->content_type)
        s3_fields_set(&t->kept, "Content-Type", object->content_type);
    for (size_t i = 0; i < object->metadata_count; i++)
        if (is_kept(&object->metadata[i]))
            s3_fields_set(&t->kept, object->metadata[i].name, object->metadata[i].value);
}

static void upload(transfer *t)
{
    err e = ERR_INIT;
    if (fstat(t->fd, &t->st) != 0) {
        err_set_errno(&e, ERR_IO, errno, "temporary file of a copy between stores");
        transfer_failed(t, &e);
    } else if (!transfer_put(t, &e)) {
        transfer_failed(t, &e);
    }
}

static void on_verified(void *ctx, const err *error)
{
    transfer *t = ctx;
    t->checking = NULL;
    if (error)
        transfer_failed(t, error);
    else
        upload(t);
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    transfer *t = ctx;
    err e = ERR_INIT;
    t->job.step = NULL;
    if (error) {
        transfer_failed(t, error);
        return;
    }
    transfer_settle_size(t, result->size_bytes);
    t->plan.size_bytes = result->size_bytes;
    t->plan.size_known = true;
    if (!t->job.c->config->verify) {
        upload(t);
        return;
    }
    t->checking = verification_start(t->job.c, t->fd, t->plan.from.uri.key, on_verified, t, &e);
    if (!t->checking)
        transfer_failed(t, &e);
}

static void load(transfer *t)
{
    t->job.step =
        s3_get(cli_source_client(t->job.c), &(s3_get_options){.bucket = t->plan.from.uri.bucket,
                                                              .key = t->plan.from.uri.key,
                                                              .version_id = version_of(t),
                                                              .etag = t->plan.etag,
                                                              .size_known = true,
                                                              .size_bytes = t->plan.size_bytes,
                                                              .fd = t->fd,
                                                              .on_done = on_got,
                                                              .ctx = t});
}

/* As in a copy inside a store, tags that may not be read are omitted, with a warning. */
static void on_tags(void *ctx, const s3_tag *tags, size_t count, const err *error)
{
    transfer *t = ctx;
    t->job.step = NULL;
    if (error && error->http_status != 403 && error->http_status != 501) {
        transfer_failed(t, error);
        return;
    }
    if (error)
        log_warn("%s: copied without its tags", error->message);
    else
        t->tags = s3_tags_text(&(s3_tags){.items = (s3_tag *)(uintptr_t)tags, .count = count});
    load(t);
}

static bool has_tags(const transfer *t, const s3_object *object)
{
    return !t->job.c->config->described.tagging &&
           s3_headers_count_tags(object->metadata, object->metadata_count);
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    transfer *t = ctx;
    err e = ERR_INIT;
    t->job.step = NULL;
    if (error || !open_unnamed(t, &e) || !described_tags(t->job.c->config, &t->tags, &e)) {
        transfer_failed(t, error ? error : &e);
        return;
    }
    if (t->tags && !*t->tags)
        free(move(t->tags));
    keep_headers(t, object);
    transfer_keep_etag(t, object->etag);
    transfer_settle_size(t, object->size_bytes);
    t->plan.size_bytes = object->size_bytes;
    const s3_uri *from = &t->plan.from.uri;
    if (has_tags(t, object))
        t->job.step = s3_get_tags(cli_source_client(t->job.c), from->bucket, from->key,
                                  version_of(t), on_tags, t);
    else
        load(t);
}

void transfer_between_stores(transfer *t)
{
    const s3_uri *from = &t->plan.from.uri;
    t->job.step = s3_head_version(cli_source_client(t->job.c), from->bucket, from->key,
                                  version_of(t), false, on_head, t);
}
