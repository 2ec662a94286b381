/* One line of a certificate: an input and its verdict.
 *
 * What:    writes and reads the canonical JSON object (RFC 8785) of an input; docs/certificate.md
 *          describes its members.
 * Owner:   strings are borrowed: of the caller, or of the text and the scratch buffers.
 * Threads: any; a scratch belongs to one thread.
 * Fails:   certificate_line_read: ERR_PARSE for text that differs from the output of
 *          certificate_line_write for the same values.
 */
#ifndef ORCHESTRATOR_CERTIFY_CERTIFICATE_LINE_H
#define ORCHESTRATOR_CERTIFY_CERTIFICATE_LINE_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "decon/s3/checksum.h"

/* A key of 1,024 bytes that are all escaped, and the rest. */
#define CERTIFICATE_LINE_MAX_BYTES ((size_t)32 << 10)
/* Larger sizes are not exact numbers in JSON (RFC 8785, section 3.2.2.3). */
#define CERTIFICATE_SIZE_MAX (((uint64_t)1 << 53) - 1)

typedef enum certificate_verdict {
    CERTIFICATE_CLEAN,
    CERTIFICATE_CONTAMINATED,
    /* Of a partial certificate: */
    CERTIFICATE_FAILED,  /* a run has tried it */
    CERTIFICATE_LEFT,    /* no result of this version */
    CERTIFICATE_REFUSED, /* by its name: it never has a result */
    CERTIFICATE_VERDICT_COUNT,
} certificate_verdict;

const char *certificate_verdict_name(certificate_verdict v); /* "clean" */

typedef struct certificate_line {
    slice key;
    uint64_t size_bytes;
    slice etag;           /* without quotes; empty: the store gave none */
    slice version_id;     /* empty: none is known */
    s3_checksum checksum; /* kind NONE: none is known */
    certificate_verdict verdict;
    bool unproven;  /* the result does not name its version of the input, or its settings */
    slice settings; /* fingerprint; empty: that of the whole certificate */
} certificate_line;

/* Without a line end. */
void certificate_line_write(const certificate_line *line, buf *out);

enum { CERTIFICATE_SCRATCHES = 6 };
typedef struct certificate_scratch {
    buf texts[CERTIFICATE_SCRATCHES];
    buf again;
} certificate_scratch;

certificate_scratch certificate_scratch_new(void);
void certificate_scratch_deinit(certificate_scratch *s);
DEFINE_AUTO(certificate_scratch, certificate_scratch_deinit)

bool certificate_line_read(slice text, certificate_scratch *s, certificate_line *out, err *e)
    MUST_USE;

#endif
