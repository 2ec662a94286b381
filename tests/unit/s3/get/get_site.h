/* A store of one object with checksums, and downloads of it into a file.
 *
 * What:    open_get makes both, `options` and `get` download, close_get checks that nothing is
 *          left.
 * Owner:   the test's. Threads: one. Fails: by cmocka's assertions.
 */
#ifndef TESTS_UNIT_S3_GET_SITE_H
#define TESTS_UNIT_S3_GET_SITE_H

#include <fcntl.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "tests/unit/s3/site.h"

#define OBJECT    "0123456789abcdefghijklmnopqrstuvwxyz"
#define SIZE      36
#define PART      10
#define TEXT_SIZE 128

/* A store of one object with checksums, which S3 sends only with a whole reply and with HEAD. */
typedef struct get_site {
    site s;
    const char *object, *etag;
    s3_checksum sum;      /* kind NONE: the object has none */
    const char *sum_type; /* x-amz-checksum-type, or NULL */
    const char *sse;      /* x-amz-server-side-encryption, or NULL */
    int head_status;      /* not 0: HEAD is refused */
    unsigned spoilt;      /* number of replies whose first byte is altered */
    unsigned heads, loads;
    uint64_t delay_ms, delay_from; /* delay of ranges from this offset on */
    char text[4][TEXT_SIZE], body[TEXT_SIZE];
    http_header headers[10];
    char dir[64], *path, *resume_path;
    int fd;
    buf data;
    unsigned restarts;
    s3_get_result result;

    /* for a reader that follows */
    s3_op *op;
    uint64_t prefix;
    s3_checksum_kind kind; /* the checksum kind that it was given */
    unsigned loaded;       /* number of reports that all bytes were received */
} get_site;

static inline void add(get_site *g, fake_reply *reply, const char *name, const char *value)
{
    if (value)
        g->headers[reply->header_count++] = (http_header){name, value};
}

static inline void describe(get_site *g, const fake_request *request, fake_reply *reply, bool whole)
{
    reply->headers = g->headers;
    add(g, reply, "ETag", g->etag);
    add(g, reply, "Accept-Ranges", "bytes");
    add(g, reply, "x-amz-server-side-encryption", g->sse);
    if (!whole || !fake_request_header(request, "x-amz-checksum-mode") ||
        g->sum.kind == S3_CHECKSUM_NONE)
        return;
    add(g, reply, s3_checksum_header(g->sum.kind), g->sum.text);
    add(g, reply, "x-amz-checksum-type", g->sum_type);
}

static inline void answer_range(get_site *g, const char *range, fake_reply *reply)
{
    unsigned long long from = 0, to = strlen(g->object);
    if (range) {
        assert_int_equal(sscanf(range, "bytes=%llu-%llu", &from, &to), 2);
        assert_true(to < strlen(g->object)); /* no range is requested beyond the end */
        snprintf(g->text[0], TEXT_SIZE, "bytes %llu-%llu/%zu", from, to, strlen(g->object));
        add(g, reply, "Content-Range", g->text[0]);
        reply->status = 206;
        to++;
    }
    snprintf(g->body, sizeof g->body, "%.*s", (int)(to - from), g->object + from);
    if (g->spoilt > 0 && to > from) {
        g->body[0] ^= 1;
        g->spoilt--;
    }
    if (g->delay_ms && from >= g->delay_from)
        reply->delay_ms = g->delay_ms;
    snprintf(g->text[1], TEXT_SIZE, "%llu", to - from);
    add(g, reply, "Content-Length", g->text[1]);
    reply->body = (slice){g->body, (size_t)(to - from)};
    reply->chunk_bytes = 3;
}

static inline void serve(void *ctx, const fake_request *request, fake_reply *reply)
{
    get_site *g = ctx;
    const char *match = fake_request_header(request, "If-Match");
    bool head = strcmp(request->method, "HEAD") == 0;
    *(head ? &g->heads : &g->loads) += 1;
    reply->status = 200;
    if (head && g->head_status) {
        reply->status = g->head_status;
    } else if (match && strcmp(match, g->etag) != 0) {
        reply->status = 412;
        reply->body = SLICE_LIT("<Error><Code>PreconditionFailed</Code></Error>");
    } else if (head) {
        describe(g, request, reply, true);
        snprintf(g->text[2], TEXT_SIZE, "%zu", strlen(g->object));
        add(g, reply, "Content-Length", g->text[2]);
    } else {
        const char *range = fake_request_header(request, "Range");
        describe(g, request, reply, !range);
        answer_range(g, range, reply);
    }
}

