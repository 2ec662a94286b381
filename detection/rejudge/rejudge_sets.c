#include "base/util.h"
#include "detection/rejudge/rejudge_sets.h"

#include "base/array.h"
#include "base/options/options.h"
#include "detection/audit/scan_records.h"
#include "detection/reports/report_name.h"

/* NULL: each pattern has a set. */
static const char *unknown_of(char *const *patterns, const name_table *known)
{
    for (; *patterns; patterns++) {
        char *const one[] = {*patterns, NULL};
        bool found = false;
        for (size_t i = 0; i < known->count && !found; i++)
            found = name_fits(one, known->names[i]);
        if (!found)
            return *patterns;
    }
    return NULL;
}

static bool add_sets_of_reports(const rejudge_options *options, rejudge_rules *rules,
                                name_table *known, err *e)
{
    AUTO(rejudge_result) ignored = {0};
    rejudge_options only_read = *options;
    only_read.target = REJUDGE_SHOW;
    rules->known_sets = known;
    bool ok = rejudge_run(&only_read, &ignored, e);
    rules->known_sets = NULL;
    return ok;
}

/* Names and their parts, in lower case, each with the number of the name. */
typedef struct name_parts {
    char **each;
    size_t *names;
    size_t count, name_count;
} name_parts;

static void name_parts_deinit(name_parts *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->each[i]);
    free(p->each);
    free(p->names);
}
DEFINE_AUTO(name_parts, name_parts_deinit)

static char *lower_case(const char *text, size_t len)
{
    char *copy = xstrndup(text, len);
    for (char *c = copy; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    return copy;
}

static void add_part(name_parts *p, const char *text, size_t len, size_t name)
{
    *ARRAY_ADD(p->each, p->count) = lower_case(text, len);
    *ARRAY_ADD(p->names, p->name_count) = name;
}

/* NULL: no name resembles the pattern. */
static const char *nearest_set(const char *pattern, const name_table *known)
{
    static const char separators[] = "_-/:. ";
    AUTO(name_parts) parts = {.each = NULL};
    AUTO_FREE char *wanted = lower_case(pattern, strlen(pattern));
    for (size_t i = 0; i < known->count; i++)
        add_part(&parts, known->names[i], strlen(known->names[i]), i);
    for (size_t i = 0; i < known->count; i++)
        for (const char *p = known->names[i]; *p; p += strspn(p, separators)) {
            size_t len = strcspn(p, separators);
            if (len > 0)
                add_part(&parts, p, len, i);
            p += len;
        }
    const char *found = nearest_name(wanted, (const char *const *)parts.each, parts.count);
    for (size_t i = 0; found && i < parts.count; i++)
        if (parts.each[i] == found)
            return known->names[parts.names[i]];
    return NULL;
}

/* A name that no set has would leave no match: all files would be clean. */
bool rejudge_sets_check(const rejudge_options *options, rejudge_rules *rules, err *e)
{
    AUTO(scan_records) scans = {0};
    AUTO(name_table) known = {0};
    if (!rules->sets || !rules->sets[0])
        return true;
    scan_records_read(&scans, options->store, options->folder);
    scan_records_add_sets(&scans, &known);
    if (!unknown_of(rules->sets, &known))
        return true;
    if (!add_sets_of_reports(options, rules, &known, e))
        return false;
    const char *unknown = unknown_of(rules->sets, &known);
    if (!unknown)
        return true;
    const char *nearest = nearest_set(unknown, &known);
    return err_set(e, ERR_USAGE,
                   "--eval %s: neither the scan's record nor a report of %s has such a set%s%s; "
                   "decon review --stats lists the sets",
                   unknown, options->folder, nearest ? "; the nearest is " : "",
                   nearest ? nearest : "");
}
