/* Bodies in chunks (aws-chunked): the decoder, and the small server with the published examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "s3/serve/protocol/chunks.h"
#include "s3/serve/server.h"

#define MAX_BYTES    (1024 * 1024)
#define EXAMPLE_SIZE 66560

/* --- the decoder --- */

static bool collect(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

static bool take_all(chunks *c, slice body, size_t step, buf *out, err *e)
{
    for (size_t at = 0; at < body.len; at += step)
        if (!chunks_take(c, (slice){body.data + at, MIN(step, body.len - at)}, collect, out, e))
            return false;
    return true;
}

/* Yields the refusal's code, "" for none; `name` is the header that the trailer must hold. */
static const char *decode(slice body, size_t step, const char *name, buf *out, char **value)
{
    static err e;
    chunks c;
    e = (err)ERR_INIT;
    *value = NULL;
    chunks_init(&c, CHUNKS_UNSIGNED_TRAILER, NULL);
    bool ok = take_all(&c, body, step, out, &e) && chunks_end(&c, name, value, &e);
    chunks_deinit(&c);
    assert_int_equal(ok, e.s3_code[0] == '\0');
    return e.s3_code;
}

static void assert_code(const char *body, const char *name, const char *code)
{
    for (size_t step = 1; step <= 64; step *= 4) {
        AUTO(buf) out = BUF(MAX_BYTES);
        AUTO_FREE char *value = NULL;
        assert_string_equal(decode(slice_from(body), step, name, &out, &value), code);
    }
}

#define SUM "x-amz-checksum-crc32"

static void test_unsigned_chunks_are_joined(void **state)
{
    UNUSED(state);
    AUTO_FREE char *large = xcalloc(1, CHUNK_SIZE_MIN + 1);
    memset(large, 'x', CHUNK_SIZE_MIN);
    AUTO_FREE char *body = xasprintf(
        "2000\r\n%s\r\n00002000\r\n%s\r\nB\r\nhello\r\nwor\n\r\n0\r\n" SUM ": AAAAAA==\r\n\r\n",
        large, large);
    for (size_t step = 1; step < 20000; step = step * 3 + 1) {
        AUTO(buf) out = BUF(MAX_BYTES);
        AUTO_FREE char *value = NULL;
        assert_string_equal(decode(slice_from(body), step, SUM, &out, &value), "");
        assert_int_equal(out.len, 2 * CHUNK_SIZE_MIN + 11);
        assert_memory_equal(out.data + 2 * CHUNK_SIZE_MIN, "hello\r\nwor\n", 11);
        assert_string_equal(value, "AAAAAA==");
    }
    assert_code("0\r\n\r\n", NULL, "");
    assert_code("1\r\nx\r\n0\r\n", NULL, "");
    assert_code("1\r\nx\r\n0\r\nX-Amz-Checksum-Crc32:AAAAAA==\n\r\n", SUM, "");
}

static void test_broken_framing_is_refused(void **state)
{
    UNUSED(state);
    assert_code("", NULL, "IncompleteBody");
    assert_code("5\r\nhel", NULL, "IncompleteBody");
    assert_code("5\r\nhello\r\n", NULL, "IncompleteBody");
    assert_code("\r\n", NULL, "InvalidRequest");
    assert_code("x\r\n", NULL, "InvalidRequest");
    assert_code("-1\r\n", NULL, "InvalidRequest");
    assert_code("0x1\r\nx\r\n", NULL, "InvalidRequest");
    assert_code("10000000000000000\r\n", NULL, "InvalidRequest");
    assert_code("4\r\nhello\r\n0\r\n\r\n", NULL, "InvalidRequest");
    assert_code("5\r\nhello0\r\n\r\n", NULL, "InvalidRequest");
    assert_code("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", NULL, "InvalidChunkSizeError");
    char line[CHUNK_LINE_MAX + 2];
    memset(line, '0', sizeof line);
    line[sizeof line - 1] = '\0';
    assert_code(line, NULL, "InvalidRequest");
}

static void test_a_trailer_holds_what_was_announced(void **state)
{
    UNUSED(state);
    assert_code("0\r\n\r\n", SUM, "MalformedTrailerError");
    assert_code("0\r\n" SUM "\r\n\r\n", SUM, "MalformedTrailerError");
    assert_code("0\r\nx-amz-checksum-crc32c:AAAAAA==\r\n\r\n", SUM, "MalformedTrailerError");
    assert_code("0\r\n" SUM ":AAAAAA==\r\n" SUM ":AAAAAA==\r\n\r\n", SUM, "MalformedTrailerError");
    assert_code("0\r\n" SUM ":AAAAAA==\r\n\r\n", NULL, "MalformedTrailerError");
    AUTO_FREE char *tail = xcalloc(1, CHUNK_TRAILER_MAX + 16);
    memset(tail, '\n', CHUNK_TRAILER_MAX + 8);
    memcpy(tail, "0\r\n", 3);
    assert_code(tail, NULL, "MalformedTrailerError");
}

/* --- the server --- */

/* "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks",
 * and ".. Including Trailing Headers", in the Amazon S3 API Reference: 65 KiB of `a` go to a bucket
 * on 2013-05-24. */
typedef struct example {
    const char *mode, *signed_headers, *seed, *chunks[3], *tail;
} example;

static const example plain = {
    .mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    .signed_headers = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                      "x-amz-decoded-content-length;x-amz-storage-class",
    .seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    .chunks = {"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
               "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
               "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"},
    .tail = "\r\n"};

#define TRAILER_SIGNATURE "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"

static const example trailing = {
    .mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    .signed_headers = "content-encoding;host;x-amz-content-sha256;x-amz-date;"
                      "x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
    .seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    .chunks = {"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
               "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
               "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"},
    .tail = "x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:" TRAILER_SIGNATURE
            "\r\n\r\n"};

static int64_t example_time_s(void *clock)
{
    UNUSED(clock);
    return 1369353600;
}

static void append_body(const example *x, buf *out)
{
    static const size_t sizes[] = {65536, 1024, 0};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        buf_printf(out, "%zx;chunk-signature=%s\r\n", sizes[i], x->chunks[i]);
        for (size_t n = 0; n < sizes[i]; n++)
            buf_append_char(out, 'a');
        if (sizes[i] > 0)
            buf_append_str(out, "\r\n");
    }
    buf_append_str(out, x->tail);
}

