/* cat, stat, rm, mb: one request an object. */
#include "s3/cli/cli.h"

#include <errno.h>

static bool parse_object(const char *text, s3_uri *uri, err *e)
{
    if (!s3_uri_parse(text, uri, e))
        return false;
    return uri->key[0] ||
           err_set(e, ERR_USAGE, "%s: names a bucket, no object; write s3://bucket/key", text);
}

/* Runs `one` for each word; what goes wrong with one is printed, and the others go on. Nothing is
 * done where a word is no URI of an object. */
static bool for_each_word(cli *c, bool (*one)(cli *c, const s3_uri *uri, err *e), err *e)
{
    for (int i = 0; i < c->word_count; i++) {
        AUTO(s3_uri) uri = {0};
        if (!parse_object(c->words[i], &uri, e))
            return false;
    }
    for (int i = 0; i < c->word_count && !c->signal_number; i++) {
        AUTO(s3_uri) uri = {0};
        err failed = ERR_INIT;
        if (!parse_object(c->words[i], &uri, &failed) || !one(c, &uri, &failed))
            cli_print_error(c, &failed);
    }
    return true;
}

/* --- cat --- */

static bool on_data(void *ctx, slice data, err *e)
{
    UNUSED(ctx);
    errno = 0;
    return fwrite(data.data, 1, data.len, stdout) == data.len ||
           err_set_errno(e, ERR_IO, errno, "standard output cannot be written");
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    UNUSED(result);
    cli_finish(ctx, error);
}

static bool cat_one(cli *c, const s3_uri *uri, err *e)
{
    cli_call call = {.c = c};
    s3_get_options options = {.bucket = uri->bucket,
                              .key = uri->key,
                              .fd = -1,
                              .on_data = on_data,
                              .on_done = on_got,
                              .ctx = &call};
    return cli_await(&call, s3_get(c->client, &options), e);
}

bool cli_cat(cli *c, err *e)
{
    return for_each_word(c, cat_one, e) && print_flush(e);
}

/* --- stat --- */

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

bool cli_stat(cli *c, err *e)
{
    return for_each_word(c, stat_one, e) && print_flush(e);
}

/* --- rm, mb --- */

static bool rm_one(cli *c, const s3_uri *uri, err *e)
{
    cli_call call = {.c = c};
    return cli_await(&call, s3_delete(c->client, uri->bucket, uri->key, cli_on_done, &call), e);
}

bool cli_rm(cli *c, err *e)
{
    return for_each_word(c, rm_one, e);
}

bool cli_mb(cli *c, err *e)
{
    AUTO(s3_uri) uri = {0};
    cli_call call = {.c = c};
    if (!s3_uri_parse(c->words[0], &uri, e))
        return false;
    if (uri.key[0])
        return err_set(e, ERR_USAGE, "%s: write s3://bucket", c->words[0]);
    return cli_await(&call, s3_create_bucket(c->client, uri.bucket, cli_on_done, &call), e);
}
