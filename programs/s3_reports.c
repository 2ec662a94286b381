#include "programs/s3_reports.h"

#include <unistd.h>

#include "base/util.h"
#include "decon/s3/uri.h"
#include "programs/s3_report_writes.h"

#define REQUESTS               16
#define TERMINAL_START_WAIT_MS 5000

static void run_loop(void *ctx, const bool *done)
{
    loop_run(ctx, done);
}

bool s3_reports_open(s3_reports_link *l, err *e)
{
    s3_config settings = {.max_in_flight = REQUESTS,
                          .start_wait_ms = isatty(STDERR_FILENO) ? TERMINAL_START_WAIT_MS : 0,
                          .getenv_fn = s3_environment};
    AUTO_FREE char *ca_bundle = s3_config_ca_bundle(&settings);
    if (l->client)
        return true;
    l->loop = loop_new(&(loop_options){.max_connections = REQUESTS + 8,
                                       .verify_tls = true,
                                       .ca_bundle = ca_bundle},
                       e);
    if (!l->loop)
        return false;
    l->client = s3_client_new(loop_transport(l->loop), &settings, e);
    l->session = (store_session){.env = {.transport = loop_transport(l->loop),
                                         .run_until = run_loop,
                                         .run_ctx = l->loop,
                                         .getenv_fn = s3_environment},
                                 .s3 = l->client};
    return l->client != NULL;
}

/* --- list --- */

typedef struct list_call {
    const s3_uri *uri;
    bool (*each)(void *each_ctx, const report_store_entry *entry, err *e);
    void *each_ctx;
} list_call;

/* The part of a key below the folder; "" for the object itself; NULL for a neighbour whose name only
 * begins with that of the folder. */
static const char *name_below(const char *folder, const char *key)
{
    size_t len = strlen(folder);
    if (len == 0 || folder[len - 1] == '/')
        return key + len;
    if (key[len] == '\0')
        return key + len;
    return key[len] == '/' ? key + len + 1 : NULL;
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    const list_call *call = ctx;
    const char *name = name_below(call->uri->key, object->key);
    if (!name || str_ends_with(object->key, "/"))
        return true;
    report_store_entry entry = {
        .name = name, .size_bytes = object->size_bytes, .etag = object->etag ? object->etag : ""};
    return call->each(call->each_ctx, &entry, e);
}

static bool list(void *ctx, const char *uri,
                 bool (*each)(void *each_ctx, const report_store_entry *entry, err *e),
                 void *each_ctx, err *e)
{
    s3_reports *r = ctx;
    AUTO(s3_uri) at = {0};
    if (!s3_uri_parse(uri, &at, e) || !s3_reports_open(&r->reads, e))
        return false;
    list_call call = {.uri = &at, .each = each, .each_ctx = each_ctx};
    return store_session_list(&r->reads.session, at.bucket, at.key, on_object, &call, e);
}

/* --- read --- */

char *s3_reports_key(const s3_uri *at, const char *name)
{
    bool joined = *name == '\0' || !*at->key || str_ends_with(at->key, "/");
    return xasprintf("%s%s%s", at->key, joined ? "" : "/", name);
}

static char **keys_of(const s3_uri *at, const report_store_names *names)
{
    char **keys = xcalloc(names->count + 1, sizeof *keys);
    for (size_t i = 0; i < names->count; i++)
        keys[i] = s3_reports_key(at, names->names[i]);
    return keys;
}

static bool read_objects(void *ctx, const char *uri, const report_store_names *names,
                         void (*take)(void *take_ctx, size_t index, slice piece, bool last,
                                      const err *error),
                         void *take_ctx, err *e)
{
    s3_reports *r = ctx;
    AUTO(s3_uri) at = {0};
    if (!s3_uri_parse(uri, &at, e) || !s3_reports_open(&r->reads, e))
        return false;
    char **keys = keys_of(&at, names);
    const store_fetch fetch = {.bucket = at.bucket,
                               .keys = (const char *const *)keys,
                               .sizes = names->sizes,
                               .count = names->count,
                               .take = take,
                               .ctx = take_ctx};
    store_session_fetch(&r->reads.session, &fetch);
    for (size_t i = 0; i < names->count; i++)
        free(keys[i]);
    free(keys);
    return true;
}

void s3_reports_init(s3_reports *r)
{
    *r = (s3_reports){.store = {.list = list,
                                .read = read_objects,
                                .check_writes = s3_report_check_writes,
                                .write = s3_report_write,
                                .find = s3_report_find,
                                .remove = s3_report_remove,
                                .ctx = r}};
}

static void close_link(s3_reports_link *l)
{
    s3_client_free(l->client);
    loop_free(l->loop);
}

void s3_reports_deinit(s3_reports *r)
{
    close_link(&r->writes);
    close_link(&r->reads);
    *r = (s3_reports){0};
}
