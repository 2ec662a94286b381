#include "s3/serve/layout.h"
#include "s3/serve/ops.h"
#include "s3/serve/xml.h"

#include <strings.h>
#include <unistd.h>

#define COPY_SIZE_MAX (5ULL * 1024 * 1024 * 1024)

/* Headers of an upload that come back with the object. */
static const char *const kept[] = {"content-type",     "cache-control",    "content-disposition",
                                   "content-encoding", "content-language", "expires"};

static bool is_kept(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (strcasecmp(name, kept[i]) == 0)
            return true;
    return strncasecmp(name, "x-amz-meta-", strlen("x-amz-meta-")) == 0;
}

bool op_keep_headers(const exchange *x, object_meta *meta, err *e)
{
    AUTO(buf) lines;
    buf_init(&lines, sizeof meta->headers - 1);
    if (!exchange_header(x, "content-type"))
        buf_append_str(&lines, "content-type: binary/octet-stream\n");
    for (size_t i = 0; i < x->auth.header_count; i++)
        if (is_kept(x->auth.headers[i].name))
            buf_printf(&lines, "%s: %s\n", x->auth.headers[i].name, x->auth.headers[i].value);
    if (lines.overflow)
        return s3_refuse(e, REFUSE_METADATA_TOO_LARGE);
    memcpy(meta->headers, buf_str(&lines), lines.len + 1);
    return true;
}

/* "name: value" */
static void add_line(exchange *x, slice line)
{
    AUTO_FREE char *text = slice_dup(line);
    char *colon = strstr(text, ": ");
    if (!colon)
        return;
    *colon = '\0';
    exchange_add_header(x, text, "%s", colon + 2);
}

static void add_object_headers(exchange *x, const object_meta *meta, bool partial)
{
    exchange_add_header(x, "ETag", "%s", meta->etag);
    exchange_add_header(x, "Accept-Ranges", "bytes");
    exchange_add_date(x, "Last-Modified", meta->modified_s);
    for (const char *at = meta->headers; *at;) {
        size_t len = strcspn(at, "\n");
        add_line(x, (slice){at, len});
        at += len + (at[len] == '\n');
    }
    const char *mode = exchange_header(x, "x-amz-checksum-mode");
    if (mode && strcasecmp(mode, "ENABLED") == 0 && !partial && meta->checksum[0])
        add_line(x, slice_from(meta->checksum));
}

/* An If-Match / If-None-Match list: "*", or ETags with or without quotes. */
static bool etag_listed(const char *list, const char *etag)
{
    slice ours = slice_from(etag);
    slice bare = ours.len >= 2 ? (slice){etag + 1, ours.len - 2} : ours;
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ",");
        slice one = slice_trim((slice){at, len});
        if (slice_equal(one, ours) || slice_equal(one, bare) || slice_equal_str(one, "*"))
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

static bool reply_object(exchange *x, const object_meta *meta, int *fd, err *e)
{
    byte_range range;
    const char *if_match = exchange_header(x, "If-Match");
    const char *if_none_match = exchange_header(x, "If-None-Match");
    if (if_match && !etag_listed(if_match, meta->etag))
        return s3_refuse(e, REFUSE_PRECONDITION_FAILED);
    if (if_none_match && etag_listed(if_none_match, meta->etag)) {
        exchange_add_header(x, "ETag", "%s", meta->etag);
        exchange_reply(x, 304, (slice){0});
        return true;
    }
    if (!byte_range_parse(exchange_header(x, "Range"), meta->size_bytes, &range, e)) {
        exchange_add_header(x, "Content-Range", "bytes */%llu",
                            (unsigned long long)meta->size_bytes);
        return false;
    }
    add_object_headers(x, meta, range.partial);
    if (range.partial)
        exchange_add_header(x, "Content-Range", "bytes %llu-%llu/%llu",
                            (unsigned long long)range.offset,
                            (unsigned long long)(range.offset + range.len_bytes - 1),
                            (unsigned long long)meta->size_bytes);
    int take_fd = *fd;
    *fd = -1;
    exchange_reply_file(x, range.partial ? 206 : 200, take_fd, STORE_HEADER_BYTES + range.offset,
                        range.len_bytes);
    return true;
}

