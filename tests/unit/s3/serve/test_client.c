/* The client library against the small server, over real sockets on one loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>

#include "decon/base/digest.h"
#include "base/fsutil.h"
#include "decon/base/loop.h"
#include "decon/s3/s3.h"
#include "base/util.h"
#include "s3/serve/server.h"

#define MIB (1024 * 1024)

typedef struct fixture {
    char root[64];
    server *server;
    char endpoint[64];
    loop *loop;
    s3_client *client;
    /* of the current call */
    bool done;
    err error;
    buf text; /* ETag, data or keys that the call delivered */
    uint64_t count;
    uint64_t size_bytes;
} fixture;

static const char *environment(const char *name)
{
    if (str_equal(name, "AWS_ACCESS_KEY_ID"))
        return "trial";
    return str_equal(name, "AWS_SECRET_ACCESS_KEY") ? "trial-secret" : NULL;
}

static void stop(fixture *f)
{
    s3_client_free(f->client);
    loop_free(f->loop);
    server_stop(f->server);
    f->client = NULL;
    f->loop = NULL;
    f->server = NULL;
}

static void start(fixture *f, const char *const *faults)
{
    err e = ERR_INIT;
    stop(f);
    f->server = server_start(&(server_options){.root = f->root,
                                               .access_key_id = "trial",
                                               .secret_access_key = "trial-secret",
                                               .faults = faults},
                             &e);
    assert_string_equal(e.message, "");
    snprintf(f->endpoint, sizeof f->endpoint, "http://127.0.0.1:%u", server_port(f->server));
    f->loop = loop_new(&(loop_options){0}, &e);
    assert_non_null(f->loop);
    f->client = s3_client_new(loop_transport(f->loop),
                              &(s3_config){.endpoint = f->endpoint,
                                           .part_size_bytes = 5 * MIB,
                                           .retry_base_ms = 1,
                                           .getenv_fn = environment},
                              &e);
    assert_non_null(f->client);
}

/* --- calls that wait --- */

static void finish(fixture *f, const err *error)
{
    if (error)
        f->error = *error;
    f->done = true;
}

static void on_done(void *ctx, const err *error)
{
    finish(ctx, error);
}

static void begin(fixture *f)
{
    f->done = false;
    f->error = (err)ERR_INIT;
    f->count = 0;
    buf_clear(&f->text);
}

static bool wait_for(fixture *f)
{
    loop_run(f->loop, &f->done);
    return !err_is_set(&f->error);
}

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    fixture *f = ctx;
    if (result && result->etag)
        buf_append_str(&f->text, result->etag);
    finish(f, error);
}

static bool put(fixture *f, const char *key, slice data, const char *if_none_match)
{
    begin(f);
    s3_put(f->client, &(s3_put_options){.bucket = "trial",
                                        .key = key,
                                        .data = data,
                                        .fd = -1,
                                        .if_none_match = if_none_match,
                                        .on_done = on_put,
                                        .ctx = f});
    return wait_for(f);
}

static bool on_data(void *ctx, slice data, err *e)
{
    fixture *f = ctx;
    return buf_append_slice(&f->text, data) || err_set(e, ERR_LIMIT, "more than was put");
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    fixture *f = ctx;
    if (result)
        f->size_bytes = result->size_bytes;
    finish(f, error);
}

static bool get(fixture *f, const char *key, const char *etag)
{
    begin(f);
    s3_get(f->client, &(s3_get_options){.bucket = "trial",
                                        .key = key,
                                        .etag = etag,
                                        .fd = -1,
                                        .on_data = on_data,
                                        .on_done = on_got,
                                        .ctx = f});
    return wait_for(f);
}

static bool remove_key(fixture *f, const char *key)
{
    begin(f);
    s3_delete(f->client, "trial", key, on_done, f);
    return wait_for(f);
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    UNUSED(e);
    fixture *f = ctx;
    f->count++;
    buf_append_str(&f->text, object->key);
    buf_append_char(&f->text, '\0');
    return true;
}

static bool on_prefix(void *ctx, const char *prefix, err *e)
{
    return on_object(ctx, &(s3_object){.key = prefix}, e);
}

static bool list(fixture *f, const char *prefix, const char *delimiter, unsigned page_size)
{
    begin(f);
    s3_list(f->client, &(s3_list_options){.bucket = "trial",
                                          .prefix = prefix,
                                          .delimiter = delimiter,
                                          .page_size = page_size,
                                          .on_object = on_object,
                                          .on_prefix = on_prefix,
                                          .on_done = on_done,
                                          .ctx = f});
    return wait_for(f);
}

