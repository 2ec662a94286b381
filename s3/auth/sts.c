#include "s3/auth/sts.h"

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/xml.h"

#define WEB_IDENTITY    "AssumeRoleWithWebIdentity"
#define BODY_MAX_BYTES  ((size_t)256 * 1024)
#define TOKEN_MAX_BYTES ((size_t)64 * 1024)
#define AUTH_MAX_BYTES  ((size_t)4096)
#define DURATION_MIN_S  900
#define DURATION_MAX_S  43200
#define SAME_CLOCK_S    60

static void release(s3_sts *s)
{
    free(move(s->url));
    free(move(s->host));
    free(move(s->role_arn));
    free(move(s->security_token));
    free(move(s->access_key_id));
    free(move(s->secret_access_key));
    free(move(s->region));
    buf_deinit(&s->body);
    buf_deinit(&s->authorization);
}

void s3_sts_cancel(s3_sts *s)
{
    s3_ask_cancel(&s->ask);
    release(s);
}

/* on_end may start the next call. */
static void end(s3_sts *s, const s3_role_keys *keys, const char *reason, s3_key_trouble trouble)
{
    release(s);
    s->on_end(s->ctx, keys, reason, trouble);
}

/* --- the reply --- */

/* An element of the action's result; NULL if it is absent or empty. */
static char *result(const s3_sts *s, const s3_answer *answer, const char *name)
{
    AUTO_FREE char *path = xasprintf("%sResponse/%sResult/%s", s->action, s->action, name);
    char *text = s3_xml_find_once(answer->body, path);
    if (text && !*text)
        free(move(text));
    return text;
}

static char *credential(const s3_sts *s, const s3_answer *answer, const char *name)
{
    AUTO_FREE char *path = xasprintf("Credentials/%s", name);
    return result(s, answer, path);
}

/* Returns the fault of the answer, or NULL. */
static char *take_keys(const s3_sts *s, const s3_answer *answer, s3_role_keys *keys)
{
    static const s3_role_key_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken",
                                            "Expiration"};
    *keys = (s3_role_keys){.access_key_id = credential(s, answer, "AccessKeyId"),
                           .secret_access_key = credential(s, answer, "SecretAccessKey"),
                           .session_token = credential(s, answer, "SessionToken")};
    AUTO_FREE char *expiration = credential(s, answer, "Expiration");
    if (keys->secret_access_key)
        log_secret_add(keys->secret_access_key);
    if (keys->session_token)
        log_secret_add(keys->session_token);
    char *fault = s3_role_keys_fault(keys, &names);
    if (!fault && !keys->session_token)
        fault = xstrdup("its answer has keys without a SessionToken");
    if (!fault && (!expiration || !s3_when_parse(expiration, &keys->expires_s)))
        fault = xasprintf("its answer has keys with '%.40s' as their Expiration",
                          expiration ? expiration : "");
    return fault;
}

static bool sent_with_its_time(s3_sts *s, const s3_answer *answer);

/* What to check, by STS's error code. */
static const char *advice(const s3_sts *s, const char *code)
{
    if (strcmp(s->action, WEB_IDENTITY) == 0)
        return "the role's trust policy and the token";
    if (str_equal(code, "SignatureDoesNotMatch") || str_equal(code, "RequestExpired"))
        return "this host's clock, and the secret of the keys that request it";
    if (str_equal(code, "InvalidClientTokenId") || str_starts_with(code, "ExpiredToken"))
        return "the keys that request it";
    return "the role's trust policy and external_id";
}

/* STS's code consists of letters; its message may repeat the request, so it is omitted. */
static char *refusal(const s3_sts *s, const s3_answer *answer)
{
    AUTO_FREE char *code = s3_xml_find(answer->body, "ErrorResponse/Error/Code");
    const char *shown = code ? code : "";
    if (!s->role_arn)
        return xasprintf("%s refused GetCallerIdentity: %d %.64s", s->url, answer->status, shown);
    return xasprintf("%s refused role %s: %d %.64s (check %s)", s->url, s->role_arn, answer->status,
                     shown, advice(s, shown));
}

