#include "s3/serve/auth.h"

#include <strings.h>

#include "s3/sign.h"

#define SIGNED_HEADERS_MAX 64

const char *auth_header(const auth_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

const char *auth_payload_hash(const auth_request *request)
{
    const char *hash = auth_header(request, "x-amz-content-sha256");
    return hash && strlen(hash) == S3_HASH_SIZE - 1 ? hash : NULL;
}

static bool is_signed(slice list, const char *name)
{
    slice one;
    while (s3_signed_header_next(&list, &one))
        if (one.len == strlen(name) && strncasecmp(one.data, name, one.len) == 0)
            return true;
    return false;
}

/* Host and every x-amz- header must be signed, or a third party could change their meaning. */
static bool check_coverage(const auth_request *request, slice list, err *e)
{
    if (!is_signed(list, "host"))
        return s3_refuse_because(e, REFUSE_ACCESS_DENIED, "The Host header is not signed.");
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        if (strncasecmp(name, "x-amz-", 6) == 0 && !is_signed(list, name))
            return s3_refuse_because(e, REFUSE_ACCESS_DENIED,
                                     "There were headers present in the request which were not "
                                     "signed: %s",
                                     name);
    }
    return true;
}

static bool gather_signed(const auth_request *request, slice list, http_header *out, size_t *count,
                          err *e)
{
    slice name;
    for (*count = 0; s3_signed_header_next(&list, &name); (*count)++) {
        size_t i = 0;
        while (i < request->header_count &&
               (strlen(request->headers[i].name) != name.len ||
                strncasecmp(request->headers[i].name, name.data, name.len) != 0))
            i++;
        if (i == request->header_count || *count == SIGNED_HEADERS_MAX)
            return s3_refuse(e, REFUSE_SIGNATURE); /* a signed header did not come */
        out[*count] = request->headers[i];
    }
    return true;
}

static bool check_time(const char *amz_date, slice scope_date, int64_t now_s, err *e)
{
    int64_t then_s = 0;
    if (!amz_date || !s3_sign_date_parse(amz_date, &then_s))
        return s3_refuse_because(e, REFUSE_ACCESS_DENIED, "A valid x-amz-date header is needed.");
    if (!slice_equal(scope_date, (slice){amz_date, 8}))
        return s3_refuse_because(e, REFUSE_MALFORMED_AUTH,
                                 "The date of the credential's scope is not that of x-amz-date.");
    int64_t skew_s = now_s > then_s ? now_s - then_s : then_s - now_s;
    return skew_s <= AUTH_SKEW_MAX_S || s3_refuse(e, REFUSE_TIME_SKEWED);
}

static bool check_payload_header(const auth_request *request, const char **hash, err *e)
{
    *hash = auth_header(request, "x-amz-content-sha256");
    if (!*hash)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT, "x-amz-content-sha256 is missing.");
    if (str_starts_with(*hash, "STREAMING-"))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "Chunked signatures are not implemented here.");
    if (!str_equal(*hash, S3_UNSIGNED) && !auth_payload_hash(request))
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a SHA-256.");
    return true;
}

static bool check_signature(const auth_request *request, const s3_authorization *a,
                            const char *secret, err *e)
{
    http_header headers[SIGNED_HEADERS_MAX];
    char expected[S3_HASH_SIZE];
    const char *hash = NULL;
    size_t count = 0;
    if (!check_payload_header(request, &hash, e) ||
        !gather_signed(request, a->signed_headers, headers, &count, e))
        return false;
    AUTO_FREE char *region = slice_dup(a->region);
    s3_sign_request to_sign = {.method = request->method,
                               .path = request->path,
                               .query = request->query,
                               .headers = headers,
                               .header_count = count,
                               .payload_hash = hash,
                               .amz_date = auth_header(request, "x-amz-date"),
                               .region = region,
                               .service = "s3"};
    if (!s3_sign_signature(&to_sign, secret, expected, NULL))
        return s3_refuse(e, REFUSE_INVALID_URI);
    return s3_signature_equal(a->signature, expected) || s3_refuse(e, REFUSE_SIGNATURE);
}

bool auth_check(const auth_request *request, const auth_keys *keys, err *e)
{
    s3_authorization a = {0};
    const char *value = auth_header(request, "authorization");
    if (!value)
        return s3_refuse_because(e, REFUSE_ACCESS_DENIED,
                                 "Access Denied: the request carries no Authorization header.");
    if (!s3_authorization_parse(value, &a) || !slice_equal_str(a.service, "s3"))
        return s3_refuse(e, REFUSE_MALFORMED_AUTH);
    if (!slice_equal_str(a.access_key_id, keys->access_key_id))
        return s3_refuse(e, REFUSE_INVALID_ACCESS_KEY);
    return check_time(auth_header(request, "x-amz-date"), a.date, request->now_s, e) &&
           check_coverage(request, a.signed_headers, e) &&
           check_signature(request, &a, keys->secret_access_key, e);
}
