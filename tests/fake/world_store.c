/* The world's store: objects and replies. */
#include "tests/fake/world_inside.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ctype.h>

#include "decon/s3/uri.h"
#include "base/util.h"

static bool is_record(const char *key)
{
    return strstr(key, "/_decon/runs/") || strstr(key, "/_decon/ledger/") ||
           strstr(key, "/_decon/failures/");
}

static world_object *find_in(world_object *objects, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(objects[i].key, key) == 0)
            return &objects[i];
    return NULL;
}

world_object *world_object_find(world *w, const char *key)
{
    return is_record(key) ? find_in(w->records, w->record_count, key)
                          : find_in(w->objects, w->object_count, key);
}

const world_object *world_find(const world *w, const char *key)
{
    return world_object_find((world *)w, key);
}

void world_object_drop(world_object *o, world *w)
{
    free(o->key);
    free(o->data);
    for (size_t i = 0; i < o->metadata_count; i++) {
        free((char *)(uintptr_t)o->metadata[i].name);
        free((char *)(uintptr_t)o->metadata[i].value);
    }
    bool record = o >= w->records && o < w->records + ARRAY_LEN(w->records);
    *o = record ? w->records[--w->record_count] : w->objects[--w->object_count];
}

void world_drop(world *w, const char *key)
{
    world_object_drop(world_object_find(w, key), w);
}

void world_put(world *w, const char *key, const char *data, size_t len, int64_t time_s)
{
    world_object *o = world_object_find(w, key);
    if (o)
        world_object_drop(o, w);
    bool record = is_record(key);
    assert_true(w->object_count < ARRAY_LEN(w->objects));
    assert_true(w->record_count < ARRAY_LEN(w->records));
    o = record ? &w->records[w->record_count++] : &w->objects[w->object_count++];
    *o = (world_object){.key = xstrdup(key),
                        .data = xcalloc(1, len + 1),
                        .len = len,
                        .time_s = time_s,
                        .version = record ? 1 : ++w->versions};
    if (len)
        memcpy(o->data, data, len);
}

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

static void etag_of(const world *w, const world_object *o, char *out, size_t size)
{
    uint8_t digest[MD5_BYTES];
    char hex[2 * MD5_BYTES + 1];
    md5((slice){o->data, o->len}, digest);
    hex_encode(digest, sizeof digest, hex);
    if (w->md5_etags)
        snprintf(out, size, "%s", hex);
    else
        snprintf(out, size, "v%u", o->version);
}

/* Each once, as an element. */
static void note_folder(buf *folders, const char *key, size_t prefix_len)
{
    AUTO(buf) element = BUF(4096);
    size_t len = prefix_len + strcspn(key + prefix_len, "/") + 1;
    buf_append_str(&element, "<CommonPrefixes><Prefix>");
    s3_uri_encode((slice){key, len}, true, &element);
    buf_append_str(&element, "</Prefix></CommonPrefixes>");
    if (!strstr(buf_str(folders), buf_str(&element)))
        buf_append_slice(folders, buf_slice(&element));
}

static unsigned long long listed_size(const world *w, const world_object *o)
{
    return w->huge && strstr(o->key, w->huge) ? 1ull << 50 : o->len;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(const world_object *const *)a)->key, (*(const world_object *const *)b)->key);
}

