#include "tests/fake/small_store.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "decon/s3/uri.h"

typedef struct small_object {
    char *key, *data;
    size_t len;
    unsigned version;
    int64_t time_s;
} small_object;

struct small_store {
    small_object objects[4096];
    size_t count;
    unsigned versions;
    small_store_knobs knobs;
    buf body;
    http_header headers[4];
    char etag[64], when[64], length[32];
};

small_store *small_store_new(void)
{
    small_store *s = xcalloc(1, sizeof *s);
    s->knobs.now_s = 1369353600;
    buf_init(&s->body, 8 << 20);
    return s;
}

static void drop_at(small_store *s, size_t index)
{
    free(s->objects[index].key);
    free(s->objects[index].data);
    s->objects[index] = s->objects[--s->count];
}

void small_store_free(small_store *s)
{
    while (s->count)
        drop_at(s, 0);
    buf_deinit(&s->body);
    free(s);
}

small_store_knobs *small_store_knobs_of(small_store *s)
{
    return &s->knobs;
}

static small_object *find(const small_store *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->objects[i].key, key) == 0)
            return (small_object *)(uintptr_t)&s->objects[i];
    return NULL;
}

const char *small_store_get(const small_store *s, const char *key)
{
    const small_object *o = find(s, key);
    return o ? o->data : NULL;
}

void small_store_drop(small_store *s, const char *key)
{
    const small_object *o = find(s, key);
    if (o)
        drop_at(s, (size_t)(o - s->objects));
}

size_t small_store_count(const small_store *s, const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++)
        count += strstr(s->objects[i].key, part) != NULL;
    return count;
}

static void store(small_store *s, const char *key, slice data)
{
    small_store_drop(s, key);
    assert_true(s->count < ARRAY_LEN(s->objects));
    s->objects[s->count++] = (small_object){.key = xstrdup(key),
                                            .data = slice_dup(data),
                                            .len = data.len,
                                            .version = ++s->versions,
                                            .time_s = s->knobs.now_s};
}

void small_store_put(small_store *s, const char *key, const char *data)
{
    store(s, key, slice_from(data));
}

/* --- replies --- */

static void format_time(int64_t time_s, bool iso, char *out, size_t size)
{
    struct tm parts;
    time_t t = (time_t)time_s;
    gmtime_r(&t, &parts);
    if (iso)
        strftime(out, size, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
    else
        strftime(out, size, "%a, %d %b %Y %H:%M:%S GMT", &parts);
}

static void refuse(small_store *s, fake_reply *reply, int status, const char *code)
{
    reply->status = status;
    buf_printf(&s->body, "<Error><Code>%s</Code><Message>no</Message></Error>", code);
}

static void describe(small_store *s, const small_object *o, fake_reply *reply)
{
    snprintf(s->etag, sizeof s->etag, "\"v%u\"", o->version);
    format_time(o->time_s, false, s->when, sizeof s->when);
    s->headers[0] = (http_header){"ETag", s->etag};
    s->headers[1] = (http_header){"Last-Modified", s->when};
    reply->headers = s->headers;
    reply->header_count = 2;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const small_object *)a)->key, ((const small_object *)b)->key);
}

static void list(small_store *s, const char *query)
{
    AUTO(buf) prefix = BUF(4096);
    err e = ERR_INIT;
    const char *at = strstr(query, "prefix=");
    s->knobs.lists++;
    if (at)
        assert_true(s3_uri_decode((slice){at + 7, strcspn(at + 7, "&")}, false, &prefix, &e));
    s->knobs.part_lists += str_ends_with(buf_str(&prefix), "/open/");
    if (s->count)
        qsort(s->objects, s->count, sizeof *s->objects, compare);
    buf_append_str(&s->body, "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false"
                             "</IsTruncated><EncodingType>url</EncodingType>");
    for (size_t i = 0; i < s->count; i++) {
        const small_object *o = &s->objects[i];
        char when[64];
        if (!str_starts_with(o->key, buf_str(&prefix)))
            continue;
        format_time(o->time_s, true, when, sizeof when);
        buf_append_str(&s->body, "<Contents><Key>");
        s3_uri_encode(slice_from(o->key), true, &s->body);
        buf_printf(
            &s->body,
            "</Key><LastModified>%s</LastModified><ETag>&quot;v%u&quot;</ETag><Size>%zu</Size>"
            "</Contents>",
            when, o->version, o->len);
    }
    buf_append_str(&s->body, "</ListBucketResult>");
}

