/* Text forms: sizes, durations, and the nearest known name. */
#include "base/util.h"
#include "base/options/options.h"

#include <strings.h>

typedef struct unit {
    const char *name;
    uint64_t factor;
} unit;

#define KIB 1024ull
#define KB  1000ull

static const unit size_units[] = {
    {"", 1},
    {"b", 1},
    {"k", KIB},
    {"kib", KIB},
    {"kb", KB},
    {"m", KIB *KIB},
    {"mib", KIB *KIB},
    {"mb", KB *KB},
    {"g", KIB *KIB *KIB},
    {"gib", KIB *KIB *KIB},
    {"gb", KB *KB *KB},
    {"t", KIB *KIB *KIB *KIB},
    {"tib", KIB *KIB *KIB *KIB},
    {"tb", KB *KB *KB *KB},
    {NULL, 0},
};

static const unit duration_units[] = {
    {"", 1000},
    {"ms", 1},
    {"s", 1000},
    {"m", 60 * 1000},
    {"h", 3600 * 1000ull},
    {"d", 86400 * 1000ull},
    {NULL, 0},
};

typedef struct quantity {
    uint64_t whole;
    uint64_t fraction; /* of `scale` */
    uint64_t scale;
    bool has_point;
} quantity;

/* Digits with at most one point. Returns the rest of the text, NULL if there are no digits or too
 * many for 64 bits. Digits of the fraction after the ninth are ignored. */
static const char *read_quantity(const char *p, quantity *q)
{
    size_t digits = 0;
    *q = (quantity){.scale = 1};
    for (; (*p >= '0' && *p <= '9') || (*p == '.' && !q->has_point); p++) {
        if (*p == '.') {
            q->has_point = true;
            continue;
        }
        uint64_t digit = (uint64_t)(*p - '0');
        digits++;
        if (!q->has_point) {
            if (__builtin_mul_overflow(q->whole, 10, &q->whole) ||
                __builtin_add_overflow(q->whole, digit, &q->whole))
                return NULL;
        } else if (q->scale < 1000000000) {
            q->fraction = q->fraction * 10 + digit;
            q->scale *= 10;
        }
    }
    return digits > 0 ? p : NULL;
}

static bool parse_quantity(const char *text, const unit *units, uint64_t *out)
{
    quantity q;
    const char *suffix = read_quantity(text, &q);
    if (!suffix)
        return false;
    while (*suffix == ' ')
        suffix++;
    while (units->name && strcasecmp(units->name, suffix) != 0)
        units++;
    if (!units->name || (q.has_point && units->factor == 1)) /* no fractions of a byte */
        return false;
    uint64_t part =
        (uint64_t)((long double)q.fraction * (long double)units->factor / (long double)q.scale);
    return !__builtin_mul_overflow(q.whole, units->factor, out) &&
           !__builtin_add_overflow(*out, part, out);
}

bool parse_size(const char *text, uint64_t *bytes, err *e)
{
    return parse_quantity(text, size_units, bytes) ||
           err_set(e, ERR_CONFIG, "\"%.64s\" is not a size; write it like 16777216, 64KiB or 1GB",
                   text);
}

bool parse_duration(const char *text, uint64_t *ms, err *e)
{
    return parse_quantity(text, duration_units, ms) ||
           err_set(e, ERR_CONFIG,
                   "\"%.64s\" is not a duration; write it like 5 (seconds), 250ms, 2m or 1h", text);
}

/* One decimal, or none if it is 0. */
static void print_tenths(uint64_t tenths, const char *unit_name, char *out, size_t out_size)
{
    unsigned long long whole = tenths / 10;
    if (tenths % 10 == 0)
        snprintf(out, out_size, "%llu%s", whole, unit_name);
    else
        snprintf(out, out_size, "%llu.%u%s", whole, (unsigned)(tenths % 10), unit_name);
}

void format_size(uint64_t bytes, char *out, size_t out_size)
{
    static const char *const names[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    size_t i = 0;
    long double value = (long double)bytes;
    /* A value that would be shown as 1024 is shown in the next unit. */
    for (; value >= 1023.95L && i + 1 < ARRAY_LEN(names) && (i > 0 || bytes >= KIB); i++)
        value /= KIB;
    print_tenths((uint64_t)(value * 10 + 0.5L), names[i], out, out_size);
}

void format_count(uint64_t count, char *out, size_t out_size)
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    size_t used = 0;
    for (size_t i = 0; i < len && used + 2 < out_size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

void format_duration(uint64_t ms, char *out, size_t out_size)
{
    uint64_t tenths = ms / 100 + (ms % 100 >= 50);
    uint64_t seconds = ms / 1000 + (ms % 1000 >= 500);
    uint64_t minutes = ms / 60000 + (ms % 60000 >= 30000);
    uint64_t hours = ms / 3600000 + (ms % 3600000 >= 1800000);
    if (ms < 1000)
        snprintf(out, out_size, "%ums", (unsigned)ms);
    else if (tenths < 600)
        print_tenths(tenths, "s", out, out_size);
    else if (seconds < 3600)
        snprintf(out, out_size, "%um%02us", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
    else if (minutes < 24 * 60)
        snprintf(out, out_size, "%uh%02um", (unsigned)(minutes / 60), (unsigned)(minutes % 60));
    else
        snprintf(out, out_size, "%llud%02uh", (unsigned long long)(hours / 24),
                 (unsigned)(hours % 24));
}

static size_t least(size_t a, size_t b, size_t c)
{
    return MIN(a, MIN(b, c));
}

/* Optimal string alignment distance (restricted Damerau-Levenshtein): insertions, deletions,
 * replacements, and swaps of neighbours count one each. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows = strlen(a) + 1, columns = strlen(b) + 1;
    AUTO_FREE size_t *cells = xcalloc(rows * columns, sizeof *cells);
#define CELL(i, j) cells[columns * (i) + (j)]
    for (size_t i = 0; i < rows; i++)
        CELL(i, 0) = i;
    for (size_t j = 0; j < columns; j++)
        CELL(0, j) = j;
    for (size_t i = 1; i < rows; i++) {
        for (size_t j = 1; j < columns; j++) {
            size_t replaced = CELL(i - 1, j - 1) + (a[i - 1] != b[j - 1]);
            size_t cost = least(CELL(i - 1, j) + 1, CELL(i, j - 1) + 1, replaced);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost = MIN(cost, CELL(i - 2, j - 2) + 1);
            CELL(i, j) = cost;
        }
    }
    return CELL(rows - 1, columns - 1);
#undef CELL
}

const char *nearest_name(const char *name, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t nearest_distance = SIZE_MAX;
    size_t name_len = strlen(name);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        size_t limit = MAX(len, name_len) / 3;
        if (MAX(len, name_len) - MIN(len, name_len) > limit)
            continue; /* also limits the cost of very long names */
        size_t distance = edit_distance(name, names[i]);
        if (distance <= limit && distance < nearest_distance) {
            nearest = names[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}
