#include "base/array.h"
#include "base/util.h"
#include "orchestrator/transfer/result_report.h"

#include <string.h>

#include "base/json/json_read.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES ((size_t)1 << 30)
#define NAME_MAX_BYTES ((size_t)1024) /* of an evaluation set; longer names are truncated */

/* A match is kept as one number, the line above the index of its set, so that one sort finds
 * distinct lines and distinct lines of each set. */
#define SET_BITS      12
#define SET_MASK      ((1u << SET_BITS) - 1)
#define LINES_MAX     (UINT64_MAX >> SET_BITS)
#define SET_NAMES_MAX (1u << SET_BITS)

void reported_lines_deinit(reported_lines *r)
{
    free(r->numbers);
    set_counts_deinit(&r->sets);
    *r = (reported_lines){0};
}

typedef struct line_set {
    reported_lines *lines;
    size_t capacity;
    uint64_t input_lines;
    char **names; /* of sets, in the order of their first match */
    size_t name_count, newest;
    buf scratch;
} line_set;

/* Matches of a line are adjacent, so the last name is the most likely. */
static size_t set_index(line_set *set, slice name)
{
    if (set->name_count && slice_equal_str(name, set->names[set->newest]))
        return set->newest;
    for (size_t i = 0; i < set->name_count; i++)
        if (slice_equal_str(name, set->names[i]))
            return set->newest = i;
    if (set->name_count == SET_NAMES_MAX - 1)
        name = SLICE_LIT(SET_COUNTS_REST);
    if (set->name_count == SET_NAMES_MAX)
        return set->newest = SET_NAMES_MAX - 1;
    if (!set->names)
        set->names = xcalloc(SET_NAMES_MAX, sizeof *set->names);
    set->names[set->name_count] = slice_dup(name);
    return set->newest = set->name_count++;
}

/* At most `len` bytes of valid UTF-8. */
static slice whole_characters(slice text, size_t len)
{
    while (len < text.len && len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len--;
    return (slice){text.data, len};
}

static slice set_name(line_set *set, const json_value *values, size_t count)
{
    slice name = SLICE_LIT("unknown");
    buf_clear(&set->scratch);
    for (size_t i = 0; i < count; i++)
        if (values[i].type == JSON_STRING && json_text(&values[i], &set->scratch, &name))
            break;
    return whole_characters(name, MIN(strnlen(name.data, name.len), NAME_MAX_BYTES));
}

static void add_match(line_set *set, uint64_t number, size_t index)
{
    reported_lines *r = set->lines;
    *ARRAY_PUSH(r->numbers, r->count, set->capacity) = number << SET_BITS | index;
}

static bool note_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    static const char *const keys[] = {"training_line", "eval_key", "eval_dataset"};
    line_set *set = ctx;
    json_value values[ARRAY_LEN(keys)];
    json_type type = JSON_ABSENT;
    uint64_t value = 0;
    UNUSED(has_newline);
    size_t valid = utf8_check(text);
    if (valid < text.len)
        return err_set(e, ERR_RESULT, "line %llu is not a report's: byte %zu is not UTF-8",
                       (unsigned long long)number + 1, valid);
    err cause = ERR_INIT;
    if (!json_read_members(text, keys, values, ARRAY_LEN(keys), &type, &cause) ||
        type != JSON_OBJECT)
        return err_set(e, ERR_RESULT, "line %llu is not a report's: %s",
                       (unsigned long long)number + 1,
                       err_is_set(&cause) ? cause.message : "it is not a JSON object");
    if (!json_unsigned(&values[0], &value) || value >= set->input_lines || value > LINES_MAX)
        return err_set(e, ERR_RESULT, "line %llu names no line of the input, which has %llu lines",
                       (unsigned long long)number + 1, (unsigned long long)set->input_lines);
    add_match(set, value, set_index(set, set_name(set, values + 1, ARRAY_LEN(values) - 1)));
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Keeps each line number once. */
static void sort_distinct(line_set *set)
{
    reported_lines *r = set->lines;
    AUTO_FREE uint64_t *of_set = xcalloc(set->name_count + 1, sizeof *of_set);
    size_t distinct = 0;
    if (r->count > 0)
        qsort(r->numbers, r->count, sizeof *r->numbers, compare_numbers);
    uint64_t last = UINT64_MAX;
    for (size_t i = 0; i < r->count; i++) {
        uint64_t match = r->numbers[i];
        if (match == last)
            continue;
        of_set[match & SET_MASK]++;
        if (distinct == 0 || r->numbers[distinct - 1] != match >> SET_BITS)
            r->numbers[distinct++] = match >> SET_BITS;
        last = match;
    }
    r->count = distinct;
    for (size_t i = 0; i < set->name_count; i++)
        set_counts_add(&r->sets, slice_from(set->names[i]), of_set[i]);
}

static void free_names(line_set *set)
{
    for (size_t i = 0; i < set->name_count; i++)
        free(set->names[i]);
    free(set->names);
    buf_deinit(&set->scratch);
}

bool result_report_read(const text_reader *report, const char *path, uint64_t input_lines,
                        reported_lines *out, err *e)
{
    *out = (reported_lines){0};
    line_set set = {.lines = out, .input_lines = input_lines, .scratch = BUF(LINE_MAX_BYTES)};
    AUTO_PTR(stage) lines = stage_lines_new(LINE_MAX_BYTES, NULL, note_line, &set);
    bool ok = report->read(report->ctx, lines, e);
    if (ok)
        sort_distinct(&set);
    free_names(&set);
    return ok && (out->count > 0 || err_set(e, ERR_RESULT, "%s: the report has no line", path));
}
