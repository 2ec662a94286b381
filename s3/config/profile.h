/* One profile of AWS's shared files (~/.aws/credentials and ~/.aws/config).
 *
 * What:    reads both files, keeps the pairs of one profile; the credentials file wins.
 * Owner:   s3_profile_deinit frees everything; values are lent by s3_profile_get.
 * Threads: any (blocking reads of two small files).
 * Fails:   ERR_CONFIG when a profile that was asked for by name stands in neither file. A file that
 *          is absent is an empty one; one that cannot be read too, with a warning.
 * Sources: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 */
#ifndef S3_CONFIG_PROFILE_H
#define S3_CONFIG_PROFILE_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

typedef const char *(*s3_getenv)(const char *name);

typedef struct s3_profile_pair {
    char *name, *value;
} s3_profile_pair;

typedef struct s3_profile {
    const char *kind;       /* of the section: "profile", "sso-session"; static */
    char *name;             /* "default" */
    char *credentials_path; /* NULL: no such file is known */
    char *config_path;
    s3_profile_pair *pairs;
    size_t pair_count;
    bool found; /* a section of this name stands in a file */
} s3_profile;

/* The variable's value, or NULL when it is unset or empty, or there is no environment at all. */
const char *s3_env(s3_getenv getenv_fn, const char *name);

/* `name` NULL: AWS_PROFILE, then "default". */
bool s3_profile_load(s3_getenv getenv_fn, const char *name, s3_profile *out, err *e) MUST_USE;
/* A section of another kind, of the config file only ("sso-session"); false: there is none. */
bool s3_profile_load_section(s3_getenv getenv_fn, const char *kind, const char *name,
                             s3_profile *out) MUST_USE;
void s3_profile_deinit(s3_profile *p);
DEFINE_AUTO(s3_profile, s3_profile_deinit)

/* NULL when absent. A pair of a nested group ("s3 =", then indented lines) is "s3.addressing_style". */
const char *s3_profile_get(const s3_profile *p, const char *name);

/* Takes the pairs of the profile out of a file's text; for tests too. */
void s3_profile_parse(s3_profile *p, slice text, bool is_config);

#endif
