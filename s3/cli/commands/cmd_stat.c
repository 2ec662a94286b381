#include <ctype.h>
#include <strings.h>

#include "decon/base/log.h"
#include "decon/s3/tags.h"
#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

typedef struct stat_call {
    cli_call call; /* first: cli_finish's */
    const s3_uri *uri;
    /* a copy of the reply, until its tags are known */
    s3_object object;
    s3_fields fields;
    char *etag, *storage_class, *content_type;
} stat_call;

static void stat_call_deinit(stat_call *s)
{
    s3_fields_deinit(&s->fields);
    free(s->etag);
    free(s->storage_class);
    free(s->content_type);
}
DEFINE_AUTO(stat_call, stat_call_deinit)

/* Tags of the object; items NULL: it has none, or they must not be read. */
typedef struct stat_tags {
    const s3_tag *items;
    size_t count;
} stat_tags;

#define META        "x-amz-meta-"
#define KNOWN_COUNT 7 /* members of every object; metadata and tags are two more */

static bool is_metadata(const http_header *h)
{
    return strncasecmp(h->name, META, strlen(META)) == 0;
}

/* An ETag of a multipart upload ends in the number of parts. */
static const char *parts_of(const char *etag)
{
    const char *dash = etag ? strrchr(etag, '-') : NULL;
    size_t digits = dash ? strspn(dash + 1, "0123456789") : 0;
    bool ends = digits > 0 && (!dash[1 + digits] || str_equal(dash + 1 + digits, "\""));
    return ends ? dash + 1 : NULL;
}

static bool is_shown_already(const http_header *h)
{
    return strcasecmp(h->name, "Content-Type") == 0;
}

/* Lower case, for JSON (`content_encoding`) and for lines (`content-encoding`). */
static char *small_name(const char *name, char dash)
{
    char *small = xstrdup(name);
    for (char *p = small; *p; p++)
        *p = *p == '-' ? dash : (char)tolower((unsigned char)*p);
    return small;
}

/* Each array has space for all fields of the object. */
typedef struct stat_members {
    print_member *members, *metadata, *tags;
    char **names;
    size_t count, metadata_count, name_count;
} stat_members;

static void stat_members_deinit(stat_members *m)
{
    for (size_t i = 0; i < m->name_count; i++)
        free(m->names[i]);
    free(m->names);
    free(m->members);
    free(m->metadata);
    free(m->tags);
}
DEFINE_AUTO(stat_members, stat_members_deinit)

static void add_field(stat_members *m, const http_header *h)
{
    if (is_shown_already(h))
        return;
    bool meta = is_metadata(h);
    char *name = meta ? small_name(h->name + strlen(META), '-') : small_name(h->name, '_');
    m->names[m->name_count++] = name;
    const char *shown = str_starts_with(name, "x_amz_") ? name + strlen("x_amz_") : name;
    print_member member = {.name = meta ? name : shown, .text = h->value};
    if (meta)
        m->metadata[m->metadata_count++] = member;
    else
        m->members[m->count++] = member;
}

static void add_tags(stat_members *m, const stat_tags *tags)
{
    m->tags = xcalloc(tags->count + 1, sizeof *m->tags);
    for (size_t i = 0; i < tags->count; i++)
        m->tags[i] = (print_member){.name = tags->items[i].key, .text = tags->items[i].value};
    if (tags->count > 0)
        m->members[m->count++] =
            (print_member){.name = "tags", .members = m->tags, .member_count = tags->count};
}

static void stat_json(const s3_uri *uri, const s3_object *object, const stat_tags *tags,
                      const char *when)
{
    AUTO_FREE char *text = xasprintf("s3://%s/%s", uri->bucket, uri->key);
    const char *parts = parts_of(object->etag);
    size_t places = object->metadata_count + KNOWN_COUNT + 2;
    AUTO(stat_members)
    m = {.members = xcalloc(places, sizeof *m.members),
         .metadata = xcalloc(places, sizeof *m.metadata),
         .names = xcalloc(places, sizeof *m.names)};
    const print_member known[KNOWN_COUNT] = {
        {.name = "uri", .text = text},
        {.name = "size", .number = object->size_bytes},
        {.name = "modified", .text = when},
        {.name = "etag", .text = object->etag, .absent = !object->etag},
        {.name = "parts", .number = parts ? strtoull(parts, NULL, 10) : 0, .absent = !parts},
        {.name = "content_type", .text = object->content_type, .absent = !object->content_type},
        {.name = "storage_class",
         .text = object->storage_class ? object->storage_class : "STANDARD"},
    };
    memcpy(m.members, known, sizeof known);
    m.count = KNOWN_COUNT;
    for (size_t i = 0; i < object->metadata_count; i++)
        add_field(&m, &object->metadata[i]);
    if (m.metadata_count > 0)
        m.members[m.count++] = (print_member){
            .name = "metadata", .members = m.metadata, .member_count = m.metadata_count};
    add_tags(&m, tags);
    print_json(m.members, m.count);
}