static int setup(void **state)
{
    fixture *f = xcalloc(1, sizeof *f);
    buf_init(&f->text, 32 * MIB);
    snprintf(f->root, sizeof f->root, "/tmp/test-serve-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    start(f, NULL);
    begin(f);
    s3_create_bucket(f->client, "trial", on_done, f);
    assert_true(wait_for(f));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    err e = ERR_INIT;
    stop(f);
    buf_deinit(&f->text);
    assert_true(fs_remove_tree(f->root, &e));
    free(f);
    return 0;
}

/* --- the tests --- */

static char longest_key[1025]; /* filled by main */

static const char *const hard_keys[] = {
    "space and + plus",
    "100%",
    "%41",
    "#hash?query=1&x",
    "double//slash",
    "/leading",
    "trailing/",
    "./dot/../dots",
    "..",
    "a",
    "a/b",
    "a@o",
    "'quotes' \"and\" <xml> & *",
    "gr\xc3\xbc\xc3\x9f\xe3\x80\x80\xf0\x9f\x98\x80",
    "control \x01\x02\n\r\t\x7f",
    "tilde~under_score-dot.",
    longest_key,
};

static void test_hard_keys(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(hard_keys); i++)
        assert_true(put(f, hard_keys[i], slice_from(hard_keys[i]), NULL));
    for (size_t i = 0; i < ARRAY_LEN(hard_keys); i++) {
        assert_true(get(f, hard_keys[i], NULL));
        assert_string_equal(buf_str(&f->text), hard_keys[i]);
    }
    assert_true(list(f, NULL, NULL, 3));
    assert_int_equal(f->count, ARRAY_LEN(hard_keys));
    const char *before = NULL;
    for (const char *at = f->text.data; at < f->text.data + f->text.len; at += strlen(at) + 1) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(hard_keys); i++)
            known = known || str_equal(hard_keys[i], at);
        assert_true(known);
        assert_true(!before || strcmp(before, at) < 0);
        before = at;
    }
    for (size_t i = 0; i < ARRAY_LEN(hard_keys); i++)
        assert_true(remove_key(f, hard_keys[i]));
    assert_true(list(f, NULL, NULL, 0));
    assert_int_equal(f->count, 0);
}

static void test_folders(void **state)
{
    fixture *f = *state;
    const char *keys[] = {"d/1", "d/2", "d/e/3", "d/e/4", "d/f g/5", "d-other", "z"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_true(put(f, keys[i], SLICE_LIT("x"), NULL));
    for (unsigned page = 1; page < 6; page++) { /* every border of a page */
        assert_true(list(f, "d/", "/", page));
        assert_int_equal(f->count, 4);
        assert_true(list(f, NULL, NULL, page));
        assert_int_equal(f->count, ARRAY_LEN(keys));
    }
    assert_true(list(f, "nothing", NULL, 0));
    assert_int_equal(f->count, 0);
}

static void test_multipart(void **state)
{
    fixture *f = *state;
    size_t size = 20 * MIB + 7;
    AUTO_FREE char *data = xcalloc(1, size);
    uint64_t x = 88172645463325252ULL;
    for (size_t i = 0; i < size; i++) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        data[i] = (char)(x >> 56);
    }
    assert_true(put(f, "large", (slice){data, size}, NULL));
    assert_true(str_ends_with(buf_str(&f->text), "-5\""));
    AUTO_FREE char *etag = xstrdup(buf_str(&f->text));
    assert_true(get(f, "large", etag));
    assert_int_equal(f->text.len, size);
    assert_memory_equal(f->text.data, data, size);
    assert_false(get(f, "large", "\"another\""));
    assert_int_equal(f->error.code, ERR_S3_CHANGED);
    start(f, NULL); /* objects persist after the server has ended */
    assert_true(get(f, "large", NULL));
    assert_int_equal(f->text.len, size);
}

static void test_empty_object(void **state)
{
    fixture *f = *state;
    f->size_bytes = 99;
    assert_true(put(f, "empty", (slice){0}, NULL));
    assert_string_equal(buf_str(&f->text), "\"d41d8cd98f00b204e9800998ecf8427e\"");
    assert_true(get(f, "empty", NULL));
    assert_int_equal(f->text.len, 0);
    assert_int_equal(f->size_bytes, 0);
}

