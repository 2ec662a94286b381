/* Starts transfers: download, upload, copy, upload from a pipe. */
#include "base/util.h"
#include "s3/cli/transfer/transfer_private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "s3/cli/session/print.h"
#include "s3/cli/transfer/special_files.h"
#include "s3/cli/transfer/times.h"
#include "s3/protocol/utf8.h"

/* --- download --- */

static void on_got_progress(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    UNUSED(prefix_bytes);
    transfer_moved(ctx, received_bytes);
}

static bool set_time(const transfer *t, err *e)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, t->modified};
    bool wanted = t->plan.keep_time || t->job.c->config->preserve_times;
    if (!wanted || t->modified.tv_sec == 0 || futimens(t->file.fd, times) == 0)
        return true;
    return err_set_errno(e, ERR_IO, errno, "%s: cannot set the time", t->plan.to.path);
}

static void finish_download(transfer *t);

static void on_verified(void *ctx, const err *error)
{
    transfer *t = ctx;
    t->checking = NULL;
    t->verified = true;
    if (error)
        transfer_failed(t, error);
    else
        finish_download(t);
}

static void on_times(void *ctx, const s3_object *object, const err *error)
{
    transfer *t = ctx;
    t->job.step = NULL;
    t->timed = true;
    if (error) {
        transfer_failed(t, error);
        return;
    }
    times_of_object(object, &t->modified);
    finish_download(t);
}

/* Time and verification come before the file gets its name. */
static void finish_download(transfer *t)
{
    const cli_config *o = t->job.c->config;
    err e = ERR_INIT;
    if (t->file.fd >= 0 && o->preserve_times && !t->timed) {
        const s3_uri *from = &t->plan.from.uri;
        t->job.step = s3_head_version(cli_source_client(t->job.c), from->bucket, from->key,
                                      o->version_id, false, on_times, t);
        return;
    }
    if (t->file.fd >= 0 && o->verify && !t->verified) {
        t->checking =
            verification_start(t->job.c, t->file.fd, t->plan.from.uri.key, on_verified, t, &e);
        if (!t->checking)
            transfer_failed(t, &e);
        return;
    }
    if (t->file.fd < 0 ||
        (set_time(t, &e) &&
         partial_commit(&t->file, t->plan.to.path,
                        t->plan.move ? &t->job.c->session->synced_dir : NULL, &e)))
        transfer_finish(t);
    else
        transfer_failed(t, &e);
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    transfer *t = ctx;
    t->job.step = NULL;
    if (error) {
        transfer_failed(t, error);
        return;
    }
    transfer_moved(t, result->size_bytes);
    transfer_settle_size(t, result->size_bytes);
    t->plan.size_bytes = result->size_bytes;
    t->plan.size_known = true;
    t->modified = (struct timespec){.tv_sec = (time_t)result->last_modified_s};
    transfer_keep_etag(t, result->etag);
    finish_download(t);
}

static bool on_data(void *ctx, slice data, err *e)
{
    UNUSED(ctx);
    errno = 0;
    return fwrite(data.data, 1, data.len, stdout) == data.len ||
           err_set_errno(e, ERR_IO, errno, "cannot write to standard output");
}

static bool on_data_of_device(void *ctx, slice data, err *e)
{
    const transfer *t = ctx;
    return fs_write_all(t->fd, data.data, data.len, e) || err_context(e, "%s", t->plan.to.path);
}

static bool open_device(transfer *t, err *e)
{
    const char *path = t->plan.to.path;
    if (t->plan.move)
        return err_set(e, ERR_USAGE,
                       "%s: is not a regular file, and the source would be removed; use cp", path);
    t->fd = special_open(path, e);
    return t->fd >= 0;
}

