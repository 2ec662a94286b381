/* Downloads: compared with the object's checksum. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/get/get_site.h"

static void every_transfer_is_verified_by_every_kind(void **state)
{
    static const struct {
        const char *object;
        bool known, in_order;
        unsigned heads;
    } rows[] = {
        {OBJECT, true, false, 1},  /* ranges: HEAD beside them */
        {OBJECT, false, false, 0}, /* known from the reply that was aborted after its headers */
        {OBJECT, true, true, 0},   {OBJECT, false, true, 0}, {"0123456789", true, false, 0},
        {"0123", false, false, 0}, {"", true, false, 0},     {"", false, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t k = 0; k < ARRAY_LEN(all_kinds); k++) {
            for (unsigned spoilt = 0; spoilt < (rows[i].object[0] ? 2 : 1); spoilt++) {
                get_site g;
                open_get(&g, rows[i].object, (s3_config){0});
                set_sum(&g, all_kinds[k]);
                g.spoilt = spoilt ? 1000 : 0;
                s3_get_options o = options(&g, rows[i].known);
                o.on_data = rows[i].in_order ? on_data : NULL;
                o.on_restart = rows[i].in_order ? NULL : on_restart;
                assert_int_equal(get(&g, o), spoilt ? ERR_S3_CHECKSUM : ERR_NONE);
                if (!spoilt) {
                    assert_int_equal(g.result.proven, all_kinds[k]);
                    assert_int_equal(g.heads, rows[i].heads);
                } else {
                    assert_int_equal(g.restarts, rows[i].in_order ? 0 : 1);
                    assert_int_equal(g.s.error.cls, ERR_CLASS_ITEM);
                    assert_non_null(strstr(g.s.error.message, g.sum.text));
                }
                close_get(&g);
            }
        }
    }
}

static void a_mismatch_is_downloaded_again(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        get_site g;
        open_get(&g, OBJECT, (s3_config){0});
        set_sum(&g, S3_CHECKSUM_CRC64NVME);
        g.spoilt = known ? 1 : 2; /* the reply that is aborted after its headers counts too */
        assert_int_equal(get(&g, options(&g, known)), ERR_NONE);
        assert_int_equal(g.restarts, 1);
        file_is(&g, OBJECT);
        close_get(&g);
    }
}

static void a_mismatch_keeps_the_pin_to_what_was_listed(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, (s3_config){0});
    set_sum(&g, S3_CHECKSUM_CRC64NVME);
    g.spoilt = 1;
    s3_get_options o = options(&g, true);
    o.etag = "\"e1\"";
    assert_int_equal(get(&g, o), ERR_NONE);
    for (size_t i = 0; i < fake_request_count(g.s.f); i++)
        assert_string_equal(site_sent_header(&g.s, i, "If-Match"), "\"e1\"");
    close_get(&g);
}

