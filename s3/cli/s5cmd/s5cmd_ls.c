/* ls as s5cmd prints it. */
#include "decon/s3/buckets.h"
#include "base/util.h"
#include "s3/cli/commands/option_rows.h"
#include "s3/cli/s5cmd/listing.h"
#include "s3/cli/s5cmd/style.h"
#include "s3/cli/s5cmd/translate.h"
#include "s3/cli/session/print.h"

static const char *unquoted(const char *etag, char *out, size_t out_size)
{
    size_t len = strlen(etag);
    bool quoted = len > 1 && etag[0] == '"' && etag[len - 1] == '"';
    snprintf(out, out_size, "%.*s", (int)(quoted ? len - 2 : len), etag + quoted);
    return out;
}

static void print_json_entry(const char *uri, const s3_object *object)
{
    char when[S5CMD_TIME_SIZE] = "", etag[128] = "";
    bool folder = !object;
    if (object)
        s5cmd_time(object->last_modified_s, true, when);
    if (object && object->etag)
        unquoted(object->etag, etag, sizeof etag);
    bool marker = folder || str_ends_with(uri, "/");
    const print_member members[] = {
        {.name = "key", .text = uri},
        {.name = "etag", .text = etag, .absent = !etag[0]},
        {.name = "last_modified", .text = when, .absent = folder},
        {.name = "type", .text = marker ? "directory" : "file"},
        {.name = "size",
         .number = object ? object->size_bytes : 0,
         .absent = folder || object->size_bytes == 0},
        {.name = "storage_class",
         .text = object && object->storage_class ? object->storage_class : "STANDARD",
         .absent = folder || object->is_delete_marker},
        {.name = "version_id",
         .text = object ? object->version_id : NULL,
         .absent = folder || !object->version_id},
    };
    print_json(members, ARRAY_LEN(members));
}

static void print_text_entry(const cli_config *o, const char *shown, const s3_object *object)
{
    char when[S5CMD_TIME_SIZE] = "", size[32] = "DIR", etag[128] = "";
    bool folder = !object || str_ends_with(object->key, "/");
    if (!folder) {
        s5cmd_time(object->last_modified_s, false, when);
        s5cmd_size(object->size_bytes, o->human_readable, size, sizeof size);
        if (o->show_etag && object->etag)
            unquoted(object->etag, etag, sizeof etag);
    }
    const char *class = !o->show_class || folder   ? ""
                        : object->is_delete_marker ? ""
                        : object->storage_class    ? object->storage_class
                                                   : "STANDARD";
    printf("%19s %2s %-*s %12s  ", when, class, o->show_etag ? 38 : 1, etag, size);
    print_key(shown, stdout);
    if (!folder && object->version_id)
        printf("%*s %s", MAX(0, 50 - (int)strlen(shown)), "", object->version_id);
    putchar('\n');
}

static void on_entry(void *ctx, const s3_uri *at, const char *key, const char *shown,
                     const s3_object *object)
{
    const cli *c = ctx;
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", at->bucket, key);
    if (c->config->json) {
        print_json_entry(uri, object);
    } else if (c->config->show_fullpath) {
        print_key(uri, stdout);
        putchar('\n');
    } else {
        print_text_entry(c->config, shown, object);
    }
}

static bool on_bucket(void *ctx, const char *name, int64_t created_s, err *e)
{
    const cli_call *call = ctx;
    char when[S5CMD_TIME_SIZE];
    bool json = call->c->config->json;
    s5cmd_time(created_s, json, when);
    if (json) {
        const print_member members[] = {{.name = "created_at", .text = when},
                                        {.name = "name", .text = name}};
        print_json(members, ARRAY_LEN(members));
    } else {
        printf("%s  s3://%s\n", when, name);
    }
    return !ferror(stdout) || print_flush(e);
}

static bool run(cli *c, err *e)
{
    if (c->word_count == 0) {
        cli_call call = {.c = c};
        s3_list_buckets_options options = {
            .on_bucket = on_bucket, .on_done = cli_on_done, .ctx = &call};
        return cli_await(&call, s3_list_buckets(c->client, &options), e) && print_flush(e);
    }
    s5cmd_listing l = {.call = {.c = c}, .word = c->words[0], .each = on_entry, .ctx = c};
    return s5cmd_list(&l, e) && print_flush(e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "etag", .type = OPTION_BOOL, .offset = AT(show_etag), .help = "Print ETags too."},
    {.key = "show_class", .type = OPTION_BOOL, .offset = AT(show_class), .help = "Print storage classes too."},
    {.key = "show_fullpath", .type = OPTION_BOOL, .offset = AT(show_fullpath), .help = "Print URIs only."},
    ROW_ALL_VERSIONS, ROW_HUMAN_READABLE, ROWS_OF_FILTERS, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command s5cmd_command_ls = {
    .name = "ls",
    .options = SET(rows, "ls", "s5cmd ls [s3://BUCKET[/PREFIX]]", NULL, NULL),
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
