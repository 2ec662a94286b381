#include "s3/cli/transfer/transfer_private.h"

#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/session/print.h"

/* step                              next
 * --no-clobber and similar: look    nothing to do: the end
 *   at the target                   else: start
 * start: s3_put, s3_get, s3_copy    failed: the end; a move: remove the source; else the end
 * remove the source                 the end */

void transfer_plan_deinit(transfer_plan *p)
{
    place_deinit(&p->from);
    place_deinit(&p->to);
    free(p->reason);
    free(p->etag);
    *p = (transfer_plan){0};
}

progress_numbers *transfer_numbers(const transfer *t)
{
    return cli_progress_of(t->job.c->session->progress);
}

static void transfer_free(job *j)
{
    transfer *t = (transfer *)j;
    progress_numbers *n = transfer_numbers(t);
    if (!t->ended) {
        transfer_moved(t, 0);
        n->interrupted++;
    }
    if (t->fd >= 0)
        close(t->fd);
    n->kept += partial_abandon(&t->file);
    if (t->input)
        n->planning--;
    input_free(t->input);
    verification_leave(t->checking);
    s3_fields_deinit(&t->kept);
    free(t->tags);
    transfer_plan_deinit(&t->plan);
    free(t);
}

/* --- reporting --- */

void transfer_moved(transfer *t, uint64_t bytes)
{
    transfer_numbers(t)->bytes_done += bytes - t->moved_bytes;
    t->moved_bytes = bytes;
}

void transfer_settle_size(transfer *t, uint64_t size_bytes)
{
    if (!t->plan.planned)
        return;
    transfer_numbers(t)->bytes_total += size_bytes - t->plan.size_bytes;
    t->plan.size_bytes = size_bytes;
}

static void report_done(const transfer *t)
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

/* Errors of a download name only the object: adds the file's name. */
static void add_target(const transfer *t, const char *to, err *e)
{
    if (t->plan.to.is_object || place_is_standard(&t->plan.to) || e->sys_errno == 0)
        return;
    if (!err_names(e, to))
        err_append(e, " (writing %s)", to);
    if (e->code == ERR_NO_SPACE)
        err_append(e, "; free some space there, and run it again");
}

/* `cp s3://b/folder/ .` without --recursive requests an object of that name. */
static void add_folder_advice(const transfer *t, err *e)
{
    const place *from = &t->plan.from;
    if (e->code == ERR_S3_NOT_FOUND && from->is_object && str_ends_with(from->uri.key, "/"))
        err_append(e, "; if it is a folder, add --recursive (-r) for everything below it");
}

void transfer_failed(transfer *t, const err *error)
{
    AUTO_FREE char *from = place_text(&t->plan.from);
    AUTO_FREE char *to = place_text(&t->plan.to);
    err e = *error;
    transfer_moved(t, 0);
    transfer_settle_size(t, 0);
    add_target(t, to, &e);
    add_folder_advice(t, &e);
    if (partial_abandon(&t->file))
        err_append(&e, "; the partial download is kept: run cp again to resume");
    err_subject(&e, "%s", from);
    t->ended = true;
    transfer_numbers(t)->failed++;
    cli_print_error_of(t->job.c, from, to, &e);
    jobs_end(&t->job);
}

static void done(transfer *t)
{
    t->ended = true;
    transfer_numbers(t)->objects_done++;
    report_done(t);
    jobs_end(&t->job);
}

/* --- moving: the source is removed last --- */

static void on_source_deleted(void *ctx, const err *error)
{
    transfer *t = ctx;
    t->job.step = NULL;
    if (!error) {
        done(t);
        return;
    }
    err e = *error;
    err_context(&e, "was copied, but not removed");
    transfer_failed(t, &e);
}

