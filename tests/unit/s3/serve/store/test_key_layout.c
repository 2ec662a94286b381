/* Keys and file names: every key has a path, and a walk yields keys in byte order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "s3/serve/store/key_layout.h"
#include "s3/serve/store/store.h"
#include "s3/serve/store/key_walk.h"

static char *path_of(slice key)
{
    buf path;
    buf_init(&path, 8192);
    assert_true(layout_key_path(key, &path));
    return buf_give(&path);
}

static void assert_path(const char *key, const char *expected)
{
    AUTO_FREE char *path = path_of(slice_from(key));
    assert_string_equal(path, expected);
}

static void test_paths(void **state)
{
    UNUSED(state);
    assert_path("a", "a@o");
    assert_path("a/b", "a@d/b@o");
    assert_path("a/", "a@d/@o");
    assert_path("a//b", "a@d/@d/b@o");
    assert_path("/", "@d/@o");
    assert_path("../x", "..@d/x@o");
    assert_path("x +%#?", "x%20%2B%25%23%3F@o");
    assert_path("\x01\n", "%01%0A@o");
    assert_path("a@o", "a%40o@o"); /* cannot collide with the name of `a` */
}

static void test_long_pieces_are_cut(void **state)
{
    UNUSED(state);
    char key[LAYOUT_KEY_BYTES_MAX];
    memset(key, '%', sizeof key);
    AUTO_FREE char *path = path_of((slice){key, sizeof key});
    for (const char *at = path; *at; at += strcspn(at, "/") + (at[strcspn(at, "/")] == '/'))
        assert_true(strcspn(at, "/") <= 200);
    char piece[66];
    memset(piece, 'a', 64);
    piece[64] = '/';
    piece[65] = 'b';
    AUTO_FREE char *exact = path_of((slice){piece, 64});
    AUTO_FREE char *more = path_of((slice){piece, 66});
    assert_true(str_ends_with(exact, "a@o"));
    assert_true(str_ends_with(more, "a@m/@d/b@o"));
}

static void assert_key(slice key, const char *s3_code)
{
    err e = ERR_INIT;
    assert_int_equal(layout_key_check(key, &e), s3_code == NULL);
    assert_string_equal(e.s3_code, s3_code ? s3_code : "");
}

static void test_keys_that_are_refused(void **state)
{
    UNUSED(state);
    char longest[LAYOUT_KEY_BYTES_MAX + 1];
    memset(longest, 'k', sizeof longest);
    assert_key((slice){longest, LAYOUT_KEY_BYTES_MAX}, NULL);
    assert_key((slice){longest, LAYOUT_KEY_BYTES_MAX + 1}, "KeyTooLongError");
    assert_key(SLICE_LIT("gr\xc3\xbc\xc3\x9f"), NULL);
    assert_key(SLICE_LIT("\xff"), "InvalidURI");
    assert_key(SLICE_LIT("\xc3"), "InvalidURI");
    assert_key(SLICE_LIT("\xed\xa0\x80"), "InvalidURI"); /* a surrogate */
    assert_key(SLICE_LIT("\xc0\xaf"), "InvalidURI");     /* an overlong slash */
    assert_key(SLICE_LIT("a\0b"), "InvalidURI");
    assert_key(SLICE_LIT(""), "InvalidURI");
}

static void test_bucket_names(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    assert_true(layout_bucket_check("my-bucket.2", &e));
    const char *bad[] = {"", "ab", "..", "a..b", "Upper", "-ab", "ab-", "a/b", "under_score"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(layout_bucket_check(bad[i], &e));
}

/* --- the walk --- */

typedef struct fixture {
    char root[64];
    store *store;
    char *seen[64];
    size_t count;
} fixture;

static int setup(void **state)
{
    err e = ERR_INIT;
    fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->root, sizeof f->root, "/tmp/test-layout-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    f->store = store_open(f->root, &e);
    assert_non_null(f->store);
    assert_true(store_bucket_create(f->store, "bucket", &e));
    *state = f;
    return 0;
}

static void forget(fixture *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->seen[i]);
    f->count = 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    err e = ERR_INIT;
    forget(f);
    store_close(f->store);
    assert_true(fs_remove_tree(f->root, &e));
    free(f);
    return 0;
}

