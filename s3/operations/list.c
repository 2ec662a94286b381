/* ListObjectsV2 or ListObjectVersions, all pages. */
#include "s3/operations/list.h"

#include "decon/base/log.h"
#include "s3/client/client.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/operations/list_page.h"

/* A page is received completely (at most 1,000 keys) and checked before any of it is passed on. */
#define PAGE_MAX_BYTES  ((size_t)16 * 1024 * 1024)
#define QUERY_MAX_BYTES ((size_t)32 * 1024)

typedef struct list_op {
    s3_op_base op;
    s3_request request;
    s3_list_options options;
    char *bucket, *prefix, *delimiter;
    char *token;         /* of the next page; of versions, a key */
    char *token_version; /* with a key, or NULL */
    buf query;
    list_contract contract;
    list_page page;
    size_t repeat_count;

    bool held, waiting; /* held: do not request the next page; waiting: it would be requested now */
} list_op;

static void list_free(op *p)
{
    list_op *o = (list_op *)p;
    s3_request_cancel(&o->request);
    contract_deinit(&o->contract);
    page_deinit(&o->page);
    buf_deinit(&o->query);
    char *strings[] = {o->bucket, o->prefix, o->delimiter, o->token, o->token_version};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(o);
}

static const op_kind list_kind = {.free = list_free};

static void list_end(list_op *o, const err *e)
{
    bool silent = e && e->code == ERR_CANCELLED;
    if (o->repeat_count > 0)
        log_warn("s3://%s/%s: %s: %zu keys were listed twice consecutively and are counted once",
                 o->bucket, o->prefix ? o->prefix : "", o->request.operation, o->repeat_count);
    op_finish(&o->op.base, silent ? NULL : e);
}

/* --- a page --- */

/* Checks a complete page; a truncated page is requested again. */
static bool list_check(void *ctx, s3_request *r, err *e)
{
    list_op *o = ctx;
    if (page_read(&o->page, buf_slice(&r->reply), &o->contract, e))
        return true;
    if (e->code == ERR_PARSE)
        e->cls = ERR_CLASS_RETRY;
    return false;
}

static bool hand_unusable(list_op *o, const char *encoded, err *e)
{
    if (o->options.on_unusable)
        return o->options.on_unusable(o->options.ctx, encoded, e);
    return err_set(e, ERR_S3_REPLY,
                   "%s: the key '%.200s' (URL-encoded) has a NUL character, which this client "
                   "cannot handle; remove or rename it with another one",
                   o->request.operation, encoded);
}

static bool hand_entry(list_op *o, const page_entry *it, err *e)
{
    const char *key = page_text(&o->page, it->key);
    if (it->has_nul)
        return hand_unusable(o, key, e);
    if (it->is_prefix)
        return !o->options.on_prefix || o->options.on_prefix(o->options.ctx, key, e);
    s3_object object = {.key = key,
                        .size_bytes = it->size_bytes,
                        .last_modified_s = it->last_modified_s,
                        .etag = page_text(&o->page, it->etag),
                        .storage_class = page_text(&o->page, it->storage_class),
                        .version_id = page_text(&o->page, it->version),
                        .is_latest = it->is_latest || !it->version,
                        .is_delete_marker = it->is_marker};
    return !o->options.on_object || o->options.on_object(o->options.ctx, &object, e);
}

static bool hand_page(list_op *o, err *e)
{
    o->repeat_count += o->page.repeat_count;
    for (size_t i = 0; i < o->page.count; i++)
        if (!o->page.entries[i].is_repeat && !hand_entry(o, &o->page.entries[i], e))
            return false;
    return true;
}

/* --- page after page --- */

static void add_parameter(list_op *o, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    buf_printf(&o->query, "&%s=", name);
    s3_uri_encode(slice_from(value), false, &o->query);
}

static void ask_page(list_op *o)
{
    unsigned page = o->options.page_size ? MIN(o->options.page_size, 1000U) : 1000;
    buf_clear(&o->query);
    bool versions = o->options.all_versions;
    buf_printf(&o->query, "%s&encoding-type=url&max-keys=%u",
               versions ? "versions=" : "list-type=2", page);
    add_parameter(o, "prefix", o->prefix);
    add_parameter(o, "delimiter", o->delimiter);
    add_parameter(o, versions ? "key-marker" : "continuation-token", o->token);
    add_parameter(o, "version-id-marker", o->token_version);
    o->request.query = buf_str(&o->query);
    s3_request_start(o->op.client, &o->request);
}

static void list_done(void *ctx, s3_request *r, const err *e)
{
    list_op *o = ctx;
    err failure = ERR_INIT;
    char name[S3_NAME_SIZE];
    if (e) {
        list_end(o, e);
        return;
    }
    if (!hand_page(o, &failure)) {
        s3_name(o->bucket, o->prefix, name);
        if (failure.code != ERR_CANCELLED)
            err_context(&failure, "%s", name);
        list_end(o, &failure);
        return;
    }
    if (!o->page.truncated) {
        list_end(o, NULL);
        return;
    }
    free(o->token);
    free(o->token_version);
    o->token = xstrdup(page_text(&o->page, o->page.token));
    o->token_version = xstrdup_or_null(page_text(&o->page, o->page.next_version));
    s3_request_cancel(r); /* releases the page */
    if (o->held)
        o->waiting = true;
    else
        ask_page(o);
}

void s3_list_hold(s3_op *list)
{
    ((list_op *)list)->held = true;
}

void s3_list_resume(s3_op *list)
{
    list_op *o = (list_op *)list;
    o->held = false;
    if (o->waiting)
        ask_page(o);
    o->waiting = false;
}

s3_op *s3_list(s3_client *c, const s3_list_options *options)
{
    list_op *o = s3_op_new(c, &list_kind, sizeof *o);
    o->options = *options;
    o->op.base.on_done = options->on_done;
    o->op.base.ctx = options->ctx;
    o->bucket = xstrdup(options->bucket);
    o->prefix = options->prefix ? xstrdup(options->prefix) : NULL;
    o->delimiter = options->delimiter ? xstrdup(options->delimiter) : NULL;
    buf_init(&o->query, QUERY_MAX_BYTES);
    page_init(&o->page, options->all_versions);
    contract_init(&o->contract, o->page.form->operation, o->bucket, o->prefix, o->delimiter,
                  c->listing_order == S3_LISTING_ORDER_BYTES);
    o->request = (s3_request){.operation = o->page.form->operation,
                              .method = "GET",
                              .bucket = o->bucket,
                              .reply_max_bytes = PAGE_MAX_BYTES,
                              .on_check = list_check,
                              .on_done = list_done,
                              .ctx = o};
    ask_page(o);
    return op_started(&o->op.base);
}
