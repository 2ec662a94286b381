#include "base/util.h"
#include "s3/client/reply.h"

#include "s3/config/endpoint.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/xml.h"

#define RETRY_AFTER_MAX_MS ((uint64_t)300 * 1000)
#define CLOCK_SKEW_S       900 /* tolerance of S3 */

static const struct {
    const char *code;
    s3_verdict verdict;
    err_code error;
    const char *hint;
} code_rows[] = {
    {"AccessDenied", S3_VERDICT_FAIL, ERR_S3_ACCESS, NULL},
    {"AllAccessDisabled", S3_VERDICT_FAIL, ERR_S3_ACCESS, "the bucket's owner has disabled access"},
    {"AccountProblem", S3_VERDICT_FAIL, ERR_S3_ACCESS, "ask AWS support about the account"},
    {"InvalidAccessKeyId", S3_VERDICT_RENEW, ERR_S3_CREDENTIALS,
     "check AWS_ACCESS_KEY_ID or the profile, and that they belong to this store"},
    {"SignatureDoesNotMatch", S3_VERDICT_FAIL, ERR_S3_CREDENTIALS,
     "check AWS_SECRET_ACCESS_KEY or the profile"},
    {"ExpiredToken", S3_VERDICT_RENEW, ERR_S3_CREDENTIALS, "renew the session's credentials"},
    {"InvalidToken", S3_VERDICT_RENEW, ERR_S3_CREDENTIALS, "check AWS_SESSION_TOKEN"},
    {"TokenRefreshRequired", S3_VERDICT_RENEW, ERR_S3_CREDENTIALS,
     "renew the session's credentials"},
    {"InvalidSecurity", S3_VERDICT_FAIL, ERR_S3_CREDENTIALS, "check the credentials"},
    {"NotSignedUp", S3_VERDICT_FAIL, ERR_S3_CREDENTIALS, "check the account of the credentials"},
    {"RequestTimeTooSkewed", S3_VERDICT_CLOCK, ERR_S3_CLOCK, "set this host's clock"},
    {"AuthorizationHeaderMalformed", S3_VERDICT_REGION, ERR_S3_CREDENTIALS,
     "check the region (AWS_REGION)"},
    {"PermanentRedirect", S3_VERDICT_REGION, ERR_S3_REPLY, "check the region (AWS_REGION)"},
    {"TemporaryRedirect", S3_VERDICT_REGION, ERR_S3_REPLY, "check the region (AWS_REGION)"},
    {"IllegalLocationConstraintException", S3_VERDICT_FAIL, ERR_S3_REPLY,
     "check the region (AWS_REGION)"},
    {"NoSuchBucket", S3_VERDICT_FAIL, ERR_S3_NO_BUCKET, "check the bucket's name and the endpoint"},
    {"InvalidBucketName", S3_VERDICT_FAIL, ERR_S3_NO_BUCKET, "check the bucket's name"},
    {"NoSuchKey", S3_VERDICT_FAIL, ERR_S3_NOT_FOUND, "check the key; it may have been deleted"},
    {"BucketAlreadyOwnedByYou", S3_VERDICT_FAIL, ERR_S3_REPLY, "use it, or choose another name"},
    {"BucketAlreadyExists", S3_VERDICT_FAIL, ERR_S3_REPLY, "choose another name"},
    {"BucketNotEmpty", S3_VERDICT_FAIL, ERR_S3_REPLY, "remove its objects first"},
    {"PreconditionFailed", S3_VERDICT_FAIL, ERR_S3_CHANGED, NULL},
    {"InvalidObjectState", S3_VERDICT_FAIL, ERR_S3_ARCHIVED,
     "restore the object first (it is archived in Glacier: aws s3api restore-object), then run "
     "again"},
    {"KeyTooLongError", S3_VERDICT_FAIL, ERR_LIMIT, NULL},
    {"EntityTooLarge", S3_VERDICT_FAIL, ERR_LIMIT, NULL},
    {"NotImplemented", S3_VERDICT_FAIL, ERR_HTTP_SERVER,
     "the store does not support this; remove the option that requests it"},
    {"InternalError", S3_VERDICT_RETRY, ERR_HTTP_SERVER, NULL},
    {"ServiceUnavailable", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"SlowDown", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"SlowDownRead", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"SlowDownWrite", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"Throttling", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"ThrottlingException", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"ThrottledException", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"RequestThrottled", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"RequestThrottledException", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"RequestLimitExceeded", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"BandwidthLimitExceeded", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"TooManyRequests", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"TooManyRequestsException", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"TooManyRequestsHTTP", S3_VERDICT_THROTTLED, ERR_S3_THROTTLED, NULL},
    {"RequestTimeout", S3_VERDICT_RETRY, ERR_TIMEOUT, NULL},
    {"IncompleteBody", S3_VERDICT_RETRY, ERR_TRUNCATED, NULL},
    {"BadDigest", S3_VERDICT_RETRY, ERR_S3_CHECKSUM, NULL},
    {"XAmzContentSHA256Mismatch", S3_VERDICT_RETRY, ERR_S3_CHECKSUM, NULL},
    {"XAmzContentChecksumMismatch", S3_VERDICT_RETRY, ERR_S3_CHECKSUM, NULL}, /* MinIO */
    {"OperationAborted", S3_VERDICT_RETRY, ERR_S3_REPLY, NULL},
    {"ConditionalRequestConflict", S3_VERDICT_RETRY, ERR_S3_REPLY, NULL},
};