/* In byte order, as S3 lists. */
static void list_objects(world *w, const char *query, world_reply *t)
{
    AUTO(buf) prefix = BUF(4096);
    if (w->signal_at_listing)
        world_signal(w); /* with a timer, fake_run would first deliver all replies that are due */
    w->signal_at_listing = false;
    const char *at = strstr(query, "prefix=");
    AUTO(buf) folders = BUF(8192);
    err e = ERR_INIT;
    if (at)
        assert_true(s3_uri_decode((slice){at + 7, strcspn(at + 7, "&")}, false, &prefix, &e));
    buf_append_str(&t->body, "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false"
                             "</IsTruncated><EncodingType>url</EncodingType>");
    const world_object *sorted[ARRAY_LEN(w->objects) + ARRAY_LEN(w->records)];
    size_t count = 0;
    for (size_t i = 0; i < w->object_count; i++)
        sorted[count++] = &w->objects[i];
    for (size_t i = 0; i < w->record_count; i++)
        sorted[count++] = &w->records[i];
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 0; i < count; i++) {
        const world_object *o = sorted[i];
        if (!str_starts_with(o->key, buf_str(&prefix)))
            continue;
        if (strstr(query, "delimiter=") && strchr(o->key + prefix.len, '/')) {
            note_folder(&folders, o->key, prefix.len);
            continue;
        }
        char when[64], etag[64];
        etag_of(w, o, etag, sizeof etag);
        format_time(o->time_s, true, when, sizeof when);
        buf_append_str(&t->body, "<Contents><Key>");
        s3_uri_encode(slice_from(o->key), true, &t->body);
        buf_printf(&t->body,
                   "</Key><LastModified>%s</LastModified><ETag>&quot;%s&quot;</ETag><Size>%llu"
                   "</Size></Contents>",
                   when, etag, listed_size(w, o));
    }
    buf_append_slice(&t->body, buf_slice(&folders));
    buf_append_str(&t->body, "</ListBucketResult>");
}

static void fail_reply(fake_reply *reply, world_reply *t, int status, const char *code)
{
    reply->status = status;
    buf_printf(&t->body, "<Error><Code>%s</Code><Message>no</Message></Error>", code);
}

static void describe_object(const world *w, const world_object *o, fake_reply *reply,
                            world_reply *t)
{
    char etag[64];
    etag_of(w, o, etag, sizeof etag);
    snprintf(t->etag, sizeof t->etag, "%s\"%s\"", w->weak_etags ? "W/" : "", etag);
    format_time(o->time_s, false, t->when, sizeof t->when);
    t->headers[0] = (http_header){"ETag", t->etag};
    t->headers[1] = (http_header){"Last-Modified", t->when};
    reply->headers = t->headers;
    reply->header_count = 2;
}

static bool other_version(const world *w, const world_object *o, const char *wanted)
{
    char etag[64];
    etag_of(w, o, etag, sizeof etag);
    AUTO_FREE char *quoted = xasprintf("\"%s\"", etag);
    return wanted && !w->no_conditions && strcmp(wanted, quoted) != 0;
}

static void get_object(world *w, const char *key, const fake_request *r, fake_reply *reply,
                       world_reply *t)
{
    const world_object *o = world_object_find(w, key);
    w->downloads++;
    reply->delay_ms = w->slow_get && strstr(key, w->slow_get) ? 25000 : 0;
    if (w->get_503) {
        w->get_503--;
        fail_reply(reply, t, 503, "SlowDown");
        return;
    }
    if (w->forbidden && strstr(key, w->forbidden)) {
        fail_reply(reply, t, 403, "AccessDenied");
        return;
    }
    if (!o || (w->gone && strstr(key, w->gone))) {
        fail_reply(reply, t, 404, "NoSuchKey");
        return;
    }
    if (other_version(w, o, fake_request_header(r, "If-Match"))) {
        fail_reply(reply, t, 412, "PreconditionFailed");
        return;
    }
    describe_object(w, o, reply, t);
    size_t from = 0, to = o->len;
    const char *range = fake_request_header(r, "Range");
    if (range) {
        unsigned long first = 0, last = 0;
        assert_int_equal(sscanf(range, "bytes=%lu-%lu", &first, &last), 2);
        from = first;
        to = MIN(o->len, last + 1);
        snprintf(t->range, sizeof t->range, "bytes %zu-%zu/%zu", from, to - 1, o->len);
        t->headers[reply->header_count++] = (http_header){"Content-Range", t->range};
        reply->status = 206;
    }
    buf_append(&t->body, o->data + from, to - from);
}

static void copy_text_cased(char *to, const char *from, bool upper)
{
    size_t i = 0;
    for (; from[i]; i++)
        to[i] = upper ? (char)toupper((unsigned char)from[i]) : from[i];
    to[i] = '\0';
}

