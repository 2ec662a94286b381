/* A store of one object without checksums, and one download of it. */
#ifndef TESTS_UNIT_S3_GET_RANGE_SITE_H
#define TESTS_UNIT_S3_GET_RANGE_SITE_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define OBJECT    "0123456789abcdefghijklmnopqrstuvwxyz"
#define SIZE      36
#define PART      10
#define TEXT_SIZE 64

/* A store of one object, and one download of it. */
typedef struct get_site {
    site s;
    const char *object, *etag;
    char etag_text[TEXT_SIZE], length[TEXT_SIZE], range[TEXT_SIZE]; /* of the current reply */
    http_header headers[6];
    FILE *file;
    buf data; /* on_data */
    bool in_order;
    unsigned restarts;
    uint64_t prefix, received;
    s3_get_result result;
    char result_etag[TEXT_SIZE];
} get_site;

/* Answers as S3 does: ranges, If-Match, 416. */
static inline void serve(void *ctx, const fake_request *request, fake_reply *reply)
{
    get_site *g = ctx;
    const char *range = fake_request_header(request, "Range");
    const char *match = fake_request_header(request, "If-Match");
    unsigned long long from = 0, to = 0, size = strlen(g->object);
    if (match && strcmp(match, g->etag) != 0) {
        reply->status = 412;
        reply->body = SLICE_LIT("<Error><Code>PreconditionFailed</Code></Error>");
        return;
    }
    if (range) {
        assert_int_equal(sscanf(range, "bytes=%llu-%llu", &from, &to), 2);
        assert_true(from <= to);
    } else {
        to = size - 1;
    }
    if (range && from >= size) {
        reply->status = 416;
        reply->body = SLICE_LIT("<Error><Code>InvalidRange</Code></Error>");
        return;
    }
    to = MIN(to, size - 1);
    reply->status = range ? 206 : 200;
    reply->body = (slice){.data = g->object + from, .len = (size_t)(size ? to - from + 1 : 0)};
    reply->chunk_bytes = 3;
    snprintf(g->range, sizeof g->range, "bytes %llu-%llu/%llu", from, to, size);
    snprintf(g->length, sizeof g->length, "%llu", size ? to - from + 1 : 0);
    g->headers[0] = (http_header){"ETag", g->etag};
    g->headers[1] = (http_header){"Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"};
    g->headers[2] = (http_header){"Accept-Ranges", "bytes"};
    g->headers[3] = (http_header){"Content-Length", g->length};
    g->headers[4] = (http_header){"Content-Range", g->range};
    reply->headers = g->headers;
    reply->header_count = range ? 5 : 4;
}

static inline void open_get(get_site *g, const char *object, unsigned max_in_flight)
{
    *g = (get_site){.object = object, .etag = "\"e1\"", .file = tmpfile()};
    assert_non_null(g->file);
    buf_init(&g->data, 4096);
    site_open(&g->s, (s3_config){.part_size_bytes = PART, .max_in_flight = max_in_flight});
    fake_handle(g->s.f, serve, g);
}

static inline void close_get(get_site *g)
{
    site_close(&g->s);
    buf_deinit(&g->data);
    fclose(g->file);
}

static inline void on_progress(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    get_site *g = ctx;
    assert_true(prefix_bytes >= g->prefix);
    assert_true(prefix_bytes <= received_bytes);
    g->prefix = prefix_bytes;
    g->received = received_bytes;
    /* Reported bytes are in the file. */
    char bytes[TEXT_SIZE] = "";
    assert_int_equal(pread(fileno(g->file), bytes, prefix_bytes, 0), prefix_bytes);
    assert_memory_equal(bytes, g->object, prefix_bytes);
}

static inline void on_restart(void *ctx)
{
    get_site *g = ctx;
    g->restarts++;
    g->prefix = g->received = 0;
    buf_clear(&g->data);
}

static inline void on_done(void *ctx, const s3_get_result *result, const err *e)
{
    get_site *g = ctx;
    assert_true((result != NULL) == (e == NULL));
    if (result) {
        g->result = *result;
        snprintf(g->result_etag, sizeof g->result_etag, "%s", result->etag ? result->etag : "");
    }
    site_done(&g->s, e);
}

static inline s3_get_options options(get_site *g)
{
    return (s3_get_options){.bucket = "b",
                            .key = "k",
                            .fd = fileno(g->file),
                            .on_progress = on_progress,
                            .on_restart = on_restart,
                            .on_done = on_done,
                            .ctx = g};
}

static inline err_code get(get_site *g, s3_get_options o)
{
    s3_get(g->s.c, &o);
    return site_end(&g->s);
}

static inline void file_is(get_site *g, const char *expected)
{
    char bytes[TEXT_SIZE] = "";
    ssize_t len = pread(fileno(g->file), bytes, sizeof bytes - 1, 0);
    assert_int_equal(len, strlen(expected));
    assert_string_equal(bytes, expected);
}

#endif
