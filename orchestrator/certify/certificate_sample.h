/* Compares drawn lines of a certificate with the bucket.
 *
 * What:    HEAD of each input: size and ETag, and the checksum if the store has one of the same
 *          kind.
 * Owner:   everything is the caller's.
 * Threads: loop.
 * Fails:   by err if an input cannot be examined; differences are counted and reported in the
 *          log.
 */
#ifndef ORCHESTRATOR_CERTIFY_CERTIFICATE_SAMPLE_H
#define ORCHESTRATOR_CERTIFY_CERTIFICATE_SAMPLE_H

#include "base/util.h"
#include "decon/base/err.h"
#include "orchestrator/certify/certificate_check.h"
#include "orchestrator/runtime/store_session.h"

typedef struct certificate_sample {
    uint64_t same, different;
    uint64_t with_checksum; /* of `same`: their checksum was compared, too */
} certificate_sample;

bool certificate_sample_compare(const certificate_check *c, store_session *session,
                                certificate_sample *out, err *e) MUST_USE;

#endif
