#include "s3/serve/protocol/auth.h"

#include <strings.h>

#include "decon/s3/sign.h"
#include "base/util.h"
#include "s3/serve/protocol/auth_v2.h"

#define SIGNED_HEADERS_MAX 64
#define EXPIRES_MAX_S      (7 * 24 * 3600)

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

/* Host and every x-amz- header must be signed; otherwise a third party could change them. */
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
            return s3_refuse(e, REFUSE_SIGNATURE); /* a signed header is missing */
        out[*count] = request->headers[i];
    }
    return true;
}

static int64_t distance_s(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static bool check_time(const char *amz_date, slice scope_date, int64_t now_s, err *e)
{
    int64_t then_s = 0;
    if (!amz_date || !s3_sign_date_parse(amz_date, &then_s))
        return s3_refuse_because(e, REFUSE_ACCESS_DENIED, "A valid x-amz-date header is needed.");
    if (!slice_equal(scope_date, (slice){amz_date, 8}))
        return s3_refuse_because(e, REFUSE_MALFORMED_AUTH,
                                 "The date of the credential's scope is not that of x-amz-date.");
    return distance_s(now_s, then_s) <= AUTH_SKEW_MAX_S || s3_refuse(e, REFUSE_TIME_SKEWED);
}

static bool check_payload_header(const auth_request *request, const char **hash, err *e)
{
    *hash = auth_header(request, "x-amz-content-sha256");
    if (!*hash)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT, "x-amz-content-sha256 is missing.");
    if (!str_equal(*hash, S3_UNSIGNED) && !auth_payload_hash(request) &&
        chunks_kind_of(*hash) == CHUNKS_NONE)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                                 "STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                                 "STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER] or a SHA-256.");
    return true;
}

/* Common part of both methods of signing. */
typedef struct claim {
    s3_authorization by;
    const char *amz_date, *payload_hash;
    slice query; /* without the signature itself */
} claim;

static bool check_signature(const auth_request *request, const claim *c, const char *secret, err *e)
{
    http_header headers[SIGNED_HEADERS_MAX];
    char expected[S3_HASH_SIZE];
    size_t count = 0;
    if (!gather_signed(request, c->by.signed_headers, headers, &count, e))
        return false;
    AUTO_FREE char *region = slice_dup(c->by.region);
    s3_sign_request to_sign = {.method = request->method,
                               .path = request->path,
                               .query = c->query,
                               .headers = headers,
                               .header_count = count,
                               .payload_hash = c->payload_hash,
                               .amz_date = c->amz_date,
                               .region = region,
                               .service = "s3"};
    if (!s3_sign_signature(&to_sign, secret, expected, NULL))
        return s3_refuse(e, REFUSE_INVALID_URI);
    return s3_signature_equal(c->by.signature, expected) || s3_refuse(e, REFUSE_SIGNATURE);
}

static bool check_who(const s3_authorization *by, const auth_keys *keys, err *e)
{
    if (!slice_equal_str(by->service, "s3"))
        return s3_refuse(e, REFUSE_MALFORMED_AUTH);
    if (keys->region && !slice_equal_str(by->region, keys->region))
        return s3_refuse_because(e, REFUSE_MALFORMED_AUTH,
                                 "The authorization header is malformed; the region '%.*s' is "
                                 "wrong; expecting '%s'",
                                 (int)by->region.len, by->region.data, keys->region);
    return slice_equal_str(by->access_key_id, keys->access_key_id) ||
           s3_refuse(e, REFUSE_INVALID_ACCESS_KEY);
}

static bool check_header(const auth_request *request, const char *value, const auth_keys *keys,
                         err *e)
{
    claim c = {.amz_date = auth_header(request, "x-amz-date"), .query = request->query};
    if (!s3_authorization_parse(value, &c.by))
        return s3_refuse(e, REFUSE_MALFORMED_AUTH);
    return check_who(&c.by, keys, e) && check_time(c.amz_date, c.by.date, request->now_s, e) &&
           check_coverage(request, c.by.signed_headers, e) &&
           check_payload_header(request, &c.payload_hash, e) &&
           check_signature(request, &c, keys->secret_access_key, e);
}

/* --- presigned URLs --- */

/* Valid from X-Amz-Date for X-Amz-Expires seconds, at most a week. */
static bool check_expiry(const auth_request *request, const claim *c, err *e)
{
    int64_t from_s = 0;
    uint64_t span_s = 0;
    const char *expires = target_param(request->target, "X-Amz-Expires");
    if (!c->amz_date || !s3_sign_date_parse(c->amz_date, &from_s) ||
        !slice_equal(c->by.date, (slice){c->amz_date, 8}))
        return s3_refuse_because(e, REFUSE_QUERY_AUTH,
                                 "X-Amz-Date is not valid, or not that of "
                                 "X-Amz-Credential.");
    if (!expires || !num_parse_u64(expires, &span_s) || span_s < 1 || span_s > EXPIRES_MAX_S)
        return s3_refuse_because(e, REFUSE_QUERY_AUTH,
                                 "X-Amz-Expires must be a number of seconds from 1 to %d.",
                                 EXPIRES_MAX_S);
    if (request->now_s < from_s - AUTH_SKEW_MAX_S)
        return s3_refuse_because(e, REFUSE_ACCESS_DENIED, "Request is not valid yet");
    return request->now_s <= from_s + (int64_t)span_s ||
           s3_refuse_because(e, REFUSE_ACCESS_DENIED, "Request has expired");
}

