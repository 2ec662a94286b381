#include "s3/integrity.h"

#include <strings.h>

#include "base/log.h"

static bool use_of(s3_checksum_use configured, const char *variable, const char *key,
                   const s3_config *config, const s3_profile *profile, bool *supported, err *e)
{
    *supported = configured != S3_CHECKSUM_USE_WHEN_REQUIRED;
    if (configured != S3_CHECKSUM_USE_DEFAULT)
        return true;
    const char *name = variable;
    const char *word = s3_env(config->getenv_fn, variable);
    if (!word) {
        name = key;
        word = s3_profile_get(profile, key);
    }
    if (!word || strcasecmp(word, "when_supported") == 0)
        return true;
    *supported = false;
    return strcasecmp(word, "when_required") == 0 ||
           err_set(e, ERR_CONFIG, "%s: '%s' is neither when_supported nor when_required", name,
                   word);
}

bool s3_integrity_init(s3_integrity *out, const s3_config *config, const s3_profile *profile,
                       bool plain_http, err *e)
{
    bool send = true;
    *out = (s3_integrity){.upload = config->upload_checksum, .md5_etag = config->check_md5_etag};
    if (!use_of(config->request_checksums, "AWS_REQUEST_CHECKSUM_CALCULATION",
                "request_checksum_calculation", config, profile, &send, e) ||
        !use_of(config->response_checksums, "AWS_RESPONSE_CHECKSUM_VALIDATION",
                "response_checksum_validation", config, profile, &out->ask, e))
        return false;
    if (out->upload != S3_CHECKSUM_NONE && !s3_checksum_is_crc(out->upload))
        return err_set(e, ERR_CONFIG, "uploads can carry CRC64NVME, CRC32C or CRC32, not %s",
                       s3_checksum_name(out->upload));
    out->upload_chosen = out->upload != S3_CHECKSUM_NONE;
    if (!send)
        out->upload = S3_CHECKSUM_NONE;
    else if (!out->upload_chosen)
        out->upload = S3_CHECKSUM_CRC64NVME;
    out->sign_payload = plain_http && !config->unsigned_payload && !config->no_sign_request;
    return true;
}

/* "NotImplemented: A header you provided implies functionality that is not implemented", or words
 * that name the checksum. */
static bool is_refusal(const err *e)
{
    if (e->http_status != 400 && e->http_status != 501)
        return false;
    return e->http_status == 501 || strcmp(e->s3_code, "NotImplemented") == 0 ||
           (e->code != ERR_S3_CHECKSUM && strcasestr(e->message, "checksum"));
}

bool s3_integrity_lessen(s3_integrity *in, s3_checksum_kind used, const err *error)
{
    if (used == S3_CHECKSUM_NONE || !is_refusal(error) || in->upload_chosen)
        return false;
    if (in->upload != used)
        return true; /* another upload has learnt it already */
    in->upload = used == S3_CHECKSUM_CRC64NVME ? S3_CHECKSUM_CRC32C : S3_CHECKSUM_NONE;
    log_warn("%s: the store does not take %s; uploads carry %s from here on "
             "(request_checksum_calculation=when_required sends none from the start)",
             error->message, s3_checksum_name(used),
             in->upload == S3_CHECKSUM_NONE ? "no checksum" : s3_checksum_name(in->upload));
    return true;
}
