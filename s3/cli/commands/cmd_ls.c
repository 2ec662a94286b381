#include "decon/s3/buckets.h"
#include "base/util.h"
#include "s3/cli/source/pattern.h"
#include "s3/cli/source/location.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

/* Entries are printed as they arrive; nothing is stored. */
typedef struct listing {
    cli_call call;
    const place *at;
    bool is_pattern;
    filter filter;
    size_t base_length;
    uint64_t seen, shown, objects, bytes;
} listing;

static void print_line(const listing *l, const char *when, const char *size,
                       const s3_object *object, const char *key)
{
    const cli_config *o = l->call.c->config;
    printf("%-19s %12s ", when, size);
    if (o->show_class)
        printf("%-12s ", object && object->storage_class ? object->storage_class
                         : object                        ? "STANDARD"
                                                         : "");
    if (o->show_etag)
        printf("%-34s ", object && object->etag ? object->etag : "");
    if (o->all_versions)
        printf("%-34s ", object && object->version_id ? object->version_id : "");
    printf("s3://%s/", l->at->uri.bucket);
    print_key(key, stdout);
    putchar('\n');
}

static void print_object_json(const listing *l, const s3_object *object, const char *when)
{
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", l->at->uri.bucket, object->key);
    bool marker = object->is_delete_marker;
    const print_member members[] = {
        {.name = "uri", .text = uri},
        {.name = "key", .text = object->key},
        {.name = "size", .number = object->size_bytes, .absent = marker},
        {.name = "modified", .text = when},
        {.name = "etag", .text = object->etag, .absent = !object->etag},
        {.name = "storage_class",
         .text = object->storage_class ? object->storage_class : "STANDARD",
         .absent = marker},
        {.name = "version_id", .text = object->version_id, .absent = !object->version_id},
        {.name = "latest", .truth = true, .absent = !object->version_id || !object->is_latest},
        {.name = "delete_marker", .truth = true, .absent = !marker},
    };
    print_json(members, ARRAY_LEN(members));
}

static void size_text(const cli_config *o, uint64_t bytes, char *out, size_t out_size)
{
    if (o->human_readable)
        format_size(bytes, out, out_size);
    else
        snprintf(out, out_size, "%llu", (unsigned long long)bytes);
}

/* A common prefix has no time, and belongs to no share. */
static bool wanted(const listing *l, const char *key, const s3_object *object)
{
    if (l->is_pattern && !pattern_match(l->at->uri.key, key, false))
        return false;
    if (object && !selection_takes(&l->filter.selection, key, object->last_modified_s))
        return false;
    return strlen(key) < l->base_length || filter_passes(&l->filter, key + l->base_length);
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    listing *l = ctx;
    const cli_config *o = l->call.c->config;
    char when[PRINT_TIME_SIZE], size[32];
    l->seen++;
    if (!wanted(l, object->key, object))
        return true;
    l->shown++;
    l->objects += !object->is_delete_marker;
    l->bytes += object->size_bytes;
    print_time(object->last_modified_s, when, sizeof when);
    size_text(o, object->size_bytes, size, sizeof size);
    if (object->is_delete_marker)
        snprintf(size, sizeof size, "DELETED");
    if (o->json)
        print_object_json(l, object, when);
    else
        print_line(l, when, size, object, object->key);
    /* A closed pipe (`| head`) ends the listing. */
    return !ferror(stdout) || print_flush(e);
}

static bool on_prefix(void *ctx, const char *prefix, err *e)
{
    UNUSED(e);
    listing *l = ctx;
    l->seen++;
    if (!wanted(l, prefix, NULL))
        return true;
    l->shown++;
    if (l->call.c->config->json) {
        AUTO_FREE char *uri = xasprintf("s3://%s/%s", l->at->uri.bucket, prefix);
        const print_member members[] = {{.name = "uri", .text = uri},
                                        {.name = "prefix", .text = prefix}};
        print_json(members, ARRAY_LEN(members));
    } else {
        print_line(l, "", "FOLDER", NULL, prefix);
    }
    return true;
}

static bool on_unusable(void *ctx, const char *encoded_key, err *e)
{
    listing *l = ctx;
    err odd = ERR_INIT;
    UNUSED(e);
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", l->at->uri.bucket, encoded_key);
    err_set(&odd, ERR_IO, "%s: skipped: the key (URL-encoded here) has a NUL character", uri);
    cli_print_error_of(l->call.c, uri, NULL, &odd);
    return true;
}

/* --- buckets --- */

