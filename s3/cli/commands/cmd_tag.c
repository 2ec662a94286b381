#include "decon/s3/tags.h"
#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"
#include "s3/protocol/tags.h"

typedef struct tagging {
    cli_call call; /* first: cli_on_done's */
    const s3_uri *uri;
    bool changes;
    s3_tags tags; /* the new ones */
} tagging;

static void tagging_deinit(tagging *t)
{
    s3_tags_deinit(&t->tags);
}
DEFINE_AUTO(tagging, tagging_deinit)

/* --- showing --- */

static void print_tags_json(const char *uri, const s3_tag *tags, size_t count)
{
    AUTO_FREE print_member *texts = xcalloc(count + 1, sizeof *texts);
    for (size_t i = 0; i < count; i++)
        texts[i] = (print_member){.name = tags[i].key, .text = tags[i].value};
    const print_member members[] = {
        {.name = "uri", .text = uri},
        {.name = "tags", .members = texts, .member_count = count},
    };
    print_json(members, ARRAY_LEN(members));
}

static void print_tags(const char *uri, const s3_tag *tags, size_t count)
{
    fputs("uri: ", stdout);
    print_key(uri, stdout);
    putchar('\n');
    for (size_t i = 0; i < count; i++) {
        fputs("tag-", stdout);
        print_key(tags[i].key, stdout);
        fputs(": ", stdout);
        print_key(tags[i].value, stdout);
        putchar('\n');
    }
}

static void on_tags(void *ctx, const s3_tag *tags, size_t count, const err *error)
{
    tagging *t = ctx;
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", t->uri->bucket, t->uri->key);
    if (!error && t->call.c->config->json)
        print_tags_json(uri, tags, count);
    else if (!error)
        print_tags(uri, tags, count);
    cli_finish(&t->call, error);
}

static bool show(void *ctx, cli *c, const s3_uri *uri, err *e)
{
    tagging *t = ctx;
    t->call = (cli_call){.c = c};
    t->uri = uri;
    return cli_await(
        &t->call, s3_get_tags(c->client, uri->bucket, uri->key, c->config->version_id, on_tags, t),
        e);
}

/* --- setting --- */

static bool set(void *ctx, cli *c, const s3_uri *uri, err *e)
{
    tagging *t = ctx;
    const char *version = c->config->version_id;
    AUTO_FREE char *name = xasprintf("s3://%s/%s", uri->bucket, uri->key);
    t->call = (cli_call){.c = c};
    if (!c->config->dry_run &&
        !cli_await(&t->call,
                   s3_set_tags(c->client, uri->bucket, uri->key, version, t->tags.items,
                               t->tags.count, cli_on_done, &t->call),
                   e))
        return false;
    print_done(c, &(print_result){.operation = "tag",
                                  .from = name,
                                  .version = version,
                                  .reason = t->tags.count == 0 ? "tags removed" : NULL,
                                  .size_bytes = PRINT_NO_SIZE});
    return true;
}

/* --- arguments --- */

static bool is_uri(const char *word)
{
    return str_starts_with(word, "s3://");
}

static bool add_word(tagging *t, const char *word, err *e)
{
    const char *equals = strchr(word, '=');
    if (is_uri(word))
        return err_set(e, ERR_USAGE, "%s: name the objects before the tags", word);
    if (!equals)
        return err_set(e, ERR_USAGE, "%s: is neither s3://BUCKET/KEY nor KEY=VALUE", word);
    AUTO_FREE char *key = xstrndup(word, (size_t)(equals - word));
    return s3_tags_add(&t->tags, key, equals + 1, e);
}

/* The words after the URIs are tags. */
static bool take_words(tagging *t, cli *c, err *e)
{
    int objects = 0;
    const char *text = c->config->described.tagging;
    while (objects < c->word_count && is_uri(c->words[objects]))
        objects++;
    for (int i = objects; i < c->word_count; i++)
        if (!add_word(t, c->words[i], e))
            return false;
    if (objects == 0)
        return err_set(e, ERR_USAGE, "no object is named; write s3://BUCKET/KEY before the tags");
    if (text && t->tags.count > 0)
        return err_set(e, ERR_USAGE, "give the tags as KEY=VALUE or by --tagging, not by both");
    if (text && !s3_tags_parse(text, &t->tags, e))
        return err_context(e, "--tagging");
    t->changes = text || t->tags.count > 0;
    c->word_count = objects;
    return true;
}

static bool run(cli *c, err *e)
{
    AUTO(tagging) t = {0};
    return take_words(&t, c, e) && cli_check_version(c, e) &&
           cli_each_object(c, t.changes ? set : show, &t, e) && print_flush(e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "tagging", .type = OPTION_STRING, .offset = AT(described.tagging), .metavar = "TAGS", .alias = "tags",
     .section = "Tagging", .help = "The tags as KEY=VALUE&KEY=VALUE, URL-encoded; --tagging= removes all tags."},
    ROW_VERSION_ID, ROW_DRY_RUN, ROW_QUIET, ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_tag = {
    .name = "tag",
    .summary = "show or replace the tags of objects",
    .options = SET(
        rows, "tag", "decon-s3 tag [OPTION]... s3://BUCKET/KEY... [KEY=VALUE]...",
        "Without KEY=VALUE, shows the tags of the objects. With them, replaces all tags of each "
        "object; earlier tags that are not repeated are removed. A key that contains = needs "
        "--tagging. * and ? in the key of an object match any characters, and one character.",
        "Examples:\n"
        "  decon-s3 tag s3://my-bucket/train.jsonl.gz\n"
        "  decon-s3 tag s3://my-bucket/train.jsonl.gz team=corpus stage=raw\n"
        "  decon-s3 tag --dry-run 's3://my-bucket/old/*' expire=yes\n"
        "  decon-s3 tag --tagging= s3://my-bucket/train.jsonl.gz\n"),
    .words_min = 1,
    .words_max = 100000,
    .needs_client = true,
    .run = run,
};
