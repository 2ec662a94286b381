/* Ed25519 signatures over texts (RFC 8032), with keys in PEM files as OpenSSL writes them.
 *
 * What:    signs with a private key (PKCS #8) and verifies with a public one (SubjectPublicKeyInfo).
 * Owner:   a key is freed by signature_key_free.
 * Threads: any.
 * Fails:   ERR_CONFIG: the file has no Ed25519 key, or a passphrase protects it (none is asked for);
 *          ERR_IO: it cannot be read.
 */
#ifndef BASE_SIGNATURE_ED25519_H
#define BASE_SIGNATURE_ED25519_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/digest.h"
#include "decon/base/err.h"

#define ED25519_SIGNATURE_BYTES 64
#define ED25519_KEY_ID_TEXT     (2 * SHA256_BYTES + 1)

typedef struct signature_key signature_key;

signature_key *ed25519_read_private(const char *path, err *e) MUST_USE;
signature_key *ed25519_read_public(const char *path, err *e) MUST_USE;
void signature_key_free(signature_key *key); /* NULL is allowed */
DEFINE_AUTO_PTR(signature_key, signature_key_free)

bool ed25519_sign(const signature_key *key, slice text, uint8_t out[ED25519_SIGNATURE_BYTES],
                  err *e) MUST_USE;
/* False also where the signature has another length. */
bool ed25519_verify(const signature_key *key, slice text, slice signature) MUST_USE;

/* SHA-256 of the public key's 32 bytes, in hexadecimal digits. */
bool ed25519_key_id(const signature_key *key, char out[ED25519_KEY_ID_TEXT]) MUST_USE;

#endif
