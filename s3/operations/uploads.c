/* ListMultipartUploads, all pages. */
#include "decon/s3/uploads.h"

#include "s3/client/client.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/operations/list_contract.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/xml.h"

#define PAGE_MAX_BYTES  ((size_t)16 * 1024 * 1024)
#define QUERY_MAX_BYTES ((size_t)32 * 1024)
#define ROOT            "ListMultipartUploadsResult"
#define UPLOAD          ROOT "/Upload"

typedef struct uploads_op {
    s3_op_base op;
    s3_request request;
    s3_list_uploads_options options;
    char *bucket, *prefix;
    char *key_marker, *id_marker; /* where this page begins, or NULL */
    buf query;

    list_contract contract;

    /* the current page */
    bool whole, encoded, truncated;
    bool checking; /* this pass checks; else it passes uploads on */
    char *bucket_echo, *prefix_echo, *encoding;
    char *next_key, *next_id;
    char *key, *upload_id; /* of the upload being parsed */
    char *before_key, *before_id;
    int64_t initiated_s;
} uploads_op;

static void forget_upload(uploads_op *o)
{
    free(move(o->key));
    free(move(o->upload_id));
    o->initiated_s = 0;
}

static void forget_page(uploads_op *o)
{
    forget_upload(o);
    char **strings[] = {&o->bucket_echo, &o->prefix_echo, &o->encoding, &o->next_key,
                        &o->next_id,     &o->before_key,  &o->before_id};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(move(*strings[i]));
}

static void uploads_free(op *p)
{
    uploads_op *o = (uploads_op *)p;
    s3_request_cancel(&o->request);
    forget_page(o);
    contract_deinit(&o->contract);
    buf_deinit(&o->query);
    char *strings[] = {o->bucket, o->prefix, o->key_marker, o->id_marker};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(o);
}

static const op_kind uploads_kind = {.free = uploads_free};

static void uploads_end(uploads_op *o, const err *e)
{
    bool silent = e && e->code == ERR_CANCELLED;
    op_finish(&o->op.base, silent ? NULL : e);
}

/* --- reading a page --- */

static void keep(char **to, const char *text)
{
    free(*to);
    *to = xstrdup(text);
}

/* First pass: is it a list, is it complete, where does the next page begin. */
static bool survey_element(void *ctx, const char *path, const char *text, err *e)
{
    uploads_op *o = ctx;
    UNUSED(e);
    if (strcmp(path, ROOT "/IsTruncated") == 0) {
        o->truncated = strcmp(text, "true") == 0;
        o->whole |= o->truncated || strcmp(text, "false") == 0;
    } else if (strcmp(path, ROOT "/EncodingType") == 0) {
        keep(&o->encoding, text);
    } else if (strcmp(path, ROOT "/Bucket") == 0) {
        keep(&o->bucket_echo, text);
    } else if (strcmp(path, ROOT "/Prefix") == 0) {
        keep(&o->prefix_echo, text);
    } else if (strcmp(path, ROOT "/NextKeyMarker") == 0) {
        keep(&o->next_key, text);
    } else if (strcmp(path, ROOT "/NextUploadIdMarker") == 0) {
        keep(&o->next_id, text);
    }
    return true;
}

static bool decode(const uploads_op *o, char **name, err *e)
{
    AUTO(buf) plain = BUF(S3_XML_TEXT_MAX_BYTES);
    if (!o->encoded || !*name)
        return true;
    if (!contract_check_encoded(&o->contract, *name, e))
        return false;
    if (!s3_uri_decode(slice_from(*name), true, &plain, e)) {
        e->code = ERR_S3_REPLY;
        return err_context(e, "ListMultipartUploads: the EncodingType is url, but a key is not");
    }
    if (strlen(buf_str(&plain)) != plain.len)
        return err_set(e, ERR_S3_REPLY,
                       "ListMultipartUploads: the key '%.200s' (URL-encoded) has a NUL character",
                       *name);
    keep(name, buf_str(&plain));
    return true;
}

static bool check_head(uploads_op *o, err *e)
{
    const list_contract *k = &o->contract;
    if (!o->whole)
        return err_set(e, ERR_S3_REPLY,
                       "ListMultipartUploads: the reply does not say whether it is the last page; "
                       "check that the endpoint is an S3 store");
    return contract_check_encoding(k, o->encoding, &o->encoded, e) &&
           contract_check_bucket(k, o->bucket_echo, e) &&
           contract_check_prefix(k, o->prefix_echo, o->encoded, e) && decode(o, &o->next_key, e);
}

/* A marker consists of key and upload id; the next page begins after it. */
static bool check_next(uploads_op *o, const char *first_key, err *e)
{
    if (!o->truncated)
        return true;
    AUTO_FREE char *place = o->next_key && *o->next_key
                                ? xasprintf("%s %s", o->next_key, o->next_id ? o->next_id : "")
                                : NULL;
    return contract_check_next(&o->contract, place, first_key, e);
}

static bool hand_element(void *ctx, const char *path, const char *text, err *e);

static bool survey(uploads_op *o, slice page, err *e)
{
    o->whole = o->encoded = o->truncated = false;
    forget_page(o);
    if (!s3_xml_read(page, survey_element, o, e))
        return err_context(e, "ListMultipartUploads: the store's reply");
    if (!check_head(o, e))
        return false;
    o->checking = true;
    bool ok = s3_xml_read(page, hand_element, o, e);
    o->checking = false;
    AUTO_FREE char *last = move(o->before_key);
    free(move(o->before_id));
    return ok && check_next(o, last, e);
}

