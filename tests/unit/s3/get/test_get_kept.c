/* Downloads: a complete file of an earlier run is verified like a new download. */
#include "base/util.h"
#include "tests/unit/s3/get/get_site.h"

#define MD5_ETAG "\"e9b1713db620f1e3a14b6812de523f4b\"" /* of OBJECT */

static void keep(get_site *g, const char *bytes)
{
    assert_int_equal(pwrite(g->fd, bytes, strlen(bytes), 0), strlen(bytes));
}

static s3_get_options kept(get_site *g)
{
    s3_get_options o = options(g, true);
    o.resume_path = g->resume_path;
    o.etag = g->etag;
    o.file_is_whole = true;
    return o;
}

static const char *altered(void)
{
    static char bytes[SIZE + 1];
    snprintf(bytes, sizeof bytes, "%s", OBJECT);
    bytes[17] ^= 1;
    return bytes;
}

/* Kind NONE: only the ETag, which is an MD5. */
static void open_kept(get_site *g, s3_checksum_kind kind, const char *bytes)
{
    open_get(g, OBJECT, (s3_config){0});
    if (kind == S3_CHECKSUM_NONE)
        g->etag = MD5_ETAG;
    else
        set_sum(g, kind);
    keep(g, bytes);
}

static void a_valid_file_is_not_downloaded(void **state)
{
    UNUSED(state);
    for (int kind = S3_CHECKSUM_NONE; kind <= S3_CHECKSUM_SHA1; kind++) {
        get_site g;
        open_kept(&g, (s3_checksum_kind)kind, OBJECT);
        assert_int_equal(get(&g, kept(&g)), ERR_NONE);
        assert_int_equal(g.loads, 0);
        assert_int_equal(g.heads, 1);
        assert_int_equal(g.result.kept_bytes, SIZE);
        assert_int_equal(g.result.proven, kind ? kind : S3_CHECKSUM_MD5);
        close_get(&g);
    }
}

static void an_altered_file_is_downloaded_again(void **state)
{
    UNUSED(state);
    for (int kind = S3_CHECKSUM_NONE; kind <= S3_CHECKSUM_SHA1; kind++) {
        for (int reader = 0; reader < (kind == S3_CHECKSUM_NONE ? 1 : 2); reader++) {
            get_site g;
            open_kept(&g, (s3_checksum_kind)kind, altered());
            s3_get_options o = kept(&g);
            if (reader) {
                o.ahead_bytes = 1000;
                o.on_progress = follow;
                o.on_loaded = follow_to_the_end;
            }
            g.op = s3_get(g.s.c, &o);
            assert_int_equal(site_end(&g.s), ERR_NONE);
            assert_int_equal(g.restarts, 1);
            file_is(&g, OBJECT);
            close_get(&g);
        }
    }
}

/* The MD5 of an ETag counts for the other ranges of an earlier run too. */
static void altered_ranges_are_found_by_the_etag(void **state)
{
    UNUSED(state);
    get_site g;
    err e = ERR_INIT;
    open_kept(&g, S3_CHECKSUM_NONE, altered());
    assert_true(fs_write_file(g.resume_path,
                              SLICE_LIT("decon-resume 1\nobject b/k\netag "
                                        "%22e9b1713db620f1e3a14b6812de523f4b%22\nsize 36\nhave 0 "
                                        "20\nend\n"),
                              false, &e));
    s3_get_options o = kept(&g);
    o.file_is_whole = false;
    assert_int_equal(get(&g, o), ERR_NONE);
    assert_int_equal(g.restarts, 1);
    file_is(&g, OBJECT);
    close_get(&g);
}

/* Encrypted by KMS or uploaded in parts: the ETag is not an MD5, and only identifies the
 * version. */
static void an_etag_that_is_no_md5_is_not_used_as_md5(void **state)
{
    UNUSED(state);
    static const struct {
        const char *etag, *sse;
    } rows[] = {{"\"00112233445566778899aabbccddeeff-3\"", NULL},
                {"\"00112233445566778899aabbccddeeff\"", "aws:kms"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        get_site g;
        open_get(&g, OBJECT, (s3_config){0});
        g.etag = rows[i].etag;
        g.sse = rows[i].sse;
        keep(&g, OBJECT);
        assert_int_equal(get(&g, kept(&g)), ERR_NONE);
        assert_int_equal(g.loads, 0);
        close_get(&g);
    }
}

/* An ETag that looks like an MD5 but is not costs one download, and is not an error. */
static void an_etag_that_looks_like_an_md5_costs_one_load(void **state)
{
    UNUSED(state);
    get_site g;
    open_get(&g, OBJECT, (s3_config){0});
    g.etag = "\"00112233445566778899aabbccddeeff\"";
    keep(&g, OBJECT);
    assert_int_equal(get(&g, kept(&g)), ERR_NONE);
    assert_int_equal(g.restarts, 1);
    file_is(&g, OBJECT);
    close_get(&g);
}

static void another_version_or_none_is_an_error(void **state)
{
    UNUSED(state);
    static const struct {
        int head_status;
        const char *etag;
        err_code code;
    } rows[] = {{0, "\"e2\"", ERR_S3_CHANGED}, {404, "\"e1\"", ERR_S3_NOT_FOUND}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        get_site g;
        open_get(&g, OBJECT, (s3_config){0});
        keep(&g, OBJECT);
        s3_get_options o = kept(&g);
        g.etag = rows[i].etag;
        g.head_status = rows[i].head_status;
        assert_int_equal(get(&g, o), rows[i].code);
        close_get(&g);
    }
}

/* A store without HEAD, and a file of another size: the object is downloaded. */
static void what_cannot_be_asked_for_is_loaded(void **state)
{
    UNUSED(state);
    get_site g;
    open_get(&g, OBJECT, (s3_config){0});
    keep(&g, altered());
    g.head_status = 405;
    assert_int_equal(get(&g, kept(&g)), ERR_NONE);
    file_is(&g, OBJECT);
    close_get(&g);
    open_get(&g, OBJECT, (s3_config){0});
    keep(&g, OBJECT "and more");
    assert_int_equal(get(&g, kept(&g)), ERR_NONE);
    assert_true(g.loads > 0);
    file_is(&g, OBJECT);
    close_get(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_file_is_not_downloaded),
        cmocka_unit_test(an_altered_file_is_downloaded_again),
        cmocka_unit_test(altered_ranges_are_found_by_the_etag),
        cmocka_unit_test(an_etag_that_is_no_md5_is_not_used_as_md5),
        cmocka_unit_test(an_etag_that_looks_like_an_md5_costs_one_load),
        cmocka_unit_test(another_version_or_none_is_an_error),
        cmocka_unit_test(what_cannot_be_asked_for_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
