#include "base/array.h"
#include "base/util.h"
#include "s3/serve/protocol/fault_injection.h"

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
    free(f->header);
    free(f->met);
}

void fault_set_deinit(fault_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        fault_deinit(&set->rules[i]);
    pthread_mutex_destroy(&set->lock);
}

/* --- parsing --- */

static bool set_kind(fault *f, fault_kind kind)
{
    bool first = f->kind == FAULT_NONE;
    f->kind = kind;
    return first;
}

static bool set_text(char **member, const char *value)
{
    free(*member);
    *member = xstrdup(value);
    return value[0] != '\0';
}

/* "5%", "0.5%": at most four decimals. */
static bool parse_rate(const char *value, uint64_t *out)
{
    size_t len = strlen(value);
    uint64_t whole = 0, part = 0, unit = FAULT_RATE_ONE / 100;
    if (len < 2 || value[len - 1] != '%')
        return false;
    AUTO_FREE char *text = xstrndup(value, len - 1);
    char *point = strchr(text, '.');
    if (point)
        *point++ = '\0';
    if (!num_parse_u64(text, &whole) || whole > 100)
        return false;
    for (const char *p = point; p && *p; p++) {
        unit /= 10;
        if (*p < '0' || *p > '9' || unit == 0)
            return false;
        part += unit * (uint64_t)(*p - '0');
    }
    *out = whole * (FAULT_RATE_ONE / 100) + part;
    return *out > 0 && *out <= FAULT_RATE_ONE && (!point || *point);
}

/* Words without a value. */
static bool apply_bare_word(fault *f, const char *name)
{
    static const struct {
        const char *name;
        fault_kind kind;
    } kinds[] = {{"reset", FAULT_RESET},         {"lost", FAULT_LOST},
                 {"checksum", FAULT_CHECKSUM},   {"corrupt", FAULT_CORRUPT},
                 {"etag", FAULT_ETAG},           {"unprefixed", FAULT_UNPREFIXED},
                 {"unordered", FAULT_UNORDERED}, {"repeat", FAULT_REPEAT}};
    if (str_equal(name, "once")) {
        f->once = true;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_equal(name, kinds[i].name))
            return set_kind(f, kinds[i].kind);
    return false;
}

static bool apply_kind(fault *f, const char *name, const char *value, bool *known)
{
    const struct {
        const char *name;
        fault_kind kind;
        uint64_t *member, min, max;
    } kinds[] = {{"status", FAULT_STATUS, &f->status, 200, 599},
                 {"truncate", FAULT_TRUNCATE, &f->truncate_bytes, 0, UINT64_MAX},
                 {"delay", FAULT_DELAY, &f->delay_ms, 1, 3600000}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_equal(name, kinds[i].name)) {
            *known = true;
            return num_parse_u64(value, kinds[i].member) && *kinds[i].member >= kinds[i].min &&
                   *kinds[i].member <= kinds[i].max && set_kind(f, kinds[i].kind);
        }
    return false;
}

static bool apply_choice(fault *f, const char *name, const char *value)
{
    const struct {
        const char *name;
        char **member;
    } texts[] = {{"code", &f->code},     {"method", &f->method}, {"key", &f->key},
                 {"bucket", &f->bucket}, {"query", &f->query},   {"header", &f->header}};
    if (str_equal(name, "count"))
        return num_parse_u64(value, &f->count) && f->count > 0;
    if (str_equal(name, "every"))
        return num_parse_u64(value, &f->every) && f->every > 0;
    if (str_equal(name, "seed"))
        return num_parse_u64(value, &f->seed);
    if (str_equal(name, "rate"))
        return parse_rate(value, &f->rate);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (str_equal(name, texts[i].name))
            return set_text(texts[i].member, value);
    return false;
}

static bool apply_word(fault *f, const char *name, const char *value)
{
    bool known = false;
    if (!value)
        return apply_bare_word(f, name);
    bool ok = apply_kind(f, name, value, &known);
    return known ? ok : apply_choice(f, name, value);
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
            return err_set(
                e, ERR_CONFIG,
                "fault '%s': '%.*s' is unknown; use one of status=N, "
                "truncate=N, reset, lost, delay=MS, checksum, corrupt, etag, unprefixed, "
                "unordered and repeat, with "
                ""
                "code=NAME, method=M, key=PATTERN, bucket=NAME, query=NAME, "
                "header=NAME, count=N, every=N, rate=P%%, seed=N and once",
                rule, (int)len, at);
        at += len + (at[len] == ',');
    }
    return f->kind != FAULT_NONE ||
           err_set(
               e, ERR_CONFIG,
               "fault '%s': the effect is missing; add one of status=N, truncate=N, reset, lost, "
               "delay=MS, checksum, corrupt and etag",
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

/* --- matching --- */

static bool is_meant(const fault *f, const auth_request *r)
{
    const target *t = r->target;
    return (!f->method || str_equal(f->method, r->method)) &&
           (!f->bucket || str_equal(f->bucket, t->bucket)) &&
           (!f->key || (t->key.len > 0 && fnmatch(f->key, buf_str(&t->key), 0) == 0)) &&
           (!f->query || target_param(t, f->query)) && (!f->header || auth_header(r, f->header));
}

/* The n-th number of a pseudo-random sequence (splitmix64): runs with the same seed have
 * the same faults. */
static uint64_t scatter(uint64_t seed, uint64_t n)
{
    uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15ULL + n * 0xd1342543de82ef95ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/* FNV-1a; after a collision a key merely gets no fault. */
static uint64_t key_hash(const target *t)
{
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char *p = t->bucket ? t->bucket : ""; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3ULL;
    for (size_t i = 0; i < t->key.len; i++)
        hash = (hash ^ (unsigned char)t->key.data[i]) * 0x100000001b3ULL;
    return hash;
}

/* Records the key; false if it was recorded before. */
static bool meet_key(fault *f, const target *t)
{
    uint64_t hash = key_hash(t);
    for (size_t i = 0; i < f->met_count; i++)
        if (f->met[i] == hash)
            return false;
    *ARRAY_PUSH(f->met, f->met_count, f->met_capacity) = hash;
    return true;
}

static bool is_due(fault *f, const target *t)
{
    f->seen++;
    if (f->count > 0 && f->seen > f->count)
        return false;
    if (f->every > 0 && f->seen % f->every != 0)
        return false;
    if (f->rate > 0 && scatter(f->seed, f->seen) % FAULT_RATE_ONE >= f->rate)
        return false;
    return !f->once || meet_key(f, t);
}

const fault *fault_match(fault_set *set, const auth_request *request)
{
    const fault *found = NULL;
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; !found && i < set->count; i++)
        if (is_meant(&set->rules[i], request) && is_due(&set->rules[i], request->target))
            found = &set->rules[i];
    pthread_mutex_unlock(&set->lock);
    return found;
}
