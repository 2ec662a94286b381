/* Checksums of objects, as named by x-amz-checksum-* headers.
 *
 * What:    a table of algorithms (CRC32, CRC32C, CRC64NVME, SHA1, SHA256); incremental checksums;
 *          the value of an object from those of its parts, over all bytes (FULL_OBJECT) or over the
 *          parts' values (COMPOSITE). Values are base64.
 * Owner:   checksum is an embedded value with _init / _deinit.
 * Threads: any; a checksum belongs to one thread at a time.
 * Fails:   false for invalid names and values; never otherwise.
 * Source:  Amazon S3 User Guide, "Checking object integrity".
 */
#ifndef S3_SERVE_PROTOCOL_CHECKSUM_H
#define S3_SERVE_PROTOCOL_CHECKSUM_H

#include "decon/base/digest.h"
#include "base/util.h"

#define CHECKSUM_TEXT_SIZE 64 /* base64 of a SHA-256, "-10000", NUL */

typedef enum checksum_kind {
    CHECKSUM_NONE,
    CHECKSUM_CRC32,
    CHECKSUM_CRC32C,
    CHECKSUM_CRC64NVME,
    CHECKSUM_SHA1,
    CHECKSUM_SHA256,
    CHECKSUM_KINDS
} checksum_kind;

const char *checksum_name(checksum_kind kind);    /* "CRC32C" */
const char *checksum_header(checksum_kind kind);  /* "x-amz-checksum-crc32c" */
const char *checksum_element(checksum_kind kind); /* "ChecksumCRC32C" */
bool checksum_kind_parse(const char *name, checksum_kind *out) MUST_USE; /* in any case */

/* The checksum that a client states. */
typedef struct sent_checksum {
    checksum_kind kind; /* CHECKSUM_NONE: none */
    const char *text;
} sent_checksum;

typedef struct checksum {
    checksum_kind kind;
    uint64_t crc;
    digest_ctx digest;
} checksum;

void checksum_init(checksum *c, checksum_kind kind); /* CHECKSUM_NONE: computes nothing, gives "" */
void checksum_update(checksum *c, slice data);
void checksum_final(checksum *c, char out[CHECKSUM_TEXT_SIZE]);
void checksum_deinit(checksum *c);
DEFINE_AUTO(checksum, checksum_deinit)

bool checksum_text_valid(checksum_kind kind, const char *text); /* base64 of the right length */

/* Only CRCs can be combined: a's bytes followed by b's. */
bool checksum_can_combine(checksum_kind kind);
bool checksum_combine(checksum_kind kind, const char *a, const char *b, uint64_t b_len_bytes,
                      char out[CHECKSUM_TEXT_SIZE]) MUST_USE;
/* Adds a part's value to the checksum of values. */
bool checksum_update_with_value(checksum *c, const char *text) MUST_USE;

#endif
