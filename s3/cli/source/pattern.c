#include "base/util.h"
#include "s3/cli/source/pattern.h"

/* The next character, skipping UTF-8 continuation bytes. */
static const char *next_character(const char *p)
{
    p++;
    while (((unsigned char)*p & 0xc0) == 0x80)
        p++;
    return p;
}

/* Matches "[a-z]" at *pattern with one byte; advances *pattern. Without a closing
 * bracket, `[` is literal. */
static bool match_bracket(const char **pattern, unsigned char c)
{
    const char *p = *pattern + 1;
    bool negated = *p == '!' || *p == '^', found = false;
    p += negated;
    const char *end = *p ? strchr(p + 1, ']') : NULL;
    if (!end) {
        *pattern += 1;
        return c == '[';
    }
    while (p < end) {
        unsigned char low = (unsigned char)*p, high = low;
        if (p[1] == '-' && p + 2 < end) {
            high = (unsigned char)p[2];
            p += 2;
        }
        found |= low <= c && c <= high;
        p++;
    }
    *pattern = end + 1;
    return found != negated;
}

/* Matches one character of text with *pattern (not `*`); advances both. */
static bool match_one(const char **pattern, const char **text, bool brackets)
{
    if (**pattern == '?') {
        *pattern += 1;
        *text = next_character(*text);
        return true;
    }
    if (**pattern == '[' && brackets)
        return match_bracket(pattern, (unsigned char)*(*text)++);
    return *(*pattern)++ == *(*text)++;
}

bool pattern_match(const char *pattern, const char *text, bool brackets)
{
    const char *star = NULL, *star_text = NULL; /* the last `*`, and the end of its match so far */
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            star_text = text;
            continue;
        }
        if (*pattern && match_one(&pattern, &text, brackets))
            continue;
        if (!star)
            return false;
        pattern = star;
        text = star_text = next_character(star_text);
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

size_t pattern_literal_length(const char *pattern)
{
    return strcspn(pattern, "*?");
}

/* --- filters --- */

/* The value of `flag` at flags[*i], or NULL; advances *i to the value. */
static const char *flag_value(char **flags, int count, const char *flag, int *i)
{
    size_t len = strlen(flag);
    const char *word = flags[*i];
    if (!str_starts_with(word, flag))
        return NULL;
    if (word[len] == '=')
        return word + len + 1;
    if (word[len] || *i + 1 >= count)
        return NULL;
    return flags[++*i];
}

static bool add_rule(filter *f, bool include, const char *pattern, err *e)
{
    if (f->count == FILTER_RULES_MAX)
        return err_set(e, ERR_USAGE, "more than %d --include and --exclude", FILTER_RULES_MAX);
    f->rules[f->count++] = (filter_rule){.include = include, .pattern = pattern};
    return true;
}

static int64_t now_s(const cli *c)
{
    return c->loop ? clock_wall_s(loop_transport(c->loop)) : 0;
}

bool filter_init(filter *f, const cli *c, err *e)
{
    *f = (filter){.by_kind = c->as_s5cmd};
    if (c->config && !selection_init(&f->selection, c->config, now_s(c), e))
        return false;
    for (int i = 0; i < c->flag_count; i++) {
        const char *include = flag_value(c->flags, c->flag_count, "--include", &i);
        const char *exclude = include ? NULL : flag_value(c->flags, c->flag_count, "--exclude", &i);
        if ((include && !add_rule(f, true, include, e)) ||
            (exclude && !add_rule(f, false, exclude, e)))
            return false;
    }
    if (f->count > 0 && f->rules[0].include && !f->by_kind)
        return err_set(e, ERR_USAGE,
                       "--include '%s' has no effect without an --exclude before it; for "
                       "only these, write --exclude '*' --include '%s'",
                       f->rules[0].pattern, f->rules[0].pattern);
    return true;
}

static bool passes_by_kind(const filter *f, const char *relative)
{
    bool wanted = true, found = false;
    for (size_t i = 0; i < f->count; i++) {
        bool matches = pattern_match(f->rules[i].pattern, relative, true);
        if (!f->rules[i].include && matches)
            return false;
        if (f->rules[i].include)
            wanted = false;
        found |= f->rules[i].include && matches;
    }
    return wanted || found;
}

bool filter_passes(const filter *f, const char *relative)
{
    if (f->by_kind)
        return passes_by_kind(f, relative);
    for (size_t i = f->count; i > 0; i--)
        if (pattern_match(f->rules[i - 1].pattern, relative, true))
            return f->rules[i - 1].include;
    return true;
}

bool filter_takes(const filter *f, const char *relative, const char *name, int64_t modified_s)
{
    return filter_passes(f, relative) && selection_takes(&f->selection, name, modified_s);
}

bool filter_takes_all(const filter *f)
{
    const selection *s = &f->selection;
    return f->count == 0 && !s->after_s && !s->before_s && s->shard_count == 0;
}
