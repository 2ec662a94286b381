#include "decon/s3/delete_many.h"

#include "decon/base/digest.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/operations/delete_object.h"
#include "s3/protocol/content_range.h"
#include "s3/protocol/xml.h"

/* keys                                        request             next
 * batch: XML can represent them, and the      DeleteObjects for   retryable ones: again; those that the
 * store has DeleteObjects                     all of them         reply does not name: singles
 * singles: all others                         DeleteObject,       the next one
 *                                             several at a time
 * none                                        -                   on_done
 * The reply names each deleted key (no <Quiet>): a key that it does not name is treated as not
 * deleted. */

/* 1,000 keys and versions of 1,024 bytes, each `&quot;` */
#define BODY_MAX_BYTES  ((size_t)16 * 1024 * 1024)
#define REPLY_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define MD5_TEXT_SIZE   (4 * ((MD5_BYTES + 2) / 3) + 1)
#define ROOT            "DeleteResult"
#define SINGLES_MAX     16 /* DeleteObject requests of one operation at a time */

typedef enum key_state { KEY_UNNAMED, KEY_REMOVED, KEY_FAILED, KEY_AGAIN } key_state;

typedef struct delete_op delete_op;

typedef struct target {
    char *key;
    char *version; /* NULL: the current object */
} target;

typedef struct single {
    delete_op *op;
    target item; /* key NULL: the slot is free */
    char *query; /* of a version, or NULL */
    s3_delete_object removal;
} single;

struct delete_op {
    s3_op_base op;
    s3_request request;
    s3_delete_many_options options;
    char *bucket;
    target *items; /* remaining: the batch, then the singles */
    size_t batch_count, single_count;
    single singles[SINGLES_MAX];
    size_t active;  /* singles in flight */
    bool fell_back; /* DeleteObjects was refused */
    buf body;
    char md5_text[MD5_TEXT_SIZE];

    /* the current reply */
    key_state *states; /* of the batch's items */
    size_t next_key;   /* replies usually keep the order */
    target found;      /* of the element being parsed */
    s3_reply reported;
    bool whole, names_keys;
    err reason; /* of the last retryable key */
};

static void target_free(target *t)
{
    free(t->key);
    free(t->version);
    *t = (target){0};
}

static target take_target(target *t)
{
    target taken = *t;
    *t = (target){0};
    return taken;
}

static void singles_cancel(delete_op *o)
{
    for (size_t i = 0; i < SINGLES_MAX; i++) {
        s3_delete_object_cancel(&o->singles[i].removal);
        target_free(&o->singles[i].item);
        free(move(o->singles[i].query));
    }
    o->active = 0;
}

static void delete_free(op *p)
{
    delete_op *o = (delete_op *)p;
    s3_request_cancel(&o->request);
    singles_cancel(o);
    for (size_t i = 0; i < o->batch_count + o->single_count; i++)
        target_free(&o->items[i]);
    free(o->items);
    free(o->states);
    target_free(&o->found);
    free(o->bucket);
    buf_deinit(&o->body);
    free(o);
}

static void delete_report(op *p, const err *e)
{
    const delete_op *o = (const delete_op *)p;
    size_t left = o->batch_count + o->single_count + o->active;
    o->options.on_done(o->options.ctx, e ? left : 0, e);
}

static const op_kind delete_kind = {.free = delete_free, .report = delete_report};

/* --- the batch --- */

static void batch_send(void *ctx, s3_request *r)
{
    delete_op *o = ctx;
    uint8_t digest[MD5_BYTES];
    buf_clear(&o->body);
    buf_append_str(&o->body, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                             "<Quiet>false</Quiet>");
    for (size_t i = 0; i < o->batch_count; i++) {
        buf_append_str(&o->body, "<Object><Key>");
        s3_xml_escape(slice_from(o->items[i].key), &o->body);
        buf_append_str(&o->body, "</Key>");
        if (o->items[i].version) {
            buf_append_str(&o->body, "<VersionId>");
            s3_xml_escape(slice_from(o->items[i].version), &o->body);
            buf_append_str(&o->body, "</VersionId>");
        }
        buf_append_str(&o->body, "</Object>");
    }
    buf_append_str(&o->body, "</Delete>");
    md5(buf_slice(&o->body), digest);
    base64_encode(digest, sizeof digest, o->md5_text);
    r->body = buf_slice(&o->body);
    r->payload_hash[0] = '\0'; /* of the previous attempt's body */
    r->header_count = 0;
    s3_request_header(r, "Content-Type", "application/xml");
    s3_request_header(r, "Content-MD5", o->md5_text);
}

/* --- the reply --- */

static void set_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

static bool is_found(const delete_op *o, const target *item)
{
    return strcmp(item->key, o->found.key) == 0 &&
           (!item->version || !o->found.version || strcmp(item->version, o->found.version) == 0);
}

