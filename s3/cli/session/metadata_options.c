#include "s3/cli/session/metadata_options.h"

#include "s3/cli/session/context.h"
#include "s3/protocol/http_date.h"

#define META "x-amz-meta-"

const char *const described_directives[] = {"MERGE", "COPY", "REPLACE", NULL};

/* What a header can hold, and S3 takes. */
static bool check_value(const char *name, const char *value, err *e)
{
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
            return err_set(e, ERR_USAGE, "--%s: '%s' holds what no header can: ASCII only", name,
                           value);
    return true;
}

static bool is_token(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] <= ' ' || (unsigned char)name[i] > '~' ||
            strchr("\"(),/:;<=>?@[\\]{}", name[i]))
            return false;
    return len > 0;
}

static bool add_metadata(const char *text, s3_fields *out, err *e)
{
    const char *equals = strchr(text, '=');
    if (!equals || !is_token(text, (size_t)(equals - text)))
        return err_set(e, ERR_USAGE, "--metadata '%s': write NAME=VALUE", text);
    if (!check_value("metadata", equals + 1, e))
        return false;
    AUTO_FREE char *name = xasprintf(META "%.*s", (int)(equals - text), text);
    s3_fields_set(out, name, equals + 1);
    return true;
}

static bool add_expires(const char *text, s3_fields *out, err *e)
{
    int64_t time_s = 0;
    char http[S3_WHEN_SIZE];
    if (!text)
        return true;
    if (!s3_when_parse(text, &time_s))
        return err_set(e, ERR_USAGE, "--expires '%s': is no time such as 2030-01-31T12:00:00Z",
                       text);
    s3_when_format_http(time_s, http);
    s3_fields_set(out, "Expires", http);
    return true;
}

static bool add_content(const described_options *o, s3_fields *out, err *e)
{
    const struct {
        const char *option, *header, *value;
    } rows[] = {
        {"content-type", "Content-Type", o->content_type},
        {"content-encoding", "Content-Encoding", o->content_encoding},
        {"content-disposition", "Content-Disposition", o->content_disposition},
        {"content-language", "Content-Language", o->content_language},
        {"cache-control", "Cache-Control", o->cache_control},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!rows[i].value)
            continue;
        if (!check_value(rows[i].option, rows[i].value, e))
            return false;
        s3_fields_set(out, rows[i].header, rows[i].value);
    }
    for (char **text = o->metadata; text && *text; text++)
        if (!add_metadata(*text, out, e))
            return false;
    return add_expires(o->expires, out, e);
}

bool described_fields(const cli_config *config, bool copy, s3_fields *out, err *e)
{
    const described_options *o = &config->described;
    bool keeps_all = copy && o->directive == DESCRIBED_COPY;
    if (o->acl && !check_value("acl", o->acl, e))
        return false;
    s3_fields_set(out, "x-amz-acl", o->acl);
    return keeps_all || add_content(o, out, e);
}

bool described_check(const cli_config *config, err *e)
{
    AUTO(s3_fields) fields = {0};
    return described_fields(config, false, &fields, e);
}
