/* ListObjectsV2, page after page. */
#include "s3/operations/list.h"

#include "decon/base/log.h"
#include "s3/client/client.h"
#include "decon/s3/uri.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/xml.h"

/* A page is gathered whole (at most 1,000 keys), read once to judge it and to learn whether its
 * names are encoded (MinIO says so at its end), and read again to hand its objects out. */
#define PAGE_MAX_BYTES  ((size_t)16 * 1024 * 1024)
#define QUERY_MAX_BYTES ((size_t)32 * 1024)
#define ROOT            "ListBucketResult"

typedef struct list_op {
    s3_op op;
    s3_request request;
    s3_list_options options;
    char *bucket, *prefix, *delimiter;
    char *token; /* of the next page */
    buf query;

    bool held, waiting; /* the next page is not asked for; it would be now */

    /* the page at hand */
    bool whole, encoded, truncated;
    char *next_token;
    s3_object object;
    buf key, etag, storage_class, decoded;
    bool has_size, has_etag, has_class;
} list_op;

static void list_free(s3_op *op)
{
    list_op *o = (list_op *)op;
    s3_request_cancel(&o->request);
    buf *bufs[] = {&o->query, &o->key, &o->etag, &o->storage_class, &o->decoded};
    for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
        buf_deinit(bufs[i]);
    char *strings[] = {o->bucket, o->prefix, o->delimiter, o->token, o->next_token};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(o);
}

static const s3_op_kind list_kind = {.cancel = s3_op_end, .free = list_free};

static void list_end(list_op *o, const err *e)
{
    bool silent = e && e->code == ERR_CANCELLED;
    if (o->options.on_done)
        o->options.on_done(o->options.ctx, silent ? NULL : e);
    s3_op_end(&o->op);
}

/* --- reading a page --- */

/* First walk: is it a listing, is it whole, what comes next. */
static bool survey_element(void *ctx, const char *path, const char *text, err *e)
{
    list_op *o = ctx;
    UNUSED(e);
    if (strcmp(path, ROOT "/IsTruncated") == 0) {
        o->whole = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
        o->truncated = strcmp(text, "true") == 0;
    } else if (strcmp(path, ROOT "/EncodingType") == 0) {
        o->encoded = strcmp(text, "url") == 0;
    } else if (strcmp(path, ROOT "/NextContinuationToken") == 0) {
        free(o->next_token);
        o->next_token = xstrdup(text);
    }
    return true;
}

static bool survey(list_op *o, slice page, err *e)
{
    o->whole = o->encoded = o->truncated = false;
    free(move(o->next_token));
    if (!s3_xml_read(page, survey_element, o, e))
        return err_context(e, "ListObjectsV2: the store's reply");
    if (!o->whole)
        return err_set(e, ERR_S3_REPLY,
                       "ListObjectsV2: the reply does not say whether it is the "
                       "last page (is this an S3 store?)");
    if (o->truncated && (!o->next_token || !*o->next_token || str_equal(o->next_token, o->token)))
        return err_set(e, ERR_S3_REPLY,
                       "ListObjectsV2: more is to come, but the reply has no new token for it");
    return true;
}

/* Called when the page has come: a page that breaks off is asked for again. */
static bool list_check(void *ctx, s3_request *r, err *e)
{
    if (survey(ctx, buf_slice(&r->reply), e))
        return true;
    if (e->code == ERR_PARSE)
        e->cls = ERR_CLASS_RETRY;
    return false;
}

/* The name in `decoded`; false where it cannot be a C string. */
static bool decode_name(list_op *o, const char *text, bool *usable, err *e)
{
    buf_clear(&o->decoded);
    *usable = true;
    if (!o->encoded)
        return buf_append_str(&o->decoded, text) || err_set(e, ERR_S3_REPLY, "a key too long");
    if (!s3_uri_decode(slice_from(text), true, &o->decoded, e))
        return err_context(e, "ListObjectsV2: a key of the reply");
    *usable = strlen(buf_str(&o->decoded)) == o->decoded.len;
    if (!*usable)
        log_warn("s3://%s/%s: left out: a name with a NUL character", o->bucket, text);
    return true;
}

