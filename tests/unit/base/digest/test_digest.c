/* Check vectors: RFC 1321 (MD5), FIPS 180-4 examples (SHA-256), RFC 4231 (HMAC), RFC 4648 (base64),
 * RFC 3720 B.4 (CRC32C), the CRC catalogue's "123456789" for all three CRCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/digest/crc.h"
#include "decon/base/digest.h"
#include "base/util.h"

static void expect_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char text[2 * SHA256_BYTES + 1];
    hex_encode(bytes, len, text);
    assert_string_equal(text, expected);
}

static void md5_vectors(void **state)
{
    UNUSED(state);
    uint8_t out[MD5_BYTES];
    md5(slice_from(NULL), out);
    expect_hex(out, sizeof out, "d41d8cd98f00b204e9800998ecf8427e");
    md5(SLICE_LIT("message digest"), out);
    expect_hex(out, sizeof out, "f96b697d7cb7938d525a2f31aaf161d0");
}

static void sha1_vectors(void **state)
{
    uint8_t out[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];
    (void)state;
    sha1(slice_from(NULL), out);
    hex_encode(out, sizeof out, hex);
    assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    sha1(SLICE_LIT("abc"), out);
    hex_encode(out, sizeof out, hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

static void sha256_vectors(void **state)
{
    UNUSED(state);
    uint8_t out[SHA256_BYTES];
    sha256(slice_from(NULL), out);
    expect_hex(out, sizeof out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256(SLICE_LIT("abc"), out);
    expect_hex(out, sizeof out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void running_digests_equal_the_whole(void **state)
{
    UNUSED(state);
    const char text[] = "the quick brown fox jumps over the lazy dog, twice and a third time too";
    uint8_t whole[SHA256_BYTES], parts[SHA256_BYTES];
    sha256(SLICE_LIT("the quick brown fox jumps over the lazy dog, twice and a third time too"),
           whole);
    for (size_t split = 0; split < sizeof text; split++) {
        AUTO(digest_ctx) d = {0};
        digest_sha256_init(&d);
        digest_update(&d, text, split);
        digest_update(&d, text + split, sizeof text - 1 - split);
        digest_final(&d, parts);
        assert_memory_equal(whole, parts, sizeof whole);
    }
}

static void an_unfinished_digest_is_released(void **state)
{
    UNUSED(state);
    AUTO(digest_ctx) d = {0}; /* checked by the leak checker */
    digest_md5_init(&d);
    digest_update(&d, "x", 1);
    assert_non_null(d.evp);
}

