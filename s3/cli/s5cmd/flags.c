#include "s3/cli/s5cmd/flags.h"

#include <stdlib.h>
#include <string.h>

#include "decon/base/buf.h"
#include "base/util.h"

static const s5cmd_flag *find(const s5cmd_flags *known, const char *name, size_t len)
{
    for (size_t i = 0; i < known->count; i++) {
        const s5cmd_flag *row = &known->rows[i];
        const char *const names[] = {row->name, row->letter};
        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            if (names[k] && strlen(names[k]) == len && strncmp(names[k], name, len) == 0)
                return row;
    }
    return NULL;
}

/* The forms of Go's strconv.ParseBool. */
static bool parse_truth(const char *text, bool *truth)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (str_equal(text, yes[i]) || str_equal(text, no[i])) {
            *truth = str_equal(text, yes[i]);
            return true;
        }
    }
    return false;
}

static bool take_value(const s5cmd_flag *row, const char *equals, char **words, int count, int *at,
                       const char **value, err *e)
{
    if (equals) {
        *value = equals + 1;
    } else if (*at < count) {
        *value = words[(*at)++];
    } else {
        return err_set(e, ERR_USAGE, "--%s: needs a value", row->name);
    }
    return true;
}

bool s5cmd_next_flag(const s5cmd_flags *known, char **words, int count, int *at,
                     const s5cmd_flag **row, const char **value, err *e)
{
    *row = NULL;
    *value = NULL;
    while (*at < count && words[*at][0] == '-' && words[*at][1]) {
        const char *word = words[(*at)++];
        bool truth = true;
        if (str_equal(word, "--"))
            return true;
        const char *name = word + (word[1] == '-' ? 2 : 1);
        const char *equals = strchr(name, '=');
        const s5cmd_flag *found =
            find(known, name, equals ? (size_t)(equals - name) : strlen(name));
        if (!found)
            return err_set(e, ERR_USAGE, "%s: unknown flag", word);
        if (found->has_value) {
            *row = found;
            return take_value(found, equals, words, count, at, value, e);
        }
        if (equals && !parse_truth(equals + 1, &truth))
            return err_set(e, ERR_USAGE, "%s: is neither true nor false", word);
        if (truth) {
            *row = found;
            return true;
        }
    }
    return true;
}

static double unit_seconds(const char *unit, size_t len)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strlen(units[i].name) == len && strncmp(units[i].name, unit, len) == 0)
            return units[i].seconds;
    return 0;
}

bool s5cmd_duration(const char *text, uint64_t *seconds, err *e)
{
    double sum = 0;
    const char *p = text;
    while ((*p >= '0' && *p <= '9') || *p == '.') {
        char *end;
        double number = strtod(p, &end);
        size_t len = strspn(end, "hms");
        double unit = unit_seconds(end, len);
        if (end == p || unit == 0 || !(number >= 0) || number > 1e9)
            break;
        sum += number * unit;
        p = end + len;
    }
    if (*p || p == text)
        return err_set(e, ERR_USAGE, "'%s': is not a duration such as 90s, 15m or 1h30m", text);
    *seconds = (uint64_t)sum;
    return true;
}
