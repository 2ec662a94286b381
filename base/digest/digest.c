#include "decon/base/digest.h"
#include "base/util.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <unistd.h>

/* OpenSSL records a failed allocation at any position of its error queue, or not at all. */
static bool lacks_memory(void)
{
    for (unsigned long code; (code = ERR_get_error()) != 0;)
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            return true;
    return false;
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    if (lacks_memory())
        util_out_of_memory(0);
    fprintf(stderr,
            "OpenSSL refuses %s (its configuration, or no memory); check the providers in "
            "openssl.cnf\n",
            what);
    _exit(1);
}

/* MD5 and SHA-1 serve as names and checksums defined by others (the share of a host, ETags,
 * Content-MD5, file names of the SSO cache), not for security. On hosts in FIPS mode they come from
 * OpenSSL's default provider in a separate library context; SHA-256, which signs requests, always
 * follows the host's configuration. Never freed. */
static pthread_once_t plain_once = PTHREAD_ONCE_INIT;
static EVP_MD *plain_md5, *plain_sha1;

static EVP_MD *fetch_plain(OSSL_LIB_CTX **own, const char *name)
{
    EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    if (md)
        return md;
    if (!*own)
        *own = OSSL_LIB_CTX_new();
    must(*own && OSSL_PROVIDER_load(*own, "default"), name);
    md = EVP_MD_fetch(*own, name, "-fips");
    must(md != NULL, name);
    return md;
}

static void find_plain(void)
{
    OSSL_LIB_CTX *own = NULL;
    plain_md5 = fetch_plain(&own, "MD5");
    plain_sha1 = fetch_plain(&own, "SHA1");
    ERR_clear_error(); /* otherwise TLS on this thread would report the failed fetch */
}

static void start(digest_ctx *d, const EVP_MD *md, const char *what)
{
    d->evp = EVP_MD_CTX_new();
    if (!d->evp)
        util_out_of_memory(0);
    must(EVP_DigestInit_ex(d->evp, md, NULL) == 1, what);
}

void digest_md5_init(digest_ctx *d)
{
    pthread_once(&plain_once, find_plain);
    start(d, plain_md5, "MD5");
}

void digest_sha1_init(digest_ctx *d)
{
    pthread_once(&plain_once, find_plain);
    start(d, plain_sha1, "SHA-1");
}

/* EVP_sha256() would be looked up again for each digest. Never freed. */
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;
static EVP_MD *configured_sha256;

static void find_sha256(void)
{
    configured_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(configured_sha256 != NULL, "SHA-256");
}

void digest_sha256_init(digest_ctx *d)
{
    pthread_once(&sha256_once, find_sha256);
    start(d, configured_sha256, "SHA-256");
}

void digest_update(digest_ctx *d, const void *data, size_t len)
{
    if (len > 0)
        must(EVP_DigestUpdate(d->evp, data, len) == 1, "to digest");
}

void digest_final(digest_ctx *d, uint8_t *out)
{
    must(EVP_DigestFinal_ex(d->evp, out, NULL) == 1, "to finish a digest");
    digest_deinit(d);
}

void digest_deinit(digest_ctx *d)
{
    EVP_MD_CTX_free(d->evp);
    d->evp = NULL;
}

void md5(slice data, uint8_t out[MD5_BYTES])
{
    digest_ctx d;
    digest_md5_init(&d);
    digest_update(&d, data.data, data.len);
    digest_final(&d, out);
}

void sha256(slice data, uint8_t out[SHA256_BYTES])
{
    digest_ctx d;
    digest_sha256_init(&d);
    digest_update(&d, data.data, data.len);
    digest_final(&d, out);
}

void sha1(slice data, uint8_t out[SHA1_BYTES])
{
    digest_ctx d;
    digest_sha1_init(&d);
    digest_update(&d, data.data, data.len);
    digest_final(&d, out);
}

void hmac_sha256(slice key, slice data, uint8_t out[SHA256_BYTES])
{
    const void *key_bytes = key.len > 0 ? key.data : "";
    const void *data_bytes = data.len > 0 ? data.data : "";
    must(HMAC(EVP_sha256(), key_bytes, (int)key.len, data_bytes, data.len, out, NULL) != NULL,
         "HMAC-SHA-256");
}

void hex_encode(const uint8_t *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 15];
    }
    *out = '\0';
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const uint8_t *data, size_t len, char *out)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t have = MIN(len - i, (size_t)3);
        uint32_t bits = (uint32_t)data[i] << 16;
        bits |= have > 1 ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= have > 2 ? (uint32_t)data[i + 2] : 0;
        *out++ = base64_digits[bits >> 18];
        *out++ = base64_digits[bits >> 12 & 63];
        *out++ = have > 1 ? base64_digits[bits >> 6 & 63] : '=';
        *out++ = have > 2 ? base64_digits[bits & 63] : '=';
    }
    *out = '\0';
}

static int base64_value(char c)
{
    const char *p = c ? strchr(base64_digits, c) : NULL;
    return p ? (int)(p - base64_digits) : -1;
}

/* Four characters to `bytes` (1 to 3) bytes; false for a character outside the alphabet, or if
 * unused bits are not zero. */
static bool base64_quad(const char *text, size_t bytes, buf *out)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i <= bytes ? base64_value(text[i]) : 0;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    if (bytes < 3 && (bits & (0xffffffu >> (8 * bytes))) != 0)
        return false;
    char plain[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
    return buf_append(out, plain, bytes);
}

bool base64_decode(slice text, buf *out)
{
    if (text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        const char *quad = text.data + i;
        bool last = i + 4 == text.len;
        size_t padding = !last || quad[3] != '=' ? 0 : quad[2] == '=' ? 2 : 1;
        if (!base64_quad(quad, 3 - padding, out))
            return false;
    }
    return true;
}
