#include "base/array.h"
#include "base/util.h"
#include "detection/evals/survey.h"

#include <inttypes.h>

#include "base/json/json_read.h"
#include "decon/compression/codec.h"
#include "detection/index/evals.h"
#include "detection/text/unicode.h"

enum { KEY_DOC_ID, KEY_SET, KEY_NAME, KEY_SPLIT, KEY_QUESTION, KEY_ANSWER, KEY_PASSAGE, KEY_COUNT };
static const char *const keys[KEY_COUNT] = {"doc_id",   "eval_key", "eval_name", "split",
                                            "question", "answer",   "passage"};

typedef struct reader {
    survey *s;
    const char *path, *name;
    size_t file;
} reader;

bool survey_init(survey *s, const detect_settings *settings, const survey_options *options, err *e)
{
    *s = (survey){.options = options, .x = index_new(settings, e)};
    return s->x != NULL;
}

void survey_deinit(survey *s)
{
    for (size_t i = 0; i < s->row_count; i++) {
        free(s->rows[i].set);
        free(s->rows[i].split);
        for (size_t k = 0; k < SURVEY_PARTS; k++)
            free(s->rows[i].lengths[k].values);
    }
    free(s->rows);
    index_free(s->x);
    eval_files_deinit(&s->files);
    doc_ids_deinit(&s->ids);
    *s = (survey){0};
}

static bool is_blank(slice text)
{
    return slice_trim(text).len == 0 || text.data[0] == '#';
}

static void add_fault(const reader *r, uint64_t line, const char *cause)
{
    r->s->faults++;
    if (r->s->options->on_fault)
        r->s->options->on_fault(r->s->options->ctx, r->path, line, cause);
}

static survey_row *row_of(survey *s, const char *set, const char *split)
{
    /* Records of one set are usually adjacent. */
    for (size_t n = 0; n < s->row_count; n++) {
        size_t i = (s->last_row + n) % s->row_count;
        if (str_equal(s->rows[i].set, set) && str_equal(s->rows[i].split, split)) {
            s->last_row = i;
            return &s->rows[i];
        }
    }
    ARRAY_RESERVE(s->rows, s->row_capacity, s->row_count + 1);
    s->last_row = s->row_count++;
    s->rows[s->last_row] = (survey_row){.set = xstrdup(set), .split = xstrdup(split)};
    return &s->rows[s->last_row];
}

static void add_length(survey_lengths *l, uint32_t value)
{
    *ARRAY_PUSH(l->values, l->count, l->capacity) = value;
}

static void add_lengths(survey_row *row, const eval_record *r)
{
    add_length(&row->lengths[SURVEY_QUESTION], r->question_tokens);
    if (r->answer.token_count > 0)
        add_length(&row->lengths[SURVEY_ANSWER], r->answer.token_count);
    if (r->passage.token_count > 0)
        add_length(&row->lengths[SURVEY_PASSAGE], r->passage.token_count);
}

static bool is_filled(const json_value *v)
{
    return v->type == JSON_STRING && v->raw.len > 0;
}

static void count_record(reader *r, survey_row *row, const json_value *values,
                         const index_counts *before)
{
    const index_counts n = index_counts_since(&r->s->x->counts, before);
    row->records++;
    for (size_t i = 0; i < SURVEY_PARTS; i++)
        row->parts[i] += is_filled(&values[KEY_QUESTION + i]);
    row->kept += n.indexed;
    row->few_tokens += n.few_tokens;
    row->few_words += n.few_words;
    row->duplicates += n.duplicates;
    row->empty += n.empty;
    if (n.indexed > 0)
        add_lengths(row, &r->s->x->records[r->s->x->record_count - 1]);
}

static void check_id(reader *r, survey_row *row, const json_value *value, uint64_t line)
{
    uint64_t doc_id = 0;
    if (!json_unsigned(value, &doc_id))
        return;
    const doc_place *first = doc_ids_add(&r->s->ids, doc_id, r->file, line);
    if (!first)
        return;
    row->repeated_ids++;
    AUTO_FREE char *cause = xasprintf("doc_id %" PRIu64 " is used before, in %s, line %" PRIu64,
                                      doc_id, r->s->files.paths[first->file], first->line);
    add_fault(r, line, cause);
}

static bool is_wanted(const survey *s, const char *set)
{
    return !s->options->set || str_equal(s->options->set, set);
}

static bool read_values(slice text, json_value *values, err *why)
{
    size_t valid = utf8_check(text);
    if (valid < text.len)
        return err_set(why, ERR_UTF8, "byte %zu of the line is not valid UTF-8", valid);
    return json_read_members(text, keys, values, KEY_COUNT, NULL, why);
}

static void add_record(reader *r, slice text, const json_value *values, uint64_t number)
{
    err why = ERR_INIT;
    AUTO_FREE char *set = eval_set_name(&values[KEY_SET], &values[KEY_NAME], r->name);
    AUTO_FREE char *split = json_text_dup(&values[KEY_SPLIT]);
    if (!is_wanted(r->s, set)) {
        r->s->other_sets++;
        return;
    }
    const index_counts before = r->s->x->counts;
    survey_row *row = row_of(r->s, set, split ? split : "");
    if (!evals_add_line(r->s->x, r->name, text, number, &why)) {
        row->unreadable++;
        add_fault(r, number + 1, why.message);
        return;
    }
    count_record(r, row, values, &before);
    if (!is_filled(&values[KEY_QUESTION]))
        add_fault(r, number + 1, "no question that is a string and not empty");
    check_id(r, row, &values[KEY_DOC_ID], number + 1);
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline), UNUSED(e);
    reader *r = ctx;
    json_value values[KEY_COUNT];
    err why = ERR_INIT;
    r->s->lines++;
    if (is_blank(text)) {
        r->s->blank++;
    } else if (read_values(text, values, &why)) {
        add_record(r, text, values, number);
    } else {
        r->s->no_set++;
        add_fault(r, number + 1, why.message);
    }
    return true;
}

static void read_file(survey *s, size_t at)
{
    err e = ERR_INIT;
    const char *path = s->files.paths[at], *slash = strrchr(path, '/');
    reader r = {.s = s, .path = path, .name = slash ? slash + 1 : path, .file = at};
    AUTO_PTR(stage)
    lines = stage_lines_new(s->options->max_line_bytes, "split it", on_line, &r);
    if (!codec_decode_file(path, lines, &e))
        add_fault(&r, 0, e.message);
}

static int compare_rows(const void *a, const void *b)
{
    const survey_row *x = a, *y = b;
    int order = strcmp(x->set, y->set);
    return order ? order : strcmp(x->split, y->split);
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool survey_read(survey *s, const char *dir, err *e)
{
    if (!eval_files_find(dir, &s->files, e))
        return false;
    for (size_t i = 0; i < s->files.count; i++)
        read_file(s, i);
    if (s->row_count > 0)
        qsort(s->rows, s->row_count, sizeof *s->rows, compare_rows);
    for (size_t i = 0; i < s->row_count; i++)
        for (size_t k = 0; k < SURVEY_PARTS; k++)
            if (s->rows[i].lengths[k].count > 1)
                qsort(s->rows[i].lengths[k].values, s->rows[i].lengths[k].count, sizeof(uint32_t),
                      compare_u32);
    return true;
}
