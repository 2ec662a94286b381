/* ListMultipartUploads, page after page. */
#include "decon/s3/uploads.h"

#include "s3/client/client.h"
#include "decon/s3/uri.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/xml.h"

#define PAGE_MAX_BYTES  ((size_t)16 * 1024 * 1024)
#define QUERY_MAX_BYTES ((size_t)32 * 1024)
#define ROOT            "ListMultipartUploadsResult"
#define UPLOAD          ROOT "/Upload"

typedef struct uploads_op {
    s3_op op;
    s3_request request;
    s3_list_uploads_options options;
    char *bucket, *prefix;
    char *key_marker, *id_marker; /* where this page begins, or NULL */
    buf query;

    /* the page at hand */
    bool whole, encoded, truncated;
    char *next_key, *next_id;
    char *key, *upload_id; /* of the upload that is read */
    int64_t initiated_s;
} uploads_op;

static void forget_upload(uploads_op *o)
{
    free(move(o->key));
    free(move(o->upload_id));
    o->initiated_s = 0;
}

static void uploads_free(s3_op *op)
{
    uploads_op *o = (uploads_op *)op;
    s3_request_cancel(&o->request);
    forget_upload(o);
    buf_deinit(&o->query);
    char *strings[] = {o->bucket, o->prefix, o->key_marker, o->id_marker, o->next_key, o->next_id};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    free(o);
}

static const s3_op_kind uploads_kind = {.cancel = s3_op_end, .free = uploads_free};

static void uploads_end(uploads_op *o, const err *e)
{
    bool silent = e && e->code == ERR_CANCELLED;
    o->options.on_done(o->options.ctx, silent ? NULL : e);
    s3_op_end(&o->op);
}

/* --- reading a page --- */

static void keep(char **to, const char *text)
{
    free(*to);
    *to = xstrdup(text);
}

/* First walk: is it a list, is it whole, where does the next page begin. */
static bool survey_element(void *ctx, const char *path, const char *text, err *e)
{
    uploads_op *o = ctx;
    UNUSED(e);
    if (strcmp(path, ROOT "/IsTruncated") == 0) {
        o->truncated = strcmp(text, "true") == 0;
        o->whole |= o->truncated || strcmp(text, "false") == 0;
    } else if (strcmp(path, ROOT "/EncodingType") == 0) {
        o->encoded = strcmp(text, "url") == 0;
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
    if (!s3_uri_decode(slice_from(*name), true, &plain, e))
        return err_context(e, "ListMultipartUploads: a key of the reply");
    keep(name, buf_str(&plain));
    return true;
}

static bool survey(uploads_op *o, slice page, err *e)
{
    o->whole = o->encoded = o->truncated = false;
    free(move(o->next_key));
    free(move(o->next_id));
    if (!s3_xml_read(page, survey_element, o, e))
        return err_context(e, "ListMultipartUploads: the store's reply");
    if (!o->whole)
        return err_set(e, ERR_S3_REPLY,
                       "ListMultipartUploads: the reply does not say whether it is the last page "
                       "(is this an S3 store?)");
    if (!decode(o, &o->next_key, e))
        return false;
    bool new_place =
        o->next_key && *o->next_key &&
        !(str_equal(o->next_key, o->key_marker) && str_equal(o->next_id, o->id_marker));
    return !o->truncated || new_place ||
           err_set(e, ERR_S3_REPLY,
                   "ListMultipartUploads: more is to come, but the reply does not say from where");
}

static bool uploads_check(void *ctx, s3_request *r, err *e)
{
    if (survey(ctx, buf_slice(&r->reply), e))
        return true;
    if (e->code == ERR_PARSE)
        e->cls = ERR_CLASS_RETRY; /* a page that breaks off is asked for again */
    return false;
}

static bool hand_upload(uploads_op *o, err *e)
{
    if (!o->key || !o->upload_id)
        return err_set(e, ERR_S3_REPLY, "ListMultipartUploads: an upload without key or id");
    if (!decode(o, &o->key, e))
        return false;
    s3_upload upload = {.key = o->key, .upload_id = o->upload_id, .initiated_s = o->initiated_s};
    return o->options.on_upload(o->options.ctx, &upload, e);
}

/* Second walk: hands out what stands in the page. */
static bool hand_element(void *ctx, const char *path, const char *text, err *e)
{
    uploads_op *o = ctx;
    if (strcmp(path, UPLOAD "/Key") == 0) {
        keep(&o->key, text);
    } else if (strcmp(path, UPLOAD "/UploadId") == 0) {
        keep(&o->upload_id, text);
    } else if (strcmp(path, UPLOAD "/Initiated") == 0) {
        return s3_when_parse(text, &o->initiated_s) ||
               err_set(e, ERR_S3_REPLY, "ListMultipartUploads: '%s' is no date", text);
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
    o->bucket = xstrdup(options->bucket);
    o->prefix = options->prefix ? xstrdup(options->prefix) : NULL;
    buf_init(&o->query, QUERY_MAX_BYTES);
    o->request = (s3_request){.operation = "ListMultipartUploads",
                              .method = "GET",
                              .bucket = o->bucket,
                              .reply_max_bytes = PAGE_MAX_BYTES,
                              .on_check = uploads_check,
                              .on_done = uploads_done,
                              .ctx = o};
    ask_page(o);
    return &o->op;
}