static bool on_bucket(void *ctx, const char *name, int64_t created_s, err *e)
{
    cli_call *call = ctx;
    char when[PRINT_TIME_SIZE];
    print_time(created_s, when, sizeof when);
    if (call->c->config->json) {
        AUTO_FREE char *uri = xasprintf("s3://%s/", name);
        const print_member members[] = {{.name = "uri", .text = uri},
                                        {.name = "bucket", .text = name},
                                        {.name = "created", .text = when}};
        print_json(members, ARRAY_LEN(members));
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

/* --- objects --- */

static void summarize(const listing *l)
{
    const cli_config *o = l->call.c->config;
    char size[32];
    size_text(o, l->bytes, size, sizeof size);
    if (o->json) {
        const print_member members[] = {{.name = "total_objects", .number = l->objects},
                                        {.name = "total_size", .number = l->bytes}};
        print_json(members, ARRAY_LEN(members));
        return;
    }
    printf("\nTotal objects: %llu\nTotal size: %s\n", (unsigned long long)l->objects, size);
}

/* A pattern is matched at every level; without one, only the next level is listed
 * unless --recursive. */
static bool list_objects(listing *l, err *e)
{
    const s3_uri *uri = &l->at->uri;
    size_t literal = l->is_pattern ? pattern_literal_length(uri->key) : strlen(uri->key);
    AUTO_FREE char *prefix = xstrndup(uri->key, literal);
    const char *slash = strrchr(prefix, '/');
    l->base_length = slash ? (size_t)(slash - prefix) + 1 : 0;
    bool deep = l->is_pattern || l->call.c->config->recursive;
    s3_list_options options = {.bucket = uri->bucket,
                               .prefix = prefix,
                               .page_size = (unsigned)l->call.c->config->page_size,
                               .all_versions = l->call.c->config->all_versions,
                               .delimiter = deep ? NULL : "/",
                               .on_object = on_object,
                               .on_unusable = on_unusable,
                               .on_prefix = on_prefix,
                               .on_done = cli_on_done,
                               .ctx = l};
    return cli_await(&l->call, s3_list(l->call.c->client, &options), e);
}

static bool run(cli *c, err *e)
{
    if (c->word_count == 0)
        return list_buckets(c, e);
    AUTO(place) at = {.is_object = true};
    if (!s3_uri_parse(c->words[0], &at.uri, e))
        return false;
    listing l = {.call = {.c = c}, .at = &at, .is_pattern = place_is_pattern(&at)};
    l.is_pattern &= !c->config->raw;
    if (!filter_init(&l.filter, c, e) || !list_objects(&l, e))
        return false;
    if (l.seen == 0 && at.uri.key[0])
        return err_set(e, ERR_S3_NOT_FOUND,
                       "%s: no key has this prefix; list the bucket with ls s3://%s", c->words[0],
                       at.uri.bucket);
    if (l.is_pattern && l.shown == 0)
        return err_set(e, ERR_S3_NOT_FOUND, "%s: no key matches", c->words[0]);
    if (c->config->summarize)
        summarize(&l);
    return print_flush(e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "recursive", .type = OPTION_BOOL, .offset = AT(recursive), .letter = 'r',
     .section = "Listing", .help = "List all keys below PREFIX, not only the next level."},
    ROW_HUMAN_READABLE,
    {.key = "summarize", .type = OPTION_BOOL, .offset = AT(summarize),
     .help = "Print number and total size at the end."},
    {.key = "etag", .type = OPTION_BOOL, .offset = AT(show_etag), .letter = 'e',
     .help = "Print ETags too."},
    {.key = "show_class", .type = OPTION_BOOL, .offset = AT(show_class), .letter = 's',
     .help = "Print storage classes too."},
    ROW_ALL_VERSIONS, ROWS_OF_FILTERS, ROWS_OF_AGES, ROW_SHARD, ROW_PAGE_SIZE, ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_ls = {
    .name = "ls",
    .summary = "list objects, or the buckets",
    .options =
        SET(rows, "ls", "decon-s3 ls [OPTION]... [s3://BUCKET[/PREFIX]]",
            "Lists the objects and folders whose keys start with PREFIX: date (UTC), size, "
            "URI; without a URI the buckets. * and ? in PREFIX match any characters, "
            "and one character. Control characters in keys are shown as \\n or \\x01; --json "
            "prints them unchanged. With --all-versions each version has a line with its id, the "
            "newest first, "
            "and delete markers are shown as DELETED.",
            "Examples:\n"
            "  decon-s3 ls\n"
            "  decon-s3 ls s3://my-bucket/data/\n"
            "  decon-s3 ls -r -H --summarize s3://my-bucket\n"
            "  decon-s3 ls 's3://my-bucket/data/*.gz'\n"
            "  decon-s3 ls -r --json s3://my-bucket/data/ | jq -r .uri\n"),
    .words_min = 0,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