/* The signed query: without the signature. */
static void append_signed_query(slice query, buf *out)
{
    while (query.len > 0) {
        const char *end = memchr(query.data, '&', query.len);
        slice pair = {query.data, end ? (size_t)(end - query.data) : query.len};
        size_t used = pair.len + (end ? 1 : 0);
        query = (slice){query.data + used, query.len - used};
        if (slice_starts_with(pair, "X-Amz-Signature="))
            continue;
        if (out->len > 0)
            buf_append_char(out, '&');
        buf_append_slice(out, pair);
    }
}

/* Converts the query to the equivalent header, so that one function parses both. */
static bool parse_query_claim(const auth_request *request, claim *c, char **text)
{
    const target *t = request->target;
    const char *algorithm = target_param(t, "X-Amz-Algorithm");
    const char *credential = target_param(t, "X-Amz-Credential");
    const char *names = target_param(t, "X-Amz-SignedHeaders");
    if (!algorithm || !credential || !names)
        return false;
    *text = xasprintf("%s Credential=%s, SignedHeaders=%s, Signature=%s", algorithm, credential,
                      names, target_param(t, "X-Amz-Signature"));
    return s3_authorization_parse(*text, &c->by);
}

static bool check_query(const auth_request *request, const auth_keys *keys, err *e)
{
    AUTO_FREE char *text = NULL;
    AUTO(buf) query = BUF(64 * 1024);
    const char *hash = auth_header(request, "x-amz-content-sha256");
    hash = hash ? hash : target_param(request->target, "X-Amz-Content-Sha256");
    claim c = {.amz_date = target_param(request->target, "X-Amz-Date"),
               .payload_hash = hash ? hash : S3_UNSIGNED};
    if (!parse_query_claim(request, &c, &text))
        return s3_refuse(e, REFUSE_QUERY_AUTH);
    append_signed_query(request->query, &query);
    c.query = buf_slice(&query);
    return check_who(&c.by, keys, e) && check_expiry(request, &c, e) &&
           check_coverage(request, c.by.signed_headers, e) &&
           check_signature(request, &c, keys->secret_access_key, e);
}

static bool check_anonymous(const auth_request *request, const auth_keys *keys, err *e)
{
    bool reads = str_equal(request->method, "GET") || str_equal(request->method, "HEAD");
    bool may =
        keys->anonymous == AUTH_ANONYMOUS_ALL || (keys->anonymous == AUTH_ANONYMOUS_READ && reads);
    return may || s3_refuse_because(e, REFUSE_ACCESS_DENIED,
                                    "Access Denied: the request has no signature.");
}

/* A browser's upload, whose signature is in the form. */
static bool is_form(const auth_request *request)
{
    const char *type = auth_header(request, "content-type");
    return str_equal(request->method, "POST") && type &&
           strncasecmp(type, "multipart/form-data", strlen("multipart/form-data")) == 0;
}

bool auth_check(const auth_request *request, const auth_keys *keys, err *e)
{
    const char *value = auth_header(request, "authorization");
    const char *hash = auth_header(request, "x-amz-content-sha256");
    if (hash && str_starts_with(hash, "STREAMING-") && chunks_kind_of(hash) == CHUNKS_NONE)
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED, "%s is not implemented here.", hash);
    if (is_form(request))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "Uploads by forms (POST) are not implemented here.");
    if (value && str_starts_with(value, "AWS "))
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "The authorization mechanism you have provided is not supported. "
                                 "Please use AWS4-HMAC-SHA256.");
    if (value && !str_starts_with(value, S3_SIGN_ALGORITHM " "))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "Only AWS4-HMAC-SHA256 is implemented here.");
    if (value && (target_param(request->target, "X-Amz-Signature") ||
                  target_param(request->target, "Signature")))
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "Only one auth mechanism allowed: the Authorization header or the "
                                 "query.");
    if (value)
        return check_header(request, value, keys, e);
    if (target_param(request->target, "X-Amz-Signature"))
        return check_query(request, keys, e);
    if (auth_v2_is_presigned(request->target))
        return auth_v2_check(request, keys, e);
    return check_anonymous(request, keys, e);
}

bool auth_chunk_signer(const auth_request *request, const auth_keys *keys, chunk_signer *out,
                       err *e)
{
    s3_authorization by;
    const char *amz_date = auth_header(request, "x-amz-date");
    if (!s3_authorization_parse(auth_header(request, "authorization"), &by) || !amz_date)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "Signed chunks require an Authorization header.");
    AUTO_FREE char *region = slice_dup(by.region);
    AUTO_FREE char *scope = xasprintf("%.8s/%s/s3/aws4_request", amz_date, region);
    if (strlen(scope) >= sizeof out->scope || by.signature.len >= sizeof out->last)
        return s3_refuse(e, REFUSE_MALFORMED_AUTH);
    *out = (chunk_signer){0};
    memcpy(out->scope, scope, strlen(scope));
    memcpy(out->last, by.signature.data, by.signature.len);
    snprintf(out->amz_date, sizeof out->amz_date, "%s", amz_date);
    s3_sign_key(keys->secret_access_key, amz_date, region, "s3", out->key);
    return true;
}
