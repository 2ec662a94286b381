/* The head of a certificate: the kind of its lines, the basis of its facts, and what is not
 * claimed.
 *
 * What:    writes and reads the canonical JSON object (RFC 8785) with a line end;
 *          docs/certificate.md describes its members.
 * Owner:   a head to be written borrows everything; certificate_head_deinit frees the strings of
 *          one that was read.
 * Threads: any.
 * Fails:   ERR_PARSE for text that is not a head of format 1 in canonical form.
 */
#ifndef ORCHESTRATOR_CERTIFY_CERTIFICATE_HEAD_H
#define ORCHESTRATOR_CERTIFY_CERTIFICATE_HEAD_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "orchestrator/certify/certificate_line.h"
#include "orchestrator/certify/merkle.h"

#define CERTIFICATE_HEAD_MAX_BYTES ((size_t)32 << 20)

/* Why a certificate is partial. */
typedef enum certificate_gap {
    GAP_FAILED,
    GAP_LEFT,
    GAP_REFUSED,
    GAP_UNPROVEN,
    GAP_MIXED,       /* results of other settings than most */
    GAP_UNDESCRIBED, /* results of settings that no record describes */
    GAP_SAMPLES,     /* results of the sample evaluation set */
    GAP_JUDGED,      /* verdicts of other rules than the scan's (decon rejudge) */
    GAP_COUNT,
} certificate_gap;

const char *certificate_gap_name(certificate_gap gap); /* "failed" */

/* Results of one settings fingerprint. */
typedef struct certificate_settings {
    const char *fingerprint;
    uint64_t files;
    const char *json;   /* the settings; NULL: no record describes them */
    const char *recall; /* the result of the self-test; NULL: none was stored */
} certificate_settings;

typedef struct certificate_head {
    const char *input, *reports; /* s3://BUCKET/PREFIX */
    const char *const *lists;    /* that name the inputs, NULL-terminated; NULL: the folder does */
    int64_t created_s;
    uint64_t bytes; /* of all inputs */
    uint64_t count; /* of lines, = all verdicts */
    uint64_t verdicts[CERTIFICATE_VERDICT_COUNT];
    uint64_t gaps[GAP_COUNT];           /* files; none: the certificate is complete */
    uint64_t from_ledger, from_results; /* the source of the facts of results */
    const certificate_settings *settings;
    size_t settings_count;
    const char *const *versions; /* of the programs that made the results */
    size_t version_count;
    char root[MERKLE_ROOT_TEXT];
} certificate_head;

bool certificate_head_is_complete(const certificate_head *head);
bool certificate_head_write(const certificate_head *head, buf *out, err *e) MUST_USE;

/* `input`, `created`, count, verdicts, bytes, gaps and root; settings and versions are not read. */
typedef struct certificate_facts {
    char *input, *created;
    uint64_t bytes, count;
    uint64_t verdicts[CERTIFICATE_VERDICT_COUNT];
    bool complete;
    char root[MERKLE_ROOT_TEXT];
    char *gaps; /* JSON object; later versions may have further gaps */
    uint64_t gap_counts[GAP_COUNT];
} certificate_facts;

bool certificate_head_read(slice text, certificate_facts *out, err *e) MUST_USE;
void certificate_facts_deinit(certificate_facts *f);
DEFINE_AUTO(certificate_facts, certificate_facts_deinit)

/* The sentences on what a certificate does not claim; NULL after the last. */
const char *certificate_not_claimed(size_t index);

#endif
