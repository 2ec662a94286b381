#include "s3/cli/transfer/removal.h"

#include "s3/cli/session/print.h"
#include "s3/cli/session/progress.h"
#include "decon/s3/delete_many.h"
#include "base/util.h"

typedef struct batch {
    job job; /* first */
    char *bucket;
    char **keys; /* NULL: already reported */
    char **versions;
    size_t count;
    const char *reason;
} batch;

static void free_keys(char **keys, size_t count)
{
    for (size_t i = 0; keys && i < count; i++)
        free(keys[i]);
    free(keys);
}

static void batch_free(job *j)
{
    batch *b = (batch *)j;
    free_keys(b->keys, b->count);
    free_keys(b->versions, b->count);
    free(b->bucket);
    free(b);
}

static void key_failed(batch *b, size_t i, const err *error)
{
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", b->bucket, b->keys[i]);
    err e = *error;
    err_subject(&e, "%s", uri);
    cli_progress_of(b->job.c->session->progress)->failed++;
    cli_print_error_of(b->job.c, uri, NULL, &e);
    free(move(b->keys[i]));
}

static void on_key_error(void *ctx, const char *key, const char *version, const err *error)
{
    batch *b = ctx;
    for (size_t i = 0; i < b->count; i++)
        if (str_equal(b->keys[i], key) && (!version || str_equal(b->versions[i], version))) {
            key_failed(b, i, error);
            return;
        }
}

static void report_removed(const batch *b, size_t i)
{
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", b->bucket, b->keys[i]);
    print_done(b->job.c, &(print_result){.operation = "rm",
                                         .from = uri,
                                         .reason = b->reason,
                                         .version = b->versions[i],
                                         .size_bytes = PRINT_NO_SIZE});
}

static void batch_ended(batch *b, const err *error)
{
    for (size_t i = 0; i < b->count; i++) {
        if (!b->keys[i])
            continue;
        if (error) {
            key_failed(b, i, error);
        } else {
            cli_progress_of(b->job.c->session->progress)->objects_done++;
            report_removed(b, i);
        }
    }
    jobs_end(&b->job);
}

static void on_batch(void *ctx, size_t left, const err *error)
{
    batch *b = ctx;
    UNUSED(left);
    b->job.step = NULL;
    batch_ended(b, error);
}

static void on_one(void *ctx, const err *error)
{
    batch *b = ctx;
    b->job.step = NULL;
    batch_ended(b, error);
}

static void start(batch *b)
{
    cli *c = b->job.c;
    if (c->config->dry_run)
        batch_ended(b, NULL);
    else if (b->count == 1)
        b->job.step =
            s3_delete_version(c->client, b->bucket, b->keys[0], b->versions[0], on_one, b);
    else
        b->job.step = s3_delete_many(
            c->client, &(s3_delete_many_options){.bucket = b->bucket,
                                                 .keys = (const char *const *)b->keys,
                                                 .version_ids = (const char *const *)b->versions,
                                                 .key_count = b->count,
                                                 .on_key_error = on_key_error,
                                                 .on_done = on_batch,
                                                 .ctx = b});
}

void removal_deinit(removal *r)
{
    free_keys(r->keys, r->count);
    free_keys(r->versions, r->count);
    free(r->bucket);
    r->keys = r->versions = NULL;
    r->bucket = NULL;
    r->count = 0;
}

bool removal_flush(removal *r, err *e)
{
    if (r->count == 0)
        return true;
    if (!jobs_wait_for_slot(r->c, e))
        return false;
    batch *b = job_new(r->c, sizeof *b, batch_free);
    b->count = r->count;
    b->reason = r->reason;
    b->bucket = move(r->bucket);
    b->keys = move(r->keys);
    b->versions = move(r->versions);
    r->count = 0;
    start(b);
    return true;
}

bool removal_add_version(removal *r, const char *bucket, const char *key, const char *version_id,
                         err *e)
{
    bool full = r->count == S3_DELETE_MANY_MAX;
    if ((full || (r->bucket && !str_equal(r->bucket, bucket))) && !removal_flush(r, e))
        return false;
    if (!r->keys) {
        free(r->bucket);
        r->bucket = xstrdup(bucket);
        r->keys = xcalloc(S3_DELETE_MANY_MAX, sizeof *r->keys);
        r->versions = xcalloc(S3_DELETE_MANY_MAX, sizeof *r->versions);
    }
    r->versions[r->count] = xstrdup_or_null(version_id);
    r->keys[r->count++] = xstrdup(key);
    return true;
}

typedef struct adding {
    removal *to;
    const char *bucket;
} adding;

static bool add_one(void *ctx, const char *name, const char *version_id, err *e)
{
    const adding *a = ctx;
    return removal_add_version(a->to, a->bucket, name, version_id, e);
}

bool removal_add_all(removal *r, const char *bucket, key_spool *keys, err *e)
{
    adding a = {.to = r, .bucket = bucket};
    return key_spool_each(keys, add_one, &a, e);
}
