#include <ctype.h>
#include <strings.h>

#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

typedef struct stat_call {
    cli_call call; /* first: cli_finish's */
    const s3_uri *uri;
} stat_call;

#define META        "x-amz-meta-"
#define KNOWN_COUNT 7 /* members of every object; metadata is one more */

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
    print_member *members, *metadata;
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

static void stat_json(const s3_uri *uri, const s3_object *object, const char *when)
{
    AUTO_FREE char *text = xasprintf("s3://%s/%s", uri->bucket, uri->key);
    const char *parts = parts_of(object->etag);
    size_t places = object->metadata_count + KNOWN_COUNT + 1;
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
    const char *parts = parts_of(object->etag);
    if (parts)
        printf("parts: %.*s\n", (int)strspn(parts, "0123456789"), parts);
    if (object->content_type)
        printf("content-type: %s\n", object->content_type);
    printf("storage-class: %s\n", object->storage_class ? object->storage_class : "STANDARD");
    for (size_t i = 0; i < object->metadata_count; i++)
        stat_field(&object->metadata[i]);
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

static bool look(cli *c, const s3_uri *uri, bool checksum, err *e)
{
    stat_call s = {.call = {.c = c}, .uri = uri};
    return cli_await(&s.call,
                     s3_head_version(c->client, uri->bucket, uri->key, c->config->version_id,
                                     checksum, on_head, &s),
                     e);
}

/* Under SSE-KMS, the checksum requires the permission to decrypt; the rest does not. */
static bool stat_one(cli *c, const s3_uri *uri, err *e)
{
    err denied = ERR_INIT;
    if (look(c, uri, true, &denied))
        return true;
    if (denied.http_status == 403 && !c->session->signal_number)
        return look(c, uri, false, e);
    *e = denied;
    return false;
}

static bool run(cli *c, err *e)
{
    return cli_check_version(c, e) && cli_each_object(c, stat_one, e) && print_flush(e);
}

static const option rows[] = {ROW_VERSION_ID, ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command cli_command_stat = {
    .name = "stat",
    .summary = "show size, time, ETag, headers and metadata of objects",
    .options =
        SET(rows, "stat", "decon-s3 stat [OPTION]... s3://BUCKET/KEY...",
            "Prints `name: value` lines for each object: size, time, ETag, number of parts, type, "
            "storage class, then encodings, caching, checksum, encryption and version if the store "
            "returns them, and user metadata as metadata-NAME. `head` is another name of `stat`. * "
            "and ? in a key match any characters, and one "
            "character.",
            "Example:\n  decon-s3 stat s3://my-bucket/train.jsonl.gz\n"),
    .words_min = 1,
    .words_max = 100000,
    .needs_client = true,
    .run = run,
};
