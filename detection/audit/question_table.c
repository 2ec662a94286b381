#include "base/array.h"
#include "base/util.h"
#include "detection/audit/question_table.h"

#include "base/json/json_read.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "detection/index/eval_files.h"
#include "detection/table/hash.h"
#include "detection/text/unicode.h"

#define LINE_MAX_BYTES ((size_t)256 << 20)

void question_table_deinit(question_table *t)
{
    name_table_deinit(&t->sets);
    name_table_deinit(&t->splits);
    free(t->each);
    free(t->slots);
    *t = (question_table){0};
}

static uint32_t *find_slot(const question_table *t, const audit_question *q)
{
    const uint64_t key[] = {(uint64_t)q->set << 32 | q->split, q->instance};
    size_t at = (size_t)hash_bytes(key, sizeof key, 0) & (t->slot_count - 1);
    for (; t->slots[at]; at = (at + 1) & (t->slot_count - 1)) {
        const audit_question *other = &t->each[t->slots[at] - 1];
        if (other->set == q->set && other->split == q->split && other->instance == q->instance)
            break;
    }
    return &t->slots[at];
}

static void grow(question_table *t)
{
    ARRAY_RESERVE(t->each, t->capacity, MAX(t->count + 1, (size_t)512));
    for (t->slot_count = 1024; t->slot_count < t->capacity * 2;)
        t->slot_count *= 2;
    free(t->slots);
    t->slots = xcalloc(t->slot_count, sizeof *t->slots);
    for (size_t i = 0; i < t->count; i++)
        *find_slot(t, &t->each[i]) = (uint32_t)i + 1;
}

audit_question *question_table_find(question_table *t, const char *set, const char *split,
                                    uint64_t instance)
{
    audit_question q = {.set = name_table_number(&t->sets, set),
                        .split = name_table_number(&t->splits, split),
                        .instance = instance};
    if (t->count == t->capacity)
        grow(t);
    uint32_t *slot = find_slot(t, &q);
    if (!*slot) {
        t->each[t->count++] = q;
        *slot = (uint32_t)t->count;
    }
    return &t->each[*slot - 1];
}

/* --- evaluation files --- */

enum { KEY_DOC_ID, KEY_SET, KEY_NAME, KEY_SPLIT, KEY_INSTANCE, KEY_QUESTION, KEY_COUNT };
static const char *const keys[KEY_COUNT] = {
    "doc_id", "eval_key", "eval_name", "split", "eval_instance_index", "question"};

typedef struct reader {
    question_table *t;
    const char *name; /* of the file */
    uint64_t left_out;
} reader;

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline), UNUSED(e);
    reader *r = ctx;
    json_value values[KEY_COUNT];
    uint64_t doc_id, instance;
    if (slice_trim(text).len == 0 || text.data[0] == '#')
        return true;
    if (utf8_check(text) != text.len ||
        !json_read_members(text, keys, values, KEY_COUNT, NULL, NULL) ||
        !json_unsigned(&values[KEY_DOC_ID], &doc_id) || values[KEY_QUESTION].type != JSON_STRING) {
        r->left_out++;
        return true;
    }
    if (!json_unsigned(&values[KEY_INSTANCE], &instance))
        instance = number;
    AUTO_FREE char *set = eval_set_name(&values[KEY_SET], &values[KEY_NAME], r->name);
    AUTO_FREE char *split = json_text_dup(&values[KEY_SPLIT]);
    question_table_find(r->t, set, split ? split : "", instance)->is_known = true;
    return true;
}

bool question_table_read(question_table *t, const char *evals_dir, err *e)
{
    AUTO(eval_files) files = {0};
    reader r = {.t = t};
    if (!eval_files_find(evals_dir, &files, e))
        return false;
    for (size_t i = 0; i < files.count; i++) {
        const char *slash = strrchr(files.paths[i], '/');
        r.name = slash ? slash + 1 : files.paths[i];
        AUTO_PTR(stage) lines = stage_lines_new(LINE_MAX_BYTES, "split it", on_line, &r);
        if (!codec_decode_file(files.paths[i], lines, e))
            return err_context(e, "evaluation file");
    }
    if (r.left_out > 0)
        log_warn("%s: %llu line%s skipped (decon evals --check names them)", evals_dir,
                 (unsigned long long)r.left_out,
                 r.left_out == 1 ? " is not a record and is" : "s are not records and are");
    return true;
}

/* --- adding up --- */

static int compare_questions(const void *a, const void *b, void *ctx)
{
    const question_table *t = ctx;
    const audit_question *x = a, *y = b;
    int order = strcmp(t->sets.names[x->set], t->sets.names[y->set]);
    if (order == 0)
        order = strcmp(t->splits.names[x->split], t->splits.names[y->split]);
    return order ? order : (x->instance > y->instance) - (x->instance < y->instance);
}

void question_table_sort(question_table *t)
{
    if (t->count > 1)
        qsort_r(t->each, t->count, sizeof *t->each, compare_questions, t);
    free(move(t->slots));
    t->slot_count = 0;
}

question_count *question_table_count(question_table *t, size_t *count)
{
    question_count *counts = xcalloc(t->count + 1, sizeof *counts);
    *count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const audit_question *q = &t->each[i], *before = i > 0 ? q - 1 : NULL;
        if (!before || before->set != q->set || before->split != q->split)
            counts[(*count)++] =
                (question_count){.set = t->sets.names[q->set], .split = t->splits.names[q->split]};
        counts[*count - 1].known += q->is_known;
        counts[*count - 1].found += q->documents > 0;
    }
    return counts;
}
