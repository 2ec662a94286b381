#include "s3/auth/sso_token.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decon/base/digest.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/auth/temporary_credentials.h"
#include "s3/protocol/http_date.h"

#define FILE_MAX_BYTES ((size_t)256 * 1024)
#define LASTS_MAX_S    ((json_int_t)366 * 86400)

void s3_sso_token_deinit(s3_sso_token *token)
{
    free(token->path);
    json_decref(token->json);
    *token = (s3_sso_token){0};
}

static const char *member(const s3_sso_token *token, const char *name)
{
    const char *text = json_string_value(json_object_get(token->json, name));
    return text && *text ? text : NULL;
}

static bool take_members(s3_sso_token *token)
{
    token->access_token = member(token, "accessToken");
    if (!token->access_token || !s3_when_parse(member(token, "expiresAt"), &token->expires_s))
        return false;
    static const char *const secrets[] = {"accessToken", "refreshToken", "clientSecret"};
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        if (member(token, secrets[i]))
            log_secret_add(member(token, secrets[i]));
    return true;
}

bool s3_sso_token_load(s3_sso_token *token, s3_getenv getenv_fn, const char *name)
{
    uint8_t hash[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];
    const char *home = s3_env(getenv_fn, "HOME");
    AUTO(buf) text = BUF(FILE_MAX_BYTES);
    err e = ERR_INIT;
    sha1(slice_from(name), hash);
    hex_encode(hash, sizeof hash, hex);
    *token = (s3_sso_token){.path = xasprintf("%s/.aws/sso/cache/%s.json", home ? home : "~", hex)};
    if (!home || !fs_read_file(token->path, FILE_MAX_BYTES, &text, &e)) {
        log_debug("credentials: sso: %s", home ? e.message : "HOME is not set");
        return false;
    }
    token->json = text.len ? json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    return json_is_object(token->json) && take_members(token);
}

char *s3_sso_token_renewal(const s3_sso_token *token, int64_t now_s)
{
    const char *id = member(token, "clientId"), *secret = member(token, "clientSecret");
    const char *refresh = member(token, "refreshToken");
    int64_t registered_until_s = 0;
    if (!id || !secret || !refresh ||
        !s3_when_parse(member(token, "registrationExpiresAt"), &registered_until_s) ||
        registered_until_s <= now_s)
        return NULL;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "clientId", id, "clientSecret", secret,
                             "grantType", "refresh_token", "refreshToken", refresh);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

/* With mode 0600, independent of the umask. Synced, since the refresh token that it replaces cannot
 * be used again. */
static bool write_private(const char *path, slice text, err *e)
{
    char *temp = NULL;
    AUTO_FD fd = fs_temp_create(path, &temp, e);
    if (fd < 0)
        return false;
    bool ok =
        fchmod(fd, 0600) == 0 || err_set_errno(e, ERR_IO, errno, "%s: cannot set the mode", path);
    ok = ok && fs_write_all(fd, text.data, text.len, e);
    if (ok && fsync(fd) != 0)
        ok = err_set_errno(e, ERR_IO, errno, "%s: cannot sync", path);
    if (ok)
        return fs_temp_commit(&temp, path, e) && fs_sync_parent(path, e);
    fs_temp_discard(&temp);
    return false;
}

bool s3_sso_token_take(s3_sso_token *token, slice reply, int64_t now_s)
{
    AUTO_FREE char *fault = NULL;
    json_t *json = s3_role_keys_parse(reply, "answer", &fault);
    json_int_t lasts_s = json_integer_value(json_object_get(json, "expiresIn"));
    json_t *access = json_object_get(json, "accessToken");
    json_t *refresh = json_object_get(json, "refreshToken");
    bool ok = json_is_string(access) && lasts_s > 0 && lasts_s <= LASTS_MAX_S;
    if (ok) {
        char when[S3_WHEN_SIZE];
        s3_when_format_iso(now_s + (int64_t)lasts_s, when);
        memcpy(strchr(when, '.'), "Z", 2); /* whole seconds, as other clients write it */
        json_object_set(token->json, "accessToken", access);
        json_object_set_new(token->json, "expiresAt", json_string(when));
        if (json_is_string(refresh))
            json_object_set(token->json, "refreshToken", refresh);
        ok = take_members(token);
    }
    json_decref(json);
    if (!ok)
        return false;
    err e = ERR_INIT;
    AUTO_FREE char *text = json_dumps(token->json, JSON_INDENT(2));
    if (!write_private(token->path, slice_from(text), &e))
        log_warn("the renewed token of AWS SSO was not written to the cache: %s", e.message);
    return true;
}
