/* Which checksums the client sends and asks for; and less of them where a store refuses.
 *
 * What:    the settings behind s3_config's request_checksums, response_checksums and their like.
 *          Stores that speak like S3 learnt checksums late or never: what one refuses is left out
 *          from then on, CRC64NVME first, then CRC32C, with a warning each time.
 * Owner:   embedded in the client.
 * Threads: the transport's.
 * Fails:   s3_integrity_init: ERR_CONFIG for words that are no setting.
 * Sources: AWS SDKs and Tools Reference Guide, "Data integrity protections".
 */
#ifndef S3_INTEGRITY_H
#define S3_INTEGRITY_H

#include "s3/profile.h"
#include "s3/s3.h"

typedef struct s3_integrity {
    s3_checksum_kind upload; /* of uploads that begin now; NONE: they carry none */
    bool upload_chosen;      /* by name: never less */
    bool ask;                /* downloads ask for the object's checksum */
    bool md5_etag;           /* and take an ETag that is MD5 where there is none */
    bool sign_payload;       /* file bodies are hashed for the signature */
} s3_integrity;

bool s3_integrity_init(s3_integrity *out, const s3_config *config, const s3_profile *profile,
                       bool plain_http, err *e) MUST_USE;

/* An upload that carried `used` failed: true when it was for that, and it should go again with what
 * `upload` says now. */
bool s3_integrity_lessen(s3_integrity *in, s3_checksum_kind used, const err *error);

#endif
