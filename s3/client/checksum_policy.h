/* Which checksums the client sends and requests, and fallbacks for stores that refuse them.
 *
 * What:    the settings request_checksums, response_checksums and related ones of s3_config. Some
 *          stores support few checksums or none: a refused upload is repeated with CRC32C, then
 *          without a checksum. If that succeeds, later uploads do the same, after a warning; if it
 *          is refused too, the checksum was not the cause, and nothing changes.
 * Owner:   s3_integrity is embedded in the client, s3_integrity_try in an upload: _deinit.
 * Threads: the transport's.
 * Fails:   s3_integrity_init: ERR_CONFIG for an invalid setting.
 * Sources: AWS SDKs and Tools Reference Guide, "Data integrity protections".
 */
#ifndef S3_CLIENT_CHECKSUM_POLICY_H
#define S3_CLIENT_CHECKSUM_POLICY_H

#include "s3/config/profile.h"
#include "decon/s3/s3.h"
#include "base/util.h"

typedef struct s3_integrity {
    s3_checksum_kind upload; /* for new uploads; NONE: no checksum */
    bool upload_chosen;      /* set explicitly: no fallback */
    bool ask;                /* downloads request the object's checksum */
    bool md5_etag;           /* downloads use an ETag that is an MD5 if there is no checksum */
    bool sign_payload;       /* hash file bodies for the signature */
} s3_integrity;

/* The checksum of one upload, and the refusal of a stronger one. */
typedef struct s3_integrity_try {
    s3_checksum_kind kind;
    char *refusal; /* error of the stronger checksum; NULL: none was refused */
} s3_integrity_try;

bool s3_integrity_init(s3_integrity *out, const s3_config *config, const s3_profile *profile,
                       bool plain_http, err *e) MUST_USE;

void s3_integrity_begin(const s3_integrity *in, s3_integrity_try *t);
void s3_integrity_deinit(s3_integrity_try *t);
/* The upload failed. True if the checksum may be the cause: repeat it with
 * the new `t->kind`. */
bool s3_integrity_lessen(const s3_integrity *in, s3_integrity_try *t, const err *error);
/* The upload succeeded. */
void s3_integrity_learn(s3_integrity *in, const s3_integrity_try *t);

#endif
