#include "base/signature/ed25519.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/util.h"
#include "base/fsutil.h"

#define KEY_FILE_MAX_BYTES ((size_t)64 << 10)
#define PUBLIC_KEY_BYTES   32

/* Without it OpenSSL asks for a passphrase on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *ctx)
{
    UNUSED(buffer);
    UNUSED(size);
    UNUSED(writing);
    UNUSED(ctx);
    return -1;
}

/* A context; without memory the process ends, so that no signature counts as wrong. */
static EVP_MD_CTX *context_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        util_out_of_memory(0);
    return context;
}

static EVP_PKEY *parse(slice pem, bool is_private)
{
    if (pem.len == 0)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = NULL;
    if (!bio)
        util_out_of_memory(0);
    if (is_private)
        key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    else
        key = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    return key;
}

static signature_key *read_key(const char *path, bool is_private, err *e)
{
    AUTO(buf) pem = BUF(KEY_FILE_MAX_BYTES);
    if (!fs_read_file(path, KEY_FILE_MAX_BYTES, &pem, e))
        return NULL;
    EVP_PKEY *key = parse(buf_slice(&pem), is_private);
    if (pem.data)
        OPENSSL_cleanse(pem.data, pem.len);
    if (key && EVP_PKEY_is_a(key, "ED25519"))
        return (signature_key *)key;
    EVP_PKEY_free(key);
    err_set(e, ERR_CONFIG, "%s: not a %s Ed25519 key in PEM form without a passphrase; %s", path,
            is_private ? "private" : "public",
            is_private ? "make one with: openssl genpkey -algorithm ed25519 -out FILE"
                       : "make it with: openssl pkey -in PRIVATE -pubout -out FILE");
    return NULL;
}

signature_key *ed25519_read_private(const char *path, err *e)
{
    return read_key(path, true, e);
}

signature_key *ed25519_read_public(const char *path, err *e)
{
    return read_key(path, false, e);
}

void signature_key_free(signature_key *key)
{
    EVP_PKEY_free((EVP_PKEY *)key);
}

static EVP_PKEY *pkey_of(const signature_key *key)
{
    return (EVP_PKEY *)(uintptr_t)key;
}

bool ed25519_sign(const signature_key *key, slice text, uint8_t out[ED25519_SIGNATURE_BYTES],
                  err *e)
{
    EVP_MD_CTX *context = context_new();
    size_t len = ED25519_SIGNATURE_BYTES;
    bool ok = EVP_DigestSignInit(context, NULL, NULL, NULL, pkey_of(key)) == 1 &&
              EVP_DigestSign(context, out, &len, (const unsigned char *)text.data, text.len) == 1 &&
              len == ED25519_SIGNATURE_BYTES;
    EVP_MD_CTX_free(context);
    return ok || err_set(e, ERR_CONFIG, "OpenSSL cannot sign with Ed25519 here");
}

bool ed25519_verify(const signature_key *key, slice text, slice signature)
{
    EVP_MD_CTX *context = context_new();
    bool ok = signature.len == ED25519_SIGNATURE_BYTES &&
              EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey_of(key)) == 1 &&
              EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.len,
                               (const unsigned char *)text.data, text.len) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

bool ed25519_key_id(const signature_key *key, char out[ED25519_KEY_ID_TEXT])
{
    uint8_t raw[PUBLIC_KEY_BYTES], digest[SHA256_BYTES];
    size_t len = sizeof raw;
    if (EVP_PKEY_get_raw_public_key(pkey_of(key), raw, &len) != 1 || len != sizeof raw)
        return false;
    sha256((slice){(const char *)raw, len}, digest);
    hex_encode(digest, sizeof digest, out);
    return true;
}
