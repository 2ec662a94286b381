/* Request targets of the embedded store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/util.h"
#include "s3/serve/protocol/target.h"

static void a_log_shows_no_signature_or_token(void **state)
{
    UNUSED(state);
    static const char *const rows[][2] = {
        {"/b/k", "/b/k"},
        {"/b/k?", "/b/k?"},
        {"/b?list-type=2&prefix=a%2Fb", "/b?list-type=2&prefix=a%2Fb"},
        {"/b/k?X-Amz-Date=1&X-Amz-Signature=0a1b&x=y", "/b/k?X-Amz-Date=1&X-Amz-Signature=***&x=y"},
        {"/b/k?x-amz-security-TOKEN=abc%3D&X-Amz-Signature=0a",
         "/b/k?x-amz-security-TOKEN=***&X-Amz-Signature=***"},
        {"/b/k?AWSAccessKeyId=AK&Signature=q%2B&Expires=1",
         "/b/k?AWSAccessKeyId=AK&Signature=***&Expires=1"},
        {"/b/Signature=x?Signature", "/b/Signature=x?Signature"},
        {"/b/k?Signature=&&a=?b", "/b/k?Signature=***&&a=?b"},
        {"/b/k?My-Signature=x", "/b/k?My-Signature=x"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf) shown = BUF(1024);
        target_show(rows[i][0], &shown);
        assert_string_equal(buf_str(&shown), rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_shows_no_signature_or_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
