#include "s3/cli/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/log.h"
#include "s3/cli/input.h"
#include "s3/cli/print.h"
#include "s3/cli/progress.h"
#include "s3/cli/special.h"
#include "s3/utf8.h"

/* what                          next
 * --no-clobber and such: what    nothing is to be done: the end
 *   stands at the target?        else: start
 * start: s3_put, s3_get, s3_copy  it failed: the end; a move: remove the source; else the end
 * remove the source              the end */

typedef struct transfer {
    job job; /* first */
    transfer_plan plan;
    int fd;         /* of an upload's source, or of a device to be written; -1: none */
    struct stat st; /* what it was when it was opened */
    partial file;   /* of a download */
    input *input;   /* of an upload from a pipe */
    uint64_t moved_bytes;
} transfer;

void transfer_plan_deinit(transfer_plan *p)
{
    place_deinit(&p->from);
    place_deinit(&p->to);
    free(p->reason);
    free(p->etag);
    *p = (transfer_plan){0};
}

static progress_numbers *numbers(const transfer *t)
{
    return progress_of(t->job.c->session->progress);
}

static void transfer_free(job *j)
{
    transfer *t = (transfer *)j;
    if (t->fd >= 0)
        close(t->fd);
    partial_abandon(&t->file);
    if (t->input)
        numbers(t)->planning--;
    input_free(t->input);
    transfer_plan_deinit(&t->plan);
    free(t);
}

/* --- telling --- */

/* What is under way counts as it moves; what is loaded afresh is taken off again. */
static void moved(transfer *t, uint64_t bytes)
{
    numbers(t)->bytes_done += bytes - t->moved_bytes;
    t->moved_bytes = bytes;
}

/* The total is right from here on, whatever the plan said. */
static void settle_size(transfer *t, uint64_t size_bytes)
{
    if (!t->plan.planned)
        return;
    numbers(t)->bytes_total += size_bytes - t->plan.size_bytes;
    t->plan.size_bytes = size_bytes;
}

static void tell(const transfer *t)
{
    const transfer_plan *p = &t->plan;
    if (place_is_standard(&p->to))
        return;
    AUTO_FREE char *from = place_text(&p->from);
    AUTO_FREE char *to = place_text(&p->to);
    bool known = p->size_known || !t->job.c->config->dry_run;
    print_done(t->job.c, &(print_result){.operation = p->operation,
                                         .from = from,
                                         .to = to,
                                         .reason = p->reason,
                                         .size_bytes = known ? p->size_bytes : PRINT_NO_SIZE});
}

static void failed(transfer *t, const err *error)
{
    AUTO_FREE char *from = place_text(&t->plan.from);
    AUTO_FREE char *to = place_text(&t->plan.to);
    err e = *error;
    moved(t, 0);
    settle_size(t, 0);
    if (partial_abandon(&t->file)) {
        size_t used = strlen(e.message);
        snprintf(e.message + used, sizeof e.message - used,
                 "; what came is kept: cp it again to "
                 "go on");
    }
    if (!strstr(e.message, from))
        err_context(&e, "%s", from);
    numbers(t)->failed++;
    cli_print_error_of(t->job.c, from, to, &e);
    jobs_end(&t->job);
}

static void done(transfer *t)
{
    numbers(t)->objects_done++;
    tell(t);
    jobs_end(&t->job);
}

/* --- moving: the source goes last --- */

