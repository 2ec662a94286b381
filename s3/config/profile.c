#include "s3/config/profile.h"

#include <strings.h>

#include "decon/base/fsutil.h"
#include "decon/base/log.h"

#define FILE_MAX_BYTES ((size_t)1024 * 1024)

const char *s3_env(s3_getenv getenv_fn, const char *name)
{
    const char *value = getenv_fn ? getenv_fn(name) : NULL;
    return value && *value ? value : NULL;
}

const char *s3_profile_get(const s3_profile *p, const char *name)
{
    for (size_t i = 0; i < p->pair_count; i++)
        if (strcmp(p->pairs[i].name, name) == 0)
            return p->pairs[i].value;
    return NULL;
}

static void pair_add(s3_profile *p, slice group, slice name, slice value)
{
    p->pairs = xrealloc(p->pairs, (p->pair_count + 1) * sizeof *p->pairs);
    s3_profile_pair *pair = &p->pairs[p->pair_count++];
    *pair = (s3_profile_pair){.name = xasprintf("%.*s%s%.*s", (int)group.len,
                                                group.len ? group.data : "", group.len ? "." : "",
                                                (int)name.len, name.len ? name.data : ""),
                              .value = slice_dup(value)};
    for (char *c = pair->name; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
}

/* Is "[...]", without its brackets, the section that is wanted? In the config file all but the
 * default profile have their kind in front: "profile x", "sso-session y". */
static bool section_matches(const s3_profile *p, slice section, bool is_config)
{
    size_t kind_len = strlen(p->kind);
    bool is_profile = strcmp(p->kind, "profile") == 0;
    section = slice_trim(section);
    bool prefixed = is_config && section.len > kind_len && slice_starts_with(section, p->kind) &&
                    (section.data[kind_len] == ' ' || section.data[kind_len] == '\t');
    if (prefixed) {
        section.data += kind_len;
        section.len -= kind_len;
        section = slice_trim(section);
    } else if (is_config && !(is_profile && strcmp(p->name, "default") == 0)) {
        return false;
    }
    if (section.len >= 2 && section.data[0] == '"' && section.data[section.len - 1] == '"')
        section = (slice){.data = section.data + 1, .len = section.len - 2};
    return slice_equal_str(section, p->name);
}

/* Without a comment behind white space. */
static slice strip_comment(slice value)
{
    for (size_t i = 1; i < value.len; i++)
        if ((value.data[i] == '#' || value.data[i] == ';') &&
            (value.data[i - 1] == ' ' || value.data[i - 1] == '\t'))
            value.len = i;
    return slice_trim(value);
}

typedef struct place { /* in a file */
    bool inside;       /* the section that is wanted */
    slice group;       /* "s3" behind a line "s3 =", else empty */
} place;

static void take_line(s3_profile *p, slice line, bool is_config, place *at)
{
    slice text = slice_trim(line);
    if (text.len == 0 || text.data[0] == '#' || text.data[0] == ';')
        return;
    bool nested = line.data[0] == ' ' || line.data[0] == '\t';
    if (text.data[0] == '[' && !nested) {
        const char *end = memchr(text.data, ']', text.len);
        slice section = {.data = text.data + 1, .len = end ? (size_t)(end - text.data) - 1 : 0};
        *at = (place){.inside = section_matches(p, section, is_config)};
        p->found |= at->inside;
        return;
    }
    const char *equals = memchr(text.data, '=', text.len);
    if (!at->inside || !equals)
        return;
    slice name = {.data = text.data, .len = (size_t)(equals - text.data)};
    slice value = {.data = equals + 1, .len = text.len - name.len - 1};
    name = slice_trim(name);
    value = strip_comment(value);
    if (!nested)
        at->group = value.len == 0 ? name : (slice){0};
    if (!nested || at->group.len > 0)
        pair_add(p, nested ? at->group : (slice){0}, name, value);
}

void s3_profile_parse(s3_profile *p, slice text, bool is_config)
{
    place at = {0};
    if (!p->kind)
        p->kind = "profile";
    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        slice line = {.data = text.data, .len = end ? (size_t)(end - text.data) : text.len};
        take_line(p, line, is_config, &at);
        size_t used = line.len + (end ? 1 : 0);
        text = (slice){.data = text.data + used, .len = text.len - used};
    }
}

static void load_file(s3_profile *p, const char *path, bool is_config)
{
    if (!path || !fs_exists(path))
        return;
    AUTO(buf) text = BUF(FILE_MAX_BYTES);
    err e = ERR_INIT;
    if (fs_read_file(path, FILE_MAX_BYTES, &text, &e))
        s3_profile_parse(p, buf_slice(&text), is_config);
    else
        log_warn("%s: left out", e.message);
}

/* The variable's path, or ~/.aws/<name>; NULL where HOME is not known. */
static char *file_path(s3_getenv getenv_fn, const char *variable, const char *name)
{
    const char *path = s3_env(getenv_fn, variable);
    const char *home = s3_env(getenv_fn, "HOME");
    if (path)
        return path[0] == '~' && path[1] == '/' && home ? xasprintf("%s%s", home, path + 1)
                                                        : xstrdup(path);
    return home ? xasprintf("%s/.aws/%s", home, name) : NULL;
}

bool s3_profile_load(s3_getenv getenv_fn, const char *name, s3_profile *out, err *e)
{
    *out = (s3_profile){.kind = "profile"};
    const char *wanted = name && *name ? name : s3_env(getenv_fn, "AWS_PROFILE");
    out->name = xstrdup(wanted ? wanted : "default");
    out->credentials_path = file_path(getenv_fn, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    out->config_path = file_path(getenv_fn, "AWS_CONFIG_FILE", "config");
    load_file(out, out->credentials_path, false);
    load_file(out, out->config_path, true);
    if (out->found || !wanted || strcmp(wanted, "default") == 0)
        return true;
    err_set(e, ERR_CONFIG, "profile '%s' stands neither in %s nor in %s: check AWS_PROFILE", wanted,
            out->credentials_path ? out->credentials_path : "~/.aws/credentials",
            out->config_path ? out->config_path : "~/.aws/config");
    s3_profile_deinit(out);
    return false;
}

bool s3_profile_load_section(s3_getenv getenv_fn, const char *kind, const char *name,
                             s3_profile *out)
{
    *out = (s3_profile){.kind = kind, .name = xstrdup(name)};
    out->config_path = file_path(getenv_fn, "AWS_CONFIG_FILE", "config");
    load_file(out, out->config_path, true);
    return out->found;
}

void s3_profile_deinit(s3_profile *p)
{
    for (size_t i = 0; i < p->pair_count; i++) {
        free(p->pairs[i].name);
        free(p->pairs[i].value);
    }
    free(p->pairs);
    free(p->name);
    free(p->credentials_path);
    free(p->config_path);
    *p = (s3_profile){0};
}
