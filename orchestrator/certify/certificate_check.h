/* Verifies a certificate without the store.
 *
 * What:    the signature by the given key, the canonical form of head and lines, their order by key
 *          bytes, their number, verdicts, sizes and gaps, and the Merkle root. Meanwhile it draws a
 *          sample of lines, which depends only on the seed and the number of lines.
 * Owner:   certificate_check_deinit.
 * Threads: any; blocks.
 * Fails:   ERR_RESULT: the certificate is not valid; other codes: it cannot be read.
 */
#ifndef ORCHESTRATOR_CERTIFY_CERTIFICATE_CHECK_H
#define ORCHESTRATOR_CERTIFY_CERTIFICATE_CHECK_H

#include "base/signature/ed25519.h"
#include "base/util.h"
#include "decon/base/err.h"
#include "orchestrator/certify/certificate_files.h"
#include "orchestrator/certify/certificate_head.h"

typedef struct certificate_drawn {
    char *key, *etag, *version_id; /* "" where the line has none */
    uint64_t size_bytes;
    s3_checksum checksum;
} certificate_drawn;

typedef struct certificate_check {
    certificate_facts head;
    certificate_drawn *drawn; /* in the order of lines */
    size_t drawn_count;
} certificate_check;

/* `sample`: lines to draw. */
bool certificate_check_files(certificate_check *c, const certificate_files *files,
                             const signature_key *key, uint64_t sample, uint64_t seed, err *e)
    MUST_USE;
void certificate_check_deinit(certificate_check *c);
DEFINE_AUTO(certificate_check, certificate_check_deinit)

#endif
