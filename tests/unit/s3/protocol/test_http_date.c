#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "s3/protocol/http_date.h"

#define NOON 1769860800 /* 2026-01-31T12:00:00Z */

/* RFC 3339, and the formats of SDKs and Python. */
static void forms_of_iso_8601(void **state)
{
    static const char *const rows[] = {"2026-01-31T12:00:00Z",
                                       "2026-01-31T12:00:00.000Z",
                                       "2026-01-31t12:00:00z",
                                       "2026-01-31T12:00:00+00:00",
                                       "2026-01-31T12:00:00.123456+00:00",
                                       "2026-01-31T12:00:00-00:00",
                                       "2026-01-31T14:00:00+02:00",
                                       "2026-01-31T06:30:00-05:30",
                                       "2026-01-31T12:00:00+0000",
                                       "2026-01-31T13:00:00+01",
                                       "2026-01-31T12:00:00UTC",
                                       "2026-01-31 12:00:00+00:00",
                                       "2026-01-31 12:00:00Z",
                                       "2026-01-31T12:00:00",
                                       "2026-01-31T12:00:00.5",
                                       "2026-02-01T00:00:00+12:00",
                                       "2026-01-31T12:00:00,250Z",
                                       "2026-01-31 12:00:00 +0000",
                                       "2026-01-31 12:00:00 UTC",
                                       "2026-01-31T12:00Z",
                                       "2026-01-31T14:00+02:00",
                                       "2026-01-31T12:00:00Z[UTC]",
                                       "2026-01-31T13:00+01:00[Europe/Paris]",
                                       "2026-01-31 12:00:00 +0000 UTC",
                                       "2026-01-31 14:00:00.5 +0200 CEST",
                                       "2026-01-31T12:00:00.123456789Z"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t time_s = 0;
        if (!s3_when_parse_iso(rows[i], &time_s) || time_s != NOON)
            fail_msg("%s: %lld", rows[i], (long long)time_s);
    }
}

static void forms_of_http(void **state)
{
    static const char *const rows[] = {
        "Sat, 31 Jan 2026 12:00:00 GMT",    "Sat, 31 Jan 2026 12:00:00 UTC",
        "Sat, 31 Jan 2026 12:00:00 +0000",  "Sat, 31 Jan 2026 13:00:00 +0100",
        "Saturday, 31-Jan-26 12:00:00 GMT", "Sat Jan 31 12:00:00 2026",
        "Sat, 31 Jan 2026 12:00:00 Z"};
    int64_t time_s = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!s3_when_parse_http(rows[i], &time_s) || time_s != NOON)
            fail_msg("%s: %lld", rows[i], (long long)time_s);
    assert_true(s3_when_parse_http("Sunday, 06-Nov-94 08:49:37 GMT", &time_s));
    assert_int_equal(time_s, 784111777);
    assert_true(s3_when_parse_http("Sun Nov  6 08:49:37 1994", &time_s));
    assert_int_equal(time_s, 784111777);
    assert_true(s3_when_parse_http("Sun, 6 Nov 1994 08:49:37 GMT", &time_s));
    assert_int_equal(time_s, 784111777);
    assert_true(s3_when_parse("2026-01-31T12:00:00Z", &time_s) && time_s == NOON);
    assert_true(s3_when_parse("Sat, 31 Jan 2026 12:00:00 GMT", &time_s) && time_s == NOON);
}

static void text_that_is_no_date_is_refused(void **state)
{
    static const char *const rows[] = {"",
                                       "soon",
                                       "2026-01-31",
                                       "2026-01-31T12",
                                       "2026-01-31T12:00:",
                                       "2026-01-31T12:00:0Z",
                                       "2026-01-31T12:00:00Z[]",
                                       "2026-01-31T12:00:00Z[UTC",
                                       "2026-01-31T12:00:00Z UTC",
                                       "2026-01-31T12:00:00[UTC]",
                                       "2026-01-31 12:00:00 +0000 utc",
                                       "2026-01-31 12:00:00 +0000 UTC m=+0.1",
                                       "2026-1-31T12:00:00Z",
                                       "2026-13-01T12:00:00Z",
                                       "2026-02-29T12:00:00Z",
                                       "2026-04-31T12:00:00Z",
                                       "2026-01-00T12:00:00Z",
                                       "2026-01-31T24:00:00Z",
                                       "2026-01-31T12:60:00Z",
                                       "2026-01-31T12:00:61Z",
                                       "2026-01-31T12:00:00.Z",
                                       "2026-01-31T12:00:00X",
                                       "2026-01-31T12:00:00Zx",
                                       "2026-01-31T12:00:00+",
                                       "2026-01-31T12:00:00+2:00",
                                       "2026-01-31T12:00:00+24:00",
                                       "2026-01-31T12:00:00+02:60",
                                       "2026-01-31T12:00:00+02:000",
                                       "+026-01-31T12:00:00Z",
                                       " 2026-01-31T12:00:00Z",
                                       "4102444800",
                                       "Sat, 31 Jan 2026 12:00:00",
                                       "Sat, 31 Jan 2026 12:00:00 PST",
                                       "Sat, 31 Jan 26 12:00:00 GMT",
                                       "Sat, 32 Jan 2026 12:00:00 GMT",
                                       "Xyz, 31 Jan 2026 12:00:00 GMT",
                                       "Sat Jan 31 12:00:00 26",
                                       "Sat"};
    int64_t time_s = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (s3_when_parse(rows[i], &time_s))
            fail_msg("'%s' was read as %lld", rows[i], (long long)time_s);
    assert_false(s3_when_parse(NULL, &time_s));
    assert_true(s3_when_parse("2024-02-29T12:00:00Z", &time_s));
    assert_true(s3_when_parse("2016-12-31T23:59:60Z", &time_s)); /* a leap second */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_iso_8601),
        cmocka_unit_test(forms_of_http),
        cmocka_unit_test(text_that_is_no_date_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
