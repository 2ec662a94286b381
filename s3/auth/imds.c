#include "s3/auth/imds.h"

#include <strings.h>

#include "decon/base/log.h"
#include "base/util.h"

/* step    request                                                next
 * TOKEN   PUT /latest/api/token                                  ROLE, by IMDSv1 if it is unknown
 * ROLE    GET /latest/meta-data/iam/security-credentials/        KEYS
 * KEYS    GET /latest/meta-data/iam/security-credentials/<role>  end
 * DOCUMENT instead of ROLE and KEYS: GET of m->document         end
 * A step has two attempts unless configured otherwise; 4xx is not retried. ROLE is skipped if the
 * name of the role is configured. */

#define BODY_MAX_BYTES     ((size_t)64 * 1024)
#define TRIES              2
#define TRIES_MAX          100
#define CONNECT_TIMEOUT_MS 1000
#define TOTAL_TIMEOUT_MS   2000
#define TIMEOUT_MAX_S      300
#define ADDRESS_IPV4       "http://169.254.169.254"
#define ADDRESS_IPV6       "http://[fd00:ec2::254]"
#define ROLE_PATH          "/latest/meta-data/iam/security-credentials/"

static void step_start(s3_imds *m, s3_imds_step step);

void s3_imds_init(s3_imds *m, transport *t, s3_role_keys_end on_end, void *ctx)
{
    *m = (s3_imds){.t = t, .on_end = on_end, .ctx = ctx};
    buf_init(&m->body, BODY_MAX_BYTES);
}

void s3_imds_cancel(s3_imds *m)
{
    http_cancel(m->t, m->call);
    m->call = NULL;
    free(move(m->base));
    free(move(m->token));
    free(move(m->role));
    free(move(m->url));
    buf_deinit(&m->body);
}

static void end(s3_imds *m, const s3_role_keys *keys, const char *reason, s3_key_trouble trouble)
{
    s3_imds_cancel(m);
    m->on_end(m->ctx, keys, reason, trouble);
}

static void end_document(s3_imds *m, bool found)
{
    AUTO_FREE char *text = found ? slice_dup(buf_slice(&m->body)) : xstrdup("");
    s3_imds_cancel(m);
    m->on_document(m->ctx, slice_from(text));
}

static s3_imds_step step_after_token(const s3_imds *m)
{
    return m->document ? S3_IMDS_DOCUMENT : m->role ? S3_IMDS_KEYS : S3_IMDS_ROLE;
}

static void take_keys(s3_imds *m)
{
    AUTO(s3_role_keys) keys = {0};
    AUTO_FREE char *reason = s3_role_keys_read_json(buf_slice(&m->body), &keys);
    if (!reason && !keys.session_token) /* role credentials always have one */
        reason = xstrdup("its answer has keys without a Token");
    end(m, reason ? NULL : &keys, reason, S3_KEYS_REFUSED);
}

/* The first line of the body. */
static char *first_line(const s3_imds *m)
{
    slice body = buf_slice(&m->body);
    const char *end_of_line = body.len ? memchr(body.data, '\n', body.len) : NULL;
    if (end_of_line)
        body.len = (size_t)(end_of_line - body.data);
    return slice_dup(slice_trim(body));
}

/* Printable ASCII without blanks and tags: rejects web pages as tokens and role names. */
static bool is_word(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~' || *p == '<' || *p == '>')
            return false;
    return *text != '\0';
}

static void step_done(s3_imds *m)
{
    switch (m->step) {
    case S3_IMDS_TOKEN:
        free(m->token);
        m->token = first_line(m);
        if (!is_word(m->token)) {
            end(m, NULL, "its answer is not a metadata token", S3_KEYS_REFUSED);
            return;
        }
        log_secret_add(m->token);
        m->had_token = true;
        step_start(m, step_after_token(m));
        return;
    case S3_IMDS_DOCUMENT:
        end_document(m, true);
        return;
    case S3_IMDS_ROLE:
        free(m->role);
        m->role = first_line(m);
        if (is_word(m->role))
            step_start(m, S3_IMDS_KEYS);
        else
            end(m, NULL, *m->role ? "its answer is not a role name" : "the instance has no role",
                S3_KEYS_REFUSED);
        return;
    case S3_IMDS_KEYS:
        take_keys(m);
        return;
    }
}

static bool tokens_are_unknown(const s3_imds *m, const http_result *result)
{
    return m->step == S3_IMDS_TOKEN && result->ok &&
           (result->status == 404 || result->status == 405) && !m->had_token;
}

static void step_failed(s3_imds *m, const http_result *result)
{
    AUTO_FREE char *shown = url_shown(m->base);
    AUTO_FREE char *reason = NULL;
    if (tokens_are_unknown(m, result) && m->v1_allowed) {
        log_debug("credentials: %s does not support tokens (%d): using IMDSv1", shown,
                  result->status);
        step_start(m, step_after_token(m));
        return;
    }
    if (result->ok && m->step == S3_IMDS_DOCUMENT && result->status == 404) {
        end_document(m, false);
        return;
    }
    if (tokens_are_unknown(m, result))
        reason =
            xasprintf("%s does not support tokens, and AWS_EC2_METADATA_V1_DISABLED is set", shown);
    else if (result->ok && m->step == S3_IMDS_ROLE && result->status == 404)
        reason = xstrdup("the instance has no role");
    else if (result->ok)
        reason = xasprintf("%s answered %d", shown, result->status);
    else if (m->step == S3_IMDS_TOKEN && result->error.code == ERR_TIMEOUT)
        reason =
            xasprintf("%s returned no token (not an EC2 instance? in a container the instance's "
                      "http-put-response-hop-limit must be 2 or more)",
                      shown);
    else
        reason = xstrdup(result->error.message);
    bool busy = result->ok && (result->status == 429 || result->status >= 500);
    end(m, NULL, reason, busy ? S3_KEYS_BUSY : result->ok ? S3_KEYS_REFUSED : S3_KEYS_UNREACHABLE);
}

