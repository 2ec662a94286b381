/* The environment variables and profile settings of AWS for credentials and S3.
 *
 * What:    one table: how this program treats each setting, and which values it accepts. A test
 *          compares docs/credentials.md with it; a setting that is not in it has no effect.
 * Owner:   static.
 * Threads: any.
 * Fails:   never.
 * Sources: AWS SDKs and Tools Reference Guide, "Settings reference"; AWS CLI Command Reference, "AWS
 *          CLI S3 Configuration".
 */
#ifndef S3_CONFIG_SETTINGS_H
#define S3_CONFIG_SETTINGS_H

#include "base/util.h"

typedef const char *(*s3_getenv)(const char *name);

typedef enum s3_setting_use {
    S3_SETTING_SUPPORTED,
    S3_SETTING_REFUSED, /* an error, except for the values in the table */
    S3_SETTING_IGNORED
} s3_setting_use;

typedef struct s3_setting {
    const char *key;      /* in a profile, a nested setting as "s3.addressing_style"; or NULL */
    const char *variable; /* in the environment; or NULL */
    s3_setting_use use;
    const char
        *values; /* "true|false": accepted values, in any case; NULL: see `elsewhere` and `use` */
    const char *advice; /* of a refusal */
    bool elsewhere;     /* other code decides what is refused (only in some combinations) */
} s3_setting;

extern const s3_setting s3_settings[];
extern const size_t s3_setting_count;

/* The row of a profile's key, or NULL. */
const s3_setting *s3_setting_find(const char *key);
/* The key that a key which is not in the table was probably meant to be; NULL: none of them. */
const char *s3_setting_meant(const char *key);

/* The variable's value; NULL if it is unset or empty, or if getenv_fn is NULL. */
const char *s3_env(s3_getenv getenv_fn, const char *name);

#endif