static void on_source_deleted(void *ctx, const err *error)
{
    transfer *t = ctx;
    t->job.op = NULL;
    if (!error) {
        done(t);
        return;
    }
    err e = *error;
    err_context(&e, "was copied, but not removed");
    failed(t, &e);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool remove_file(const transfer *t, err *e)
{
    struct stat now;
    const char *path = t->plan.from.path;
    if (stat(path, &now) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: was uploaded, but cannot be removed", path);
    if (!same_file(&t->st, &now))
        return err_set(e, ERR_S3_CHANGED,
                       "%s: changed while it was uploaded: it stays; mv it again", path);
    return fs_remove(path, e);
}

static void keep_etag(transfer *t, const char *etag)
{
    free(t->plan.etag);
    t->plan.etag = xstrdup_or_null(etag);
}

static void finish(transfer *t)
{
    err e = ERR_INIT;
    const transfer_plan *p = &t->plan;
    if (!p->move) {
        done(t);
    } else if (!p->from.is_object) {
        if (remove_file(t, &e))
            done(t);
        else
            failed(t, &e);
    } else if (p->etag) {
        t->job.op = s3_delete_if(t->job.c->client, p->from.uri.bucket, p->from.uri.key, p->etag,
                                 on_source_deleted, t);
    } else {
        err_set(&e, ERR_S3_REPLY, "the store tells no ETag of what was copied: it stays");
        failed(t, &e);
    }
}

/* --- down --- */

static void on_got_progress(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    UNUSED(prefix_bytes);
    moved(ctx, received_bytes);
}

static bool set_time(const transfer *t, int64_t modified_s, err *e)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)modified_s}};
    if (!t->plan.keep_time || modified_s == 0 || futimens(t->file.fd, times) == 0)
        return true;
    return err_set_errno(e, ERR_IO, errno, "%s: its time cannot be set", t->plan.to.path);
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    transfer *t = ctx;
    err e = ERR_INIT;
    t->job.op = NULL;
    if (error) {
        failed(t, error);
        return;
    }
    moved(t, result->size_bytes);
    settle_size(t, result->size_bytes);
    t->plan.size_bytes = result->size_bytes;
    keep_etag(t, result->etag);
    if (t->file.fd < 0 || (set_time(t, result->last_modified_s, &e) &&
                           partial_commit(&t->file, t->plan.to.path, t->plan.move, &e)))
        finish(t);
    else
        failed(t, &e);
}

static bool on_data(void *ctx, slice data, err *e)
{
    UNUSED(ctx);
    errno = 0;
    return fwrite(data.data, 1, data.len, stdout) == data.len ||
           err_set_errno(e, ERR_IO, errno, "standard output cannot be written");
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
        return err_set(e, ERR_USAGE, "%s: is no regular file, and the source would be gone; use cp",
                       path);
    t->fd = special_open(path, e);
    return t->fd >= 0;
}

static bool start_download(transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    s3_get_options options = {.bucket = p->from.uri.bucket,
                              .key = p->from.uri.key,
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
    t->job.op = s3_get(t->job.c->client, &options);
    return true;
}

/* --- up --- */

static int open_source(const char *path, err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", path);
    return fd;
}

static void on_put_progress(void *ctx, uint64_t sent_bytes)
{
    moved(ctx, sent_bytes);
}

/* Its parts were read at different times: what was stored may never have been in the file. The next
 * sync would not see that, since the object is newer than the change. */
static bool check_unchanged(const transfer *t, err *e)
{
    struct stat now;
    if (t->fd < 0 || fstat(t->fd, &now) != 0 || same_file(&t->st, &now))
        return true;
    return err_set(e, ERR_S3_CHANGED,
                   "%s: changed while it was uploaded: what was stored may be a mixture; %s it "
                   "again when nobody writes to it",
                   t->plan.from.path, t->plan.operation);
}

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    transfer *t = ctx;
    err e = ERR_INIT;
    UNUSED(result);
    t->job.op = NULL;
    if (error) {
        failed(t, error);
        return;
    }
    if (t->input)
        settle_size(t, input_bytes(t->input));
    moved(t, t->plan.size_bytes);
    if (check_unchanged(t, &e))
        finish(t);
    else
        failed(t, &e);
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
        return err_set(e, ERR_USAGE, "%s: is no regular file; use `- < %s`", path, path);
    return true;
}

/* Those of the command; NULL: the client's. */
static bool own_headers(const transfer *t, s3_headers **headers, s3_fields *fields, err *e)
{
    const cli_config *o = t->job.c->config;
    *headers = connection_headers(o, t->job.c->client, e);
    return !err_is_set(e) && described_fields(o, t->plan.from.is_object, fields, e);
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
    AUTO_PTR(s3_headers) headers = NULL;
    AUTO(s3_fields) fields = {0};
    if (!own_headers(t, &headers, &fields, e))
        return false;
    settle_size(t, (uint64_t)t->st.st_size);
    t->plan.size_bytes = (uint64_t)t->st.st_size;
    s3_put_options options = {.bucket = p->to.uri.bucket,
                              .key = p->to.uri.key,
                              .fd = t->fd,
                              .size_bytes = (uint64_t)t->st.st_size,
                              .if_none_match = t->job.c->config->no_clobber ? "*" : NULL,
                              .headers = headers,
                              .fields = fields.items,
                              .field_count = fields.count,
                              .on_progress = on_put_progress,
                              .on_done = on_put,
                              .ctx = t};
    t->job.op = s3_put(t->job.c->client, &options);
    return true;
}

/* --- across --- */

static void on_pinned(void *ctx, const char *etag)
{
    keep_etag(ctx, etag);
}