static inline void set_sum(get_site *g, s3_checksum_kind kind)
{
    s3_hash h;
    s3_hash_init(&h, kind);
    s3_hash_update(&h, g->object, strlen(g->object));
    g->sum = s3_hash_final(&h);
}

static inline void open_site(get_site *g, s3_config config)
{
    config.part_size_bytes = PART;
    config.max_attempts = 2;
    site_open(&g->s, config);
    fake_handle(g->s.f, serve, g);
}

static inline void open_get(get_site *g, const char *object, s3_config config)
{
    *g = (get_site){.object = object, .etag = "\"e1\"", .dir = "/tmp/decon-get-XXXXXX"};
    assert_non_null(mkdtemp(g->dir));
    g->path = xasprintf("%s/part", g->dir);
    g->resume_path = xasprintf("%s/part.resume", g->dir);
    g->fd = open(g->path, O_RDWR | O_CREAT, 0666);
    assert_true(g->fd >= 0);
    buf_init(&g->data, 4096);
    open_site(g, config);
}

static inline void close_get(get_site *g)
{
    err e = ERR_INIT;
    fake_run_all(g->s.f);
    assert_true(s3_client_idle(g->s.c));
    site_close(&g->s);
    close(g->fd);
    assert_true(fs_remove_tree(g->dir, &e));
    free(g->path);
    free(g->resume_path);
    buf_deinit(&g->data);
}

static inline void on_restart(void *ctx)
{
    get_site *g = ctx;
    g->restarts++;
}

/* Reads available bytes at once. */
static inline void follow(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    get_site *g = ctx;
    UNUSED(received_bytes);
    if (prefix_bytes == 0)
        return;
    g->prefix = prefix_bytes;
    g->kind = s3_get_reader_kind(g->op);
    s3_get_read_to(g->op, prefix_bytes);
}

static inline void count_loaded(void *ctx, uint64_t size_bytes)
{
    get_site *g = ctx;
    assert_int_equal(size_bytes, strlen(g->object));
    g->loaded++;
}

static inline void read_all(void *ctx)
{
    get_site *g = ctx;
    char bytes[TEXT_SIZE];
    s3_hash h;
    size_t size = strlen(g->object);
    assert_int_equal(pread(g->fd, bytes, size, 0), size);
    s3_hash_init(&h, s3_get_reader_kind(g->op));
    s3_hash_update(&h, bytes, size);
    s3_checksum found = s3_hash_final(&h);
    s3_get_read_end(g->op, &found);
}

static inline void follow_to_the_end(void *ctx, uint64_t size_bytes)
{
    get_site *g = ctx;
    count_loaded(ctx, size_bytes);
    timer_start(fake_transport_base(g->s.f), 0, read_all, g);
}

static inline bool on_data(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(&((get_site *)ctx)->data, data);
}

static inline void on_done(void *ctx, const s3_get_result *result, const err *e)
{
    get_site *g = ctx;
    assert_true((result != NULL) == (e == NULL));
    if (result)
        g->result = *result;
    site_done(&g->s, e);
}

static inline s3_get_options options(get_site *g, bool size_known)
{
    return (s3_get_options){.bucket = "b",
                            .key = "k",
                            .fd = g->fd,
                            .size_known = size_known,
                            .size_bytes = size_known ? strlen(g->object) : 0,
                            .on_restart = on_restart,
                            .on_done = on_done,
                            .ctx = g};
}

static inline err_code get(get_site *g, s3_get_options o)
{
    s3_get(g->s.c, &o);
    return site_end(&g->s);
}

static inline void file_is(const get_site *g, const char *expected)
{
    char bytes[TEXT_SIZE] = "";
    assert_int_equal(pread(g->fd, bytes, sizeof bytes - 1, 0), strlen(expected));
    assert_string_equal(bytes, expected);
}

static const s3_checksum_kind all_kinds[] = {S3_CHECKSUM_CRC64NVME, S3_CHECKSUM_CRC32C,
                                             S3_CHECKSUM_CRC32, S3_CHECKSUM_SHA256,
                                             S3_CHECKSUM_SHA1};

#endif
