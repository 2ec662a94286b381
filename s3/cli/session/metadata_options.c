#include "base/util.h"
#include "s3/cli/session/metadata_options.h"

#include <strings.h>

#include "s3/cli/session/content_type.h"
#include "s3/cli/session/context.h"
#include "s3/cli/session/shorthand.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/tags.h"

#define META          "x-amz-meta-"
#define EXPIRES_MAX_S 253402300799 /* the end of the year 9999 */

const char *const described_directives[] = {"MERGE", "COPY", "REPLACE", NULL};

/* Characters that headers may contain and S3 accepts. */
static bool check_value(const char *name, const char *value, err *e)
{
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
            return err_set(e, ERR_USAGE,
                           "--%s: '%s' has characters that are not allowed in a header; use ASCII",
                           name, value);
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

static bool is_named(const s3_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (strcasecmp(fields->items[i].name, name) == 0)
            return true;
    return false;
}

static bool add_pair(void *ctx, const char *name, const char *value, err *e)
{
    s3_fields *out = ctx;
    if (!is_token(name, strlen(name)))
        return err_set(e, ERR_USAGE, "'%.100s' is not a header name", name);
    if (!check_value("metadata", value, e))
        return false;
    AUTO_FREE char *header = xasprintf(META "%s", name);
    if (is_named(out, header))
        return err_set(e, ERR_USAGE, "'%.100s' is set twice", name);
    s3_fields_set(out, header, value);
    return true;
}

static bool add_metadata(const char *text, s3_fields *out, err *e)
{
    return shorthand_map(text, add_pair, out, e) || err_context(e, "--metadata");
}

/* Times as in the AWS CLI: a date alone is midnight UTC, a number counts seconds since 1970. */
static bool parse_expires(const char *text, int64_t *time_s)
{
    uint64_t seconds = 0;
    AUTO_FREE char *midnight = xasprintf("%sT00:00:00Z", text);
    if (s3_when_parse(text, time_s) || s3_when_parse(midnight, time_s))
        return true;
    if (!num_parse_u64(text, &seconds) || seconds > EXPIRES_MAX_S)
        return false;
    *time_s = (int64_t)seconds;
    return true;
}

static bool add_expires(const char *text, s3_fields *out, err *e)
{
    int64_t time_s = 0;
    char http[S3_WHEN_SIZE];
    if (!text)
        return true;
    if (!parse_expires(text, &time_s))
        return err_set(e, ERR_USAGE, "--expires '%s': is not a time such as 2030-01-31T12:00:00Z",
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

bool described_tags(const cli_config *config, char **text, err *e)
{
    AUTO(s3_tags) tags = {0};
    *text = NULL;
    if (!config->described.tagging)
        return true;
    if (!s3_tags_parse(config->described.tagging, &tags, e))
        return err_context(e, "--tagging");
    *text = s3_tags_text(&tags);
    return *text || err_set(e, ERR_USAGE, "--tagging: the tags are too long for a header");
}

static bool add_tags(const cli_config *config, s3_fields *out, err *e)
{
    AUTO_FREE char *tags = NULL;
    if (!described_tags(config, &tags, e))
        return false;
    if (tags && *tags)
        s3_fields_set(out, "x-amz-tagging", tags);
    return true;
}

bool described_fields(const cli_config *config, const char *name, bool copy, s3_fields *out, err *e)
{
    const described_options *o = &config->described;
    if (name && !copy && o->guess_type)
        s3_fields_set(out, "Content-Type", content_type_of(name));
    bool keeps_all = copy && o->directive == DESCRIBED_COPY;
    if (o->acl && !check_value("acl", o->acl, e))
        return false;
    s3_fields_set(out, "x-amz-acl", o->acl);
    return (copy || add_tags(config, out, e)) && (keeps_all || add_content(o, out, e));
}

bool described_check(const cli_config *config, err *e)
{
    AUTO(s3_fields) fields = {0};
    return described_fields(config, NULL, false, &fields, e);
}
