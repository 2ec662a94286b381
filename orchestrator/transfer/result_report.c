#include "base/util.h"
#include "orchestrator/transfer/result_report.h"

#include "base/json/json_read.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES ((size_t)1 << 30)

void reported_lines_deinit(reported_lines *r)
{
    free(r->numbers);
    *r = (reported_lines){0};
}

typedef struct line_set {
    reported_lines *lines;
    size_t capacity;
    uint64_t input_lines;
} line_set;

static void add_number(line_set *set, uint64_t number)
{
    reported_lines *r = set->lines;
    if (r->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 256;
        r->numbers = xrealloc(r->numbers, set->capacity * sizeof *r->numbers);
    }
    r->numbers[r->count++] = number;
}

static bool note_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    static const char *const key = "training_line";
    line_set *set = ctx;
    json_value line;
    json_type type = JSON_ABSENT;
    uint64_t value = 0;
    UNUSED(has_newline);
    size_t valid = utf8_check(text);
    if (valid < text.len)
        return err_set(e, ERR_RESULT, "line %llu is not a report's: byte %zu is not UTF-8",
                       (unsigned long long)number + 1, valid);
    err cause = ERR_INIT;
    if (!json_read_members(text, &key, &line, 1, &type, &cause) || type != JSON_OBJECT)
        return err_set(e, ERR_RESULT, "line %llu is not a report's: %s",
                       (unsigned long long)number + 1,
                       err_is_set(&cause) ? cause.message : "it is not a JSON object");
    if (!json_unsigned(&line, &value) || value >= set->input_lines)
        return err_set(e, ERR_RESULT, "line %llu names no line of the input, which has %llu lines",
                       (unsigned long long)number + 1, (unsigned long long)set->input_lines);
    add_number(set, value);
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void sort_distinct(reported_lines *r)
{
    size_t distinct = 0;
    if (r->count > 0)
        qsort(r->numbers, r->count, sizeof *r->numbers, compare_numbers);
    for (size_t i = 0; i < r->count; i++)
        if (distinct == 0 || r->numbers[i] != r->numbers[distinct - 1])
            r->numbers[distinct++] = r->numbers[i];
    r->count = distinct;
}

bool result_report_read(const text_reader *report, const char *path, uint64_t input_lines,
                        reported_lines *out, err *e)
{
    *out = (reported_lines){0};
    line_set set = {.lines = out, .input_lines = input_lines};
    AUTO_PTR(stage) lines = stage_lines_new(LINE_MAX_BYTES, NULL, note_line, &set);
    if (!report->read(report->ctx, lines, e))
        return false;
    sort_distinct(out);
    return out->count > 0 || err_set(e, ERR_RESULT, "%s: the report has no line", path);
}
