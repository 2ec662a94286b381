#include "base/array.h"
#include "base/util.h"
#include "s3/config/profile.h"

#include <errno.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "s3/config/aws_file.h"

#define FILE_MAX_BYTES ((size_t)1024 * 1024)

const s3_profile_pair *s3_profile_find(const s3_profile *p, const char *name)
{
    for (size_t i = 0; i < p->pair_count; i++)
        if (strcmp(p->pairs[i].name, name) == 0)
            return &p->pairs[i];
    return NULL;
}

const char *s3_profile_get(const s3_profile *p, const char *name)
{
    const s3_profile_pair *pair = s3_profile_find(p, name);
    return pair ? pair->value : NULL;
}

const char *s3_profile_setting(const s3_profile *p, s3_getenv getenv_fn, const char *variable,
                               const char *key)
{
    const char *value = variable ? s3_env(getenv_fn, variable) : NULL;
    if (!value && key)
        value = s3_profile_get(p, key);
    return value && *value ? value : NULL;
}

/* --- sections --- */

static const char *path_of(const s3_profile *p, bool is_config)
{
    const char *path = is_config ? p->config_path : p->credentials_path;
    return path ? path : is_config ? "~/.aws/config" : "~/.aws/credentials";
}

static bool is_wanted(const s3_profile *p, const s3_aws_section *section)
{
    return strcmp(section->kind, p->kind) == 0 && strcmp(section->name, p->name) == 0;
}

/* "profile x" in any case. */
static bool has_prefix_and_name(const char *section, const char *name)
{
    const char *prefix = "profile";
    size_t len = strlen(prefix);
    if (strncasecmp(section, prefix, len) != 0 || (section[len] != ' ' && section[len] != '\t'))
        return false;
    slice rest = slice_trim(slice_from(section + len));
    return slice_equal_str(rest, name);
}

static bool one_file_for_both(const s3_profile *p)
{
    struct stat config, credentials;
    return p->config_path && p->credentials_path && stat(p->config_path, &config) == 0 &&
           stat(p->credentials_path, &credentials) == 0 && config.st_dev == credentials.st_dev &&
           config.st_ino == credentials.st_ino;
}

/* The spelling that the section must have in this file; NULL: it is not meant to be the profile. */
static const char *right_spelling(const s3_profile *p, const s3_aws_section *section,
                                  bool is_config)
{
    bool is_default = strcmp(p->name, "default") == 0;
    if (is_wanted(p, section))
        return NULL;
    if (is_default && strcasecmp(section->name, "default") == 0)
        return "[default]";
    if (strcmp(section->kind, "") != 0)
        return NULL;
    if (has_prefix_and_name(section->name, p->name))
        return is_config ? "[profile NAME], in lower case" : "[NAME]";
    return is_config && strcmp(section->name, p->name) == 0 ? "[profile NAME]" : NULL;
}

/* A section that this program ignores but another one may read as the profile, or vice versa. */
static bool check_spelling(const s3_profile *p, const s3_aws_file *file, bool is_config, err *e)
{
    bool here = false;
    for (size_t i = 0; i < file->section_count; i++)
        here |= is_wanted(p, &file->sections[i]);
    if (strcmp(p->kind, "profile") != 0 || one_file_for_both(p) ||
        (here && strcmp(p->name, "default") == 0))
        return true;
    for (size_t i = 0; i < file->section_count; i++) {
        const s3_aws_section *section = &file->sections[i];
        const char *spelling = right_spelling(p, section, is_config);
        if (spelling)
            return err_set(e, ERR_CONFIG,
                           "%s:%u: section [%.40s] is not read as profile '%.40s'; in this file "
                           "write %s",
                           path_of(p, is_config), section->line, section->name, p->name, spelling);
    }
    return true;
}

/* --- settings --- */

#define fault(pair, e, format, ...)                                                                \
    err_set((e), ERR_CONFIG, "%s:%u: " format, (pair)->path, (pair)->line, ##__VA_ARGS__)

static bool in_quotes(const char *value)
{
    size_t len = strlen(value);
    return len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0];
}

/* Settings for which an empty value is valid: no token; the head of nested settings. */
static bool may_be_empty(const char *name)
{
    return strcmp(name, "aws_session_token") == 0 || strcmp(name, "aws_security_token") == 0;
}

static bool check_pair(const s3_profile_pair *pair, err *e)
{
    const s3_setting *known = s3_setting_find(pair->name);
    const char *meant = known ? NULL : s3_setting_meant(pair->name);
    bool is_command = strcmp(pair->name, "credential_process") == 0;
    if (strcmp(pair->name, "s3") == 0 && pair->value[0])
        return fault(pair, e,
                     "s3 has a value; remove it, and write its settings into the lines below, "
                     "indented");
    if (meant)
        return fault(pair, e, "unknown setting '%.40s'; is %s meant? Correct or remove it",
                     pair->name, meant);
    if (!known || known->use == S3_SETTING_IGNORED)
        return true;
    if (!pair->value[0] && !may_be_empty(pair->name))
        return fault(pair, e, "%s is empty; set or remove it", pair->name);
    if (pair->continued_line && !is_command)
        return err_set(e, ERR_CONFIG,
                       "%s:%u: an indented line continues the value of %s (line %u); remove the "
                       "blanks before it",
                       pair->path, pair->continued_line, pair->name, pair->line);
    if (in_quotes(pair->value) && !is_command)
        return fault(pair, e,
                     "the value of %s is in quotes, which would be part of it; remove them",
                     pair->name);
    return true;
}

