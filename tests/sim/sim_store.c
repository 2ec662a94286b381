#include "tests/sim/sim_store.h"

#include "base/util.h"
#include "decon/s3/uri.h"

#define PAGE_KEYS 1000

typedef struct sim_object {
    char *key, *data;
    size_t len;
    unsigned version;
} sim_object;

struct sim_store {
    sim_object *objects; /* sorted by key */
    size_t count, capacity;
    unsigned versions;
    sim_requests requests;
    buf body;
    sim_store_result *result;
    void *ctx;
    http_header headers[16];
    char etag[32], length[32];
};

sim_store *sim_store_new(sim_store_result *result, void *ctx)
{
    sim_store *s = xcalloc(1, sizeof *s);
    s->result = result;
    s->ctx = ctx;
    buf_init(&s->body, 8 << 20);
    return s;
}

static void free_object(const sim_object *o)
{
    free(o->key);
    free(o->data);
}

void sim_store_free(sim_store *s)
{
    for (size_t i = 0; i < s->count; i++)
        free_object(&s->objects[i]);
    free(s->objects);
    buf_deinit(&s->body);
    free(s);
}

sim_requests sim_store_requests(const sim_store *s)
{
    return s->requests;
}

/* The position of the key, or where to insert it. */
static size_t position(const sim_store *s, const char *key)
{
    size_t from = 0, to = s->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(s->objects[middle].key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static sim_object *find(const sim_store *s, const char *key)
{
    size_t at = position(s, key);
    return at < s->count && strcmp(s->objects[at].key, key) == 0 ? &s->objects[at] : NULL;
}

static void store(sim_store *s, const char *key, slice data)
{
    size_t at = position(s, key);
    sim_object *o = find(s, key);
    if (!o) {
        if (s->count == s->capacity) {
            s->capacity = 2 * s->capacity + 1024;
            s->objects = xrealloc(s->objects, s->capacity * sizeof *s->objects);
        }
        memmove(s->objects + at + 1, s->objects + at, (s->count - at) * sizeof *s->objects);
        s->count++;
        o = &s->objects[at];
        *o = (sim_object){.key = xstrdup(key)};
    }
    free(o->data);
    o->data = slice_dup(data);
    o->len = data.len;
    o->version = ++s->versions;
}

static void drop(sim_store *s, const char *key)
{
    sim_object *o = find(s, key);
    if (!o)
        return;
    free_object(o);
    size_t at = (size_t)(o - s->objects);
    memmove(o, o + 1, (--s->count - at) * sizeof *o);
}

static void describe(sim_store *s, const sim_object *o, fake_reply *reply)
{
    snprintf(s->etag, sizeof s->etag, "\"v%u\"", o->version);
    s->headers[0] = (http_header){"ETag", s->etag};
    s->headers[1] = (http_header){"Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"};
    reply->headers = s->headers;
    reply->header_count = 2;
}

static void put_key(buf *out, const char *key)
{
    s3_uri_encode(slice_from(key), true, out);
}

/* Empty if the parameter is absent. */
static void parameter(const char *query, const char *name, buf *out)
{
    const char *at = strstr(query, name);
    err e = ERR_INIT;
    if (at &&
        !s3_uri_decode((slice){at + strlen(name), strcspn(at + strlen(name), "&")}, false, out, &e))
        abort();
}

static void list(sim_store *s, const char *query)
{
    AUTO(buf) prefix = BUF(4096);
    AUTO(buf) after = BUF(4096);
    parameter(query, "prefix=", &prefix);
    parameter(query, "continuation-token=", &after);
    size_t from = after.len ? position(s, buf_str(&after)) + 1 : position(s, buf_str(&prefix));
    size_t at = from;
    s->requests.lists++;
    buf_append_str(&s->body,
                   "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>");
    for (; at < s->count && at - from < PAGE_KEYS &&
           str_starts_with(s->objects[at].key, buf_str(&prefix));
         at++) {
        const sim_object *o = &s->objects[at];
        buf_append_str(&s->body, "<Contents><Key>");
        put_key(&s->body, o->key);
        buf_printf(&s->body,
                   "</Key><LastModified>2013-05-24T00:00:00.000Z</"
                   "LastModified><ETag>&quot;v%u&quot;</ETag>"
                   "<Size>%zu</Size></Contents>",
                   o->version, o->len);
    }
    bool more = at < s->count && at - from == PAGE_KEYS &&
                str_starts_with(s->objects[at].key, buf_str(&prefix));
    buf_printf(&s->body, "<IsTruncated>%s</IsTruncated>", more ? "true" : "false");
    if (more) {
        buf_append_str(&s->body, "<NextContinuationToken>");
        buf_append_str(&s->body, s->objects[at - 1].key);
        buf_append_str(&s->body, "</NextContinuationToken>");
    }
    buf_append_str(&s->body, "</ListBucketResult>");
}

static void refuse(sim_store *s, fake_reply *reply, int status, const char *code)
{
    reply->status = status;
    buf_printf(&s->body, "<Error><Code>%s</Code><Message>no</Message></Error>", code);
}

static void write_object(sim_store *s, const char *key, const fake_request *r, fake_reply *reply)
{
    const sim_object *o = find(s, key);
    const char *match = fake_request_header(r, "If-Match");
    char etag[32];
    snprintf(etag, sizeof etag, "\"v%u\"", o ? o->version : 0);
    s->requests.writes++;
    if ((fake_request_header(r, "If-None-Match") && o) || (match && strcmp(match, etag) != 0)) {
        refuse(s, reply, 412, "PreconditionFailed");
        return;
    }
    store(s, key, r->body);
    describe(s, find(s, key), reply);
}

static void read_object(sim_store *s, const char *key, bool head, fake_reply *reply)
{
    const sim_object *o = find(s, key);
    s->requests.reads++;
    if (!o && head) {
        reply->status = 404;
    } else if (!o) {
        refuse(s, reply, 404, "NoSuchKey");
    } else {
        describe(s, o, reply);
        snprintf(s->length, sizeof s->length, "%zu", o->len);
        if (head)
            s->headers[reply->header_count++] = (http_header){"Content-Length", s->length};
        else
            buf_append(&s->body, o->data, o->len);
    }
}

static void read_result(sim_store *s, const char *key, fake_reply *reply)
{
    const http_header *metadata = NULL;
    size_t count = 0;
    s->requests.reads++;
    if (!s->result(s->ctx, key, &metadata, &count)) {
        reply->status = 404;
        return;
    }
    describe(s, &(sim_object){.version = 0}, reply);
    s->headers[reply->header_count++] = (http_header){"Content-Length", "0"};
    for (size_t i = 0; i < count; i++)
        s->headers[reply->header_count++] = metadata[i];
}

void sim_store_answer(void *ctx, const fake_request *r, fake_reply *reply)
{
    sim_store *s = ctx;
    const char *rest = r->url + strlen(SIM_STORE_URL SIM_BUCKET);
    size_t path_len = strcspn(rest, "?");
    AUTO(buf) key = BUF(4096);
    err e = ERR_INIT;
    buf_clear(&s->body);
    reply->status = 200;
    reply->delay_ms = SIM_LATENCY_MS;
    if (path_len > 1 && !s3_uri_decode((slice){rest + 1, path_len - 1}, false, &key, &e))
        abort();
    if (strstr(rest, "list-type=2")) {
        list(s, rest + path_len);
    } else if (strcmp(r->method, "PUT") == 0) {
        write_object(s, buf_str(&key), r, reply);
    } else if (strcmp(r->method, "DELETE") == 0) {
        drop(s, buf_str(&key));
        reply->status = 204;
    } else if (str_starts_with(buf_str(&key), SIM_RESULTS)) {
        read_result(s, buf_str(&key), reply);
    } else {
        read_object(s, buf_str(&key), strcmp(r->method, "HEAD") == 0, reply);
    }
    reply->body = buf_slice(&s->body);
}
