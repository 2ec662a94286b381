/* Dates of replies and requests: any text is refused or read; a time that was read, written and
 * read again is the same. */
#include <stdlib.h>
#include <string.h>

#include "decon/s3/sign.h"
#include "base/util.h"
#include "s3/protocol/http_date.h"

#define FOUR_DIGIT_YEARS_END 253402300800 /* 10000-01-01 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static bool is_writable(int64_t time_s)
{
    return time_s >= 0 && time_s < FOUR_DIGIT_YEARS_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = xstrndup((const char *)data, size);
    char written[S3_WHEN_SIZE], date[S3_DATE_SIZE];
    int64_t time_s = 0, again_s = -1;
    if (s3_when_parse_http(text, &time_s) && is_writable(time_s)) {
        s3_when_format_http(time_s, written);
        expect(s3_when_parse_http(written, &again_s) && again_s == time_s);
    }
    if (s3_when_parse_iso(text, &time_s) && is_writable(time_s)) {
        s3_when_format_iso(time_s, written);
        expect(s3_when_parse_iso(written, &again_s) && again_s == time_s);
    }
    if (s3_sign_date_parse(text, &time_s) && is_writable(time_s)) {
        s3_sign_date(time_s, date);
        expect(s3_sign_date_parse(date, &again_s) && again_s == time_s);
    }
    return 0;
}