/* For replies without an error code (HEAD, proxies) or with one that is not in the table. */
static const struct {
    int status;
    s3_verdict verdict;
    err_code error;
} status_rows[] = {
    {301, S3_VERDICT_REGION, ERR_S3_REPLY},     {307, S3_VERDICT_REGION, ERR_S3_REPLY},
    {401, S3_VERDICT_FAIL, ERR_S3_CREDENTIALS}, {403, S3_VERDICT_FAIL, ERR_S3_ACCESS},
    {404, S3_VERDICT_FAIL, ERR_S3_NOT_FOUND},   {407, S3_VERDICT_FAIL, ERR_S3_CREDENTIALS},
    {408, S3_VERDICT_RETRY, ERR_TIMEOUT},       {412, S3_VERDICT_FAIL, ERR_S3_CHANGED},
    {425, S3_VERDICT_RETRY, ERR_HTTP_SERVER},   {429, S3_VERDICT_THROTTLED, ERR_S3_THROTTLED},
    {499, S3_VERDICT_RETRY, ERR_HTTP_SERVER},   {500, S3_VERDICT_RETRY, ERR_HTTP_SERVER},
    {502, S3_VERDICT_RETRY, ERR_HTTP_SERVER},   {503, S3_VERDICT_THROTTLED, ERR_S3_THROTTLED},
    {504, S3_VERDICT_RETRY, ERR_HTTP_SERVER},   {520, S3_VERDICT_RETRY, ERR_HTTP_SERVER},
};

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

/* The region becomes part of a host name at AWS: an invalid one is ignored. */
static void take_region(s3_reply *r, const char *text)
{
    if (text && s3_region_is_name(text))
        copy_text(r->region, sizeof r->region, text);
}

bool s3_reply_is_success(const char *operation, int status)
{
    /* Operations with replies without a body check other statuses themselves: the effect
     * may be provable. */
    static const char *const bare[] = {
        "PutObject",        "UploadPart",          "DeleteObject",
        "DeleteBucket",     "CreateBucket",        "AbortMultipartUpload",
        "PutObjectTagging", "DeleteObjectTagging", "PutBucketVersioning"};
    if (strcmp(operation, "GetObject") == 0)
        return status == 200 || status == 206;
    for (size_t i = 0; i < ARRAY_LEN(bare); i++)
        if (strcmp(operation, bare[i]) == 0)
            return status >= 200 && status < 300;
    return status == 200 || (status == 201 && strstr(operation, "Upload"));
}

static uint64_t retry_after_ms(const http_reply *head, int64_t now_s)
{
    uint64_t value = 0;
    int64_t date_s = 0;
    const char *text = http_reply_header(head, "Retry-After");
    if (num_parse_u64(http_reply_header(head, "x-amz-retry-after"), &value))
        return MIN(value, RETRY_AFTER_MAX_MS); /* milliseconds */
    if (num_parse_u64(text, &value))
        return MIN(value, RETRY_AFTER_MAX_MS / 1000) * 1000;
    if (s3_when_parse(text, &date_s) && date_s > now_s)
        return MIN((uint64_t)(date_s - now_s) * 1000, RETRY_AFTER_MAX_MS);
    return 0;
}