/* The index of the item in the reply, or batch_count. */
static size_t find_key(delete_op *o)
{
    for (size_t i = 0; o->found.key && i < o->batch_count; i++) {
        size_t at = (o->next_key + i) % o->batch_count;
        if (is_found(o, &o->items[at])) {
            o->next_key = at + 1;
            return at;
        }
    }
    return o->batch_count;
}

static const char *field_of(const char *path, const char *element)
{
    const char *below = strchr(path, '/');
    size_t len = strlen(element);
    if (!below || strncmp(below + 1, element, len) != 0)
        return NULL;
    return below[1 + len] == '/' ? below + 2 + len : below[1 + len] ? NULL : "";
}

/* Key and VersionId of the element being parsed. */
static bool take_name(delete_op *o, const char *field, const char *text)
{
    char **to = !field                            ? NULL
                : strcmp(field, "Key") == 0       ? &o->found.key
                : strcmp(field, "VersionId") == 0 ? &o->found.version
                                                  : NULL;
    if (!to)
        return false;
    free(*to);
    *to = *text || to == &o->found.key ? xstrdup(text) : NULL;
    return true;
}

/* First pass: is it complete, and does it name requested keys only. */
static bool survey_element(void *ctx, const char *path, const char *text, err *e)
{
    delete_op *o = ctx;
    const char *field = field_of(path, "Deleted");
    field = field ? field : field_of(path, "Error");
    if (strcmp(path, ROOT) == 0)
        o->whole = true;
    if (!field || take_name(o, field, text))
        return true;
    if (!*field) {
        if (find_key(o) == o->batch_count)
            return err_set(e, ERR_S3_REPLY, "the reply names a key that was not requested (%.200s)",
                           o->found.key ? o->found.key : "none");
        o->names_keys = true;
        target_free(&o->found);
    }
    return true;
}

static void key_failed(delete_op *o, size_t i)
{
    s3_reply reported = o->reported;
    err reason = ERR_INIT;
    char name[S3_NAME_SIZE];
    reported.status = 200;
    s3_reply_error(&reported, "DeleteObjects", true, &reason);
    s3_verdict verdict = s3_reply_verdict(&reported, "POST", 0);
    if (verdict == S3_VERDICT_RETRY || verdict == S3_VERDICT_THROTTLED) {
        o->states[i] = KEY_AGAIN;
        o->reason = reason;
        return;
    }
    if (o->states[i] == KEY_FAILED)
        return; /* it occurs twice */
    o->states[i] = KEY_FAILED;
    s3_name(o->bucket, o->items[i].key, name);
    err_context(&reason, "%s", name);
    o->options.on_key_error(o->options.ctx, o->items[i].key, o->items[i].version, &reason);
}

/* Second pass: the result of each key. If a reply has both, the error counts. */
static bool read_element(void *ctx, const char *path, const char *text, err *e)
{
    delete_op *o = ctx;
    UNUSED(e);
    const char *failed = field_of(path, "Error"), *removed = field_of(path, "Deleted");
    if (take_name(o, failed ? failed : removed, text))
        return true;
    if (failed && strcmp(failed, "Code") == 0) {
        set_text(o->reported.code, sizeof o->reported.code, text);
    } else if (failed && strcmp(failed, "Message") == 0) {
        set_text(o->reported.words, sizeof o->reported.words, text);
    } else if ((failed && !*failed) || (removed && !*removed)) {
        size_t i = find_key(o);
        if (failed)
            key_failed(o, i);
        else if (o->states[i] == KEY_UNNAMED)
            o->states[i] = KEY_REMOVED;
        o->reported = (s3_reply){0};
        target_free(&o->found);
    }
    return true;
}

/* Retryable keys stay in the batch; those that the reply does not name become singles. */
static void sort_keys(delete_op *o)
{
    size_t total = o->batch_count + o->single_count, kept = 0;
    target *sorted = xcalloc(total + 1, sizeof *sorted);
    for (size_t i = 0; i < o->batch_count; i++)
        if (o->states[i] == KEY_AGAIN)
            sorted[kept++] = take_target(&o->items[i]);
    size_t batch_count = kept;
    for (size_t i = 0; i < total; i++) {
        if (!o->items[i].key)
            continue;
        if (i >= o->batch_count || o->states[i] == KEY_UNNAMED)
            sorted[kept++] = take_target(&o->items[i]);
        else
            target_free(&o->items[i]);
    }
    free(o->items);
    o->items = sorted;
    o->batch_count = batch_count;
    o->single_count = kept - batch_count;
}

static bool survey(delete_op *o, slice reply, err *e)
{
    o->whole = o->names_keys = false;
    o->next_key = 0;
    target_free(&o->found);
    if (!s3_xml_read(reply, survey_element, o, e)) {
        if (e->code == ERR_PARSE)
            e->cls = ERR_CLASS_RETRY; /* deleting again is harmless: no key has a known result */
        e->code = ERR_S3_REPLY;
        return false;
    }
    return o->whole || o->names_keys ||
           err_set(e, ERR_S3_REPLY, "the reply's root element is not <" ROOT ">");
}

