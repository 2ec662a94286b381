/* Digests on a host in FIPS mode: OpenSSL is configured to offer approved algorithms only; without
 * a FIPS provider on the test machine, none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "decon/base/digest.h"

static void expect_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char text[2 * SHA256_BYTES + 1];
    hex_encode(bytes, len, text);
    assert_string_equal(text, expected);
}

static void *digest_in_thread(void *out)
{
    digest_ctx d;
    digest_md5_init(&d);
    digest_update(&d, "message ", 8);
    digest_update(&d, "digest", 6);
    digest_final(&d, out);
    return NULL;
}

/* Runs first: several threads begin at once. */
static void md5_works_in_threads(void **state)
{
    UNUSED(state);
    pthread_t threads[4];
    uint8_t out[4][MD5_BYTES];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, digest_in_thread, out[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        expect_hex(out[i], MD5_BYTES, "f96b697d7cb7938d525a2f31aaf161d0");
    }
}

static void the_configuration_refuses_md5(void **state)
{
    UNUSED(state);
    EVP_MD *md = EVP_MD_fetch(NULL, "MD5", NULL);
    assert_null(md);
    ERR_clear_error();
}

static void md5_and_sha1_work(void **state)
{
    UNUSED(state);
    uint8_t md5_out[MD5_BYTES], sha1_out[SHA1_BYTES];
    md5(SLICE_LIT("message digest"), md5_out);
    expect_hex(md5_out, sizeof md5_out, "f96b697d7cb7938d525a2f31aaf161d0");
    sha1(SLICE_LIT("abc"), sha1_out);
    expect_hex(sha1_out, sizeof sha1_out, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_int_equal(ERR_peek_error(), 0); /* otherwise TLS would use it */
}

static char *configure_fips(void)
{
    static const char text[] = "openssl_conf = main\n[main]\nalg_section = algorithms\n"
                               "providers = list\n[list]\ndefault = on\nbase = on\n"
                               "[on]\nactivate = 1\n[algorithms]\ndefault_properties = fips=yes\n";
    char folder[] = "/tmp/digest-fips-XXXXXX";
    if (!mkdtemp(folder))
        return NULL;
    AUTO_FREE char *path = xasprintf("%s/openssl.cnf", folder);
    if (!fs_write_file(path, slice_from(text), false, NULL))
        return NULL;
    setenv("OPENSSL_CONF", path, 1); /* it is read once, at the first use */
    return xstrdup(folder);
}

int main(void)
{
    AUTO_FREE char *folder = configure_fips();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md5_works_in_threads),
        cmocka_unit_test(the_configuration_refuses_md5),
        cmocka_unit_test(md5_and_sha1_work),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return folder && fs_remove_tree(folder, NULL) ? failed : 1;
}