static bool hand_object(list_op *o, err *e)
{
    bool usable;
    if (!o->has_size)
        return err_set(e, ERR_S3_REPLY, "ListObjectsV2: an object without a size");
    if (!decode_name(o, buf_str(&o->key), &usable, e))
        return false;
    if (!usable || !o->options.on_object)
        return true;
    o->object.key = buf_str(&o->decoded);
    o->object.etag = o->has_etag ? buf_str(&o->etag) : NULL;
    o->object.storage_class = o->has_class ? buf_str(&o->storage_class) : NULL;
    return o->options.on_object(o->options.ctx, &o->object, e);
}

static bool hand_prefix(list_op *o, const char *text, err *e)
{
    bool usable;
    if (!decode_name(o, text, &usable, e))
        return false;
    return !usable || !o->options.on_prefix ||
           o->options.on_prefix(o->options.ctx, buf_str(&o->decoded), e);
}

static bool keep(buf *to, const char *text)
{
    buf_clear(to);
    buf_append_str(to, text);
    return true;
}

static void next_object(list_op *o)
{
    o->object = (s3_object){0};
    o->has_size = o->has_etag = o->has_class = false;
    buf_clear(&o->key);
}

/* Second walk: hands out what stands in the page. */
static bool hand_element(void *ctx, const char *path, const char *text, err *e)
{
    list_op *o = ctx;
    static const char contents[] = ROOT "/Contents";
    if (strcmp(path, ROOT "/CommonPrefixes/Prefix") == 0)
        return hand_prefix(o, text, e);
    if (!str_starts_with(path, contents))
        return true;
    const char *field = path + sizeof contents - 1;
    if (strcmp(field, "/Key") == 0) {
        keep(&o->key, text);
    } else if (strcmp(field, "/Size") == 0) {
        o->has_size = num_parse_u64(text, &o->object.size_bytes);
    } else if (strcmp(field, "/ETag") == 0) {
        o->has_etag = keep(&o->etag, text);
    } else if (strcmp(field, "/StorageClass") == 0) {
        o->has_class = keep(&o->storage_class, text);
    } else if (strcmp(field, "/LastModified") == 0) {
        if (!s3_when_parse(text, &o->object.last_modified_s))
            return err_set(e, ERR_S3_REPLY, "ListObjectsV2: '%s' is no date", text);
    } else if (*field == '\0') {
        bool ok = hand_object(o, e);
        next_object(o);
        return ok;
    }
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
    buf_printf(&o->query, "list-type=2&encoding-type=url&max-keys=%u", page);
    add_parameter(o, "prefix", o->prefix);
    add_parameter(o, "delimiter", o->delimiter);
    add_parameter(o, "continuation-token", o->token);
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
    next_object(o);
    if (!s3_xml_read(buf_slice(&r->reply), hand_element, o, &failure)) {
        s3_name(o->bucket, o->prefix, name);
        if (failure.code != ERR_CANCELLED)
            err_context(&failure, "%s", name);
        list_end(o, &failure);
        return;
    }
    if (!o->truncated) {
        list_end(o, NULL);
        return;
    }
    free(o->token);
    o->token = move(o->next_token);
    s3_request_cancel(r); /* releases the page */
    if (o->held)
        o->waiting = true;
    else
        ask_page(o);
}

void s3_list_hold(s3_op *op)
{
    ((list_op *)op)->held = true;
}

void s3_list_resume(s3_op *op)
{
    list_op *o = (list_op *)op;
    o->held = false;
    if (o->waiting)
        ask_page(o);
    o->waiting = false;
}

s3_op *s3_list(s3_client *c, const s3_list_options *options)
{
    list_op *o = s3_op_new(c, &list_kind, sizeof *o);
    o->options = *options;
    o->bucket = xstrdup(options->bucket);
    o->prefix = options->prefix ? xstrdup(options->prefix) : NULL;
    o->delimiter = options->delimiter ? xstrdup(options->delimiter) : NULL;
    buf_init(&o->query, QUERY_MAX_BYTES);
    buf *texts[] = {&o->key, &o->etag, &o->storage_class, &o->decoded};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_init(texts[i], S3_XML_TEXT_MAX_BYTES);
    o->request = (s3_request){.operation = "ListObjectsV2",
                              .method = "GET",
                              .bucket = o->bucket,
                              .reply_max_bytes = PAGE_MAX_BYTES,
                              .on_check = list_check,
                              .on_done = list_done,
                              .ctx = o};
    ask_page(o);
    return &o->op;
}