static bool check_pairs(const s3_profile *p, err *e)
{
    if (strcmp(p->kind, "profile") != 0)
        return true;
    for (size_t i = 0; i < p->pair_count; i++)
        if (!check_pair(&p->pairs[i], e))
            return false;
    return true;
}

static void take_pair(s3_profile *p, s3_aws_pair *pair, const char *path)
{
    s3_profile_pair *own = ARRAY_ADD(p->pairs, p->pair_count);
    *own =
        (s3_profile_pair){.path = path, .line = pair->line, .continued_line = pair->continued_line};
    own->name = move(pair->name);
    own->value = move(pair->value);
}

bool s3_profile_parse(s3_profile *p, slice text, bool is_config, err *e)
{
    AUTO(s3_aws_file) file = {0};
    const char *path = path_of(p, is_config);
    if (!p->kind)
        p->kind = "profile";
    if (!s3_aws_file_parse(&file, path, text, is_config, e) ||
        !check_spelling(p, &file, is_config, e))
        return false;
    for (size_t i = 0; i < file.section_count; i++)
        p->found |= is_wanted(p, &file.sections[i]);
    for (size_t i = 0; i < file.pair_count; i++)
        if (is_wanted(p, &file.sections[file.pairs[i].section]))
            take_pair(p, &file.pairs[i], path);
    return true;
}

/* --- files --- */

static void note_unseen(s3_profile *p, const char *variable, const char *path, int error)
{
    if (!p->unseen)
        p->unseen = variable ? xasprintf("%s names %s: %s", variable, path, strerror(error))
                             : xasprintf("%s: %s", path, strerror(error));
}

static bool load_file(s3_profile *p, const char *path, const char *variable, bool is_config, err *e)
{
    struct stat st;
    AUTO(buf) text = BUF(FILE_MAX_BYTES);
    if (!path)
        return true;
    if (stat(path, &st) != 0) {
        if (variable || (errno != ENOENT && errno != ENOTDIR))
            note_unseen(p, variable, path, errno);
        return true;
    }
    if (S_ISCHR(st.st_mode)) /* /dev/null */
        return true;
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_CONFIG, "%s: not a regular file; it is read more than once", path);
    return fs_read_file(path, FILE_MAX_BYTES, &text, e) &&
           s3_profile_parse(p, buf_slice(&text), is_config, e);
}

/* The variable's path, or ~/.aws/<name>; NULL if HOME is unknown. */
static char *file_path(s3_getenv getenv_fn, const char *variable, const char *name)
{
    const char *path = s3_env(getenv_fn, variable);
    const char *home = s3_env(getenv_fn, "HOME");
    if (path)
        return path[0] == '~' && path[1] == '/' && home ? xasprintf("%s%s", home, path + 1)
                                                        : xstrdup(path);
    return home ? xasprintf("%s/.aws/%s", home, name) : NULL;
}

/* The variable if it names the file. */
static const char *named_by(s3_getenv getenv_fn, const char *variable)
{
    return s3_env(getenv_fn, variable) ? variable : NULL;
}

static bool load_files(s3_profile *p, s3_getenv getenv_fn, err *e)
{
    static const char config_variable[] = "AWS_CONFIG_FILE";
    static const char credentials_variable[] = "AWS_SHARED_CREDENTIALS_FILE";
    bool with_credentials = strcmp(p->kind, "profile") == 0;
    p->config_path = file_path(getenv_fn, config_variable, "config");
    if (with_credentials)
        p->credentials_path = file_path(getenv_fn, credentials_variable, "credentials");
    return load_file(p, p->credentials_path, named_by(getenv_fn, credentials_variable), false, e) &&
           load_file(p, p->config_path, named_by(getenv_fn, config_variable), true, e) &&
           check_pairs(p, e);
}

bool s3_profile_load(s3_getenv getenv_fn, const char *name, s3_profile *out, err *e)
{
    static const char *const variables[] = {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"};
    const char *wanted = name && *name ? name : NULL, *from = "its name";
    for (size_t i = 0; !wanted && i < ARRAY_LEN(variables); i++) {
        wanted = s3_env(getenv_fn, variables[i]);
        from = variables[i];
    }
    *out = (s3_profile){.kind = "profile", .name = xstrdup(wanted ? wanted : "default")};
    bool ok = load_files(out, getenv_fn, e);
    if (ok && (out->found || !wanted || strcmp(wanted, "default") == 0))
        return true;
    if (ok)
        err_set(e, ERR_CONFIG, "profile '%.60s' is neither in %s nor in %s; check %s", wanted,
                path_of(out, false), path_of(out, true), from);
    s3_profile_deinit(out);
    return false;
}

bool s3_profile_load_section(s3_getenv getenv_fn, const char *kind, const char *name,
                             s3_profile *out, err *e)
{
    *out = (s3_profile){.kind = kind, .name = xstrdup(name)};
    bool ok = load_files(out, getenv_fn, e);
    if (ok && !out->found)
        ok = err_set(e, ERR_CONFIG, "there is no [%s %.60s] in %s; add the section", kind, name,
                     path_of(out, true));
    if (!ok)
        s3_profile_deinit(out);
    return ok;
}

void s3_profile_deinit(s3_profile *p)
{
    for (size_t i = 0; i < p->pair_count; i++) {
        free(p->pairs[i].name);
        free(p->pairs[i].value);
    }
    free(p->pairs);
    free(p->name);
    free(p->unseen);
    free(p->credentials_path);
    free(p->config_path);
    *p = (s3_profile){0};
}
