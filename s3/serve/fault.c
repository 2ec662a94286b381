#include "s3/serve/fault.h"

#include <fnmatch.h>

void fault_set_init(fault_set *set)
{
    *set = (fault_set){0};
    pthread_mutex_init(&set->lock, NULL);
}

static void fault_deinit(fault *f)
{
    free(f->code);
    free(f->method);
    free(f->key);
    free(f->bucket);
    free(f->query);
}

void fault_set_deinit(fault_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        fault_deinit(&set->rules[i]);
    pthread_mutex_destroy(&set->lock);
}

static bool set_text(char **member, const char *value)
{
    free(*member);
    *member = xstrdup(value);
    return value[0] != '\0';
}

static bool set_kind(fault *f, fault_kind kind)
{
    bool first = f->kind == FAULT_NONE;
    f->kind = kind;
    return first;
}

static bool apply_word(fault *f, const char *name, const char *value)
{
    if (str_equal(name, "reset"))
        return !value && set_kind(f, FAULT_RESET);
    if (!value)
        return false;
    if (str_equal(name, "status"))
        return num_parse_u64(value, &f->status) && f->status >= 200 && f->status <= 599 &&
               set_kind(f, FAULT_STATUS);
    if (str_equal(name, "truncate"))
        return num_parse_u64(value, &f->truncate_bytes) && set_kind(f, FAULT_TRUNCATE);
    if (str_equal(name, "count"))
        return num_parse_u64(value, &f->count) && f->count > 0;
    if (str_equal(name, "every"))
        return num_parse_u64(value, &f->every) && f->every > 0;
    const struct {
        const char *name;
        char **member;
    } texts[] = {{"code", &f->code},
                 {"method", &f->method},
                 {"key", &f->key},
                 {"bucket", &f->bucket},
                 {"query", &f->query}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (str_equal(name, texts[i].name))
            return set_text(texts[i].member, value);
    return false;
}

static bool parse_rule(const char *rule, fault *f, err *e)
{
    for (const char *at = rule; *at;) {
        size_t len = strcspn(at, ",");
        AUTO_FREE char *word = xstrndup(at, len);
        char *equals = strchr(word, '=');
        if (equals)
            *equals++ = '\0';
        if (!apply_word(f, word, equals))
            return err_set(e, ERR_CONFIG,
                           "fault '%s': '%.*s' is not understood: use status=N, code=NAME, "
                           "truncate=N, reset, method=M, key=PATTERN, bucket=NAME, query=NAME, "
                           "count=N, every=N",
                           rule, (int)len, at);
        at += len + (at[len] == ',');
    }
    return f->kind != FAULT_NONE ||
           err_set(e, ERR_CONFIG, "fault '%s': one of status=N, truncate=N and reset is needed",
                   rule);
}

bool fault_check(const char *rule, err *e)
{
    fault f = {0};
    bool ok = parse_rule(rule, &f, e);
    fault_deinit(&f);
    return ok;
}

bool fault_add(fault_set *set, const char *rule, err *e)
{
    if (set->count == FAULT_RULES_MAX)
        return err_set(e, ERR_CONFIG, "more than %d faults", FAULT_RULES_MAX);
    fault *f = &set->rules[set->count++];
    *f = (fault){0};
    return parse_rule(rule, f, e);
}

static bool is_meant(const fault *f, const char *method, const target *t)
{
    return (!f->method || str_equal(f->method, method)) &&
           (!f->bucket || str_equal(f->bucket, t->bucket)) &&
           (!f->key || (t->key.len > 0 && fnmatch(f->key, buf_str(&t->key), 0) == 0)) &&
           (!f->query || target_param(t, f->query));
}

static bool is_due(fault *f)
{
    f->seen++;
    if (f->count > 0 && f->seen > f->count)
        return false;
    return f->every == 0 || f->seen % f->every == 0;
}

const fault *fault_match(fault_set *set, const char *method, const target *t)
{
    const fault *found = NULL;
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; !found && i < set->count; i++)
        if (is_meant(&set->rules[i], method, t) && is_due(&set->rules[i]))
            found = &set->rules[i];
    pthread_mutex_unlock(&set->lock);
    return found;
}