static void stat_field(const http_header *h)
{
    if (is_shown_already(h))
        return;
    AUTO_FREE char *name = small_name(h->name, '-');
    bool meta = is_metadata(h);
    const char *shown = meta                              ? name + strlen(META)
                        : str_starts_with(name, "x-amz-") ? name + strlen("x-amz-")
                                                          : name;
    printf("%s%s: ", meta ? "metadata-" : "", shown);
    print_key(h->value, stdout);
    putchar('\n');
}

static void stat_lines(const s3_uri *uri, const s3_object *object, const stat_tags *tags,
                       const char *when)
{
    char size[32];
    format_size(object->size_bytes, size, sizeof size);
    printf("uri: s3://%s/", uri->bucket);
    print_key(uri->key, stdout);
    printf("\nsize: %llu (%s)\nmodified: %s UTC\n", (unsigned long long)object->size_bytes, size,
           when);
    if (object->etag)
        printf("etag: %s\n", object->etag);
    const char *parts = parts_of(object->etag);
    if (parts)
        printf("parts: %.*s\n", (int)strspn(parts, "0123456789"), parts);
    if (object->content_type)
        printf("content-type: %s\n", object->content_type);
    printf("storage-class: %s\n", object->storage_class ? object->storage_class : "STANDARD");
    for (size_t i = 0; i < object->metadata_count; i++)
        stat_field(&object->metadata[i]);
    for (size_t i = 0; i < tags->count; i++) {
        fputs("tag-", stdout);
        print_key(tags->items[i].key, stdout);
        fputs(": ", stdout);
        print_key(tags->items[i].value, stdout);
        putchar('\n');
    }
}

static void print_object(const stat_call *s, const stat_tags *tags)
{
    char when[PRINT_TIME_SIZE];
    print_time(s->object.last_modified_s, when, sizeof when);
    if (s->call.c->config->json)
        stat_json(s->uri, &s->object, tags, when);
    else
        stat_lines(s->uri, &s->object, tags, when);
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    stat_call *s = ctx;
    if (!error) {
        s->object = *object;
        s3_fields_add(&s->fields, object->metadata, object->metadata_count);
        s->object.metadata = s->fields.items;
        s->object.metadata_count = s->fields.count;
        s->object.etag = s->etag = xstrdup_or_null(object->etag);
        s->object.storage_class = s->storage_class = xstrdup_or_null(object->storage_class);
        s->object.content_type = s->content_type = xstrdup_or_null(object->content_type);
    }
    cli_finish(&s->call, error);
}

static bool look(stat_call *s, bool checksum, err *e)
{
    const cli *c = s->call.c;
    s->call = (cli_call){.c = s->call.c};
    return cli_await(&s->call,
                     s3_head_version(c->client, s->uri->bucket, s->uri->key, c->config->version_id,
                                     checksum, on_head, s),
                     e);
}

static void on_tags(void *ctx, const s3_tag *tags, size_t count, const err *error)
{
    stat_call *s = ctx;
    if (!error)
        print_object(s, &(stat_tags){tags, count});
    cli_finish(&s->call, error);
}

/* Tags need a separate permission; without it, only their number is shown. */
static bool show(stat_call *s, err *e)
{
    const cli *c = s->call.c;
    err denied = ERR_INIT;
    s->call = (cli_call){.c = s->call.c};
    if (s3_headers_count_tags(s->fields.items, s->fields.count)) {
        if (cli_await(&s->call,
                      s3_get_tags(c->client, s->uri->bucket, s->uri->key, c->config->version_id,
                                  on_tags, s),
                      &denied))
            return true;
        if (denied.http_status != 403 && denied.http_status != 501) {
            *e = denied;
            return false;
        }
        log_info("%s: its tags are not shown", denied.message);
    }
    print_object(s, &(stat_tags){0});
    return true;
}

/* Under SSE-KMS, the checksum requires the permission to decrypt; the rest does not. */
static bool stat_one(void *ctx, cli *c, const s3_uri *uri, err *e)
{
    UNUSED(ctx);
    AUTO(stat_call) s = {.call = {.c = c}, .uri = uri};
    err denied = ERR_INIT;
    if (look(&s, true, &denied))
        return show(&s, e);
    if (denied.http_status == 403 && !c->session->signal_number)
        return look(&s, false, e) && show(&s, e);
    *e = denied;
    return false;
}

static bool run(cli *c, err *e)
{
    return cli_check_version(c, e) && cli_each_object(c, stat_one, NULL, e) && print_flush(e);
}

static const option rows[] = {ROW_VERSION_ID, ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command cli_command_stat = {
    .name = "stat",
    .summary = "show size, time, ETag, headers and metadata of objects",
    .options =
        SET(rows, "stat", "decon-s3 stat [OPTION]... s3://BUCKET/KEY...",
            "Prints `name: value` lines for each object: size, time, ETag, number of parts, type, "
            "storage class, then encodings, caching, checksum, encryption and version if the store "
            "returns them, user metadata as metadata-NAME, and tags as tag-KEY. `head` is another "
            "name of `stat`. * "
            "and ? in a key match any characters, and one "
            "character.",
            "Example:\n  decon-s3 stat s3://my-bucket/train.jsonl.gz\n"),
    .words_min = 1,
    .words_max = 100000,
    .needs_client = true,
    .run = run,
};