static void on_copied(void *ctx, const err *error)
{
    transfer *t = ctx;
    t->job.op = NULL;
    if (error) {
        failed(t, error);
        return;
    }
    moved(t, t->plan.size_bytes);
    finish(t);
}

static bool start_copy(transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    AUTO_PTR(s3_headers) headers = NULL;
    AUTO(s3_fields) fields = {0};
    if (!own_headers(t, &headers, &fields, e))
        return false;
    t->job.op = s3_copy(t->job.c->client,
                        &(s3_copy_options){.from_bucket = p->from.uri.bucket,
                                           .from_key = p->from.uri.key,
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
                                           .on_done = on_copied,
                                           .ctx = t});
    return true;
}

/* --- up, from a pipe --- */

static void on_input_failed(void *ctx, const err *error)
{
    transfer *t = ctx;
    t->job.op = NULL;
    failed(t, error);
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
                                     .if_none_match = o->no_clobber ? "*" : NULL,
                                     .headers = headers,
                                     .fields = fields.items,
                                     .field_count = fields.count,
                                     .on_progress = on_put_progress,
                                     .on_done = on_put,
                                     .ctx = t};
    numbers(t)->planning++;
    t->input = input_start(t->job.c->loop, t->job.c->client, STDIN_FILENO, &options,
                           on_input_failed, &t->job.op);
    return true;
}

static bool start_its_way(transfer *t, err *e)
{
    const transfer_plan *p = &t->plan;
    if (p->from.is_object)
        return p->to.is_object ? start_copy(t, e) : start_download(t, e);
    if (place_is_standard(&p->from) && (t->fd = input_as_file()) < 0)
        return start_stream(t, e);
    return start_upload(t, e);
}

static void start(transfer *t)
{
    err e = ERR_INIT;
    if (t->job.c->config->dry_run)
        done(t);
    else if (!start_its_way(t, &e))
        failed(t, &e);
}

/* --- is there anything to do --- */

/* `there`: what stands at the target, or NULL. */
static bool is_wanted(const transfer *t, const s3_object *there)
{
    const cli_config *o = t->job.c->config;
    const transfer_plan *p = &t->plan;
    if (!there)
        return true;
    if (o->no_clobber)
        return false;
    if (o->if_size_differ && p->size_bytes != there->size_bytes)
        return true;
    if (o->if_source_newer && p->modified_s > there->last_modified_s)
        return true;
    return !o->if_size_differ && !o->if_source_newer;
}

static void begin_or_skip(transfer *t, const s3_object *there)
{
    if (is_wanted(t, there)) {
        start(t);
        return;
    }
    AUTO_FREE char *to = place_text(&t->plan.to);
    log_info("%s: stands there already; left as it is", to);
    settle_size(t, 0);
    numbers(t)->objects_done++;
    jobs_end(&t->job);
}

static void on_target_head(void *ctx, const s3_object *there, const err *error)
{
    transfer *t = ctx;
    t->job.op = NULL;
    if (error && error->code != ERR_S3_NOT_FOUND)
        failed(t, error);
    else
        begin_or_skip(t, there);
}

static void look_at_target(transfer *t)
{
    const transfer_plan *p = &t->plan;
    struct stat st;
    if (p->to.is_object) {
        t->job.op = s3_head(t->job.c->client, p->to.uri.bucket, p->to.uri.key, on_target_head, t);
        return;
    }
    s3_object there = {0};
    bool stands = !place_is_standard(&p->to) && stat(p->to.path, &st) == 0;
    if (stands) {
        there.size_bytes = (uint64_t)st.st_size;
        there.last_modified_s = st.st_mtim.tv_sec;
    }
    begin_or_skip(t, stands ? &there : NULL);
}

bool transfer_begin(cli *c, transfer_plan *give, err *e)
{
    const cli_config *o = c->config;
    AUTO(transfer_plan) plan = *give;
    *give = (transfer_plan){0};
    if (!jobs_wait_for_room(c, e))
        return false;
    transfer *t = xcalloc(1, sizeof *t);
    *t = (transfer){.job = {.free = transfer_free}, .fd = -1, .file = PARTIAL_INIT};
    t->plan = plan;
    plan = (transfer_plan){0};
    jobs_add(c, &t->job);
    if (!t->plan.planned) {
        numbers(t)->objects_total++;
        numbers(t)->bytes_total += t->plan.size_bytes;
        t->plan.planned = true;
    }
    if (o->no_clobber || o->if_size_differ || o->if_source_newer)
        look_at_target(t);
    else
        start(t);
    return true;
}