void s3_reply_take_head(s3_reply *r, const http_reply *head, int64_t now_s)
{
    *r = (s3_reply){.status = head->status};
    copy_text(r->request_id, sizeof r->request_id, http_reply_header(head, "x-amz-request-id"));
    take_region(r, http_reply_header(head, "x-amz-bucket-region"));
    copy_text(r->server, sizeof r->server, http_reply_header(head, "Server"));
    if (!s3_when_parse(http_reply_header(head, "Date"), &r->date_s))
        r->date_s = 0;
    r->retry_after_ms = retry_after_ms(head, now_s);
}

/* Without the final full stop: advice follows after a semicolon. */
static void take_words(s3_reply *r, const char *text)
{
    copy_text(r->words, sizeof r->words, text);
    size_t len = strlen(r->words);
    if (len > 0 && r->words[len - 1] == '.')
        r->words[len - 1] = '\0';
}

static bool take_element(void *ctx, const char *path, const char *text, err *e)
{
    s3_reply *r = ctx;
    UNUSED(e);
    if (strcmp(path, "Error/Code") == 0)
        copy_text(r->code, sizeof r->code, text);
    else if (strcmp(path, "Error/Message") == 0)
        take_words(r, text);
    else if (strcmp(path, "Error/Region") == 0)
        take_region(r, text);
    else if (strcmp(path, "Error/RequestId") == 0 && !r->request_id[0])
        copy_text(r->request_id, sizeof r->request_id, text);
    return true;
}

bool s3_reply_take_error(s3_reply *r, slice body)
{
    err e = ERR_INIT;
    char text[S3_REPLY_TEXT_SIZE];
    r->code[0] = '\0';
    if (body.len > 0 && s3_xml_read(body, take_element, r, &e) && r->code[0])
        return true;
    if (r->status >= 200 && r->status < 300)
        return false;
    s3_reply_text(body, text);
    r->foreign = text[0] != '\0';
    if (r->foreign)
        snprintf(r->words, sizeof r->words, "\"%s\"", text);
    return false;
}

static size_t code_row(const s3_reply *r)
{
    size_t i = 0;
    while (i < ARRAY_LEN(code_rows) && strcmp(code_rows[i].code, r->code) != 0)
        i++;
    return i;
}

static size_t status_row(const s3_reply *r)
{
    size_t i = 0;
    while (i < ARRAY_LEN(status_rows) && status_rows[i].status != r->status)
        i++;
    return i;
}

static bool clocks_differ(const s3_reply *r, int64_t now_s)
{
    return r->date_s && llabs(r->date_s - now_s) > CLOCK_SKEW_S;
}

/* A HEAD reply has no body with a reason: infer it from status and headers. */
static s3_verdict head_verdict(const s3_reply *r, int64_t now_s)
{
    if (r->status == 403 && clocks_differ(r, now_s))
        return S3_VERDICT_CLOCK;
    if (r->status == 400)
        return S3_VERDICT_RENEW; /* or another region: see s3_reply_is_elsewhere */
    return S3_VERDICT_FAIL;
}

s3_verdict s3_reply_verdict(const s3_reply *r, const char *method, int64_t now_s)
{
    size_t row = code_row(r);
    if (row < ARRAY_LEN(code_rows))
        return code_rows[row].verdict;
    row = status_row(r);
    s3_verdict verdict = row < ARRAY_LEN(status_rows) ? status_rows[row].verdict : S3_VERDICT_FAIL;
    if (verdict == S3_VERDICT_FAIL && !r->code[0] && strcmp(method, "HEAD") == 0)
        verdict = head_verdict(r, now_s);
    return verdict;
}

bool s3_reply_is_elsewhere(const s3_reply *r, s3_verdict verdict, const char *region)
{
    static const int statuses[] = {301, 307, 400, 403};
    if (!r->region[0] || strcmp(r->region, region) == 0)
        return false;
    if (verdict != S3_VERDICT_FAIL && !(verdict == S3_VERDICT_RENEW && !r->code[0]))
        return verdict == S3_VERDICT_REGION;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        if (r->status == statuses[i])
            return true;
    return false;
}

