#include "decon/s3/delete_many.h"

#include "decon/base/digest.h"
#include "s3/client/client.h"
#include "s3/protocol/xml.h"

/* what is left                       request                       next
 * keys that XML can hold             DeleteObjects for all of      those that may pass: again;
 *                                    them                          then the others
 * keys that it cannot                DeleteObject, one a time      the next one
 * none                               -                             on_done */

#define BODY_MAX_BYTES  ((size_t)8 * 1024 * 1024) /* 1,000 keys of 1,024 bytes, each `&quot;` */
#define REPLY_MAX_BYTES ((size_t)8 * 1024 * 1024)
#define MD5_TEXT_SIZE   (4 * ((MD5_BYTES + 2) / 3) + 1)
#define ROOT            "DeleteResult"

typedef struct delete_op {
    s3_op op;
    s3_request request;
    s3_delete_many_options options;
    char *bucket;
    char **keys; /* left to do: those that XML can hold, then the others */
    size_t xml_count, odd_count;
    char *odd_key; /* the one under way */
    buf body;
    char md5_text[MD5_TEXT_SIZE];

    /* the reply at hand */
    char *key;
    s3_reply told;
    bool *again; /* one a key: it failed, and may pass */
    size_t again_count;
    err reason; /* of the last one of them */
} delete_op;

static void delete_free(s3_op *op)
{
    delete_op *o = (delete_op *)op;
    s3_request_cancel(&o->request);
    for (size_t i = 0; i < o->xml_count + o->odd_count; i++)
        free(o->keys[i]);
    free(o->keys);
    free(o->odd_key);
    free(o->again);
    free(o->key);
    free(o->bucket);
    buf_deinit(&o->body);
    free(o);
}

static const s3_op_kind delete_kind = {.cancel = s3_op_end, .free = delete_free};

static void delete_end(delete_op *o, const err *e)
{
    size_t left = o->xml_count + o->odd_count + (o->odd_key ? 1 : 0);
    o->options.on_done(o->options.ctx, e ? left : 0, e);
    s3_op_end(&o->op);
}

/* --- which keys XML can hold --- */

/* Bytes of the UTF-8 sequence at `p` that are a character of XML 1.0, or 0. */
static size_t xml_character(const unsigned char *p)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
    if (len == 1)
        return *p >= 0x20 || *p == '\t' || *p == '\n' || *p == '\r';
    uint32_t code = len ? *p & (0x7fU >> len) : 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fU);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    bool good = code >= least[len] && code <= 0x10ffff && !surrogate && (code | 1) != 0xffff;
    return good ? len : 0;
}

static bool fits_xml(const char *key)
{
    const unsigned char *p = (const unsigned char *)key;
    while (*p) {
        size_t len = xml_character(p);
        if (len == 0)
            return false;
        p += len;
    }
    return true;
}

/* --- the batch --- */

static void batch_send(void *ctx, s3_request *r)
{
    delete_op *o = ctx;
    uint8_t digest[MD5_BYTES];
    buf_clear(&o->body);
    buf_append_str(&o->body, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                             "<Quiet>true</Quiet>");
    for (size_t i = 0; i < o->xml_count; i++) {
        buf_append_str(&o->body, "<Object><Key>");
        s3_xml_escape(slice_from(o->keys[i]), &o->body);
        buf_append_str(&o->body, "</Key></Object>");
    }
    buf_append_str(&o->body, "</Delete>");
    md5(buf_slice(&o->body), digest);
    base64_encode(digest, sizeof digest, o->md5_text);
    r->body = buf_slice(&o->body);
    r->payload_hash[0] = '\0'; /* of the body of the try before */
    r->header_count = 0;
    s3_request_header(r, "Content-Type", "application/xml");
    s3_request_header(r, "Content-MD5", o->md5_text);
}

static void set_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

static bool key_failed(delete_op *o, err *e)
{
    AUTO_FREE char *key = move(o->key);
    s3_reply told = o->told;
    char name[S3_NAME_SIZE];
    size_t i = 0;
    o->told = (s3_reply){0};
    while (key && i < o->xml_count && strcmp(o->keys[i], key) != 0)
        i++;
    if (!key || i == o->xml_count)
        return err_set(e, ERR_S3_REPLY,
                       "DeleteObjects: the reply speaks of a key that was not "
                       "asked for");
    err reason = ERR_INIT;
    told.status = 200;
    s3_reply_error(&told, "DeleteObjects", true, &reason);
    s3_verdict verdict = s3_reply_verdict(&told, "POST", 0);
    if (verdict == S3_VERDICT_RETRY || verdict == S3_VERDICT_THROTTLED) {
        o->again_count += !o->again[i];
        o->again[i] = true;
        o->reason = reason;
        return true;
    }
    s3_name(o->bucket, key, name);
    err_context(&reason, "%s", name);
    o->options.on_key_error(o->options.ctx, key, &reason);
    return true;
}