bool transfer_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool remove_file(const transfer *t, err *e)
{
    struct stat now;
    const char *path = t->plan.from.path;
    if (stat(path, &now) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: uploaded, but cannot remove the file", path);
    if (!transfer_same_file(&t->st, &now))
        return err_set(e, ERR_S3_CHANGED,
                       "%s: changed during the upload, so it was kept; mv it again", path);
    return fs_remove(path, e);
}

void transfer_keep_etag(transfer *t, const char *etag)
{
    free(t->plan.etag);
    t->plan.etag = xstrdup_or_null(etag);
}

void transfer_finish(transfer *t)
{
    err e = ERR_INIT;
    const transfer_plan *p = &t->plan;
    if (!p->move) {
        done(t);
    } else if (!p->from.is_object) {
        if (remove_file(t, &e))
            done(t);
        else
            transfer_failed(t, &e);
    } else if (p->etag) {
        t->job.step =
            s3_delete_if(cli_source_client(t->job.c), p->from.uri.bucket, p->from.uri.key, p->etag,
                         p->size_known ? p->size_bytes : S3_SIZE_UNKNOWN, on_source_deleted, t);
    } else {
        err_set(&e, ERR_S3_REPLY,
                "the store returned no ETag for the copied object, so it was kept");
        transfer_failed(t, &e);
    }
}

static void start(transfer *t)
{
    err e = ERR_INIT;
    if (t->job.c->config->dry_run)
        done(t);
    else if (!transfer_start_its_way(t, &e))
        transfer_failed(t, &e);
}

/* --- decide whether to copy --- */

bool transfer_keeps_existing(const cli *c)
{
    const cli_config *o = c->config;
    return o->no_clobber && !(c->as_s5cmd && (o->if_size_differ || o->if_source_newer));
}

/* `there`: the object at the target, or NULL. By s5cmd's rules the last of -n, -s and -u decides. */
static bool is_wanted(const transfer *t, const s3_object *there)
{
    const cli_config *o = t->job.c->config;
    const transfer_plan *p = &t->plan;
    if (!there)
        return true;
    if (t->job.c->as_s5cmd && o->if_source_newer)
        return p->modified_s > there->last_modified_s;
    if (transfer_keeps_existing(t->job.c))
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
    log_info("%s: already exists; left unchanged", to);
    t->ended = true;
    transfer_settle_size(t, 0);
    transfer_numbers(t)->objects_done++;
    jobs_end(&t->job);
}

static void on_target_head(void *ctx, const s3_object *there, const err *error)
{
    transfer *t = ctx;
    t->job.step = NULL;
    if (error && error->code != ERR_S3_NOT_FOUND)
        transfer_failed(t, error);
    else
        begin_or_skip(t, there);
}

static void look_at_target(transfer *t)
{
    const transfer_plan *p = &t->plan;
    struct stat st;
    if (p->to.is_object) {
        t->job.step = s3_head(t->job.c->client, p->to.uri.bucket, p->to.uri.key, on_target_head, t);
        return;
    }
    s3_object there = {0};
    bool exists = !place_is_standard(&p->to) && stat(p->to.path, &st) == 0;
    if (exists) {
        there.size_bytes = (uint64_t)st.st_size;
        there.last_modified_s = st.st_mtim.tv_sec;
    }
    begin_or_skip(t, exists ? &there : NULL);
}

bool transfer_begin(cli *c, transfer_plan *give, err *e)
{
    const cli_config *o = c->config;
    AUTO(transfer_plan) plan = *give;
    *give = (transfer_plan){0};
    if (!jobs_wait_for_slot(c, e))
        return false;
    transfer *t = job_new(c, sizeof *t, transfer_free);
    t->fd = -1;
    t->file = (partial)PARTIAL_INIT;
    t->plan = plan;
    plan = (transfer_plan){0};
    if (!t->plan.planned) {
        transfer_numbers(t)->objects_total++;
        transfer_numbers(t)->bytes_total += t->plan.size_bytes;
        t->plan.planned = true;
    }
    if (o->no_clobber || o->if_size_differ || o->if_source_newer)
        look_at_target(t);
    else
        start(t);
    return true;
}
