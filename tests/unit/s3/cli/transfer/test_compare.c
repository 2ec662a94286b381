/* What sync compares: sizes, times, ETags; and names below a source or target. */
#include "s3/cli/transfer/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "decon/base/digest.h"
#include "base/util.h"
#include "base/fsutil.h"

static char dir[] = "/tmp/decon-compare-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    err e = ERR_INIT;
    (void)state;
    return fs_remove_tree(dir, &e) ? 0 : -1;
}

static char *file_of(const char *name, slice data)
{
    char *path = xasprintf("%s/%s", dir, name);
    err e = ERR_INIT;
    assert_true(fs_write_file(path, data, false, &e));
    return path;
}

static void md5_text(slice data, char out[2 * MD5_BYTES + 1])
{
    uint8_t digest[MD5_BYTES];
    md5(data, digest);
    hex_encode(digest, sizeof digest, out);
}

static void the_etag_of_one_request_is_the_md5(void **state)
{
    char etag[COMPARE_ETAG_SIZE];
    err e = ERR_INIT;
    AUTO_FREE char *path = file_of("one", SLICE_LIT("hello\n"));
    (void)state;
    assert_true(compare_file_etag(NULL, path, 0, etag, &e));
    assert_string_equal(etag, "b1946ac92492d2347c6235b4d2611184");
}

/* MD5 of the parts' MD5s, and their number. */
static void the_etag_of_parts(void **state)
{
    char etag[COMPARE_ETAG_SIZE], expected[COMPARE_ETAG_SIZE], all[2 * MD5_BYTES + 1];
    uint8_t digests[3 * MD5_BYTES];
    err e = ERR_INIT;
    AUTO_FREE char *path = file_of("parts", SLICE_LIT("aaaabbbbc"));
    (void)state;
    md5(SLICE_LIT("aaaa"), digests);
    md5(SLICE_LIT("bbbb"), digests + MD5_BYTES);
    md5(SLICE_LIT("c"), digests + 2 * MD5_BYTES);
    md5_text((slice){(const char *)digests, sizeof digests}, all);
    snprintf(expected, sizeof expected, "%s-3", all);
    assert_true(compare_file_etag(NULL, path, 4, etag, &e));
    assert_string_equal(etag, expected);
    assert_true(compare_file_etag(NULL, path, 9, etag, &e)); /* no empty part follows */
    assert_true(str_ends_with(etag, "-1"));
}

static void an_absent_file_is_reported(void **state)
{
    char etag[COMPARE_ETAG_SIZE];
    err e = ERR_INIT;
    AUTO_FREE char *path = xasprintf("%s/absent", dir);
    (void)state;
    assert_false(compare_file_etag(NULL, path, 0, etag, &e));
    assert_non_null(strstr(e.message, "absent"));
}

/* --- entries --- */

static char same_etag[] = "\"e\"";

static void sizes_and_times_decide(void **state)
{
    static const struct {
        uint64_t from_size, to_size;
        int64_t from_s, to_s;
        uint32_t from_ns;
        compare_by by;
        bool objects, differs;
        const char *reason;
    } rows[] = {
        {1, 2, 0, 0, 0, COMPARE_TIME, false, true, "size differs: 1 bytes, target 2"},
        {1, 2, 0, 0, 0, COMPARE_SIZE, false, true, "size differs"},
        {1, 1, 9, 0, 0, COMPARE_SIZE, false, false, ""},
        {1, 1, 9, 8, 0, COMPARE_TIME, false, true, "newer: 1970-01-01 00:00:09"},
        {1, 1, 8, 8, 0, COMPARE_TIME, false, false, ""},
        {1, 1, 7, 8, 0, COMPARE_TIME, false, false, ""},
        {1, 1, 8, 8, 1, COMPARE_TIME, false, true, "newer"}, /* within the second */
        {1, 1, 7, 8, 0, COMPARE_EXACT_TIME, false, true, "time differs"},
        {1, 1, 8, 8, 1, COMPARE_EXACT_TIME, false, false, ""},
        {1, 1, 9, 8, 0, COMPARE_TIME, true, false, ""}, /* an equal ETag means the same object */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char reason[REASON_SIZE] = "";
        bool differs = false;
        err e = ERR_INIT;
        entry from = {.size_bytes = rows[i].from_size,
                      .modified_s = rows[i].from_s,
                      .modified_ns = rows[i].from_ns,
                      .etag = same_etag};
        entry to = {.size_bytes = rows[i].to_size, .modified_s = rows[i].to_s, .etag = same_etag};
        comparison k = {.from = &from,
                        .to = &to,
                        .from_is_object = rows[i].objects,
                        .to_is_object = rows[i].objects,
                        .by = rows[i].by};
        assert_true(compare_entries(NULL, &k, &differs, reason, &e));
        assert_int_equal(differs, rows[i].differs);
        if (differs)
            assert_true(str_starts_with(reason, rows[i].reason));
    }
}