static bool start_download(transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    s3_get_options options = {.bucket = p->from.uri.bucket,
                              .key = p->from.uri.key,
                              .version_id = t->job.c->config->version_id,
                              .size_known = p->size_known,
                              .size_bytes = p->size_bytes,
                              .fd = -1,
                              .on_progress = on_got_progress,
                              .on_done = on_got,
                              .ctx = t};
    if (place_is_standard(&p->to)) {
        options.on_data = on_data;
    } else if (special_is(p->to.path)) {
        if (!open_device(t, e))
            return false;
        options.on_data = on_data_of_device;
    } else {
        if (!partial_open(&t->file, p->to.path, e))
            return false;
        options.fd = t->file.fd;
        options.resume_path = t->file.ranges_path;
    }
    t->job.step = s3_get(cli_source_client(t->job.c), &options);
    return true;
}

/* --- upload --- */

/* O_NONBLOCK: opening a FIFO without a writer would block, and signals are blocked too. */
static int open_source(const char *path, err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        err_set_errno(e, ERR_IO, errno, "%s: cannot open", path);
    return fd;
}

static void on_put_progress(void *ctx, uint64_t sent_bytes)
{
    transfer_moved(ctx, sent_bytes);
}

/* Its parts were read at different times: the stored object may mix two versions. The next sync
 * would not detect that, since the object is newer than the change. */
static bool check_unchanged(const transfer *t, err *e)
{
    struct stat now;
    if (t->fd < 0 || fstat(t->fd, &now) != 0 || transfer_same_file(&t->st, &now))
        return true;
    return err_set(e, ERR_S3_CHANGED,
                   "%s: changed during the upload: the object may be a mixture; %s it "
                   "again when no program writes to it",
                   t->plan.from.path, t->plan.operation);
}

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    transfer *t = ctx;
    err e = ERR_INIT;
    UNUSED(result);
    t->job.step = NULL;
    if (error) {
        e = *error;
        if (t->tags && (e.http_status == 403 || e.http_status == 501))
            err_append(&e, "; --tagging= copies without the source's tags");
        transfer_failed(t, &e);
        return;
    }
    if (t->input)
        transfer_settle_size(t, input_bytes(t->input));
    transfer_moved(t, t->plan.size_bytes);
    if (check_unchanged(t, &e))
        transfer_finish(t);
    else
        transfer_failed(t, &e);
}

static bool check_key(const transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    return s3_utf8_check(slice_from(p->to.uri.key)) ||
           err_set(e, ERR_USAGE,
                   "%s: its name is not UTF-8, as keys must be; rename it, or cp it alone to a key "
                   "of your choice",
                   p->from.path);
}

static bool check_file(const transfer *t, err *e)
{
    const char *path = t->plan.from.path;
    if (S_ISDIR(t->st.st_mode))
        return err_set(e, ERR_USAGE, "%s: is a folder; use --recursive", path);
    if (!S_ISREG(t->st.st_mode))
        return err_set(e, ERR_USAGE, "%s: is not a regular file; use `- < %s`", path, path);
    return true;
}

/* The command's own headers; NULL: the client's. */
static bool own_headers(const transfer *t, s3_headers **headers, s3_fields *fields, err *e)
{
    const cli_config *o = t->job.c->config;
    *headers = connection_headers(o, t->job.c->client, e);
    const transfer_plan *p = &t->plan;
    const char *name = place_is_standard(&p->from) ? p->to.uri.key : p->from.path;
    return !err_is_set(e) && described_fields(o, name, p->from.is_object, fields, e);
}

bool transfer_put(transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    AUTO_PTR(s3_headers) headers = NULL;
    AUTO(s3_fields) fields = {0};
    s3_fields_add(&fields, t->kept.items, t->kept.count);
    s3_fields_set(&fields, "x-amz-tagging", t->tags);
    if (t->job.c->config->preserve_times && !p->from.is_object)
        times_add(&t->st, &fields);
    if (!own_headers(t, &headers, &fields, e))
        return false;
    transfer_settle_size(t, (uint64_t)t->st.st_size);
    t->plan.size_bytes = (uint64_t)t->st.st_size;
    s3_put_options options = {.bucket = p->to.uri.bucket,
                              .key = p->to.uri.key,
                              .fd = t->fd,
                              .size_bytes = (uint64_t)t->st.st_size,
                              .if_none_match = transfer_keeps_existing(t->job.c) ? "*" : NULL,
                              .headers = headers,
                              .fields = fields.items,
                              .field_count = fields.count,
                              .on_progress = on_put_progress,
                              .on_done = on_put,
                              .ctx = t};
    t->job.step = s3_put(t->job.c->client, &options);
    return true;
}

