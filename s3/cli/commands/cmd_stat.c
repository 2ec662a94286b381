#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

typedef struct stat_call {
    cli_call call; /* first: cli_finish's */
    const s3_uri *uri;
} stat_call;

static void stat_json(const s3_uri *uri, const s3_object *object, const char *when)
{
    AUTO_FREE char *text = xasprintf("s3://%s/%s", uri->bucket, uri->key);
    const print_member members[] = {
        {.name = "uri", .text = text},
        {.name = "size", .number = object->size_bytes},
        {.name = "modified", .text = when},
        {.name = "etag", .text = object->etag, .absent = !object->etag},
        {.name = "content_type", .text = object->content_type, .absent = !object->content_type},
        {.name = "storage_class",
         .text = object->storage_class ? object->storage_class : "STANDARD"},
    };
    print_json(members, ARRAY_LEN(members), stdout);
}

static void stat_lines(const s3_uri *uri, const s3_object *object, const char *when)
{
    char size[32];
    format_size(object->size_bytes, size, sizeof size);
    printf("uri: s3://%s/", uri->bucket);
    print_key(uri->key, stdout);
    printf("\nsize: %llu (%s)\nmodified: %s UTC\n", (unsigned long long)object->size_bytes, size,
           when);
    if (object->etag)
        printf("etag: %s\n", object->etag);
    if (object->content_type)
        printf("content-type: %s\n", object->content_type);
    printf("storage-class: %s\n", object->storage_class ? object->storage_class : "STANDARD");
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    stat_call *s = ctx;
    char when[32];
    if (!error) {
        print_time(object->last_modified_s, when, sizeof when);
        if (s->call.c->config->json)
            stat_json(s->uri, object, when);
        else
            stat_lines(s->uri, object, when);
    }
    cli_finish(&s->call, error);
}

static bool stat_one(cli *c, const s3_uri *uri, err *e)
{
    stat_call s = {.call = {.c = c}, .uri = uri};
    return cli_await(&s.call, s3_head(c->client, uri->bucket, uri->key, on_head, &s), e);
}

static bool run(cli *c, err *e)
{
    return cli_each_object(c, stat_one, e) && print_flush(e);
}

static const option rows[] = {ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command cli_command_stat = {
    .name = "stat",
    .summary = "show size, time, ETag and type of objects",
    .options = SET(rows, "stat", "decon-s3 stat [OPTION]... s3://BUCKET/KEY...",
                   "Prints `name: value` lines for each object. * and ? in a key stand for any "
                   "characters, and for one.",
                   "Example:\n  decon-s3 stat s3://my-bucket/train.jsonl.gz\n"),
    .words_min = 1,
    .words_max = 100000,
    .needs_client = true,
    .run = run,
};