bool op_get_object(exchange *x, err *e)
{
    object_meta meta;
    if (!store_bucket_check(x->store, x->target.bucket, e))
        return false;
    AUTO_FD fd = store_object_open(x->store, x->target.bucket, exchange_key(x), &meta, e);
    return fd >= 0 && reply_object(x, &meta, &fd, e);
}

bool op_put_object(exchange *x, err *e)
{
    object_meta meta = {0};
    commit_condition condition = {.if_match = exchange_header(x, "If-Match"),
                                  .if_none_match = exchange_header(x, "If-None-Match")};
    if (condition.if_none_match && !str_equal(condition.if_none_match, "*"))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED, "If-None-Match takes only * here.");
    if (!exchange_check_body(x, &meta, e) || !op_keep_headers(x, &meta, e) ||
        !store_object_commit(x->store, x->target.bucket, exchange_key(x), &x->in, &meta, &condition,
                             e))
        return false;
    exchange_add_header(x, "ETag", "%s", meta.etag);
    if (meta.checksum[0])
        add_line(x, slice_from(meta.checksum));
    exchange_reply(x, 200, (slice){0});
    return true;
}

bool op_delete_object(exchange *x, err *e)
{
    if (!store_bucket_check(x->store, x->target.bucket, e) ||
        !store_object_remove(x->store, x->target.bucket, exchange_key(x), e))
        return false;
    exchange_reply(x, 204, (slice){0});
    return true;
}

static bool check_copy(const exchange *x, const object_meta *from, err *e)
{
    const char *if_match = exchange_header(x, "x-amz-copy-source-if-match");
    const char *if_none_match = exchange_header(x, "x-amz-copy-source-if-none-match");
    if ((if_match && !etag_listed(if_match, from->etag)) ||
        (if_none_match && etag_listed(if_none_match, from->etag)))
        return s3_refuse(e, REFUSE_PRECONDITION_FAILED);
    if (from->size_bytes > COPY_SIZE_MAX)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "The copy source is larger than 5 GiB.");
    return true;
}

static bool replaces_metadata(const exchange *x)
{
    const char *directive = exchange_header(x, "x-amz-metadata-directive");
    return directive && strcasecmp(directive, "REPLACE") == 0;
}

static int open_copy_source(exchange *x, object_meta *from, err *e)
{
    AUTO_FREE char *bucket = NULL;
    AUTO(buf) key;
    buf_init(&key, LAYOUT_KEY_BYTES_MAX);
    if (!target_copy_source(exchange_header(x, "x-amz-copy-source"), &bucket, &key, e) ||
        !store_bucket_check(x->store, bucket, e))
        return -1;
    if (!replaces_metadata(x) && str_equal(bucket, x->target.bucket) &&
        slice_equal(buf_slice(&key), exchange_key(x))) {
        s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                          "An object can be copied onto itself only with new metadata.");
        return -1;
    }
    return store_object_open(x->store, bucket, buf_slice(&key), from, e);
}

/* The copy keeps the source's ETag, also where that is one of parts. */
static bool copy_body(exchange *x, int fd, const object_meta *from, object_meta *to, err *e)
{
    AUTO(incoming) in = {.fd = -1};
    *to = *from;
    if (replaces_metadata(x) && !op_keep_headers(x, to, e))
        return false;
    return incoming_open(x->store, &in, e) && incoming_append_file(&in, fd, from->size_bytes, e) &&
           store_object_commit(x->store, x->target.bucket, exchange_key(x), &in, to, NULL, e);
}

bool op_copy_object(exchange *x, err *e)
{
    object_meta from, to;
    AUTO_FD fd = open_copy_source(x, &from, e);
    if (fd < 0 || !check_copy(x, &from, e) || !copy_body(x, fd, &from, &to, e))
        return false;
    AUTO(buf) body;
    buf_init(&body, 4096);
    buf_append_str(&body, XML_HEAD "<CopyObjectResult " XML_NAMESPACE ">");
    xml_element_time(&body, "LastModified", to.modified_s);
    xml_element_str(&body, "ETag", to.etag);
    buf_append_str(&body, "</CopyObjectResult>");
    exchange_reply_xml(x, 200, &body);
    return true;
}