static bool read_element(void *ctx, const char *path, const char *text, err *e)
{
    delete_op *o = ctx;
    if (strcmp(path, ROOT "/Error/Key") == 0) {
        free(o->key);
        o->key = xstrdup(text);
    } else if (strcmp(path, ROOT "/Error/Code") == 0) {
        set_text(o->told.code, sizeof o->told.code, text);
    } else if (strcmp(path, ROOT "/Error/Message") == 0) {
        set_text(o->told.words, sizeof o->told.words, text);
    } else if (strcmp(path, ROOT "/Error") == 0) {
        return key_failed(o, e);
    }
    return true;
}

static bool survey_element(void *ctx, const char *path, const char *text, err *e)
{
    UNUSED(text), UNUSED(e);
    *(bool *)ctx |= strcmp(path, ROOT) == 0;
    return true;
}

/* What was removed, or failed for good, is taken off the list. */
static void keep_those_to_try_again(delete_op *o)
{
    size_t kept = 0, total = o->xml_count + o->odd_count;
    for (size_t i = 0; i < total; i++) {
        if (i >= o->xml_count || o->again[i])
            o->keys[kept++] = o->keys[i];
        else
            free(o->keys[i]);
    }
    o->xml_count = o->again_count;
}

static bool batch_check(void *ctx, s3_request *r, err *e)
{
    delete_op *o = ctx;
    bool whole = false;
    if (!s3_xml_read(buf_slice(&r->reply), survey_element, &whole, e)) {
        err_context(e, "DeleteObjects: the store's reply");
        e->cls = ERR_CLASS_RETRY; /* removing anew does no harm: nothing is known of any key */
        return false;
    }
    if (!whole)
        return err_set(e, ERR_S3_REPLY,
                       "DeleteObjects: the reply does not say what was removed (is this an S3 "
                       "store?)");
    o->again_count = 0;
    memset(o->again, 0, o->xml_count * sizeof *o->again);
    if (!s3_xml_read(buf_slice(&r->reply), read_element, o, e))
        return false;
    keep_those_to_try_again(o);
    if (o->xml_count == 0)
        return true;
    *e = o->reason;
    e->cls = ERR_CLASS_RETRY;
    return false;
}

/* --- the others, and the end --- */

static void next_odd(delete_op *o);

static void odd_done(void *ctx, s3_request *r, const err *e)
{
    delete_op *o = ctx;
    AUTO_FREE char *key = move(o->odd_key);
    UNUSED(r);
    if (e)
        o->options.on_key_error(o->options.ctx, key, e);
    s3_request_cancel(&o->request);
    next_odd(o);
}

static void next_odd(delete_op *o)
{
    if (o->odd_count == 0) {
        delete_end(o, NULL);
        return;
    }
    o->odd_key = o->keys[--o->odd_count];
    o->request = (s3_request){.operation = "DeleteObject",
                              .method = "DELETE",
                              .bucket = o->bucket,
                              .key = o->odd_key,
                              .on_done = odd_done,
                              .ctx = o};
    s3_request_start(o->op.client, &o->request);
}

static void batch_done(void *ctx, s3_request *r, const err *e)
{
    delete_op *o = ctx;
    UNUSED(r);
    if (e) {
        delete_end(o, e);
        return;
    }
    s3_request_cancel(&o->request);
    next_odd(o);
}

static void take_keys(delete_op *o, const s3_delete_many_options *options)
{
    size_t count = options->key_count;
    o->keys = xcalloc(count + 1, sizeof *o->keys);
    o->again = xcalloc(count + 1, sizeof *o->again);
    for (size_t i = 0; i < count; i++)
        if (fits_xml(options->keys[i]))
            o->keys[o->xml_count++] = xstrdup(options->keys[i]);
    for (size_t i = 0; i < count; i++)
        if (!fits_xml(options->keys[i]))
            o->keys[o->xml_count + o->odd_count++] = xstrdup(options->keys[i]);
}

s3_op *s3_delete_many(s3_client *c, const s3_delete_many_options *options)
{
    delete_op *o = s3_op_new(c, &delete_kind, sizeof *o);
    o->options = *options;
    o->bucket = xstrdup(options->bucket);
    take_keys(o, options);
    buf_init(&o->body, BODY_MAX_BYTES);
    if (o->xml_count == 0) {
        next_odd(o);
        return &o->op;
    }
    o->request = (s3_request){.operation = "DeleteObjects",
                              .method = "POST",
                              .bucket = o->bucket,
                              .query = "delete=",
                              .reply_max_bytes = REPLY_MAX_BYTES,
                              .error_in_ok = true,
                              .on_send = batch_send,
                              .on_check = batch_check,
                              .on_done = batch_done,
                              .ctx = o};
    s3_request_start(c, &o->request);
    return &o->op;
}