static void read_object(small_store *s, const char *key, const fake_request *r, fake_reply *reply)
{
    const small_object *o = find(s, key);
    bool head = strcmp(r->method, "HEAD") == 0;
    s->knobs.reads++;
    if (!o && head) {
        reply->status = 404;
        return;
    }
    if (!o) {
        refuse(s, reply, 404, "NoSuchKey");
        return;
    }
    describe(s, o, reply);
    snprintf(s->length, sizeof s->length, "%zu", o->len);
    if (head)
        s->headers[reply->header_count++] = (http_header){"Content-Length", s->length};
    else
        buf_append(&s->body, o->data, o->len);
}

static bool condition_fails(const small_store *s, const char *key, const fake_request *r)
{
    const small_object *o = find(s, key);
    const char *match = fake_request_header(r, "If-Match");
    char etag[64];
    snprintf(etag, sizeof etag, "\"v%u\"", o ? o->version : 0);
    bool exists = fake_request_header(r, "If-None-Match") && o && !s->knobs.ignore_none_match;
    return exists || (match && !s->knobs.ignore_match && strcmp(match, etag) != 0);
}

static void write_object(small_store *s, const char *key, const fake_request *r, fake_reply *reply)
{
    bool conditional =
        fake_request_header(r, "If-Match") || fake_request_header(r, "If-None-Match");
    bool loses = s->knobs.lose_puts && (!s->knobs.lose_key || strstr(key, s->knobs.lose_key));
    s->knobs.puts++;
    if (conditional && s->knobs.refuse_conditions) {
        refuse(s, reply, 501, "NotImplemented");
        return;
    }
    if (s->knobs.refuse_key && strstr(key, s->knobs.refuse_key)) {
        refuse(s, reply, 403, "AccessDenied");
        return;
    }
    if (condition_fails(s, key, r)) {
        s->knobs.refused_leases += strstr(key, "/lease/") != NULL;
        if (s->knobs.conflict)
            refuse(s, reply, 409, "OperationNotPermitted");
        else
            refuse(s, reply, 412, "PreconditionFailed");
        return;
    }
    store(s, key, r->body);
    describe(s, find(s, key), reply);
    if (loses) {
        s->knobs.lose_puts--;
        *reply = (fake_reply){.error = ERR_NET};
    }
}

void small_store_answer(void *ctx, const fake_request *r, fake_reply *reply)
{
    small_store *s = ctx;
    const char *rest = r->url + strlen(SMALL_STORE_URL SMALL_STORE_BUCKET);
    size_t path_len = strcspn(rest, "?");
    AUTO(buf) key = BUF(4096);
    err e = ERR_INIT;
    assert_true(str_starts_with(r->url, SMALL_STORE_URL SMALL_STORE_BUCKET));
    buf_clear(&s->body);
    reply->status = 200;
    if (s->knobs.down) {
        *reply = (fake_reply){.error = ERR_NET};
        return;
    }
    if (path_len > 1)
        assert_true(s3_uri_decode((slice){rest + 1, path_len - 1}, false, &key, &e));
    if (strstr(rest, "list-type=2")) {
        list(s, rest + path_len);
    } else if (strcmp(r->method, "PUT") == 0) {
        write_object(s, buf_str(&key), r, reply);
    } else if (strcmp(r->method, "DELETE") == 0) {
        small_store_drop(s, buf_str(&key));
        reply->status = 204;
    } else {
        read_object(s, buf_str(&key), r, reply);
    }
    reply->body = buf_slice(&s->body);
}
