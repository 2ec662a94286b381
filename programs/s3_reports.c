#include "programs/s3_reports.h"

#include <unistd.h>

#include "base/util.h"
#include "decon/s3/uri.h"

#define REQUESTS               16
#define TERMINAL_START_WAIT_MS 5000

static void run_loop(void *ctx, const bool *done)
{
    loop_run(ctx, done);
}

static bool open_store(s3_reports *r, err *e)
{
    s3_config settings = {.max_in_flight = REQUESTS,
                          .start_wait_ms = isatty(STDERR_FILENO) ? TERMINAL_START_WAIT_MS : 0,
                          .getenv_fn = s3_environment};
    AUTO_FREE char *ca_bundle = s3_config_ca_bundle(&settings);
    if (r->client)
        return true;
    r->loop = loop_new(&(loop_options){.max_connections = REQUESTS + 8,
                                       .verify_tls = true,
                                       .ca_bundle = ca_bundle},
                       e);
    if (!r->loop)
        return false;
    r->client = s3_client_new(loop_transport(r->loop), &settings, e);
    r->session = (store_session){.env = {.transport = loop_transport(r->loop),
                                         .run_until = run_loop,
                                         .run_ctx = r->loop,
                                         .getenv_fn = s3_environment},
                                 .s3 = r->client};
    return r->client != NULL;
}

/* --- list --- */

typedef struct list_call {
    const s3_uri *uri;
    bool (*each)(void *each_ctx, const char *name, uint64_t size_bytes, err *e);
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
    return call->each(call->each_ctx, name, object->size_bytes, e);
}

static bool list(void *ctx, const char *uri,
                 bool (*each)(void *each_ctx, const char *name, uint64_t size_bytes, err *e),
                 void *each_ctx, err *e)
{
    s3_reports *r = ctx;
    AUTO(s3_uri) at = {0};
    if (!s3_uri_parse(uri, &at, e) || !open_store(r, e))
        return false;
    list_call call = {.uri = &at, .each = each, .each_ctx = each_ctx};
    return store_session_list(&r->session, at.bucket, at.key, on_object, &call, e);
}

/* --- read --- */

static char **keys_of(const s3_uri *at, const report_store_names *names)
{
    char **keys = xcalloc(names->count + 1, sizeof *keys);
    for (size_t i = 0; i < names->count; i++) {
        bool joined = *names->names[i] == '\0' || !*at->key || str_ends_with(at->key, "/");
        keys[i] = xasprintf("%s%s%s", at->key, joined ? "" : "/", names->names[i]);
    }
    return keys;
}

static bool read_objects(void *ctx, const char *uri, const report_store_names *names,
                         void (*take)(void *take_ctx, size_t index, slice piece, bool last,
                                      const err *error),
                         void *take_ctx, err *e)
{
    s3_reports *r = ctx;
    AUTO(s3_uri) at = {0};
    if (!s3_uri_parse(uri, &at, e) || !open_store(r, e))
        return false;
    char **keys = keys_of(&at, names);
    const store_fetch fetch = {.bucket = at.bucket,
                               .keys = (const char *const *)keys,
                               .sizes = names->sizes,
                               .count = names->count,
                               .take = take,
                               .ctx = take_ctx};
    store_session_fetch(&r->session, &fetch);
    for (size_t i = 0; i < names->count; i++)
        free(keys[i]);
    free(keys);
    return true;
}

void s3_reports_init(s3_reports *r)
{
    *r = (s3_reports){.store = {.list = list, .read = read_objects, .ctx = r}};
}

void s3_reports_deinit(s3_reports *r)
{
    s3_client_free(r->client);
    loop_free(r->loop);
    *r = (s3_reports){0};
}
