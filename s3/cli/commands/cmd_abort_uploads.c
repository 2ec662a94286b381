#include "s3/cli/session/jobs.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"
#include "decon/s3/uploads.h"
#include "base/array.h"
#include "base/util.h"

/* This many are aborted without confirmation. */
#define UNASKED_MAX 1000

/* First lists everything, then aborts: pages of a shrinking list could miss uploads. */
typedef struct found {
    char *key, *upload_id;
    int64_t initiated_s;
} found;

typedef struct aborting {
    cli_call call; /* first */
    const s3_uri *uri;
    int64_t before_s;
    found *items;
    size_t count, capacity;
    uint64_t younger;
} aborting;

typedef struct abort_job {
    job job; /* first */
    char *uri, *upload_id, *since;
} abort_job;

static void aborting_deinit(aborting *a)
{
    for (size_t i = 0; i < a->count; i++) {
        free(a->items[i].key);
        free(a->items[i].upload_id);
    }
    free(a->items);
}
DEFINE_AUTO(aborting, aborting_deinit)

static bool on_upload(void *ctx, const s3_upload *upload, err *e)
{
    aborting *a = ctx;
    UNUSED(e);
    if (!str_starts_with(upload->key, a->uri->key))
        return true;
    if (upload->initiated_s > a->before_s) {
        a->younger++;
        return true;
    }
    *ARRAY_PUSH(a->items, a->count, a->capacity) = (found){.key = xstrdup(upload->key),
                                                           .upload_id = xstrdup(upload->upload_id),
                                                           .initiated_s = upload->initiated_s};
    return true;
}

static void job_free(job *j)
{
    abort_job *it = (abort_job *)j;
    free(it->uri);
    free(it->upload_id);
    free(it->since);
    free(it);
}

static void on_aborted(void *ctx, const err *error)
{
    abort_job *it = ctx;
    cli *c = it->job.c;
    it->job.step = NULL;
    if (error)
        cli_print_error_of(c, it->uri, NULL, error);
    else
        print_done(c, &(print_result){.operation = "abort",
                                      .from = it->uri,
                                      .reason = it->since,
                                      .size_bytes = PRINT_NO_SIZE});
    jobs_end(&it->job);
}

static bool abort_one(cli *c, const char *bucket, const found *f, err *e)
{
    char when[PRINT_TIME_SIZE];
    if (!jobs_wait_for_slot(c, e))
        return false;
    abort_job *it = job_new(c, sizeof *it, job_free);
    it->uri = xasprintf("s3://%s/%s", bucket, f->key);
    it->upload_id = xstrdup(f->upload_id);
    print_time(f->initiated_s, when, sizeof when);
    it->since = f->initiated_s ? xasprintf("begun %s UTC", when) : NULL;
    if (c->config->dry_run)
        on_aborted(it, NULL);
    else
        it->job.step = s3_abort_upload(c->client, bucket, f->key, it->upload_id, on_aborted, it);
    return true;
}

static bool list(aborting *a, const char *prefix, err *e)
{
    cli *c = a->call.c;
    a->call = (cli_call){.c = c};
    return cli_await(&a->call,
                     s3_list_uploads(c->client, &(s3_list_uploads_options){.bucket = a->uri->bucket,
                                                                           .prefix = prefix,
                                                                           .on_upload = on_upload,
                                                                           .on_done = cli_on_done,
                                                                           .ctx = a}),
                     e);
}

/* MinIO lists uploads by prefix only if the prefix is a whole key: list the bucket, if permitted,
 * before reporting that there are none. */
static bool list_all(aborting *a, err *e)
{
    err ignored = ERR_INIT;
    if (!list(a, a->uri->key, e))
        return false;
    bool any = a->count > 0 || a->younger > 0 || !a->uri->key[0];
    return any || list(a, "", &ignored) || !a->call.c->session->signal_number ||
           cli_interrupted(a->call.c, e);
}

static bool may_abort(const aborting *a, err *e)
{
    if (a->count <= UNASKED_MAX)
        return true;
    AUTO_FREE char *what =
        xasprintf("%zu multipart uploads of s3://%s/%s", a->count, a->uri->bucket, a->uri->key);
    return guard_removal(a->call.c, what, e);
}

static bool run(cli *c, err *e)
{
    AUTO(s3_uri) uri = {0};
    int64_t now_s = clock_wall_s(loop_transport(c->loop));
    AUTO(aborting) a = {0};
    a.call.c = c;
    a.uri = &uri;
    a.before_s = now_s - (int64_t)(c->config->older_than_ms / 1000);
    if (!s3_uri_parse(c->words[0], &uri, e) || !list_all(&a, e))
        return false;
    if (!may_abort(&a, e))
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!abort_one(c, uri.bucket, &a.items[i], e))
            return false;
    if (a.count == 0 && !c->config->quiet && !c->config->json)
        printf("nothing to abort; %llu younger uploads are kept\n", (unsigned long long)a.younger);
    return true;
}

/* clang-format off */
static const option rows[] = {
    {.key = "older_than", .type = OPTION_DURATION, .offset = AT(older_than_ms), .fallback = "1d",
     .min = 0, .max = 100 * 366 * 86400.0, .metavar = "TIME", .section = "Which uploads",
     .help = "Only uploads older than this: 3600 (seconds), 12h, 7d; younger ones may be in "
             "progress."},
    ROW_YES, ROW_DRY_RUN, ROW_QUIET, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_abort_uploads = {
    .name = "abort-uploads",
    .summary = "abort incomplete multipart uploads",
    .options =
        SET(rows, "abort-uploads", "decon-s3 abort-uploads [OPTION]... s3://BUCKET[/PREFIX]",
            "Lists the multipart uploads whose keys start with PREFIX, and aborts those that "
            "are old: killed programs leave incomplete uploads behind, which no listing shows "
            "but whose parts cost storage. More than 1,000 are aborted only with --yes or after "
            "confirmation at a terminal.",
            "Examples:\n"
            "  decon-s3 abort-uploads --dry-run s3://my-bucket\n"
            "  decon-s3 abort-uploads --older-than 7d s3://my-bucket/data/\n"),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .again = "run it again to abort the rest",
    .run = run,
};