static void tell_metadata(const world *w, const world_object *o, fake_reply *reply, world_reply *t)
{
    for (size_t i = 0; i < o->metadata_count; i++) {
        copy_text_cased(t->metadata[i][0], o->metadata[i].name, w->upper_metadata);
        copy_text_cased(t->metadata[i][1], o->metadata[i].value, w->upper_metadata);
        t->headers[reply->header_count++] = (http_header){t->metadata[i][0], t->metadata[i][1]};
    }
}

static void tell_checksum(const world *w, const world_object *o, const fake_request *r,
                          fake_reply *reply, world_reply *t)
{
    if (!w->checksums || !strstr(o->key, w->checksums) ||
        !fake_request_header(r, "x-amz-checksum-mode"))
        return;
    s3_checksum sum = s3_checksum_of_crc(S3_CHECKSUM_CRC64NVME, crc64nvme(0, o->data, o->len));
    snprintf(t->checksum, sizeof t->checksum, "%s", sum.text);
    t->headers[reply->header_count++] = (http_header){"x-amz-checksum-crc64nvme", t->checksum};
}

static void tell_version_id(const world *w, const world_object *o, fake_reply *reply,
                            world_reply *t)
{
    if (!w->version_ids || !str_starts_with(o->key, "data/"))
        return;
    snprintf(t->version_id, sizeof t->version_id, "id.%u+/=", o->version);
    t->headers[reply->header_count++] = (http_header){"x-amz-version-id", t->version_id};
}

static void head_object(world *w, const char *key, const fake_request *r, fake_reply *reply,
                        world_reply *t)
{
    const world_object *o = world_object_find(w, key);
    reply->status = w->refuse_head && strstr(key, w->refuse_head) ? 403 : o ? 200 : 404;
    if (reply->status == 200 && other_version(w, o, fake_request_header(r, "If-Match")))
        reply->status = 412;
    if (reply->status != 200)
        return;
    describe_object(w, o, reply, t);
    tell_metadata(w, o, reply, t);
    tell_checksum(w, o, r, reply, t);
    tell_version_id(w, o, reply, t);
    snprintf(t->range, sizeof t->range, "%zu", o->len);
    t->headers[reply->header_count++] = (http_header){"Content-Length", t->range};
}

static void note(world *w, const char *what, const char *key)
{
    if (is_record(key))
        return;
    size_t used = strlen(w->order);
    snprintf(w->order + used, sizeof w->order - used, "%s %s\n", what, key);
}

static void keep_metadata(world *w, const char *key, const fake_request *r)
{
    world_object *o = world_object_find(w, key);
    for (size_t i = 0; !w->drop_metadata && i < r->header_count; i++)
        if (str_starts_with(r->headers[i].name, "x-amz-meta-")) {
            assert_true(o->metadata_count < ARRAY_LEN(o->metadata));
            o->metadata[o->metadata_count++] =
                (http_header){xstrdup(r->headers[i].name), xstrdup(r->headers[i].value)};
        }
}

static const char *condition_of(const world *w, const fake_request *r, const char *name)
{
    return str_equal(name, w->ignore_condition) ? NULL : fake_request_header(r, name);
}

static bool condition_fails(world *w, const char *key, const fake_request *r)
{
    const world_object *o = world_object_find(w, key);
    const char *match = condition_of(w, r, "If-Match");
    if (w->no_conditions)
        return false;
    if (w->refuse_condition && fake_request_header(r, w->refuse_condition))
        return true;
    return (o && condition_of(w, r, "If-None-Match")) || (match && !o) ||
           (o && other_version(w, o, match));
}