static void take_identity(s3_sts *s, const s3_answer *answer, const char *reason)
{
    AUTO_FREE char *account = reason ? NULL : result(s, answer, "Account");
    AUTO_FREE char *arn = reason ? NULL : result(s, answer, "Arn");
    AUTO_FREE char *user_id = reason ? NULL : result(s, answer, "UserId");
    release(s);
    if (!reason && (!account || !arn))
        reason = "STS: the answer has no account and ARN";
    s->on_identity(s->ctx, reason ? NULL : &(s3_sts_identity){account, arn, user_id}, reason);
}

static void asked(void *ctx, const s3_answer *answer)
{
    s3_sts *s = ctx;
    if (!answer->error && sent_with_its_time(s, answer))
        return;
    AUTO(s3_role_keys) keys = {0};
    AUTO_FREE char *reason = NULL;
    AUTO_FREE char *wrong = NULL;
    if (answer->error)
        reason = xasprintf("%s: %s", s->url, answer->error);
    else if (answer->status != 200)
        reason = refusal(s, answer);
    else if (s->role_arn)
        wrong = take_keys(s, answer, &keys);
    if (wrong)
        reason = xasprintf("%s: %s", s->url, wrong);
    if (s->role_arn)
        end(s, reason ? NULL : &keys, reason, answer->trouble);
    else
        take_identity(s, answer, reason);
}

static bool holds(slice text, const char *word)
{
    return text.len && memmem(text.data, text.len, word, strlen(word));
}

/* STS throttles with status 400, and reports an unreachable identity provider the same way. */
static bool may_pass(const s3_answer *answer)
{
    return answer->status == 400 && (holds(answer->body, "<Code>Throttling") ||
                                     holds(answer->body, "<Code>IDPCommunicationError"));
}

/* --- the request: each take_ function returns the reason for a failure, or NULL --- */

static void add_field(s3_sts *s, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(&s->body, "&%s=", name);
    s3_uri_encode(slice_from(value), false, &s->body);
}

static char *take_token(s3_sts *s, const char *path)
{
    AUTO(buf) text = BUF(TOKEN_MAX_BYTES);
    err e = ERR_INIT;
    if (!fs_read_file(path, TOKEN_MAX_BYTES, &text, &e))
        return xasprintf("the web identity's token: %s", e.message);
    slice trimmed = slice_trim(buf_slice(&text));
    if (trimmed.len == 0)
        return xasprintf("the web identity's token: %s is empty", path);
    AUTO_FREE char *token = slice_dup(trimmed);
    log_secret_add(token);
    add_field(s, "WebIdentityToken", token);
    return NULL;
}

static char *take_body(s3_sts *s, const s3_sts_call *call)
{
    uint64_t duration_s = 0;
    if (call->duration_s && (!num_parse_u64(call->duration_s, &duration_s) ||
                             duration_s < DURATION_MIN_S || duration_s > DURATION_MAX_S))
        return xasprintf("duration_seconds = %s is not from %d to %d", call->duration_s,
                         DURATION_MIN_S, DURATION_MAX_S);
    AUTO_FREE char *name = xasprintf("decon-%llu", (unsigned long long)clock_wall_s(s->ask.t));
    buf_printf(&s->body, "Action=%s&Version=2011-06-15", s->action);
    if (!call->role_arn)
        return NULL;
    add_field(s, "RoleArn", call->role_arn);
    add_field(s, "RoleSessionName", call->session_name ? call->session_name : name);
    add_field(s, "DurationSeconds", call->duration_s);
    add_field(s, "ExternalId", call->external_id);
    char *reason = call->token_path ? take_token(s, call->token_path) : NULL;
    if (!reason && s->body.overflow)
        reason = xasprintf("the request exceeds %zu bytes", BODY_MAX_BYTES);
    return reason;
}

static void take_url(s3_sts *s, const s3_endpoint *at)
{
    AUTO_FREE char *base = s3_endpoint_service_url(at, S3_SERVICE_STS, at->region);
    const char *host = strstr(base, "://") + strlen("://");
    s->host = xstrndup(host, strcspn(host, "/"));
    s->url = xasprintf("%s/", base);
}

