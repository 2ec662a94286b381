/* Provenance: which version of an input a result was made of, kept as metadata of the result.
 *
 * What:    builds the `x-amz-meta-decon-...` headers of a commit object or cleaned object, and
 *          compares those of a stored object with an input and with the settings of the detection
 *          server.
 * Owner:   provenance_deinit frees the values.
 * Threads: any.
 * Fails:   never.
 *
 * The ETag is written without W/ and quotes, percent-encoded, so that every store keeps it;
 * names and values are compared without case, since some stores change it, and checksums are in
 * hexadecimal digits for the same reason.
 */
#ifndef ORCHESTRATOR_FLEET_PROVENANCE_H
#define ORCHESTRATOR_FLEET_PROVENANCE_H

#include "decon/base/transport.h"
#include "decon/s3/checksum.h"
#include "base/util.h"

typedef struct provenance_facts {
    const char *input_etag; /* "" if the store gave none */
    uint64_t input_size_bytes;
    bool lines_known;
    uint64_t lines, contaminated_lines;
    s3_checksum checksum;   /* of the input's bytes; kind NONE: not computed */
    const char *version_id; /* of the input; NULL: none */
    const char *settings;   /* fingerprint of the detection server's settings; NULL: not reported */
} provenance_facts;

#define PROVENANCE_HEADERS_MAX 9

typedef struct provenance {
    http_header headers[PROVENANCE_HEADERS_MAX];
    char *values[PROVENANCE_HEADERS_MAX];
    size_t count;
} provenance;

void provenance_make(const provenance_facts *facts, provenance *out);
/* For a result whose verdict `decon rejudge` has changed: the provenance in `metadata` with another
 * number of contaminated lines. `rules`: a digest of the rules of the verdict; NULL: the scan's. */
void provenance_judge_again(const http_header *metadata, size_t count, uint64_t contaminated_lines,
                            const char *rules, provenance *out);
void provenance_deinit(provenance *p);
DEFINE_AUTO(provenance, provenance_deinit)

typedef enum provenance_match {
    PROVENANCE_UNKNOWN, /* no ETag or size: of an older version, or the store drops metadata */
    PROVENANCE_SAME,    /* made of this version */
    PROVENANCE_OTHER    /* made of another version */
} provenance_match;

/* `metadata`: of the result's HEAD reply. */
provenance_match provenance_compare(const http_header *metadata, size_t count,
                                    const char *input_etag, uint64_t input_size_bytes);

typedef struct provenance_lines {
    uint64_t lines, contaminated_lines;
} provenance_lines;
/* False if the result lacks one of them. */
bool provenance_read_lines(const http_header *metadata, size_t count, provenance_lines *out)
    MUST_USE;

/* Kind NONE if the result names none, or one unknown to this version. */
s3_checksum provenance_checksum(const http_header *metadata, size_t count);
/* Malloc'ed; NULL: it names none. */
char *provenance_version_id(const http_header *metadata, size_t count) MUST_USE;
/* Of the program that made the result, borrowed from `metadata`; NULL: it has none. */
const char *provenance_version(const http_header *metadata, size_t count);

/* Whether the verdict is that of other rules than the scan's. */
bool provenance_is_judged_again(const http_header *metadata, size_t count);

/* The settings fingerprint of a result, borrowed from `metadata`; NULL: it has none. */
const char *provenance_settings(const http_header *metadata, size_t count);

#endif