static void append_request(const example *x, buf *out)
{
    AUTO(buf) body = BUF(MAX_BYTES);
    append_body(x, &body);
    buf_printf(out,
               "PUT /examplebucket/chunkObject.txt HTTP/1.1\r\n"
               "Host: s3.amazonaws.com\r\nConnection: close\r\nx-amz-date: 20130524T000000Z\r\n"
               "x-amz-storage-class: REDUCED_REDUNDANCY\r\nContent-Encoding: aws-chunked\r\n"
               "x-amz-decoded-content-length: %d\r\nContent-Length: %zu\r\n"
               "x-amz-content-sha256: %s\r\n%s"
               "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/"
               "s3/aws4_request,SignedHeaders=%s,Signature=%s\r\n\r\n",
               EXAMPLE_SIZE, body.len, x->mode,
               str_ends_with(x->mode, "TRAILER") ? "x-amz-trailer: x-amz-checksum-crc32c\r\n" : "",
               x->signed_headers, x->seed);
    buf_append_slice(out, buf_slice(&body));
}

static server *start(const char *root)
{
    err e = ERR_INIT;
    AUTO_FREE char *bucket = xasprintf("%s/buckets/examplebucket", root);
    assert_true(fs_make_dirs(bucket, &e));
    server *s = server_start(
        &(server_options){.root = root,
                          .access_key_id = "AKIAIOSFODNN7EXAMPLE",
                          .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                          .anonymous = AUTH_ANONYMOUS_READ,
                          .wall_s = example_time_s},
        &e);
    assert_string_equal(e.message, "");
    return s;
}