static void test_if_none_match(void **state)
{
    fixture *f = *state;
    assert_true(put(f, "lease", SLICE_LIT("first"), "*"));
    assert_false(put(f, "lease", SLICE_LIT("second"), "*"));
    assert_int_equal(f->error.http_status, 412);
    assert_true(get(f, "lease", NULL));
    assert_string_equal(buf_str(&f->text), "first");
}

static bool copy(fixture *f, const char *from, const char *if_match, const char *to)
{
    begin(f);
    s3_copy(f->client, &(s3_copy_options){.from_bucket = "trial",
                                          .from_key = from,
                                          .from_etag = if_match,
                                          .to_bucket = "trial",
                                          .to_key = to,
                                          .on_done = on_done,
                                          .ctx = f});
    return wait_for(f);
}

static void test_copy(void **state)
{
    fixture *f = *state;
    assert_true(put(f, "from +%", SLICE_LIT("words"), NULL));
    AUTO_FREE char *etag = xstrdup(buf_str(&f->text));
    assert_true(copy(f, "from +%", etag, "to/../#"));
    assert_true(get(f, "to/../#", NULL));
    assert_string_equal(buf_str(&f->text), "words");
    assert_false(copy(f, "from +%", "\"another\"", "elsewhere"));
    assert_int_equal(f->error.http_status, 412);
    assert_false(copy(f, "absent", NULL, "elsewhere"));
    assert_int_equal(f->error.code, ERR_S3_NOT_FOUND);
    assert_false(get(f, "elsewhere", NULL));
}

static void test_probe_leaves_nothing(void **state)
{
    fixture *f = *state;
    begin(f);
    s3_probe_write(f->client, "trial", "reports/probe", on_done, f);
    assert_true(wait_for(f));
    assert_true(list(f, NULL, NULL, 0));
    assert_int_equal(f->count, 0);
    begin(f);
    s3_probe_write(f->client, "absent", "reports/probe", on_done, f);
    assert_false(wait_for(f));
    assert_int_equal(f->error.code, ERR_S3_NO_BUCKET);
}

static void test_faults_are_passed(void **state)
{
    fixture *f = *state;
    AUTO_FREE char *data = xcalloc(1, 100000);
    memset(data, 'x', 100000);
    const char *faults[] = {"status=503,method=PUT,count=2", "reset,method=DELETE,count=1",
                            "truncate=1000,method=GET,key=cut,count=2", NULL};
    start(f, faults);
    assert_true(put(f, "cut", (slice){data, 100000}, NULL));
    assert_true(get(f, "cut", NULL));
    assert_int_equal(f->text.len, 100000);
    assert_memory_equal(f->text.data, data, 100000);
    assert_true(remove_key(f, "cut"));
    assert_true(s3_client_stats(f->client).retries >= 3);
}

/* The store has executed them; the reply was lost together with the kept connection. */
static void test_lost_replies_are_not_taken_for_refusals(void **state)
{
    fixture *f = *state;
    const char *faults[] = {"lost,method=POST,query=uploadId,count=1",
                            "lost,method=PUT,key=lease,count=1", NULL};
    AUTO_FREE char *data = xcalloc(1, 6 * MIB);
    start(f, faults);
    assert_true(put(f, "large", (slice){data, 6 * MIB}, NULL));
    assert_true(str_ends_with(buf_str(&f->text), "-2\""));
    assert_true(put(f, "lease", SLICE_LIT("mine"), "*"));
    assert_false(put(f, "lease", SLICE_LIT("yours"), "*"));
    assert_int_equal(f->error.http_status, 412);
}

static void test_faults_that_stay(void **state)
{
    fixture *f = *state;
    const char *faults[] = {"status=403,key=secret*", NULL};
    assert_true(put(f, "secret/1", SLICE_LIT("x"), NULL));
    start(f, faults);
    assert_false(get(f, "secret/1", NULL));
    assert_int_equal(f->error.code, ERR_S3_ACCESS);
    assert_string_equal(f->error.s3_code, "AccessDenied");
}

int main(void)
{
    for (size_t i = 0; i < sizeof longest_key - 1; i++)
        longest_key[i] = i % 100 == 99 ? '/' : "k%e "[i % 4];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hard_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_multipart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_object, setup, teardown),
        cmocka_unit_test_setup_teardown(test_if_none_match, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_probe_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_are_passed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_replies_are_not_taken_for_refusals, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_faults_that_stay, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
