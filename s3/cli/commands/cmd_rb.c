#include "decon/s3/buckets.h"
#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/cli/transfer/removal.h"
#include "s3/cli/commands/option_rows.h"
#include "s3/cli/source/source.h"

/* All keys are listed before anything is removed: a failed or inconsistent listing
 * removes nothing. */
static bool gather(cli *c, const place *bucket, key_spool *names, err *e)
{
    AUTO_PTR(source)
    s = source_open(c, &(source_options){.place = bucket, .folders = FOLDER_OBJECTS_ALL});
    entry it;
    source_step step;
    while ((step = source_next(s, &it, e)) == SOURCE_ENTRY) {
        AUTO(entry) mine = it;
        if (!key_spool_add(names, mine.name, e))
            return false;
    }
    return step == SOURCE_END;
}

static bool empty_bucket(cli *c, const place *bucket, err *e)
{
    AUTO(removal) out = {.c = c};
    AUTO(key_spool) names = {0};
    const char *name = bucket->uri.bucket;
    if (!gather(c, bucket, &names, e))
        return false;
    if (names.count == 0)
        return true;
    AUTO_FREE char *what = xasprintf("all objects (%llu) of s3://%s, and the bucket",
                                     (unsigned long long)names.count, name);
    return guard_removal(c, what, e) && removal_add_all(&out, name, &names, e) &&
           removal_flush(&out, e) && jobs_drain(c, e);
}

static bool explain(const cli *c, const char *bucket, err *e)
{
    if (!str_equal(e->s3_code, "BucketNotEmpty"))
        return false;
    return err_set(e, e->code, "%s: is not empty; %s", bucket,
                   c->config->force
                       ? "new objects remain, or old versions, which rm -r --all-versions removes"
                   : c->style ? "remove its objects first, and with --all-versions old versions"
                              : "--force removes its objects first");
}

static bool run(cli *c, err *e)
{
    AUTO(place) bucket = {.is_object = true};
    cli_call call = {.c = c};
    if (!cli_parse_bucket(c->words[0], &bucket.uri, e))
        return false;
    AUTO_FREE char *text = xasprintf("s3://%s", bucket.uri.bucket);
    if (c->config->force && !empty_bucket(c, &bucket, e))
        return false;
    if (c->errors > 0)
        return err_set(e, ERR_S3_REPLY, "%s: not removed: some of its objects could not be removed",
                       text);
    if (!c->config->dry_run &&
        !cli_await(&call, s3_delete_bucket(c->client, bucket.uri.bucket, cli_on_done, &call), e)) {
        return explain(c, text, e);
    }
    print_done(c, &(print_result){.operation = "rb", .from = text, .size_bytes = PRINT_NO_SIZE});
    return true;
}

/* clang-format off */
static const option rows[] = {
    {.key = "force", .type = OPTION_BOOL, .offset = AT(force), .section = "Removing",
     .help = "Remove all objects first, after confirmation or with --yes."},
    ROW_YES, ROW_DRY_RUN, ROW_QUIET, ROW_PROGRESS, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_rb = {
    .name = "rb",
    .summary = "remove a bucket",
    .options =
        SET(rows, "rb", "decon-s3 rb [OPTION]... s3://BUCKET",
            "Removes an empty bucket. --force removes its objects first, with --yes or after "
            "confirmation at a terminal. In a bucket with versioning, "
            "--force removes the current objects only, and the bucket remains.",
            "Examples:\n"
            "  decon-s3 rb s3://my-bucket\n"
            "  decon-s3 rb --force --dry-run s3://my-bucket\n"
            "  decon-s3 rb --force --yes s3://my-bucket\n"),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .again = "run it again to remove the rest",
    .run = run,
};
