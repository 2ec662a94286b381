/* The variables and profile settings of AWS that concern credentials and S3.
 *
 * What:    one table: what this program does with each, and which values it takes. docs/credentials.md
 *          is checked against it; a setting that is not in it has no effect.
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
    S3_SETTING_REFUSED, /* an error, but for the values in the table */
    S3_SETTING_IGNORED
} s3_setting_use;

typedef struct s3_setting {
    const char *key;      /* in a profile, of a nested setting "s3.addressing_style"; or NULL */
    const char *variable; /* in the environment; or NULL */
    s3_setting_use use;
    const char
        *values; /* "true|false": what is taken, in any case; NULL: see `elsewhere` and `use` */
    const char *advice; /* of a refusal */
    bool elsewhere;     /* its own code decides what is refused (only in some combinations) */
} s3_setting;

extern const s3_setting s3_settings[];
extern const size_t s3_setting_count;

/* Is the key of a profile one of the table's? */
const s3_setting *s3_setting_find(const char *key);
/* The key that a key which is not in the table was probably meant to be; NULL: none of them. */
const char *s3_setting_meant(const char *key);

/* The variable's value, or NULL when it is unset or empty, or there is no environment at all. */
const char *s3_env(s3_getenv getenv_fn, const char *name);

#endif