static void add_header(s3_sts *s, const char *name, const char *value)
{
    s->headers[s->header_count++] = (http_header){name, value};
}

static void keep_keys(s3_sts *s, const s3_sts_call *call)
{
    s->access_key_id = xstrdup(call->keys->access_key_id);
    s->secret_access_key = xstrdup(call->keys->secret_access_key);
    s->security_token = xstrdup_or_null(call->keys->session_token);
    s->region = xstrdup(call->at->region);
}

static char *sign(s3_sts *s)
{
    char hash[S3_HASH_SIZE];
    const s3_keys keys = {s->access_key_id, s->secret_access_key, s->security_token};
    s3_sign_payload_hash(buf_slice(&s->body), hash);
    s3_sign_date(clock_wall_s(s->ask.t) + s->clock_offset_s, s->date);
    s->header_count = 1; /* Content-Type */
    add_header(s, "Host", s->host);
    add_header(s, "X-Amz-Date", s->date);
    if (s->security_token)
        add_header(s, "X-Amz-Security-Token", s->security_token);
    s3_sign_request request = {
        .method = "POST",
        .path = slice_from(strstr(s->url, "://") + strlen("://") + strlen(s->host)),
        .headers = s->headers,
        .header_count = s->header_count,
        .payload_hash = hash,
        .amz_date = s->date,
        .region = s->region,
        .service = "sts"};
    err e = ERR_INIT;
    buf_clear(&s->authorization);
    if (!s3_sign(&request, &keys, &s->authorization, &e))
        return xstrdup(e.message);
    add_header(s, "Authorization", buf_str(&s->authorization));
    return NULL;
}

static void send(s3_sts *s)
{
    s3_ask_start(&s->ask, &(http_request){.method = "POST",
                                          .url = s->url,
                                          .headers = s->headers,
                                          .header_count = s->header_count,
                                          .body = buf_slice(&s->body)});
}

/* The signature was refused because the service's clock differs: signs again with its time. */
static bool sent_with_its_time(s3_sts *s, const s3_answer *answer)
{
    int64_t offset_s = answer->date_s - clock_wall_s(s->ask.t);
    bool refused = answer->status == 400 || answer->status == 403;
    if (!s->region || s->clock_set || !refused || !answer->date_s ||
        llabs(offset_s - s->clock_offset_s) < SAME_CLOCK_S)
        return false;
    log_warn("this host's clock differs from that of %s by %lld s: signing with its time", s->url,
             (long long)offset_s);
    s->clock_set = true;
    s->clock_offset_s = offset_s;
    AUTO_FREE char *reason = sign(s);
    if (reason)
        return false;
    send(s);
    return true;
}

void s3_sts_init(s3_sts *s, transport *t, s3_role_keys_end on_end, void *ctx)
{
    *s = (s3_sts){.on_end = on_end, .ctx = ctx};
    s3_ask_init(&s->ask, t, asked, s);
    s->ask.may_pass = may_pass;
}

void s3_sts_start(s3_sts *s, const s3_sts_call *call)
{
    buf_init(&s->body, BODY_MAX_BYTES);
    buf_init(&s->authorization, AUTH_MAX_BYTES);
    s->action = call->token_path ? WEB_IDENTITY
                : call->role_arn ? "AssumeRole"
                                 : "GetCallerIdentity";
    s->role_arn = call->role_arn ? xstrdup(call->role_arn) : NULL;
    s->header_count = 0;
    add_header(s, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    take_url(s, call->at);
    AUTO_FREE char *reason = take_body(s, call);
    s->clock_offset_s = call->at->clock_offset_s;
    s->clock_set = false;
    if (!reason && !call->token_path) {
        keep_keys(s, call);
        reason = sign(s);
    }
    if (reason) {
        if (s->role_arn)
            end(s, NULL, reason, S3_KEYS_REFUSED);
        else
            take_identity(s, NULL, reason);
        return;
    }
    send(s);
}