static bool uploads_check(void *ctx, s3_request *r, err *e)
{
    if (survey(ctx, buf_slice(&r->reply), e))
        return true;
    if (e->code == ERR_PARSE)
        e->cls = ERR_CLASS_RETRY; /* a truncated page is requested again */
    return false;
}

/* Amazon S3 lists uploads by key; MinIO lists those of a whole bucket by time. The order within a
 * page is therefore not checked, but a page after a marker must not have earlier keys. */
static bool check_upload(const uploads_op *o, err *e)
{
    char name[CONTRACT_NAME_SIZE];
    if (!contract_check_key(&o->contract, o->key, e))
        return false;
    if (!o->contract.ordered || !o->key_marker || strcmp(o->key, o->key_marker) >= 0)
        return true;
    contract_name(o->key, name);
    return err_set(
        e, ERR_S3_REPLY,
        "ListMultipartUploads: the key '%s' is listed before the marker of its page: the "
        "listing does not advance",
        name);
}

static bool keep_once(char **to, const char *name, const char *text, err *e)
{
    if (*to && strcmp(*to, text) != 0)
        return err_set(
            e, ERR_S3_REPLY,
            "ListMultipartUploads: the reply has an upload with two %ss ('%.100s', '%.100s')", name,
            *to, text);
    keep(to, text);
    return true;
}

static bool hand_upload(uploads_op *o, err *e)
{
    if (!o->key || !o->upload_id || !*o->upload_id)
        return err_set(e, ERR_S3_REPLY,
                       "ListMultipartUploads: the reply has an upload without key or id");
    /* Without its age it would be treated as old, and be aborted. */
    if (o->initiated_s == 0)
        return err_set(e, ERR_S3_REPLY,
                       "ListMultipartUploads: the reply has an upload without Initiated ('%.100s')",
                       o->key);
    if (!decode(o, &o->key, e))
        return false;
    bool is_repeat = str_equal(o->key, o->before_key) && str_equal(o->upload_id, o->before_id);
    keep(&o->before_key, o->key);
    keep(&o->before_id, o->upload_id);
    if (o->checking)
        return check_upload(o, e);
    s3_upload upload = {.key = o->key, .upload_id = o->upload_id, .initiated_s = o->initiated_s};
    return is_repeat || o->options.on_upload(o->options.ctx, &upload, e);
}

/* Second and third pass: checks the page, then passes it on. */
static bool hand_element(void *ctx, const char *path, const char *text, err *e)
{
    uploads_op *o = ctx;
    if (strcmp(path, UPLOAD "/Key") == 0) {
        return keep_once(&o->key, "Key", text, e);
    } else if (strcmp(path, UPLOAD "/UploadId") == 0) {
        return keep_once(&o->upload_id, "UploadId", text, e);
    } else if (strcmp(path, UPLOAD "/Initiated") == 0) {
        return s3_when_parse(text, &o->initiated_s) ||
               err_set(e, ERR_S3_REPLY, "ListMultipartUploads: '%.64s' is not a date", text);
    } else if (strcmp(path, UPLOAD) == 0) {
        bool ok = hand_upload(o, e);
        forget_upload(o);
        return ok;
    }
    return true;
}

/* --- page after page --- */

static void add_parameter(uploads_op *o, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    buf_printf(&o->query, "&%s=", name);
    s3_uri_encode(slice_from(value), false, &o->query);
}

static void ask_page(uploads_op *o)
{
    buf_clear(&o->query);
    buf_append_str(&o->query, "uploads=&encoding-type=url&max-uploads=1000");
    add_parameter(o, "prefix", o->prefix);
    add_parameter(o, "key-marker", o->key_marker);
    add_parameter(o, "upload-id-marker", o->id_marker);
    o->request.query = buf_str(&o->query);
    s3_request_start(o->op.client, &o->request);
}

static void uploads_done(void *ctx, s3_request *r, const err *e)
{
    uploads_op *o = ctx;
    err failure = ERR_INIT;
    if (e) {
        uploads_end(o, e);
        return;
    }
    if (!s3_xml_read(buf_slice(&r->reply), hand_element, o, &failure)) {
        if (failure.code != ERR_CANCELLED)
            err_context(&failure, "s3://%s", o->bucket);
        uploads_end(o, &failure);
        return;
    }
    if (!o->truncated) {
        uploads_end(o, NULL);
        return;
    }
    free(o->key_marker);
    free(o->id_marker);
    o->key_marker = move(o->next_key);
    o->id_marker = move(o->next_id);
    s3_request_cancel(r); /* releases the page */
    ask_page(o);
}

s3_op *s3_list_uploads(s3_client *c, const s3_list_uploads_options *options)
{
    uploads_op *o = s3_op_new(c, &uploads_kind, sizeof *o);
    o->options = *options;
    o->op.base.on_done = options->on_done;
    o->op.base.ctx = options->ctx;
    o->bucket = xstrdup(options->bucket);
    o->prefix = options->prefix ? xstrdup(options->prefix) : NULL;
    buf_init(&o->query, QUERY_MAX_BYTES);
    contract_init(&o->contract, "ListMultipartUploads", o->bucket, o->prefix, NULL,
                  c->listing_order == S3_LISTING_ORDER_BYTES);
    o->request = (s3_request){.operation = "ListMultipartUploads",
                              .method = "GET",
                              .bucket = o->bucket,
                              .reply_max_bytes = PAGE_MAX_BYTES,
                              .on_check = uploads_check,
                              .on_done = uploads_done,
                              .ctx = o};
    ask_page(o);
    return op_started(&o->op.base);
}
