/* The parameters and headers that each operation supports. Requests with others are
 * refused: ignoring one would change the request's meaning (a conditional write would
 * become unconditional). */
#include <strings.h>

#include "base/util.h"
#include "s3/serve/operations/ops.h"

/* Of all operations. Parameters that begin with x- (except x-amz-) are the client's: S3 only
 * logs them. The same applies to names with an underscore, which no parameter of S3 has. The
 * rows of operations list further ones. */
static const char common_params[] =
    "X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Expires X-Amz-SignedHeaders X-Amz-Signature "
    "X-Amz-Security-Token AWSAccessKeyId Signature Expires content-type content-md5";
static const char common_headers[] =
    "x-amz-date x-amz-content-sha256 x-amz-security-token x-amz-decoded-content-length "
    "x-amz-trailer x-amz-user-agent x-amz-sdk-checksum-algorithm x-amz-request-payer "
    "x-amz-expected-bucket-owner x-amz-api-version";

/* Whether `name` is one of the words; a word that ends in `*` is a prefix. */
static bool is_listed(const char *words, const char *name)
{
    for (const char *at = words; at && *at;) {
        size_t len = strcspn(at, " ");
        bool prefix = len > 0 && at[len - 1] == '*';
        size_t same = prefix ? len - 1 : len;
        if (strncasecmp(at, name, same) == 0 && (prefix || name[len] == '\0'))
            return true;
        at += len + strspn(at + len, " ");
    }
    return false;
}

static bool check_param(const exchange *x, const operation *o, size_t index, err *e)
{
    const char *name = x->target.params[index].name;
    for (size_t i = 0; i < index; i++)
        if (strcasecmp(x->target.params[i].name, name) == 0)
            return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                     "The query parameter %s occurs twice.", name);
    bool amz = strncasecmp(name, "x-amz-", 6) == 0; /* checked as a header */
    bool own = strncasecmp(name, "x-", 2) == 0 || strchr(name, '_') ||
               is_listed(common_params, name) || is_listed(o->params, name) ||
               (o->param && str_equal(o->param, name));
    return amz || own ||
           s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                             "The query parameter %s is not implemented for this request.", name);
}

static bool check_header(const exchange *x, const operation *o, size_t index, err *e)
{
    const char *name = x->auth.headers[index].name;
    bool amz = strncasecmp(name, "x-amz-", 6) == 0;
    if ((!amz && strncasecmp(name, "x-minio-", 8) != 0) || strchr(name, '_'))
        return true; /* no header of S3 has an underscore */
    for (size_t i = 0; i < index; i++)
        if (strcasecmp(x->auth.headers[i].name, name) == 0)
            return s3_refuse_because(e, REFUSE_INVALID_REQUEST, "The header %s occurs twice.",
                                     name);
    bool own = amz && (is_listed(common_headers, name) || is_listed(o->headers, name) ||
                       (o->header && strcasecmp(o->header, name) == 0));
    return own || s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                    "A header you provided implies functionality that is not "
                                    "implemented: %s",
                                    name);
}

/* HTTP headers that change the effect of a write. */
static bool check_http_headers(const exchange *x, const operation *o, err *e)
{
    static const char *const of_writes[] = {"If-Match", "If-None-Match", "If-Modified-Since",
                                            "If-Unmodified-Since", "Content-Range"};
    bool reads = str_equal(o->method, "GET") || str_equal(o->method, "HEAD");
    for (size_t i = 0; !reads && i < ARRAY_LEN(of_writes); i++)
        if (exchange_header(x, of_writes[i]) && !is_listed(o->headers, of_writes[i]))
            return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                     "A header you provided implies functionality that is not "
                                     "implemented: %s",
                                     of_writes[i]);
    const char *encoding = exchange_header(x, "Content-Encoding");
    return !encoding || !strcasestr(encoding, "aws-chunked") || x->op->body == OP_BODY_NONE ||
           chunks_kind_of(exchange_header(x, "x-amz-content-sha256")) != CHUNKS_NONE ||
           s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                             "Content-Encoding aws-chunked needs an x-amz-content-sha256 that "
                             "begins with STREAMING-.");
}

static bool value_is(const exchange *x, const char *header, const char *values, err *e)
{
    const char *value = exchange_header(x, header);
    return !value || is_listed(values, value) ||
           s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED, "%s supports only these values here: %s",
                             header, values);
}

/* Headers of which only values without effect are supported. */
static bool check_values(const exchange *x, err *e)
{
    static const char *const owners[] = {"x-amz-expected-bucket-owner",
                                         "x-amz-source-expected-bucket-owner"};
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        const char *owner = exchange_header(x, owners[i]);
        if (owner && !str_equal(owner, OPS_OWNER))
            return s3_refuse_because(e, REFUSE_ACCESS_DENIED,
                                     "The buckets belong to %s, not to %s.", OPS_OWNER, owner);
    }
    return value_is(x, "x-amz-acl", "private bucket-owner-full-control", e) &&
           value_is(x, "x-amz-object-ownership", "BucketOwnerEnforced", e) &&
           value_is(x, "x-amz-request-payer", "requester", e) &&
           value_is(x, "x-amz-api-version", "2006-03-01", e) &&
           value_is(x, "x-amz-metadata-directive", "COPY REPLACE", e) &&
           value_is(x, "x-amz-tagging-directive", "COPY REPLACE", e);
}

bool op_check_supported(const exchange *x, err *e)
{
    if (x->headers_lost)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST, "More than %d headers.",
                                 EXCHANGE_HEADERS_MAX);
    for (size_t i = 0; i < x->target.param_count; i++)
        if (!check_param(x, x->op, i, e))
            return false;
    for (size_t i = 0; i < x->auth.header_count; i++)
        if (!check_header(x, x->op, i, e))
            return false;
    return check_http_headers(x, x->op, e) && check_values(x, e);
}

void op_hoist_params(exchange *x)
{
    for (size_t i = 0; i < x->target.param_count; i++) {
        const target_pair *p = &x->target.params[i];
        bool amz = strncasecmp(p->name, "x-amz-", 6) == 0 && !is_listed(common_params, p->name);
        bool content = is_listed("content-type content-md5", p->name);
        if (amz || (content && !exchange_header(x, p->name)))
            exchange_take_header(x, p->name, p->value);
    }
}
