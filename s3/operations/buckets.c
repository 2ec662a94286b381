/* ListBuckets, all pages. */
#include "decon/s3/buckets.h"

#include "s3/client/client.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/operations/list_contract.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/xml.h"

#define PAGE_MAX_BYTES  ((size_t)4 * 1024 * 1024)
#define QUERY_MAX_BYTES ((size_t)32 * 1024)
#define ROOT            "ListAllMyBucketsResult"

typedef struct buckets_op {
    s3_op_base op;
    s3_request request;
    s3_list_buckets_options options;
    char *token; /* of the next page; NULL: last page */
    buf query;
    list_contract contract;
    char *last;     /* the previous bucket */
    char *boundary; /* the last one of the previous page; NULL: this is the first page */

    /* the current page */
    bool whole;
    char *name;
    int64_t created_s;
} buckets_op;

static void buckets_free(op *p)
{
    buckets_op *o = (buckets_op *)p;
    s3_request_cancel(&o->request);
    buf_deinit(&o->query);
    contract_deinit(&o->contract);
    free(o->token);
    free(o->name);
    free(o->last);
    free(o->boundary);
    free(o);
}

static const op_kind buckets_kind = {.free = buckets_free};

static void buckets_end(buckets_op *o, const err *e)
{
    bool silent = e && e->code == ERR_CANCELLED;
    op_finish(&o->op.base, silent ? NULL : e);
}

static bool survey_element(void *ctx, const char *path, const char *text, err *e)
{
    buckets_op *o = ctx;
    UNUSED(text), UNUSED(e);
    o->whole |= str_equal(path, ROOT "/Buckets");
    return true;
}

/* Checks a page before any of it is passed on; a truncated page is requested again. */
static bool buckets_check(void *ctx, s3_request *r, err *e)
{
    buckets_op *o = ctx;
    o->whole = false;
    if (!s3_xml_read(buf_slice(&r->reply), survey_element, o, e)) {
        err_context(e, "ListBuckets: the store's reply");
        if (e->code == ERR_PARSE)
            e->cls = ERR_CLASS_RETRY;
        return false;
    }
    return o->whole || err_set(e, ERR_S3_REPLY,
                               "ListBuckets: the reply is not a list of buckets (is this an S3 "
                               "store?)");
}

static void keep(char **to, const char *text)
{
    free(*to);
    *to = xstrdup(text);
}

static bool hand_bucket(buckets_op *o, err *e)
{
    AUTO_FREE char *name = move(o->name);
    int64_t created_s = o->created_s;
    o->created_s = 0;
    if (!name || !*name)
        return err_set(e, ERR_S3_REPLY, "ListBuckets: the reply has a bucket without a name");
    bool is_repeat = str_equal(name, o->last);
    if (!is_repeat && o->boundary && strcmp(name, o->boundary) <= 0)
        return err_set(
            e, ERR_S3_REPLY,
            "ListBuckets: the bucket '%.64s' is listed again: the token does not advance", name);
    keep(&o->last, name);
    return is_repeat || o->options.on_bucket(o->options.ctx, name, created_s, e);
}

static bool take_name(buckets_op *o, const char *text, err *e)
{
    if (o->name && strcmp(o->name, text) != 0)
        return err_set(e, ERR_S3_REPLY,
                       "ListBuckets: the reply has a bucket with two Names ('%.64s', '%.64s')",
                       o->name, text);
    keep(&o->name, text);
    return true;
}

static bool hand_element(void *ctx, const char *path, const char *text, err *e)
{
    buckets_op *o = ctx;
    static const char bucket[] = ROOT "/Buckets/Bucket";
    if (str_equal(path, ROOT "/ContinuationToken"))
        keep(&o->token, text);
    else if (str_equal(path, ROOT "/Buckets/Bucket/Name"))
        return take_name(o, text, e);
    else if (str_equal(path, ROOT "/Buckets/Bucket/CreationDate"))
        return s3_when_parse(text, &o->created_s) ||
               err_set(e, ERR_S3_REPLY, "ListBuckets: '%s' is not a date", text);
    else if (str_equal(path, bucket))
        return hand_bucket(o, e);
    return true;
}

static void ask_page(buckets_op *o)
{
    buf_clear(&o->query);
    buf_append_str(&o->query, "max-buckets=1000");
    if (o->token) {
        buf_append_str(&o->query, "&continuation-token=");
        s3_uri_encode(slice_from(o->token), false, &o->query);
    }
    o->request.query = buf_str(&o->query);
    s3_request_start(o->op.client, &o->request);
}

static void buckets_done(void *ctx, s3_request *r, const err *e)
{
    buckets_op *o = ctx;
    err failure = ERR_INIT;
    if (e) {
        buckets_end(o, e);
        return;
    }
    AUTO_FREE char *before = xstrdup_or_null(o->last);
    free(o->boundary);
    o->boundary = xstrdup_or_null(o->last);
    free(move(o->token));
    if (!s3_xml_read(buf_slice(&r->reply), hand_element, o, &failure)) {
        buckets_end(o, &failure);
        return;
    }
    if (!o->token || !*o->token) {
        buckets_end(o, NULL);
        return;
    }
    if (!contract_check_next(&o->contract, o->token, str_equal(before, o->last) ? NULL : o->last,
                             &failure)) {
        buckets_end(o, &failure);
        return;
    }
    s3_request_cancel(r); /* releases the page */
    ask_page(o);
}

s3_op *s3_list_buckets(s3_client *c, const s3_list_buckets_options *options)
{
    buckets_op *o = s3_op_new(c, &buckets_kind, sizeof *o);
    o->options = *options;
    o->op.base.on_done = options->on_done;
    o->op.base.ctx = options->ctx;
    buf_init(&o->query, QUERY_MAX_BYTES);
    contract_init(&o->contract, "ListBuckets", "", NULL, NULL, true);
    o->request = (s3_request){.operation = "ListBuckets",
                              .method = "GET",
                              .reply_max_bytes = PAGE_MAX_BYTES,
                              .on_check = buckets_check,
                              .on_done = buckets_done,
                              .ctx = o};
    ask_page(o);
    return op_started(&o->op.base);
}