static void on_upload_verified(void *ctx, const err *error)
{
    transfer *t = ctx;
    err e = ERR_INIT;
    t->checking = NULL;
    if (error || !transfer_put(t, &e))
        transfer_failed(t, error ? error : &e);
}

static bool start_upload(transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    if (t->fd < 0)
        t->fd = open_source(p->from.path, e);
    if (t->fd < 0)
        return false;
    if (fstat(t->fd, &t->st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s", p->from.path);
    if (!check_file(t, e) || !check_key(t, e))
        return false;
    if (!t->job.c->config->verify)
        return transfer_put(t, e);
    t->checking = verification_start(t->job.c, t->fd, p->from.path, on_upload_verified, t, e);
    return t->checking != NULL;
}

/* --- copy inside the store --- */

static void on_pinned(void *ctx, const char *etag)
{
    transfer_keep_etag(ctx, etag);
}

static void on_copied(void *ctx, const err *error)
{
    transfer *t = ctx;
    t->job.step = NULL;
    if (error) {
        transfer_failed(t, error);
        return;
    }
    transfer_moved(t, t->plan.size_bytes);
    transfer_finish(t);
}

static bool start_copy(transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    AUTO_PTR(s3_headers) headers = NULL;
    AUTO(s3_fields) fields = {0};
    AUTO_FREE char *tags = NULL;
    if (!own_headers(t, &headers, &fields, e) || !described_tags(t->job.c->config, &tags, e))
        return false;
    t->job.step = s3_copy(t->job.c->client,
                          &(s3_copy_options){.from_bucket = p->from.uri.bucket,
                                             .from_key = p->from.uri.key,
                                             .from_version_id = t->job.c->config->version_id,
                                             .size_known = p->size_known,
                                             .size_bytes = p->size_bytes,
                                             .from_etag = p->move ? p->etag : NULL,
                                             .on_pinned = p->move ? on_pinned : NULL,
                                             .to_bucket = p->to.uri.bucket,
                                             .to_key = p->to.uri.key,
                                             .headers = headers,
                                             .fields = fields.items,
                                             .field_count = fields.count,
                                             .fields_only = t->job.c->config->described.directive ==
                                                            DESCRIBED_REPLACE,
                                             .tags = tags,
                                             .on_done = on_copied,
                                             .ctx = t});
    return true;
}

/* --- upload from a pipe --- */

static void on_input_failed(void *ctx, const err *error)
{
    transfer *t = ctx;
    t->job.step = NULL;
    transfer_failed(t, error);
}

static bool start_stream(transfer *t, err *e)
{
    const cli_config *o = t->job.c->config;
    AUTO_PTR(s3_headers) headers = NULL;
    AUTO(s3_fields) fields = {0};
    if (!own_headers(t, &headers, &fields, e))
        return false;
    s3_put_stream_options options = {.bucket = t->plan.to.uri.bucket,
                                     .key = t->plan.to.uri.key,
                                     .expected_bytes = o->expected_size,
                                     .part_bytes = o->part_size,
                                     .if_none_match =
                                         transfer_keeps_existing(t->job.c) ? "*" : NULL,
                                     .headers = headers,
                                     .fields = fields.items,
                                     .field_count = fields.count,
                                     .on_progress = on_put_progress,
                                     .on_done = on_put,
                                     .ctx = t};
    transfer_numbers(t)->planning++;
    t->input = input_start(t->job.c->loop, t->job.c->client, STDIN_FILENO, &options,
                           on_input_failed, &t->job.step);
    return true;
}

bool transfer_start_its_way(transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    if (p->from.is_object && p->to.is_object && t->job.c->session->source_client) {
        transfer_between_stores(t);
        return true;
    }
    if (p->from.is_object)
        return p->to.is_object ? start_copy(t, e) : start_download(t, e);
    if (place_is_standard(&p->from) && (t->fd = input_as_file()) < 0)
        return start_stream(t, e);
    return start_upload(t, e);
}