/* The whole reply, until the server closes. */
static void ask(const server *s, slice request, buf *reply)
{
    err e = ERR_INIT;
    char piece[4096];
    ssize_t got;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port(s))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    assert_true(fs_write_all(fd, request.data, request.len, &e));
    while ((got = read(fd, piece, sizeof piece)) > 0)
        buf_append(reply, piece, (size_t)got);
}

/* Sends it, and yields the reply's status; the object then has `size` bytes, or is absent. */
static void assert_example(const example *x, const char *status, const char *words, int size)
{
    char root[] = "/tmp/serve-chunks.XXXXXX";
    err e = ERR_INIT;
    AUTO(buf) request = BUF(MAX_BYTES);
    AUTO(buf) reply = BUF(MAX_BYTES);
    AUTO(buf) object = BUF(MAX_BYTES);
    assert_non_null(mkdtemp(root));
    server *s = start(root);
    append_request(x, &request);
    ask(s, buf_slice(&request), &reply);
    ask(s,
        SLICE_LIT("GET /examplebucket/chunkObject.txt HTTP/1.1\r\nHost: s3.amazonaws.com\r\n"
                  "x-amz-checksum-mode: ENABLED\r\nConnection: close\r\n\r\n"),
        &object);
    server_stop(s);
    assert_true(fs_remove_tree(root, &e));
    if (!str_starts_with(buf_str(&reply), status) || !strstr(buf_str(&reply), words))
        fail_msg("%s, %s: %s", status, words, buf_str(&reply));
    AUTO_FREE char *length = xasprintf("Content-Length: %d\r\n", size);
    assert_true(size ? strstr(buf_str(&object), length) != NULL
                     : str_starts_with(buf_str(&object), "HTTP/1.1 404"));
    assert_null(strcasestr(buf_str(&object), "content-encoding"));
    if (size)
        for (size_t i = object.len - EXAMPLE_SIZE; i < object.len; i++)
            assert_int_equal(object.data[i], 'a');
}

static void test_the_published_example_is_taken(void **state)
{
    UNUSED(state);
    assert_example(&plain, "HTTP/1.1 200", "ETag", EXAMPLE_SIZE);
}

static void test_the_published_example_with_a_trailer_is_taken(void **state)
{
    UNUSED(state);
    assert_example(&trailing, "HTTP/1.1 200", "x-amz-checksum-crc32c: sOO8/Q==", EXAMPLE_SIZE);
}

static void test_each_signature_counts(void **state)
{
    UNUSED(state);
    static const char wrong[] = "0000000000000000000000000000000000000000000000000000000000000000";
    for (size_t i = 0; i < ARRAY_LEN(plain.chunks); i++) {
        example x = plain;
        x.chunks[i] = wrong;
        assert_example(&x, "HTTP/1.1 403", "SignatureDoesNotMatch", 0);
    }
    example x = plain;
    x.seed = wrong;
    assert_example(&x, "HTTP/1.1 403", "SignatureDoesNotMatch", 0);
    x = trailing; /* if Content-Length is not signed */
    x.chunks[1] = "1c1344b1";
    assert_example(&x, "HTTP/1.1 400", "has no chunk-signature", 0);
}

static void test_the_trailer_is_signed_and_holds_the_checksum(void **state)
{
    UNUSED(state);
    example x = trailing;
    x.tail = "x-amz-checksum-crc32c:sOO8/A==\r\nx-amz-trailer-signature:" TRAILER_SIGNATURE "\r\n";
    assert_example(&x, "HTTP/1.1 403", "SignatureDoesNotMatch", 0);
    x.tail = "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n";
    assert_example(&x, "HTTP/1.1 400", "MalformedTrailerError", 0);
    x.tail = "\r\n";
    assert_example(&x, "HTTP/1.1 400", "MalformedTrailerError", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsigned_chunks_are_joined),
        cmocka_unit_test(test_broken_framing_is_refused),
        cmocka_unit_test(test_a_trailer_holds_what_was_announced),
        cmocka_unit_test(test_the_published_example_is_taken),
        cmocka_unit_test(test_the_published_example_with_a_trailer_is_taken),
        cmocka_unit_test(test_each_signature_counts),
        cmocka_unit_test(test_the_trailer_is_signed_and_holds_the_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
