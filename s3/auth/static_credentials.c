#include "base/util.h"
#include "s3/auth/static_credentials.h"

typedef struct source {          /* one of the values */
    const char *value;           /* NULL: it is not set */
    const s3_profile_pair *pair; /* in a profile */
    const char *name;
} source;

typedef struct triple {
    source id, secret, token;
} triple;

const char *s3_key_fault(s3_key_kind kind, const char *value)
{
    size_t len = strlen(value);
    bool quoted = len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0];
    if (strpbrk(value, "\r\n"))
        return "contains a line break (from the end of a file?); remove it";
    if (quoted)
        return "is in quotes, which would be part of it; remove them";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        bool at_end = i == 0 || i + 1 == len;
        if (c < ' ' || c == 0x7f)
            return "contains a control character; remove it";
        if (kind == S3_KEY_SECRET ? c == ' ' && at_end : c == ' ' || c > '~')
            return "contains a blank or a character that is not ASCII; correct it";
    }
    return NULL;
}

/* "AWS_ACCESS_KEY_ID", or "aws_access_key_id (/home/x/.aws/credentials:3)". */
static char *place_of(const source *s)
{
    return s->pair ? xasprintf("%s (%s:%u)", s->pair->name, s->pair->path, s->pair->line)
                   : xstrdup(s->name);
}

static bool has_value(const source *s)
{
    return s->value && *s->value;
}

static char *value_fault(s3_key_kind kind, const source *s)
{
    const char *what = has_value(s) ? s3_key_fault(kind, s->value) : NULL;
    AUTO_FREE char *place = place_of(s);
    return what ? xasprintf("%s %s", place, what) : NULL;
}

/* `present` is set, `other` of the same pair has no value. */
static char *half(const source *present, const source *other)
{
    AUTO_FREE char *place = place_of(present), *other_place = place_of(other);
    if (!has_value(present))
        return xasprintf("%s is empty%s; set both %s and %s, or remove both", place,
                         other->value ? ", like the other key of the pair" : "", present->name,
                         other->name);
    return xasprintf("%s is set, %s is %s; set both, or remove both to use other credentials",
                     place, other_place, other->value ? "empty" : "not");
}

static char *check(const triple *t, s3_static_keys *out)
{
    if (!t->id.value && !t->secret.value && !has_value(&t->token))
        return NULL;
    if (has_value(&t->id) != has_value(&t->secret))
        return has_value(&t->id) ? half(&t->id, &t->secret) : half(&t->secret, &t->id);
    if (!has_value(&t->id) && (t->id.value || t->secret.value))
        return t->id.value ? half(&t->id, &t->secret) : half(&t->secret, &t->id);
    if (!has_value(&t->id)) {
        AUTO_FREE char *place = place_of(&t->token);
        return xasprintf("%s is set without %s and %s; set all three, or remove it", place,
                         t->id.name, t->secret.name);
    }
    char *fault = value_fault(S3_KEY_ID, &t->id);
    if (!fault)
        fault = value_fault(S3_KEY_SECRET, &t->secret);
    if (!fault)
        fault = value_fault(S3_KEY_TOKEN, &t->token);
    if (!fault)
        *out = (s3_static_keys){t->id.value, t->secret.value,
                                has_value(&t->token) ? t->token.value : NULL};
    return fault;
}

/* The session token has an older name as well. */
static char *take_token(source *token, const source *older)
{
    if (!has_value(older))
        return NULL;
    if (has_value(token) && strcmp(token->value, older->value) != 0) {
        AUTO_FREE char *a = place_of(token), *b = place_of(older);
        return xasprintf("%s and %s differ; remove the older name", a, b);
    }
    *token = *older;
    return NULL;
}

/* --- the environment --- */

static source variable(s3_getenv getenv_fn, const char *name)
{
    return (source){.value = getenv_fn ? getenv_fn(name) : NULL, .name = name};
}

/* Names that older SDKs read. */
static char *older_names(s3_getenv getenv_fn)
{
    static const char *const names[][2] = {{"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID"},
                                           {"AWS_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (s3_env(getenv_fn, names[i][0]) && !s3_env(getenv_fn, names[i][1]))
            return xasprintf("%s is set, which is not read; set %s instead, or unset it",
                             names[i][0], names[i][1]);
    return NULL;
}

char *s3_environment_keys(s3_getenv getenv_fn, s3_static_keys *out)
{
    triple t = {.id = variable(getenv_fn, "AWS_ACCESS_KEY_ID"),
                .secret = variable(getenv_fn, "AWS_SECRET_ACCESS_KEY"),
                .token = variable(getenv_fn, "AWS_SESSION_TOKEN")};
    source older = variable(getenv_fn, "AWS_SECURITY_TOKEN");
    *out = (s3_static_keys){0};
    char *fault = older_names(getenv_fn);
    if (!fault)
        fault = take_token(&t.token, &older);
    return fault ? fault : check(&t, out);
}

/* --- a profile --- */

static source setting(const s3_profile *p, const char *path, const char *name)
{
    source s = {.name = name};
    for (size_t i = 0; i < p->pair_count && !s.pair; i++)
        if (p->pairs[i].path == path && strcmp(p->pairs[i].name, name) == 0)
            s.pair = &p->pairs[i];
    s.value = s.pair ? s.pair->value : NULL;
    return s;
}

static char *keys_of_file(const s3_profile *p, const char *path, s3_static_keys *out)
{
    triple t = {.id = setting(p, path, "aws_access_key_id"),
                .secret = setting(p, path, "aws_secret_access_key"),
                .token = setting(p, path, "aws_session_token")};
    source older = setting(p, path, "aws_security_token");
    char *fault = take_token(&t.token, &older);
    return fault ? fault : check(&t, out);
}

char *s3_profile_keys(const s3_profile *p, s3_static_keys *out)
{
    const char *paths[] = {p->credentials_path, p->config_path};
    char *fault = NULL;
    *out = (s3_static_keys){0};
    for (size_t i = 0; i < ARRAY_LEN(paths) && !fault && !out->id; i++)
        if (paths[i])
            fault = keys_of_file(p, paths[i], out);
    return fault;
}
