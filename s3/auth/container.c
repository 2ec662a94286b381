#include "s3/auth/container.h"

#include <arpa/inet.h>
#include <strings.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"

#define RELATIVE_URI    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL_URI        "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN_FILE      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define TOKEN           "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define ECS_AGENT       "http://169.254.170.2"
#define TOKEN_MAX_BYTES ((size_t)64 * 1024)
#define HOST_SIZE       64

static void release(s3_container *k)
{
    free(move(k->url));
    free(move(k->token));
}

void s3_container_cancel(s3_container *k)
{
    s3_ask_cancel(&k->ask);
    release(k);
}

static void end(s3_container *k, const s3_role_keys *keys, const char *reason,
                s3_key_trouble trouble)
{
    release(k);
    k->on_end(k->ctx, keys, reason, trouble);
}

/* --- which hosts --- */

static bool ipv4_allowed(const char *host)
{
    struct in_addr address;
    if (inet_pton(AF_INET, host, &address) != 1)
        return false;
    uint32_t number = ntohl(address.s_addr);
    return number >> 24 == 127 || strcmp(host, "169.254.170.2") == 0 ||
           strcmp(host, "169.254.170.23") == 0;
}

static bool ipv6_allowed(const char *host)
{
    static const char *const allowed[] = {"::1", "fd00:ec2::23"};
    struct in6_addr address, one;
    if (inet_pton(AF_INET6, host, &address) != 1)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
        if (inet_pton(AF_INET6, allowed[i], &one) == 1 && memcmp(&address, &one, sizeof one) == 0)
            return true;
    return false;
}

/* The host of "host[:port]", without the brackets of IPv6; false if it has another form. */
static bool take_host(const char *authority, size_t len, char host[HOST_SIZE])
{
    const char *end_of_host = memchr(authority, ':', len);
    if (authority[0] == '[') {
        end_of_host = memchr(authority, ']', len);
        if (!end_of_host)
            return false;
        authority++;
        len--;
    }
    size_t host_len = end_of_host ? (size_t)(end_of_host - authority) : len;
    const char *rest = authority + host_len;
    if (*rest == ']')
        rest++;
    size_t rest_len = len - (size_t)(rest - authority);
    bool port = rest_len > 1 && rest[0] == ':' && strspn(rest + 1, "0123456789") >= rest_len - 1;
    if (host_len == 0 || host_len >= HOST_SIZE || (rest_len > 0 && !port))
        return false;
    memcpy(host, authority, host_len);
    host[host_len] = '\0';
    return true;
}

bool s3_container_url_allowed(const char *url)
{
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '\\')
            return false;
    if (strncasecmp(url, "https://", strlen("https://")) == 0)
        return true;
    if (strncasecmp(url, "http://", strlen("http://")) != 0)
        return false;
    const char *authority = url + strlen("http://");
    char host[HOST_SIZE];
    if (!take_host(authority, strcspn(authority, "/?#"), host))
        return false;
    if (authority[0] == '[')
        return ipv6_allowed(host);
    return strcasecmp(host, "localhost") == 0 || ipv4_allowed(host);
}

/* --- the request --- */

/* Returns the reason for a failure, or NULL. */
static char *take_url(s3_container *k, s3_getenv getenv_fn)
{
    const char *relative = s3_env(getenv_fn, RELATIVE_URI);
    const char *full = s3_env(getenv_fn, FULL_URI);
    if (relative && relative[0] != '/')
        return xasprintf(RELATIVE_URI " '%s' does not begin with a slash", relative);
    k->url = relative ? xasprintf(ECS_AGENT "%s", relative) : url_clean(full);
    if (s3_container_url_allowed(k->url))
        return NULL;
    AUTO_FREE char *shown = url_shown(k->url);
    return xasprintf(
        "%s '%s' is not allowed: it must be https, or http to loopback, 169.254.170.2, "
        "169.254.170.23 or [fd00:ec2::23]",
        relative ? RELATIVE_URI : FULL_URI, shown);
}

/* Returns the reason for a failure, or NULL; a missing token is not a failure. */
static char *take_token(s3_container *k, s3_getenv getenv_fn)
{
    const char *path = s3_env(getenv_fn, TOKEN_FILE);
    AUTO(buf) text = BUF(TOKEN_MAX_BYTES);
    err e = ERR_INIT;
    if (path && !fs_read_file(path, TOKEN_MAX_BYTES, &text, &e))
        return xasprintf(TOKEN_FILE ": %s", e.message);
    if (!path)
        buf_append_str(&text, s3_env(getenv_fn, TOKEN) ? s3_env(getenv_fn, TOKEN) : "");
    slice token = slice_trim(buf_slice(&text));
    if (token.len == 0)
        return path ? xasprintf(TOKEN_FILE ": %s is empty", path) : NULL;
    for (size_t i = 0; i < token.len; i++)
        if ((unsigned char)token.data[i] < ' ' || token.data[i] == 0x7f)
            return xasprintf("%s has a character that is not allowed in a header",
                             path ? path : TOKEN);
    k->token = slice_dup(token);
    log_secret_add(k->token);
    return NULL;
}

static void asked(void *ctx, const s3_answer *answer)
{
    s3_container *k = ctx;
    AUTO(s3_role_keys) keys = {0};
    AUTO_FREE char *reason = NULL;
    AUTO_FREE char *shown = url_shown(k->url);
    AUTO_FREE char *wrong = NULL;
    if (answer->error)
        reason = xstrdup(answer->error);
    else if (answer->status != 200)
        reason = xasprintf("%s answered %d%s", shown, answer->status,
                           k->token ? "" : " (sent without an authorization token)");
    else
        wrong = s3_role_keys_read_json(answer->body, &keys);
    if (wrong)
        reason = xasprintf("%s: %s", shown, wrong);
    end(k, reason ? NULL : &keys, reason, answer->trouble);
}

void s3_container_init(s3_container *k, transport *t, s3_role_keys_end on_end, void *ctx)
{
    *k = (s3_container){.on_end = on_end, .ctx = ctx};
    s3_ask_init(&k->ask, t, asked, k);
}

bool s3_container_is_set(s3_getenv getenv_fn)
{
    return s3_env(getenv_fn, RELATIVE_URI) || s3_env(getenv_fn, FULL_URI);
}

const char *s3_container_half(s3_getenv getenv_fn)
{
    if (s3_container_is_set(getenv_fn))
        return NULL;
    if (s3_env(getenv_fn, TOKEN_FILE))
        return TOKEN_FILE " is set without " FULL_URI "; set both, or unset it";
    if (s3_env(getenv_fn, TOKEN))
        return TOKEN " is set without " FULL_URI "; set both, or unset it";
    bool is_empty = getenv_fn && (getenv_fn(RELATIVE_URI) || getenv_fn(FULL_URI));
    return is_empty ? RELATIVE_URI " or " FULL_URI " is empty; set or unset it" : NULL;
}

void s3_container_start(s3_container *k, s3_getenv getenv_fn)
{
    AUTO_FREE char *reason = take_url(k, getenv_fn);
    if (!reason)
        reason = take_token(k, getenv_fn);
    if (reason) {
        end(k, NULL, reason, S3_KEYS_REFUSED);
        return;
    }
    k->headers[0] = (http_header){"Accept", "application/json"};
    k->headers[1] = (http_header){"Authorization", k->token};
    s3_ask_start(&k->ask, &(http_request){.method = "GET",
                                          .url = k->url,
                                          .headers = k->headers,
                                          .header_count = k->token ? 2 : 1,
                                          .no_proxy = true});
}
