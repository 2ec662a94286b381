#include "s3/buckets.h"
#include "s3/cli/rows.h"

typedef struct listing {
    cli_call call;
    const s3_uri *uri;
    uint64_t count;
} listing;

static void print_line(const listing *l, const char *when, const char *size, const char *key)
{
    printf("%-19s %12s s3://%s/", when, size, l->uri->bucket);
    print_key(key, stdout);
    putchar('\n');
}

static void print_object_json(const listing *l, const s3_object *object, const char *when)
{
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", l->uri->bucket, object->key);
    const print_member members[] = {
        {.name = "uri", .text = uri},
        {.name = "key", .text = object->key},
        {.name = "size", .number = object->size_bytes},
        {.name = "modified", .text = when},
        {.name = "etag", .text = object->etag, .absent = !object->etag},
    };
    print_json(members, ARRAY_LEN(members), stdout);
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    listing *l = ctx;
    char when[32], size[32];
    l->count++;
    print_time(object->last_modified_s, when, sizeof when);
    if (l->call.c->config->json) {
        print_object_json(l, object, when);
    } else {
        if (l->call.c->config->human_readable)
            format_size(object->size_bytes, size, sizeof size);
        else
            snprintf(size, sizeof size, "%llu", (unsigned long long)object->size_bytes);
        print_line(l, when, size, object->key);
    }
    /* A pipe that was closed (`| head`) ends the listing. */
    return !ferror(stdout) || print_flush(e);
}

static bool on_prefix(void *ctx, const char *prefix, err *e)
{
    UNUSED(e);
    listing *l = ctx;
    l->count++;
    if (l->call.c->config->json) {
        AUTO_FREE char *uri = xasprintf("s3://%s/%s", l->uri->bucket, prefix);
        const print_member members[] = {{.name = "uri", .text = uri},
                                        {.name = "prefix", .text = prefix}};
        print_json(members, ARRAY_LEN(members), stdout);
    } else {
        print_line(l, "", "FOLDER", prefix);
    }
    return true;
}

static bool on_bucket(void *ctx, const char *name, int64_t created_s, err *e)
{
    cli_call *call = ctx;
    char when[32];
    print_time(created_s, when, sizeof when);
    if (call->c->config->json) {
        AUTO_FREE char *uri = xasprintf("s3://%s/", name);
        const print_member members[] = {{.name = "uri", .text = uri},
                                        {.name = "bucket", .text = name},
                                        {.name = "created", .text = when}};
        print_json(members, ARRAY_LEN(members), stdout);
    } else {
        printf("%-19s %12s s3://%s/\n", when, "BUCKET", name);
    }
    return !ferror(stdout) || print_flush(e);
}

static bool list_buckets(cli *c, err *e)
{
    cli_call call = {.c = c};
    s3_list_buckets_options options = {
        .on_bucket = on_bucket, .on_done = cli_on_done, .ctx = &call};
    return cli_await(&call, s3_list_buckets(c->client, &options), e) && print_flush(e);
}

static bool run(cli *c, err *e)
{
    if (c->word_count == 0)
        return list_buckets(c, e);
    AUTO(s3_uri) uri = {0};
    if (!s3_uri_parse(c->words[0], &uri, e))
        return false;
    listing l = {.call = {.c = c}, .uri = &uri};
    s3_list_options options = {.bucket = uri.bucket,
                               .prefix = uri.key,
                               .delimiter = c->config->recursive ? NULL : "/",
                               .on_object = on_object,
                               .on_prefix = on_prefix,
                               .on_done = cli_on_done,
                               .ctx = &l};
    if (!cli_await(&l.call, s3_list(c->client, &options), e) || !print_flush(e))
        return false;
    if (l.count == 0 && uri.key[0])
        return err_set(e, ERR_S3_NOT_FOUND, "%s: no key starts so; ls s3://%s shows what there is",
                       c->words[0], uri.bucket);
    return true;
}

/* clang-format off */
static const option rows_ls[] = {
    {.key = "recursive", .type = OPTION_BOOL, .offset = AT(recursive), .letter = 'r',
     .section = "Listing", .help = "All keys below, not only the next level."},
    {.key = "human_readable", .type = OPTION_BOOL, .offset = AT(human_readable), .letter = 'H',
     .help = "Sizes as 1.5 GiB."},
    ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_ls = {
    .name = "ls",
    .summary = "list objects, or the buckets",
    .options = SET(rows_ls, "ls", "decon-s3 ls [OPTION]... [s3://BUCKET[/PREFIX]]",
                   "Lists the objects and folders whose keys start with PREFIX: date (UTC), size, "
                   "URI; without a URI the buckets. Control characters in keys are shown as \\n or "
                   "\\x01; --json has them "
                   "to the letter.",
                   "Examples:\n"
                   "  decon-s3 ls\n"
                   "  decon-s3 ls s3://my-bucket/data/\n"
                   "  decon-s3 ls -r -H s3://my-bucket\n"
                   "  decon-s3 ls -r --json s3://my-bucket/data/ | jq -r .uri\n"),
    .words_min = 0,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
