/* head as s5cmd prints it: one JSON object. */
#include <ctype.h>
#include <strings.h>

#include "s3/cli/commands/option_rows.h"
#include "base/util.h"
#include "s3/cli/s5cmd/style.h"
#include "s3/cli/s5cmd/translate.h"
#include "s3/cli/session/print.h"

#define META           "x-amz-meta-"
#define METADATA_MAX   256
#define METADATA_NAMES 128

typedef struct heading {
    cli_call call; /* first */
    const char *word;
} heading;

typedef struct metadata {
    print_member members[METADATA_MAX];
    char names[METADATA_MAX][METADATA_NAMES];
    size_t count;
} metadata;

static const char *header_of(const s3_object *object, const char *name)
{
    for (size_t i = 0; i < object->metadata_count; i++)
        if (strcasecmp(object->metadata[i].name, name) == 0)
            return object->metadata[i].value;
    return NULL;
}

/* Header names have no case: small letters, as in s5cmd. */
static void set_name(char *out, const char *name)
{
    snprintf(out, METADATA_NAMES, "%s", name);
    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
}

static void collect(const s3_object *object, metadata *m)
{
    for (size_t i = 0; i < object->metadata_count && m->count < METADATA_MAX; i++) {
        const http_header *h = &object->metadata[i];
        if (strncasecmp(h->name, META, strlen(META)) != 0)
            continue;
        set_name(m->names[m->count], h->name + strlen(META));
        m->members[m->count] = (print_member){.name = m->names[m->count], .text = h->value};
        m->count++;
    }
}

static void print_object(const char *word, const s3_object *object)
{
    char when[S5CMD_TIME_SIZE], etag[128] = "";
    const char *encryption = header_of(object, "x-amz-server-side-encryption");
    const char *version = header_of(object, "x-amz-version-id");
    AUTO_FREE metadata *m = xcalloc(1, sizeof *m);
    collect(object, m);
    s5cmd_time(object->last_modified_s, true, when);
    if (object->etag)
        snprintf(etag, sizeof etag, "%.*s", (int)strcspn(object->etag + 1, "\""), object->etag + 1);
    const print_member members[] = {
        {.name = "key", .text = word},
        {.name = "content_type", .text = object->content_type, .absent = !object->content_type},
        {.name = "server_side_encryption", .text = encryption, .absent = !encryption},
        {.name = "last_modified", .text = when},
        {.name = "size", .number = object->size_bytes, .absent = object->size_bytes == 0},
        {.name = "storage_class",
         .text = object->storage_class ? object->storage_class : "STANDARD"},
        {.name = "version_id", .text = version, .absent = !version},
        {.name = "etag", .text = etag, .absent = !etag[0]},
        {.name = "metadata", .members = m->members, .member_count = m->count},
    };
    print_json(members, ARRAY_LEN(members));
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    heading *h = ctx;
    if (!error)
        print_object(h->word, object);
    cli_finish(&h->call, error);
}

static void on_bucket(void *ctx, const err *error)
{
    heading *h = ctx;
    if (!error) {
        const print_member members[] = {{.name = "bucket", .text = h->word}};
        print_json(members, ARRAY_LEN(members));
    }
    cli_finish(&h->call, error);
}

static bool run(cli *c, err *e)
{
    AUTO(s3_uri) uri = {0};
    heading h = {.call = {.c = c}, .word = c->words[0]};
    if (!s3_uri_parse(c->words[0], &uri, e))
        return false;
    s3_op *op = uri.key[0] ? s3_head_version(c->client, uri.bucket, uri.key, c->config->version_id,
                                             false, on_head, &h)
                           : s3_head_bucket(c->client, uri.bucket, on_bucket, &h);
    return cli_await(&h.call, op, e) && print_flush(e);
}

static const option rows[] = {ROW_VERSION_ID, ROW_RAW, ROWS_OF_CLIENTS, ROWS_OF_ALL};

const cli_command s5cmd_command_head = {
    .name = "head",
    .options = SET(rows, "head", "s5cmd head s3://BUCKET[/KEY]", NULL, NULL),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