static void put(fixture *f, const char *key)
{
    err e = ERR_INIT;
    AUTO(incoming) in = {.fd = -1};
    object_meta meta = {.etag = "\"x\""};
    assert_true(incoming_open(f->store, &in, &e));
    assert_true(incoming_write(&in, slice_from(key), &e));
    assert_true(store_object_commit(f->store, "bucket", slice_from(key), &in, &meta, NULL, &e));
}

static bool on_key(void *ctx, slice key, const char *path, err *e)
{
    UNUSED(path), UNUSED(e);
    fixture *f = ctx;
    f->seen[f->count++] = slice_dup(key);
    return true;
}

static void walk(fixture *f, const char *prefix, const char *after)
{
    err e = ERR_INIT;
    forget(f);
    AUTO_FREE char *root = store_bucket_path(f->store, "bucket");
    walk_options options = {.root = root,
                            .prefix = slice_from(prefix),
                            .after = slice_from(after),
                            .visit = on_key,
                            .ctx = f};
    assert_true(walk_keys(&options, &e));
}

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* In byte order. */
static const char *const keys[] = {
    "\x01",  " ",     "!",      "%",     "+",     "../up",     "/",  "//",
    "a",     "a!",    "a-b",    "a/",    "a/b",   "a//",       "a0", A64,
    A64 "!", A64 "/", A64 "/b", A64 "0", A64 A64, "b\xc3\xa9", "~",  "\xc3\xbc",
};

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void test_walk_is_in_byte_order(void **state)
{
    fixture *f = *state;
    const char *sorted[ARRAY_LEN(keys)];
    memcpy(sorted, keys, sizeof keys);
    qsort(sorted, ARRAY_LEN(sorted), sizeof *sorted, compare);
    for (size_t i = ARRAY_LEN(keys); i-- > 0;)
        put(f, keys[i]);
    walk(f, "", "");
    assert_int_equal(f->count, ARRAY_LEN(sorted));
    for (size_t i = 0; i < f->count; i++)
        assert_string_equal(f->seen[i], sorted[i]);
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++) { /* a page may start anywhere */
        walk(f, "", sorted[i]);
        assert_int_equal(f->count, ARRAY_LEN(sorted) - i - 1);
        if (f->count > 0)
            assert_string_equal(f->seen[0], sorted[i + 1]);
    }
    walk(f, "a/", "");
    assert_int_equal(f->count, 3);
}

static void test_removal_leaves_nothing(void **state)
{
    fixture *f = *state;
    err e = ERR_INIT;
    put(f, "a/b/c");
    put(f, "a");
    assert_false(store_bucket_remove(f->store, "bucket", &e));
    assert_string_equal(e.s3_code, "BucketNotEmpty");
    assert_true(
        store_object_remove(f->store, "bucket", SLICE_LIT("a/b/c"), &(object_removal){0}, &e));
    assert_true(
        store_object_remove(f->store, "bucket", SLICE_LIT("a/b/c"), &(object_removal){0}, &e));
    AUTO_FREE char *dir = xasprintf("%s/buckets/bucket/a@d", f->root);
    assert_false(fs_exists(dir));
    assert_true(store_object_remove(f->store, "bucket", SLICE_LIT("a"), &(object_removal){0}, &e));
    assert_true(store_bucket_remove(f->store, "bucket", &e));
}

static void test_root_is_held(void **state)
{
    fixture *f = *state;
    err e = ERR_INIT;
    assert_null(store_open(f->root, &e));
    assert_int_equal(e.code, ERR_LOCKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_long_pieces_are_cut),
        cmocka_unit_test(test_keys_that_are_refused),
        cmocka_unit_test(test_bucket_names),
        cmocka_unit_test_setup_teardown(test_walk_is_in_byte_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removal_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_root_is_held, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
