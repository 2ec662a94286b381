/* One profile of AWS's shared files (~/.aws/credentials and ~/.aws/config).
 *
 * What:    reads both files, keeps the settings of one profile; the credentials file wins. Settings
 *          that would have no effect are refused: misspelt ones, a section with the spelling of the
 *          other file, values in quotes or in several lines, empty ones.
 * Owner:   s3_profile_deinit frees everything; values are borrowed from it.
 * Threads: any (blocking reads of two small files).
 * Fails:   ERR_CONFIG if a profile that was selected by name is in neither file, if a file cannot
 *          be read or parsed, and for the settings above; with path and line. A missing file is
 *          treated as empty; `unseen` names it if a variable names it.
 * Sources: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 */
#ifndef S3_CONFIG_PROFILE_H
#define S3_CONFIG_PROFILE_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"
#include "s3/config/settings.h"

typedef struct s3_profile_pair {
    char *name, *value;
    const char *path; /* of its file; borrowed from the profile */
    unsigned line, continued_line;
} s3_profile_pair;

typedef struct s3_profile {
    const char *kind;       /* of the section: "profile", "sso-session"; static */
    char *name;             /* "default" */
    char *credentials_path; /* NULL: no such file is known */
    char *config_path;
    char *unseen; /* why a file that was named was not read; or NULL */
    s3_profile_pair *pairs;
    size_t pair_count;
    bool found; /* a section of this name is in a file */
} s3_profile;

/* `name` NULL: AWS_DEFAULT_PROFILE, AWS_PROFILE, then "default" (the order of botocore). */
bool s3_profile_load(s3_getenv getenv_fn, const char *name, s3_profile *out, err *e) MUST_USE;
/* A section of another kind, of the config file only ("sso-session"); an error if it does not
 * exist. */
bool s3_profile_load_section(s3_getenv getenv_fn, const char *kind, const char *name,
                             s3_profile *out, err *e) MUST_USE;
void s3_profile_deinit(s3_profile *p);
DEFINE_AUTO(s3_profile, s3_profile_deinit)

/* NULL if absent. A nested setting ("s3 =", then indented lines) is "s3.addressing_style". */
const char *s3_profile_get(const s3_profile *p, const char *name);
const s3_profile_pair *s3_profile_find(const s3_profile *p, const char *name);
/* The variable, else the profile's setting; each may be NULL. NULL if neither has a value. */
const char *s3_profile_setting(const s3_profile *p, s3_getenv getenv_fn, const char *variable,
                               const char *key);

/* Reads the settings of the profile from a file's text; also for tests. */
bool s3_profile_parse(s3_profile *p, slice text, bool is_config, err *e) MUST_USE;

#endif
