/* Ed25519 with the keys of RFC 8032, section 7.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "base/signature/ed25519.h"
#include "base/util.h"

/* The key of test 2, as written by OpenSSL. */
#define PRIVATE                                                                                    \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"                           \
    "-----END PRIVATE KEY-----\n"
#define PUBLIC                                                                                     \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"                               \
    "-----END PUBLIC KEY-----\n"
/* The SHA-256 of the public key's 32 bytes */
#define KEY_ID "39f713d0a644253f04529421b9f51b9b08979d08295959c4f3990ee617f5139f"

static const char signature_of_r[] =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

static char path[] = "/tmp/decon-key.XXXXXX";

static void put_key(const char *text)
{
    err e = ERR_INIT;
    assert_true(fs_write_file(path, slice_from(text), false, &e));
}

static int make_file(void **state)
{
    UNUSED(state);
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    UNUSED(state);
    return unlink(path);
}

static void the_signature_is_that_of_the_rfc(void **state)
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    char hex[2 * ED25519_SIGNATURE_BYTES + 1], id[ED25519_KEY_ID_TEXT];
    err e = ERR_INIT;
    UNUSED(state);
    put_key(PRIVATE);
    AUTO_PTR(signature_key) key = ed25519_read_private(path, &e);
    assert_non_null(key);
    assert_true(ed25519_sign(key, SLICE_LIT("r"), signature, &e));
    hex_encode(signature, sizeof signature, hex);
    assert_string_equal(hex, signature_of_r);
    assert_true(ed25519_key_id(key, id));
    assert_string_equal(id, KEY_ID);
}

static void only_the_text_that_was_signed_is_valid(void **state)
{
    uint8_t signature[ED25519_SIGNATURE_BYTES + 1] = {0};
    slice made = {(const char *)signature, ED25519_SIGNATURE_BYTES};
    err e = ERR_INIT;
    UNUSED(state);
    put_key(PRIVATE);
    AUTO_PTR(signature_key) own = ed25519_read_private(path, &e);
    assert_true(own && ed25519_sign(own, SLICE_LIT("r"), signature, &e));
    put_key(PUBLIC);
    AUTO_PTR(signature_key) key = ed25519_read_public(path, &e);
    assert_non_null(key);
    assert_true(ed25519_verify(key, SLICE_LIT("r"), made));
    assert_false(ed25519_verify(key, SLICE_LIT("s"), made));
    assert_false(ed25519_verify(key, SLICE_LIT(""), made));
    made.len++;
    assert_false(ed25519_verify(key, SLICE_LIT("r"), made));
    made.len -= 2;
    assert_false(ed25519_verify(key, SLICE_LIT("r"), made));
    made.len++;
    signature[3] ^= 1;
    assert_false(ed25519_verify(key, SLICE_LIT("r"), made));
}

static void other_files_are_no_keys(void **state)
{
    /* A P-256 key, made for this test. */
    static const char p256[] = "-----BEGIN PUBLIC KEY-----\n"
                               "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmZ3WTAmgK34XFwkvAp7CcMcfczus\n"
                               "I6bZl+ENsmuxOq0poqDaW9IM0io5J37IbUs/3sXz9V83dPyIqS4Rb43PiA==\n"
                               "-----END PUBLIC KEY-----\n";
    static const char *const texts[] = {"", "no key\n", p256, PRIVATE};
    err e = ERR_INIT;
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        put_key(texts[i]);
        assert_null(ed25519_read_public(path, &e));
        assert_int_equal(e.code, ERR_CONFIG);
    }
    put_key(PUBLIC);
    assert_null(ed25519_read_private(path, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_null(ed25519_read_private("/nonexistent/key.pem", &e));
    assert_int_equal(e.code, ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_is_that_of_the_rfc),
        cmocka_unit_test(only_the_text_that_was_signed_is_valid),
        cmocka_unit_test(other_files_are_no_keys),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