static void put_object(world *w, const char *key, const fake_request *r, fake_reply *reply,
                       world_reply *t)
{
    if (condition_fails(w, key, r)) {
        fail_reply(reply, t, 412, "PreconditionFailed");
        return;
    }
    if (w->before_put && !is_record(key))
        w->before_put(w, key);
    if (w->refuse_put && strstr(key, w->refuse_put)) {
        fail_reply(reply, t, 403, "AccessDenied");
        return;
    }
    const char *source = fake_request_header(r, "x-amz-copy-source");
    if (w->metadata_full && source && fake_request_header(r, "x-amz-meta-decon-input-size")) {
        fail_reply(reply, t, 400, "MetadataTooLarge");
        return;
    }
    int64_t now_s = clock_wall_s(fake_transport_base(w->fake)) + w->clock_ahead_s;
    reply->delay_ms = w->slow_put && strstr(key, w->slow_put) ? 25000 : 0;
    note(w, source ? "COPY" : "PUT", key);
    if (!source) {
        if (w->forget_put && strstr(key, w->forget_put)) {
            t->headers[0] = (http_header){"ETag", "\"forgotten\""};
            reply->headers = t->headers;
            reply->header_count = 1;
            return;
        }
        bool cut = w->cut_put && strstr(key, w->cut_put) && r->body.len > 0;
        world_put(w, key, r->body.data, r->body.len - cut, now_s);
        keep_metadata(w, key, r);
        describe_object(w, world_object_find(w, key), reply, t);
        return;
    }
    AUTO(buf) from = BUF(4096);
    err e = ERR_INIT;
    source += source[0] == '/';
    assert_true(s3_uri_decode(slice_from(source), false, &from, &e));
    const world_object *o = world_object_find(w, buf_str(&from) + strlen(WORLD_BUCKET "/"));
    assert_non_null(o);
    if (other_version(w, o, fake_request_header(r, "x-amz-copy-source-if-match"))) {
        fail_reply(reply, t, 412, "PreconditionFailed");
        return;
    }
    AUTO_FREE char *copy = xcalloc(1, o->len + 1);
    size_t len = o->len;
    memcpy(copy, o->data, len);
    world_put(w, key, copy, len, now_s);
    keep_metadata(w, key, r);
    buf_append_str(&t->body, "<CopyObjectResult><ETag>&quot;x&quot;</ETag></CopyObjectResult>");
}

static void start_multipart(world *w, const char *key, fake_reply *reply, world_reply *t)
{
    if (w->refuse_probe || (w->refuse_put && strstr(key, w->refuse_put))) {
        fail_reply(reply, t, 403, "AccessDenied");
        return;
    }
    buf_append_str(&t->body, "<InitiateMultipartUploadResult><UploadId>u1</UploadId>"
                             "</InitiateMultipartUploadResult>");
}

static void delete_object(world *w, const char *key, const char *query, fake_reply *reply)
{
    reply->status = 204;
    if (query[0])
        return; /* the abort of a probe */
    note(w, "DELETE", key);
    world_object *o = world_object_find(w, key);
    if (o)
        world_object_drop(o, w);
}

void world_store_answer(world *w, const fake_request *r, fake_reply *reply, world_reply *t)
{
    const char *rest = r->url + strlen(WORLD_STORE);
    size_t path_len = strcspn(rest, "?");
    const char *query = rest[path_len] ? rest + path_len + 1 : "";
    size_t bucket_len = strcspn(rest, "/?");
    AUTO_FREE char *bucket = xstrndup(rest, bucket_len);
    AUTO(buf) key = BUF(4096);
    err e = ERR_INIT;
    if (bucket_len < path_len)
        assert_true(s3_uri_decode((slice){rest + bucket_len + 1, path_len - bucket_len - 1}, false,
                                  &key, &e));
    const char *name = buf_str(&key);
    if (w->on_request)
        w->on_request(w, r->method, name);
    if (w->refuse_list && strstr(query, "list-type=2") && strstr(query, "delimiter="))
        fail_reply(reply, t, 403, "AccessDenied");
    else if (w->missing_bucket && strcmp(bucket, w->missing_bucket) == 0)
        fail_reply(reply, t, 404, "NoSuchBucket");
    else if (strstr(query, "list-type=2"))
        list_objects(w, query, t);
    else if (strcmp(r->method, "GET") == 0)
        get_object(w, name, r, reply, t);
    else if (strcmp(r->method, "HEAD") == 0)
        head_object(w, name, r, reply, t);
    else if (strcmp(r->method, "PUT") == 0)
        put_object(w, name, r, reply, t);
    else if (strcmp(r->method, "POST") == 0)
        start_multipart(w, name, reply, t);
    else
        delete_object(w, name, query, reply);
}
