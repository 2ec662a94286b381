#include "base/util.h"
#include "detection/recall/recall_records.h"

#include "base/json/json_read.h"
#include "decon/compression/codec.h"
#include "detection/index/eval_files.h"

enum { KEY_QUESTION, KEY_ANSWER, KEY_PASSAGE, KEY_DOC_ID, KEY_COUNT };
static const char *const keys[KEY_COUNT] = {"question", "answer", "passage", "doc_id"};

void recall_records_deinit(recall_records *r)
{
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < ARRAY_LEN(r->each[i].texts); k++)
            free(r->each[i].texts[k]);
    free(r->each);
    *r = (recall_records){0};
}

static int compare_slices(slice a, slice b)
{
    size_t len = MIN(a.len, b.len);
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_set(const void *a, const void *b)
{
    const eval_record *x = ((const recall_record *)a)->record;
    const eval_record *y = ((const recall_record *)b)->record;
    int order = compare_slices(x->origin->eval_key, y->origin->eval_key);
    return order ? order : (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static int by_place(const void *a, const void *b)
{
    const eval_record *x = (*(recall_record *const *)a)->record;
    const eval_record *y = (*(recall_record *const *)b)->record;
    int order = compare_slices(x->origin->reference_file, y->origin->reference_file);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Keeps at most per_set of each set, at equal distances. */
static void choose(recall_records *r, size_t per_set)
{
    size_t kept = 0;
    for (size_t first = 0, next; first < r->count; first = next) {
        for (next = first + 1; next < r->count; next++)
            if (compare_slices(r->each[first].record->origin->eval_key,
                               r->each[next].record->origin->eval_key))
                break;
        size_t count = next - first;
        size_t wanted = per_set > 0 ? MIN(per_set, count) : count;
        for (size_t i = 0; i < wanted; i++)
            r->each[kept++] = r->each[first + i * count / wanted];
    }
    r->count = kept;
}

/* --- reading --- */

typedef struct reader {
    recall_record **places; /* by file and line */
    size_t count;
    slice file;
} reader;

static void take_texts(recall_record *r, const json_value *values)
{
    slice *parts[] = {&r->input.question, &r->input.answer, &r->input.passage};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        free(r->texts[i]);
        AUTO_FREE char *text = json_text_dup(&values[i]);
        r->texts[i] = text && *text ? move(text) : NULL;
        *parts[i] = slice_from(r->texts[i]);
    }
}

/* The first place that is not before file and line. */
static size_t find_place(const reader *r, uint64_t line)
{
    const eval_origin origin = {.reference_file = r->file};
    const eval_record wanted = {.origin = &origin, .line = line};
    const recall_record key = {.record = &wanted};
    const recall_record *pointer = &key;
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_place(&r->places[middle], &pointer) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline), UNUSED(e);
    const reader *r = ctx;
    json_value values[KEY_COUNT];
    uint64_t doc_id;
    for (size_t at = find_place(r, number); at < r->count; at++) {
        recall_record *one = r->places[at];
        if (one->record->line != number ||
            !slice_equal(one->record->origin->reference_file, r->file))
            break;
        /* Files of one name may be in several folders. */
        if (json_read_members(text, keys, values, KEY_COUNT, NULL, NULL) &&
            json_unsigned(&values[KEY_DOC_ID], &doc_id) && (uint32_t)doc_id == one->record->doc_id)
            take_texts(one, values);
    }
    return true;
}

static bool read_texts(recall_records *r, const char *evals_dir, uint64_t max_line_bytes, err *e)
{
    AUTO(eval_files) files = {0};
    AUTO_FREE recall_record **places = xcalloc(r->count + 1, sizeof *places);
    if (!eval_files_find(evals_dir, &files, e))
        return false;
    for (size_t i = 0; i < r->count; i++)
        places[i] = &r->each[i];
    if (r->count > 1)
        qsort(places, r->count, sizeof *places, by_place);
    for (size_t i = 0; i < files.count; i++) {
        const char *slash = strrchr(files.paths[i], '/');
        reader one = {.places = places,
                      .count = r->count,
                      .file = slice_from(slash ? slash + 1 : files.paths[i])};
        AUTO_PTR(stage) lines = stage_lines_new(max_line_bytes, NULL, on_line, &one);
        if (!codec_decode_file(files.paths[i], lines, e))
            return err_context(e, "evaluation file");
    }
    return true;
}

bool recall_records_read(recall_records *r, const ngram_index *x, const char *evals_dir,
                         size_t per_set, uint64_t max_line_bytes, err *e)
{
    *r = (recall_records){.each = xcalloc(x->record_count + 1, sizeof *r->each)};
    for (size_t i = 0; i < x->record_count; i++)
        if (x->records[i].is_reported)
            r->each[r->count++].record = &x->records[i];
    if (r->count > 1)
        qsort(r->each, r->count, sizeof *r->each, by_set);
    choose(r, per_set);
    return read_texts(r, evals_dir, max_line_bytes, e);
}