static bool on_head(void *ctx, const http_reply *reply, err *e)
{
    s3_imds *m = ctx;
    UNUSED(e);
    m->status = reply->status;
    return true;
}

static bool on_body(void *ctx, slice data, err *e)
{
    s3_imds *m = ctx;
    return buf_append_slice(&m->body, data) ||
           err_set(e, ERR_LIMIT, "the answer of the metadata service is too long");
}

static void step_send(s3_imds *m);

static void on_done(void *ctx, const http_result *result)
{
    s3_imds *m = ctx;
    m->call = NULL;
    bool final = result->ok && result->status < 500 && result->status != 429;
    if (result->ok && result->status == 200)
        step_done(m);
    else if (!final && m->tries < m->tries_max)
        step_send(m);
    else
        step_failed(m, result);
}

static void step_send(s3_imds *m)
{
    m->tries++;
    buf_clear(&m->body);
    m->call = http_send(m->t, &m->request);
}

static void step_start(s3_imds *m, s3_imds_step step)
{
    m->step = step;
    m->tries = 0;
    m->header = (http_header){"X-aws-ec2-metadata-token-ttl-seconds", "21600"};
    if (step != S3_IMDS_TOKEN)
        m->header = (http_header){"X-aws-ec2-metadata-token", m->token};
    free(m->url);
    if (step == S3_IMDS_TOKEN)
        m->url = xasprintf("%s/latest/api/token", m->base);
    else if (step == S3_IMDS_DOCUMENT)
        m->url = xasprintf("%s%s", m->base, m->document);
    else
        m->url = xasprintf("%s" ROLE_PATH "%s", m->base, m->role ? m->role : "");
    m->request = (http_request){.method = step == S3_IMDS_TOKEN ? "PUT" : "GET",
                                .url = m->url,
                                .headers = &m->header,
                                .header_count = step == S3_IMDS_TOKEN || m->token ? 1 : 0,
                                .connect_timeout_ms = m->connect_timeout_ms,
                                .total_timeout_ms = m->total_timeout_ms,
                                .no_proxy = true,
                                .on_head = on_head,
                                .on_body = on_body,
                                .on_done = on_done,
                                .ctx = m};
    step_send(m);
}

/* --- settings --- */

static const char *setting(const s3_imds *m, const char *variable, const char *key)
{
    return s3_profile_setting(m->profile, m->getenv_fn, variable, key);
}

static bool is_true(const char *text)
{
    return text && strcasecmp(text, "true") == 0;
}

/* Returns the fault of the address, or NULL. */
static char *take_base(s3_imds *m)
{
    const char *mode =
        setting(m, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    const char *endpoint =
        setting(m, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    m->set_up = endpoint != NULL;
    if (!endpoint)
        endpoint = mode && strcasecmp(mode, "IPv6") == 0 ? ADDRESS_IPV6 : ADDRESS_IPV4;
    m->base = url_clean(endpoint);
    for (size_t len = strlen(m->base); len > 0 && m->base[len - 1] == '/'; len--)
        m->base[len - 1] = '\0';
    if (str_starts_with(m->base, "http://") || str_starts_with(m->base, "https://"))
        return NULL;
    return xasprintf("AWS_EC2_METADATA_SERVICE_ENDPOINT (ec2_metadata_service_endpoint) '%.60s' is "
                     "not a URL such as " ADDRESS_IPV4,
                     m->base);
}

/* Returns the fault of the number, or NULL; *out is unchanged if the setting is absent. */
static char *take_number(const s3_imds *m, const char *variable, const char *key, unsigned max,
                         unsigned *out)
{
    const char *text = setting(m, variable, key);
    uint64_t number = 0;
    if (!text)
        return NULL;
    if (!num_parse_u64(text, &number) || number < 1 || number > max)
        return xasprintf("%s (%s) '%.20s' is not a number from 1 to %u", variable, key, text, max);
    *out = (unsigned)number;
    return NULL;
}

/* Returns the fault of the settings, or NULL. */
static char *take_settings(s3_imds *m)
{
    unsigned timeout_s = 0;
    m->connect_timeout_ms = CONNECT_TIMEOUT_MS;
    m->total_timeout_ms = TOTAL_TIMEOUT_MS;
    m->tries_max = TRIES;
    m->v1_allowed =
        !is_true(setting(m, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"));
    m->role =
        xstrdup_or_null(setting(m, "AWS_EC2_INSTANCE_PROFILE_NAME", "ec2_instance_profile_name"));
    char *fault = take_base(m);
    if (!fault)
        fault = take_number(m, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout",
                            TIMEOUT_MAX_S, &timeout_s);
    if (!fault)
        fault = take_number(m, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts",
                            TRIES_MAX, &m->tries_max);
    if (timeout_s)
        m->connect_timeout_ms = m->total_timeout_ms = (int)timeout_s * 1000;
    return fault;
}

void s3_imds_start(s3_imds *m, s3_getenv getenv_fn, const s3_profile *profile)
{
    m->getenv_fn = getenv_fn;
    m->profile = profile;
    m->set_up = false;
    if (is_true(s3_env(getenv_fn, "AWS_EC2_METADATA_DISABLED"))) {
        end(m, NULL, "AWS_EC2_METADATA_DISABLED is set", S3_KEYS_REFUSED);
        return;
    }
    AUTO_FREE char *fault = take_settings(m);
    if (fault)
        end(m, NULL, fault, S3_KEYS_REFUSED);
    else
        step_start(m, S3_IMDS_TOKEN);
}