static void hmac_vectors(void **state)
{
    UNUSED(state);
    uint8_t out[SHA256_BYTES];
    hmac_sha256(SLICE_LIT("Jefe"), SLICE_LIT("what do ya want for nothing?"), out);
    expect_hex(out, sizeof out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_sha256(slice_from(NULL), slice_from(NULL), out);
    expect_hex(out, sizeof out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void crc_vectors(void **state)
{
    UNUSED(state);
    uint8_t zeros[32] = {0}, ones[32], up[32];
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < sizeof up; i++)
        up[i] = (uint8_t)i;
    assert_int_equal(crc32_ieee(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(0, zeros, 32), 0x8a9136aa);
    assert_int_equal(crc32c(0, ones, 32), 0x62a8ab43);
    assert_int_equal(crc32c(0, up, 32), 0x46dd794e);
    assert_true(crc64nvme(0, "123456789", 9) == 0xae8b14860a799888);
    assert_int_equal(crc32_ieee(5, NULL, 0), 5);
    assert_int_equal(crc32c(5, NULL, 0), 5);
    assert_true(crc64nvme(5, NULL, 0) == 5);
}

/* Deterministic bytes: a small generator with a fixed seed. */
static void fill(uint8_t *data, size_t len)
{
    uint32_t x = 12345;
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        data[i] = (uint8_t)(x >> 24);
    }
}

/* CRC by definition, bit by bit. */
static uint64_t slow_crc(uint64_t poly, uint64_t all_ones, const uint8_t *data, size_t len)
{
    uint64_t crc = all_ones;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ poly : crc >> 1;
    }
    return crc ^ all_ones;
}

static void crcs_follow_their_definition(void **state)
{
    UNUSED(state);
    uint8_t data[200];
    fill(data, sizeof data);
    for (size_t offset = 0; offset < 9; offset++) {
        for (size_t len = 0; offset + len <= sizeof data; len++) {
            const uint8_t *p = data + offset;
            assert_true(crc32c(0, p, len) == slow_crc(0x82f63b78, UINT32_MAX, p, len));
            assert_true(crc32_ieee(0, p, len) == slow_crc(0xedb88320, UINT32_MAX, p, len));
            assert_true(crc64nvme(0, p, len) == slow_crc(0x9a6c9329ac4bc9b5, UINT64_MAX, p, len));
        }
    }
}

/* Tables, instructions and folding, as available on this machine. */
static void every_path_gives_the_same_crc(void **state)
{
    UNUSED(state);
    uint8_t data[320];
    fill(data, sizeof data);
    assert_true(crc_path_get(0) && crc_path_get(0)->usable());
    assert_null(crc_path_get(CRC_PATHS_MAX));
    for (size_t i = 1; i < CRC_PATHS_MAX; i++) {
        const crc_path *path = crc_path_get(i);
        if (!path || !path->usable())
            continue;
        for (crc_kind kind = 0; kind < CRC_KIND_COUNT; kind++)
            for (size_t offset = 0; offset < 17; offset++)
                for (size_t len = 0; len <= 300; len++) {
                    uint64_t reg = (0x9e3779b97f4a7c15 * (len + 1)) >> (64 - crc_bits(kind));
                    uint64_t expected = crc_portable_update(kind, reg, data + offset, len);
                    if (path->update(kind, reg, data + offset, len) != expected)
                        fail_msg("%s: kind %d, offset %zu, length %zu", path->name, (int)kind,
                                 offset, len);
                }
    }
}

/* Long enough to use every lane on every path; compared with the definition. */
static void long_texts_keep_their_crc(void **state)
{
    UNUSED(state);
    static uint8_t data[100003];
    fill(data, sizeof data);
    uint64_t ieee = slow_crc(0xedb88320, UINT32_MAX, data, sizeof data);
    uint64_t c = slow_crc(0x82f63b78, UINT32_MAX, data, sizeof data);
    assert_true(crc32_ieee(0, data, sizeof data) == ieee);
    assert_true(crc32c(0, data, sizeof data) == c);
    assert_true(crc64nvme(0, data, sizeof data) ==
                slow_crc(0x9a6c9329ac4bc9b5, UINT64_MAX, data, sizeof data));
}

static void crcs_split_and_combine_anywhere(void **state)
{
    UNUSED(state);
    uint8_t data[300];
    size_t n = sizeof data;
    fill(data, n);
    uint32_t ieee = crc32_ieee(0, data, n), c = crc32c(0, data, n);
    uint64_t nvme = crc64nvme(0, data, n);
    for (size_t at = 0; at <= n; at++) {
        const uint8_t *b = data + at;
        size_t b_len = n - at;
        uint32_t ieee_a = crc32_ieee(0, data, at), c_a = crc32c(0, data, at);
        uint64_t nvme_a = crc64nvme(0, data, at);
        assert_int_equal(crc32_ieee(ieee_a, b, b_len), ieee);
        assert_int_equal(crc32c(c_a, b, b_len), c);
        assert_true(crc64nvme(nvme_a, b, b_len) == nvme);
        assert_int_equal(crc32_ieee_combine(ieee_a, crc32_ieee(0, b, b_len), b_len), ieee);
        assert_int_equal(crc32c_combine(c_a, crc32c(0, b, b_len), b_len), c);
        assert_true(crc64nvme_combine(nvme_a, crc64nvme(0, b, b_len), b_len) == nvme);
    }
}

/* Three ranges, joined from the left and from the right; with lengths beyond 32 bits. */
static void combining_is_associative(void **state)
{
    UNUSED(state);
    const uint64_t b_len = 5368709121, c_len = 1ull << 40;
    uint32_t a = 0x11223344, b = 0x55667788, c = 0x99aabbcc;
    assert_int_equal(crc32c_combine(crc32c_combine(a, b, b_len), c, c_len),
                     crc32c_combine(a, crc32c_combine(b, c, c_len), b_len + c_len));
    assert_int_equal(crc32_ieee_combine(crc32_ieee_combine(a, b, b_len), c, c_len),
                     crc32_ieee_combine(a, crc32_ieee_combine(b, c, c_len), b_len + c_len));
    assert_true(crc64nvme_combine(crc64nvme_combine(a, b, b_len), c, c_len) ==
                crc64nvme_combine(a, crc64nvme_combine(b, c, c_len), b_len + c_len));
}

static void base64_vectors(void **state)
{
    UNUSED(state);
    static const char *const plain[] = {"",     "f",     "fo",     "foo",
                                        "foob", "fooba", "foobar", "\xff\xfe"};
    static const char *const coded[] = {"",         "Zg==",     "Zm8=",     "Zm9v",
                                        "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy", "//4="};
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        char text[16];
        AUTO(buf) back = BUF(100);
        base64_encode((const uint8_t *)plain[i], strlen(plain[i]), text);
        assert_string_equal(text, coded[i]);
        assert_true(base64_decode(slice_from(coded[i]), &back));
        assert_string_equal(buf_str(&back), plain[i]);
    }
}

static void base64_refuses_other_text(void **state)
{
    UNUSED(state);
    static const char *const bad[] = {"Zg",     "Zg=",      "Z===", "====", "Zg==Zg==", "Zm 8",
                                      "Zm9v\n", "Zm9v====", "Zh==", "Zm9=", "Zm-_",     "Z=g="};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(buf) out = BUF(100);
        assert_false(base64_decode(slice_from(bad[i]), &out));
    }
    AUTO(buf) small = BUF(2);
    assert_false(base64_decode(SLICE_LIT("Zm9v"), &small)); /* the bound of the buffer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md5_vectors),
        cmocka_unit_test(sha1_vectors),
        cmocka_unit_test(sha256_vectors),
        cmocka_unit_test(running_digests_equal_the_whole),
        cmocka_unit_test(an_unfinished_digest_is_released),
        cmocka_unit_test(hmac_vectors),
        cmocka_unit_test(crc_vectors),
        cmocka_unit_test(crcs_follow_their_definition),
        cmocka_unit_test(every_path_gives_the_same_crc),
        cmocka_unit_test(long_texts_keep_their_crc),
        cmocka_unit_test(crcs_split_and_combine_anywhere),
        cmocka_unit_test(combining_is_associative),
        cmocka_unit_test(base64_vectors),
        cmocka_unit_test(base64_refuses_other_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
