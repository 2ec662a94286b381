#include "s3/client/checksum_policy.h"

#include <strings.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/client/request.h"

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
    const char *sign = s3_profile_get(profile, "s3.payload_signing_enabled");
    bool asked_for = sign && strcasecmp(sign, "true") == 0;
    out->sign_payload =
        (plain_http || asked_for) && !config->unsigned_payload && !config->no_sign_request;
    return true;
}

/* --- less --- */

static bool names_something_else(const char *words)
{
    static const char *const others[] = {"encryption", "x-amz-acl",     "x-amz-grant",
                                         "x-amz-meta", "storage-class", "storage class",
                                         "tagging"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (strcasestr(words, others[i]))
            return true;
    return false;
}

/* The store's reply (not bucket or key, which may contain such words) names the checksum, or is "NotImplemented: A header you provided implies
 * functionality that is not implemented", which may be about any header: the next
 * attempt decides. */
static bool may_be_refusal(const err *e)
{
    const char *words = err_cause(e);
    if ((e->http_status != 400 && e->http_status != 501) || e->code == ERR_S3_CHECKSUM)
        return false;
    if (strcasestr(words, "checksum"))
        return true;
    bool lacks = e->http_status == 501 || strcmp(e->s3_code, "NotImplemented") == 0;
    return lacks && !names_something_else(words);
}

static s3_checksum_kind next_lesser(s3_checksum_kind kind)
{
    return kind == S3_CHECKSUM_CRC64NVME ? S3_CHECKSUM_CRC32C : S3_CHECKSUM_NONE;
}

static bool is_less(s3_checksum_kind a, s3_checksum_kind b)
{
    return a != b && (a == S3_CHECKSUM_NONE || b == S3_CHECKSUM_CRC64NVME);
}

void s3_integrity_begin(const s3_integrity *in, s3_integrity_try *t)
{
    if (!t->refusal || is_less(in->upload, t->kind)) /* another upload has lowered it already */
        t->kind = in->upload;
}

void s3_integrity_deinit(s3_integrity_try *t)
{
    free(move(t->refusal));
}

bool s3_integrity_lessen(const s3_integrity *in, s3_integrity_try *t, const err *error)
{
    if (t->kind == S3_CHECKSUM_NONE || in->upload_chosen || !may_be_refusal(error))
        return false;
    t->kind = next_lesser(t->kind);
    if (!t->refusal)
        t->refusal = xstrdup(error->message);
    log_debug("%s: retrying with %s", error->message,
              t->kind == S3_CHECKSUM_NONE ? "no checksum" : s3_checksum_name(t->kind));
    return true;
}

void s3_integrity_learn(s3_integrity *in, const s3_integrity_try *t)
{
    if (!t->refusal || !is_less(t->kind, in->upload))
        return;
    const char *less = t->kind == S3_CHECKSUM_NONE ? "no checksum" : s3_checksum_name(t->kind);
    log_warn("%s: the store accepts it with %s; later uploads use that "
             "(request_checksum_calculation=when_required sends none from the start)",
             t->refusal, less);
    in->upload = t->kind;
}
