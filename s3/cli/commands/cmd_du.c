#include "base/util.h"
#include "s3/cli/source/pattern.h"
#include "s3/cli/source/location.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

#define CLASSES_MAX 32

typedef struct sum {
    uint64_t objects, bytes;
} sum;

/* The keys of a folder are adjacent in a listing: one sum per level suffices. */
typedef struct usage {
    cli_call call;
    const place *at;
    bool is_pattern;
    filter filter;
    size_t base_length;
    sum total;
    char *folder; /* the current folder, whole key; or NULL */
    sum in_folder;
    char *last; /* key */
    struct {
        char name[32];
        sum sum;
    } classes[CLASSES_MAX];
    size_t class_count;
} usage;

static void add(sum *s, uint64_t bytes)
{
    s->objects++;
    s->bytes += bytes;
}

static void print_sum(const usage *u, const sum *s, const char *key, const char *class)
{
    const cli_config *o = u->call.c->config;
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", u->at->uri.bucket, key);
    char size[32];
    if (o->json) {
        const print_member members[] = {
            {.name = "uri", .text = uri},
            {.name = "storage_class", .text = class, .absent = !class},
            {.name = "objects", .number = s->objects},
            {.name = "size", .number = s->bytes},
        };
        print_json(members, ARRAY_LEN(members));
        return;
    }
    if (o->human_readable)
        format_size(s->bytes, size, sizeof size);
    else
        snprintf(size, sizeof size, "%llu", (unsigned long long)s->bytes);
    printf("%15s %10llu objects  ", size, (unsigned long long)s->objects);
    print_key(uri, stdout);
    printf("%s%s\n", class ? "  " : "", class ? class : "");
}

static void end_folder(usage *u)
{
    AUTO_FREE char *folder = move(u->folder);
    if (folder)
        print_sum(u, &u->in_folder, folder, NULL);
    u->in_folder = (sum){0};
}

/* A folder that ended begins again: its sum would be printed in pieces. */
static bool check_order(usage *u, const s3_object *object, err *e)
{
    bool ordered = !u->last || strcmp(u->last, object->key) <= 0;
    if (!ordered)
        return err_set(e, ERR_S3_REPLY,
                       "%s: listed after '%s': sums of folders require byte order; use "
                       "--summarize or --by-class",
                       object->key, u->last);
    free(u->last);
    u->last = xstrdup(object->key);
    return true;
}

/* The next level below the prefix. */
static bool add_to_folder(usage *u, const s3_object *object, err *e)
{
    const char *relative = object->key + MIN(u->base_length, strlen(object->key));
    const char *slash = strchr(relative, '/');
    if (!check_order(u, object, e))
        return false;
    if (!slash)
        return true;
    size_t length = (size_t)(slash - object->key) + 1;
    bool same =
        u->folder && strlen(u->folder) == length && strncmp(u->folder, object->key, length) == 0;
    if (!same) {
        end_folder(u);
        u->folder = xstrndup(object->key, length);
    }
    add(&u->in_folder, object->size_bytes);
    return true;
}

static bool add_to_class(usage *u, const s3_object *object, err *e)
{
    const char *name = object->storage_class ? object->storage_class : "STANDARD";
    size_t i = 0;
    while (i < u->class_count && !str_equal(u->classes[i].name, name))
        i++;
    if (i == CLASSES_MAX)
        return err_set(e, ERR_LIMIT, "more than %d storage classes", CLASSES_MAX);
    if (i == u->class_count)
        snprintf(u->classes[u->class_count++].name, sizeof u->classes[i].name, "%s", name);
    add(&u->classes[i].sum, object->size_bytes);
    return true;
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    usage *u = ctx;
    const cli_config *o = u->call.c->config;
    const char *key = object->key;
    if (object->is_delete_marker)
        return true;
    if ((u->is_pattern && !pattern_match(u->at->uri.key, key, false)) ||
        (strlen(key) >= u->base_length && !filter_passes(&u->filter, key + u->base_length)) ||
        !selection_takes(&u->filter.selection, key, object->last_modified_s))
        return true;
    add(&u->total, object->size_bytes);
    if (o->by_class)
        return add_to_class(u, object, e);
    if (!o->summarize && !add_to_folder(u, object, e))
        return false;
    return !ferror(stdout) || print_flush(e);
}

static bool on_unusable(void *ctx, const char *encoded_key, err *e)
{
    usage *u = ctx;
    err odd = ERR_INIT;
    UNUSED(e);
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", u->at->uri.bucket, encoded_key);
    err_set(&odd, ERR_IO, "%s: skipped: the key (URL-encoded here) has a NUL character", uri);
    cli_print_error_of(u->call.c, uri, NULL, &odd);
    return true;
}

static bool sum_up(usage *u, err *e)
{
    const s3_uri *uri = &u->at->uri;
    size_t literal = u->is_pattern ? pattern_literal_length(uri->key) : strlen(uri->key);
    AUTO_FREE char *prefix = xstrndup(uri->key, literal);
    const char *slash = strrchr(prefix, '/');
    u->base_length = slash ? (size_t)(slash - prefix) + 1 : 0;
    return cli_await(&u->call,
                     s3_list(u->call.c->client,
                             &(s3_list_options){.bucket = uri->bucket,
                                                .prefix = prefix,
                                                .page_size = (unsigned)u->call.c->config->page_size,
                                                .all_versions = u->call.c->config->all_versions,
                                                .on_object = on_object,
                                                .on_unusable = on_unusable,
                                                .on_done = cli_on_done,
                                                .ctx = u}),
                     e);
}

static bool run(cli *c, err *e)
{
    AUTO(place) at = {.is_object = true};
    if (!s3_uri_parse(c->words[0], &at.uri, e))
        return false;
    usage u = {.call = {.c = c}, .at = &at, .is_pattern = place_is_pattern(&at)};
    u.is_pattern &= !c->config->raw;
    bool ok = filter_init(&u.filter, c, e) && sum_up(&u, e);
    if (ok)
        end_folder(&u);
    free(move(u.folder));
    free(move(u.last));
    if (!ok)
        return false;
    for (size_t i = 0; i < u.class_count; i++)
        print_sum(&u, &u.classes[i].sum, at.uri.key, u.classes[i].name);
    print_sum(&u, &u.total, at.uri.key, NULL);
    return print_flush(e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "summarize", .type = OPTION_BOOL, .offset = AT(summarize), .letter = 's',
     .section = "Summing up", .help = "Print the total only."},
    {.key = "by_class", .type = OPTION_BOOL, .offset = AT(by_class), .letter = 'g',
     .alias = "group", .help = "Print one line per storage class instead of per folder."},
    ROW_ALL_VERSIONS, ROW_HUMAN_READABLE, ROWS_OF_FILTERS, ROWS_OF_AGES, ROW_SHARD, ROW_PAGE_SIZE, ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_du = {
    .name = "du",
    .summary = "sum up sizes, by folder or storage class",
    .options =
        SET(rows, "du", "decon-s3 du [OPTION]... s3://BUCKET[/PREFIX]",
            "Sums up the objects whose keys start with PREFIX: size, number and URI of each "
            "folder of the next level, then the total. * and ? in PREFIX match any "
            "characters, and one character. With --all-versions, earlier versions count as objects "
            "too; delete markers do not.",
            "Examples:\n"
            "  decon-s3 du -H s3://my-bucket\n"
            "  decon-s3 du -H --summarize s3://my-bucket/data/\n"
            "  decon-s3 du --by-class 's3://my-bucket/*.gz'\n"),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