static bool batch_check(void *ctx, s3_request *r, err *e)
{
    delete_op *o = ctx;
    if (!survey(o, buf_slice(&r->reply), e))
        return false;
    memset(o->states, 0, o->batch_count * sizeof *o->states);
    o->next_key = 0;
    o->reported = (s3_reply){0};
    if (!s3_xml_read(buf_slice(&r->reply), read_element, o, e))
        return false;
    o->fell_back = !o->names_keys; /* it sends the reply of <Quiet> */
    sort_keys(o);
    if (o->batch_count == 0)
        return true;
    *e = o->reason;
    e->cls = ERR_CLASS_RETRY;
    return false;
}

/* --- singles, and the end --- */

static void singles_go_on(delete_op *o);

static void single_done(void *ctx, const err *e)
{
    single *s = ctx;
    delete_op *o = s->op;
    target item = take_target(&s->item);
    o->active--;
    if (e && e->code != ERR_S3_NOT_FOUND)
        o->options.on_key_error(o->options.ctx, item.key, item.version, e);
    else if (o->fell_back)
        o->op.client->no_delete_objects = true;
    s3_delete_object_cancel(&s->removal);
    free(move(s->query));
    target_free(&item);
    singles_go_on(o);
}

static void single_begin(delete_op *o, single *s)
{
    s->op = o;
    s->item = take_target(&o->items[o->batch_count + --o->single_count]);
    s->query = s3_version_query(s->item.version);
    o->active++;
    s->removal = (s3_delete_object){.client = o->op.client,
                                    .bucket = o->bucket,
                                    .key = s->item.key,
                                    .query = s->query,
                                    .on_done = single_done,
                                    .ctx = s};
    s3_delete_object_start(&s->removal);
}

static void singles_go_on(delete_op *o)
{
    for (size_t i = 0; i < SINGLES_MAX && o->single_count > 0; i++)
        if (!o->singles[i].item.key)
            single_begin(o, &o->singles[i]);
    if (o->active == 0)
        op_finish(&o->op.base, NULL);
}

/* A store without DeleteObjects (older GCS, gateways): recorded once a single
 * DeleteObject succeeds. */
static bool has_no_batch(const err *e)
{
    static const char *const codes[] = {"NotImplemented", "MethodNotAllowed", "InvalidArgument",
                                        "InvalidRequest", "InvalidURI"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (strcmp(e->s3_code, codes[i]) == 0)
            return true;
    return e->http_status == 405 || e->http_status == 501 ||
           (e->http_status == 404 && strcmp(e->s3_code, "NoSuchBucket") != 0);
}

static void all_single(delete_op *o)
{
    o->single_count += o->batch_count;
    o->batch_count = 0;
    singles_go_on(o);
}

static void batch_done(void *ctx, s3_request *r, const err *e)
{
    delete_op *o = ctx;
    UNUSED(r);
    if (e && !has_no_batch(e)) {
        op_finish(&o->op.base, e);
        return;
    }
    if (e) {
        if (!o->op.client->no_delete_objects)
            log_info("%s: deleting the objects one by one", e->message);
        o->fell_back = true;
    }
    s3_request_cancel(&o->request);
    all_single(o);
}

static target target_at(const s3_delete_many_options *options, size_t i)
{
    return (target){
        xstrdup(options->keys[i]),
        options->version_ids ? xstrdup_or_null(options->version_ids[i]) : NULL,
    };
}

static bool fits_batch(const s3_delete_many_options *options, size_t i)
{
    return s3_xml_can_hold(options->keys[i]) &&
           (!options->version_ids || !options->version_ids[i] ||
            s3_xml_can_hold(options->version_ids[i]));
}

static void take_keys(delete_op *o, const s3_delete_many_options *options)
{
    size_t count = options->key_count;
    bool batches = !o->op.client->no_delete_objects;
    o->items = xcalloc(count + 1, sizeof *o->items);
    o->states = xcalloc(count + 1, sizeof *o->states);
    for (size_t i = 0; i < count; i++)
        if (batches && fits_batch(options, i))
            o->items[o->batch_count++] = target_at(options, i);
    for (size_t i = 0; i < count; i++)
        if (!batches || !fits_batch(options, i))
            o->items[o->batch_count + o->single_count++] = target_at(options, i);
}

s3_op *s3_delete_many(s3_client *c, const s3_delete_many_options *options)
{
    delete_op *o = s3_op_new(c, &delete_kind, sizeof *o);
    o->options = *options;
    o->bucket = xstrdup(options->bucket);
    take_keys(o, options);
    buf_init(&o->body, BODY_MAX_BYTES);
    if (o->batch_count == 0) {
        singles_go_on(o);
        return op_started(&o->op.base);
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
    return op_started(&o->op.base);
}
