/* Which checksums the client sends and asks for; and less of them where a store refuses.
 *
 * What:    the settings behind s3_config's request_checksums, response_checksums and their like.
 *          Stores that speak like S3 learnt checksums late or never: an upload that is refused goes
 *          again with CRC32C, then with none. What the store takes so is sent from then on, with a
 *          warning; where it refuses that too, the checksum was not the reason, and nothing is learnt.
 * Owner:   s3_integrity is embedded in the client, s3_integrity_try in an upload: _deinit.
 * Threads: the transport's.
 * Fails:   s3_integrity_init: ERR_CONFIG for words that are no setting.
 * Sources: AWS SDKs and Tools Reference Guide, "Data integrity protections".
 */
#ifndef S3_CLIENT_CHECKSUM_POLICY_H
#define S3_CLIENT_CHECKSUM_POLICY_H

#include "s3/config/profile.h"
#include "decon/s3/s3.h"
#include "base/util.h"

typedef struct s3_integrity {
    s3_checksum_kind upload; /* of uploads that begin now; NONE: they carry none */
    bool upload_chosen;      /* by name: never less */
    bool ask;                /* downloads ask for the object's checksum */
    bool md5_etag;           /* and take an ETag that is MD5 where there is none */
    bool sign_payload;       /* file bodies are hashed for the signature */
} s3_integrity;

/* What one upload carries, and why it is not more. */
typedef struct s3_integrity_try {
    s3_checksum_kind kind;
    char *refusal; /* the error that a stronger one met; NULL: none did */
} s3_integrity_try;

bool s3_integrity_init(s3_integrity *out, const s3_config *config, const s3_profile *profile,
                       bool plain_http, err *e) MUST_USE;

void s3_integrity_begin(const s3_integrity *in, s3_integrity_try *t);
void s3_integrity_deinit(s3_integrity_try *t);
/* The upload of bucket and key failed: true when that may be for its checksum, and it should go again
 * with what `t->kind` says now. */
bool s3_integrity_lessen(const s3_integrity *in, s3_integrity_try *t, const char *bucket,
                         const char *key, const err *error);
/* It went well. */
void s3_integrity_learn(s3_integrity *in, const s3_integrity_try *t);

#endif
