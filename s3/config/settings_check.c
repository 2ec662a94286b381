#include "s3/config/settings_check.h"

#include <strings.h>

#include "decon/base/log.h"
#include "base/util.h"

#define DEFAULT_ATTEMPTS 8
#define ATTEMPTS_MAX     1000

/* Whether the value is one of "a|b|c", in any case. */
static bool is_one_of(const char *value, const char *values)
{
    size_t len = strlen(value);
    while (*values) {
        size_t one = strcspn(values, "|");
        if (one == len && strncasecmp(value, values, len) == 0)
            return true;
        values += one + (values[one] ? 1 : 0);
    }
    return false;
}

/* The source of the value: "AWS_REGION", or "region (/home/x/.aws/config:3)". */
static char *source_of(const s3_setting *s, const s3_config *config, const s3_profile *profile)
{
    if (s->variable && s3_env(config->getenv_fn, s->variable))
        return xstrdup(s->variable);
    const s3_profile_pair *pair = s->key ? s3_profile_find(profile, s->key) : NULL;
    return pair ? xasprintf("%s (%s:%u)", pair->name, pair->path, pair->line)
                : xstrdup(s->key ? s->key : s->variable);
}

static bool check_row(const s3_setting *s, const s3_config *config, const s3_profile *profile,
                      err *e)
{
    if (s->elsewhere || s->use == S3_SETTING_IGNORED)
        return true;
    const char *value = s3_profile_setting(profile, config->getenv_fn, s->variable, s->key);
    if (!value || (s->values && is_one_of(value, s->values)))
        return true;
    AUTO_FREE char *source = source_of(s, config, profile);
    if (s->advice)
        return err_set(e, ERR_CONFIG, "%s is refused: '%.40s'; %s", source, value, s->advice);
    return err_set(e, ERR_CONFIG, "%s: '%.40s' is not one of %s; correct it", source, value,
                   s->values);
}

/* botocore and other SDKs differ in which of them has priority. */
static void warn_of_two_names(const s3_config *config)
{
    const char *first = s3_env(config->getenv_fn, "AWS_DEFAULT_PROFILE");
    const char *second = s3_env(config->getenv_fn, "AWS_PROFILE");
    if (!config->profile && first && second && strcmp(first, second) != 0)
        log_warn("AWS_DEFAULT_PROFILE ('%.60s') is used, not AWS_PROFILE ('%.60s'), as by the AWS "
                 "CLI; unset one of them",
                 first, second);
}

bool s3_settings_check(const s3_config *config, const s3_profile *profile, err *e)
{
    for (size_t i = 0; i < s3_setting_count; i++)
        if (!check_row(&s3_settings[i], config, profile, e))
            return false;
    warn_of_two_names(config);
    if (profile->unseen)
        log_warn("credentials: %s; its settings are not used", profile->unseen);
    return true;
}

bool s3_settings_attempts(const s3_config *config, const s3_profile *profile, unsigned *attempts,
                          err *e)
{
    static const s3_setting row = {.key = "max_attempts", .variable = "AWS_MAX_ATTEMPTS"};
    const char *text = s3_profile_setting(profile, config->getenv_fn, row.variable, row.key);
    uint64_t number = config->max_attempts ? config->max_attempts : DEFAULT_ATTEMPTS;
    bool configured = config->max_attempts || !text;
    AUTO_FREE char *source =
        configured ? xstrdup("max_attempts") : source_of(&row, config, profile);
    slice trimmed = slice_trim(slice_from(text));
    AUTO_FREE char *digits = slice_dup(trimmed);
    bool is_number = trimmed.len > 0 && strspn(digits, "0123456789") == trimmed.len;
    if (!configured && is_number && !num_parse_u64(digits, &number))
        number = UINT64_MAX; /* more digits than fit */
    if (!configured && (!is_number || number == 0))
        return err_set(e, ERR_CONFIG, "%s: '%.40s' is not a number from 1; correct it", source,
                       text);
    if (number > ATTEMPTS_MAX)
        log_warn("%s: limited to %d attempts", source, ATTEMPTS_MAX);
    *attempts = (unsigned)MIN(number, (uint64_t)ATTEMPTS_MAX);
    return true;
}