static void checksums_of_parts_say_nothing_of_the_bytes(void **state)
{
    static const struct {
        const char *text, *type;
    } rows[] = {{"4waSgw==", "COMPOSITE"}, {"4waSgw==-3", NULL}, {"4waSgw==-3", "COMPOSITE"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        get_site g;
        open_get(&g, OBJECT, (s3_config){0});
        g.sum.kind = S3_CHECKSUM_CRC32C;
        snprintf(g.sum.text, sizeof g.sum.text, "%s", rows[i].text);
        g.sum_type = rows[i].type;
        assert_int_equal(get(&g, options(&g, true)), ERR_NONE);
        assert_int_equal(g.result.proven, S3_CHECKSUM_NONE);
        close_get(&g);
    }
}

static void when_required_nothing_is_asked(void **state)
{
    static const char *const required[] = {"AWS_ACCESS_KEY_ID",
                                           KEY_ID,
                                           "AWS_SECRET_ACCESS_KEY",
                                           SECRET,
                                           "AWS_RESPONSE_CHECKSUM_VALIDATION",
                                           "when_required",
                                           NULL};
    (void)state;
    for (int by_environment = 0; by_environment < 2; by_environment++) {
        get_site g;
        site_env = by_environment ? required : NULL;
        open_get(
            &g, OBJECT,
            (s3_config){.response_checksums = by_environment ? 0 : S3_CHECKSUM_USE_WHEN_REQUIRED});
        set_sum(&g, S3_CHECKSUM_CRC64NVME);
        g.spoilt = 1;
        assert_int_equal(get(&g, options(&g, true)), ERR_NONE);
        assert_int_equal(g.heads, 0);
        assert_int_equal(get(&g, options(&g, false)), ERR_NONE);
        assert_null(site_sent_header(&g.s, 4, "x-amz-checksum-mode"));
        close_get(&g);
    }
}

static void a_store_without_head_has_no_checksum(void **state)
{
    static const struct {
        int status;
        err_code code;
    } rows[] = {{403, ERR_NONE}, {405, ERR_NONE}, {501, ERR_NONE}, {500, ERR_HTTP_SERVER}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        get_site g;
        open_get(&g, OBJECT, (s3_config){0});
        set_sum(&g, S3_CHECKSUM_CRC64NVME);
        g.head_status = rows[i].status;
        assert_int_equal(get(&g, options(&g, true)), rows[i].code);
        close_get(&g);
    }
}

static void an_etag_that_is_md5_is_used_when_asked(void **state)
{
    static const struct {
        const char *sse, *suffix;
        bool ask, used;
    } rows[] = {{NULL, "", true, true},
                {"AES256", "", true, true},
                {NULL, "", false, false},
                {"aws:kms", "", true, false},
                {NULL, "-4", true, false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int known = 0; known < 2; known++) {
            get_site g;
            open_get(&g, OBJECT, (s3_config){.check_md5_etag = rows[i].ask});
            set_sum(&g, S3_CHECKSUM_MD5);
            AUTO_FREE char *etag = xasprintf("\"%s%s\"", g.sum.text, rows[i].suffix);
            g.etag = etag;
            g.sum.kind = S3_CHECKSUM_NONE;
            g.sse = rows[i].sse;
            assert_int_equal(get(&g, options(&g, known)), ERR_NONE);
            assert_int_equal(g.result.proven, rows[i].used ? S3_CHECKSUM_MD5 : S3_CHECKSUM_NONE);
            g.spoilt = 1000;
            assert_int_equal(get(&g, options(&g, known)),
                             rows[i].used ? ERR_S3_CHECKSUM : ERR_NONE);
            close_get(&g);
        }
    }
}

/* HEAD sees another version than the ranges. */
static void a_head_of_another_version_starts_over(void **state)
{
    static const http_header headers[] = {{"ETag", "\"e2\""}, {"Content-Length", "36"}};
    get_site g;
    (void)state;
    open_get(&g, OBJECT, (s3_config){0});
    set_sum(&g, S3_CHECKSUM_CRC64NVME);
    fake_when(g.s.f, &(fake_rule){.method = "HEAD",
                                  .times = 1,
                                  .reply = {.headers = headers, .header_count = 2}});
    assert_int_equal(get(&g, options(&g, true)), ERR_NONE);
    assert_int_equal(g.restarts, 1);
    file_is(&g, OBJECT);
    close_get(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transfer_is_verified_by_every_kind),
        cmocka_unit_test(a_mismatch_is_downloaded_again),
        cmocka_unit_test(a_mismatch_keeps_the_pin_to_what_was_listed),
        cmocka_unit_test(checksums_of_parts_say_nothing_of_the_bytes),
        cmocka_unit_test(when_required_nothing_is_asked),
        cmocka_unit_test(a_store_without_head_has_no_checksum),
        cmocka_unit_test(an_etag_that_is_md5_is_used_when_asked),
        cmocka_unit_test(a_head_of_another_version_starts_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