static void checksums_of_a_file_and_an_object(void **state)
{
    static const struct {
        const char *etag;
        bool differs;
        const char *reason;
    } rows[] = {
        {"\"b1946ac92492d2347c6235b4d2611184\"", false, ""},
        {"\"b1946ac92492d2347c6235b4d2611185\"", true, "ETag differs"},
        {"\"something else\"", true, "ETag cannot be compared"},
        {"\"b1946ac92492d2347c6235b4d2611184-9\"", true, "ETag cannot be compared"},
        {"\"6a6d8d4533507d490ab007dfe8314ab7-1\"", false, ""}, /* uploaded in one part */
        {"\"6a6d8d4533507d490ab007dfe8314ab8-1\"", true, "ETag differs"},
    };
    AUTO_FREE char *path = file_of("sum", SLICE_LIT("hello\n"));
    const cli_config config = {.part_size = 16 << 20};
    cli c = {.config = &config};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *etag = xstrdup(rows[i].etag);
        char reason[REASON_SIZE] = "";
        bool differs = false;
        err e = ERR_INIT;
        entry file = {.name = path, .size_bytes = 6}, object = {.size_bytes = 6, .etag = etag};
        comparison up = {.from = &file, .to = &object, .to_is_object = true};
        comparison down = {.from = &object, .to = &file, .from_is_object = true};
        up.by = down.by = COMPARE_CHECKSUM;
        assert_true(compare_entries(&c, &up, &differs, reason, &e));
        assert_int_equal(differs, rows[i].differs);
        assert_string_equal(reason, rows[i].reason);
        assert_true(compare_entries(&c, &down, &differs, reason, &e));
        assert_int_equal(differs, rows[i].differs);
    }
}

/* --- sources and targets --- */

static place place_of(const char *text)
{
    place p = {0};
    err e = ERR_INIT;
    assert_true(place_parse(text, &p, &e));
    return p;
}

static void names_below_a_place(void **state)
{
    static const struct {
        const char *folder, *relative, *text;
    } rows[] = {
        {"s3://b", "x/y", "s3://b/x/y"},
        {"s3://b/p", "x", "s3://b/p/x"},
        {"s3://b/p/", "x", "s3://b/p/x"},
        {"s3://b", "../x", "s3://b/../x"}, /* a key like others */
        {"dir", "x/y", "dir/x/y"},
        {"dir//", "x", "dir/x"},
        {"dir", "../x", NULL},
        {"dir", "a//b", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(place) folder = place_of(rows[i].folder);
        AUTO(place) out = {0};
        err e = ERR_INIT;
        bool ok = place_below(&folder, rows[i].relative, &out, &e);
        assert_int_equal(ok, rows[i].text != NULL);
        AUTO_FREE char *text = ok ? place_text(&out) : NULL;
        if (ok)
            assert_string_equal(text, rows[i].text);
    }
}

static void a_target_inside_its_source_is_seen(void **state)
{
    static const struct {
        const char *from, *to;
        bool inside;
    } rows[] = {
        {"s3://b", "s3://b/x", true},      {"s3://b/x", "s3://b/x/y", true},
        {"s3://b/x", "s3://b/x", true},    {"s3://b/x", "s3://b/xy", false},
        {"s3://b/x", "s3://c/x/y", false}, {"s3://b/x/y", "s3://b/x", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(place) from = place_of(rows[i].from);
        AUTO(place) to = place_of(rows[i].to);
        assert_int_equal(place_contains(&from, &to), rows[i].inside);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_etag_of_one_request_is_the_md5),
        cmocka_unit_test(the_etag_of_parts),
        cmocka_unit_test(an_absent_file_is_reported),
        cmocka_unit_test(sizes_and_times_decide),
        cmocka_unit_test(checksums_of_a_file_and_an_object),
        cmocka_unit_test(names_below_a_place),
        cmocka_unit_test(a_target_inside_its_source_is_seen),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