s3_verdict s3_broken_verdict(const http_result *result)
{
    bool gone = result->error.code == ERR_NET || result->error.code == ERR_TRUNCATED;
    if (gone && result->reused && !result->first_byte)
        return S3_VERDICT_FREE;
    return result->error.cls == ERR_CLASS_RETRY ? S3_VERDICT_RETRY : S3_VERDICT_FAIL;
}

static const struct {
    const char *operation, *action;
} actions[] = {
    {"ListBuckets", "s3:ListAllMyBuckets"},
    {"ListObjectsV2", "s3:ListBucket"},
    {"HeadBucket", "s3:ListBucket"},
    {"GetObject", "s3:GetObject"},
    {"HeadObject", "s3:GetObject"},
    {"PutObject", "s3:PutObject"},
    {"CreateMultipartUpload", "s3:PutObject"},
    {"UploadPart", "s3:PutObject"},
    {"CompleteMultipartUpload", "s3:PutObject"},
    {"DeleteObject", "s3:DeleteObject"},
    {"DeleteObjects", "s3:DeleteObject"},
    {"DeleteBucket", "s3:DeleteBucket"},
    {"ListMultipartUploads", "s3:ListBucketMultipartUploads"},
    {"AbortMultipartUpload", "s3:AbortMultipartUpload"},
    {"CreateBucket", "s3:CreateBucket"},
    {"GetObjectTagging", "s3:GetObjectTagging"},
    {"PutObjectTagging", "s3:PutObjectTagging"},
    {"DeleteObjectTagging", "s3:DeleteObjectTagging"},
    {"GetBucketVersioning", "s3:GetBucketVersioning"},
    {"PutBucketVersioning", "s3:PutBucketVersioning"},
    {"CopyObject", "s3:PutObject, and s3:GetObject of the source"},
    {"UploadPartCopy", "s3:PutObject, and s3:GetObject of the source"},
};

static const char *action_of(const char *operation)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (strcmp(actions[i].operation, operation) == 0)
            return actions[i].action;
    return operation;
}

static err_code error_code(const s3_reply *r, bool has_key)
{
    size_t row = code_row(r);
    if (row < ARRAY_LEN(code_rows))
        return code_rows[row].error;
    if (r->status == 404 && r->foreign) /* from another web server, not about the object */
        return ERR_S3_REPLY;
    if (r->status == 404 && (!has_key || r->code[0]))
        return r->code[0] ? ERR_S3_REPLY : ERR_S3_NO_BUCKET;
    row = status_row(r);
    if (row < ARRAY_LEN(status_rows))
        return status_rows[row].error;
    return r->status >= 500 ? ERR_HTTP_SERVER : ERR_S3_REPLY;
}

bool s3_reply_error(const s3_reply *r, const char *operation, bool has_key, err *e)
{
    err_code code = error_code(r, has_key);
    AUTO_FREE char *id = r->request_id[0] ? xasprintf(" (request id %s)", r->request_id) : NULL;
    AUTO_FREE char *hint = NULL;
    size_t row = code_row(r);
    if (r->foreign)
        hint = xasprintf("%s%s; not a reply of S3: %s", r->server[0] ? ", Server: " : "", r->server,
                         s3_reply_cause(r->words));
    else if (code == ERR_S3_ACCESS && (row == ARRAY_LEN(code_rows) || !code_rows[row].hint))
        hint = xasprintf("; check that the credentials may %s", action_of(operation));
    else if (row < ARRAY_LEN(code_rows) && code_rows[row].hint)
        hint = xasprintf("; %s", code_rows[row].hint);
    else if (r->status == 407)
        hint = xstrdup("; a proxy requires user and password; set them in http_proxy "
                       "(http://USER:PASSWORD@HOST:PORT)");
    else if (r->status == 404) /* HEAD does not report which of them is missing */
        hint = xasprintf("; check the bucket's name%s", has_key ? " and the key" : "");
    err_set(e, code, "%d%s%s%s: %s%s", r->status, r->code[0] ? " " : "", r->code, id ? id : "",
            r->words[0] ? r->words : err_code_words(code), hint ? hint : "");
    err_context(e, "%s", operation);
    if (!e)
        return false;
    e->http_status = r->status;
    copy_text(e->s3_code, sizeof e->s3_code, r->code);
    copy_text(e->request_id, sizeof e->request_id, r->request_id);
    return false;
}
