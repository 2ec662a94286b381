#include "base/util.h"
#include "detection/audit/scan_questions.h"

#include "detection/index/evals.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)
#define LINE_MAX_BYTES ((uint64_t)256 << 20) /* as the detection's max_line_size */
#define BUILD_THREADS  2

/* What decides which records an index keeps; the filters have their defaults. */
typedef struct scan_texts {
    buf tokenizer, punctuation, normalization, compatible;
} scan_texts;

static void scan_texts_read(scan_texts *t, const run_settings *scan)
{
    buf *const texts[] = {&t->tokenizer, &t->punctuation, &t->normalization, &t->compatible};
    static const char *const keys[] = {"tokenizer", "punctuation_chars", "normalization",
                                       "compatible"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        buf_init(texts[i], TEXT_MAX_BYTES);
        (void)run_settings_member(scan, keys[i], texts[i]);
    }
}

static void scan_texts_deinit(scan_texts *t)
{
    buf_deinit(&t->tokenizer);
    buf_deinit(&t->punctuation);
    buf_deinit(&t->normalization);
    buf_deinit(&t->compatible);
}
DEFINE_AUTO(scan_texts, scan_texts_deinit)

static detect_settings settings_of(scan_texts *t)
{
    detect_settings s = detect_settings_default();
    s.tokenizer = buf_str(&t->tokenizer);
    s.compatible = str_equal(buf_str(&t->compatible), "true");
    s.punctuation = buf_str(&t->punctuation);
    s.extended_normal = str_equal(buf_str(&t->normalization), "extended");
    return s;
}

static bool check_digest(const ngram_index *x, const run_settings *scan, const char *evals_dir,
                         err *e)
{
    char hex[RECORD_DIGEST_TEXT];
    AUTO(buf) recorded = BUF(TEXT_MAX_BYTES);
    record_digest_hex(&x->kept, hex);
    return (run_settings_member(scan, "evaluation_records_digest", &recorded) &&
            str_equal(buf_str(&recorded), hex)) ||
           err_set(e, ERR_USAGE,
                   "%s: these are not the evaluation records that the scan searched for (%s: "
                   "evaluation_records_digest); give its --evals-dir, or scan again with default "
                   "filters of evaluation records",
                   evals_dir, scan->source);
}

/* Whether matches of the set are in the reports. */
static bool is_reported(const run_settings *scan, slice set)
{
    const json_node *list = json_tree_member(&scan->tree, scan->settings, SLICE_LIT("report_sets"));
    bool found = !list;
    for (const json_node *n = list ? json_tree_first(&scan->tree, list) : NULL; n && !found;
         n = json_tree_next(&scan->tree, n)) {
        AUTO(buf) name = BUF(TEXT_MAX_BYTES);
        json_node_put_text(n, &name);
        found = slice_equal_str(set, buf_str(&name));
    }
    return found;
}

static void mark(question_table *t, const ngram_index *x, const run_settings *scan)
{
    for (size_t i = 0; i < t->count; i++)
        t->each[i].is_searched = false;
    for (size_t i = 0; i < x->record_count; i++) {
        const eval_record *r = &x->records[i];
        const char *split = r->origin->split.data ? r->origin->split.data : "";
        if (is_reported(scan, r->origin->eval_key))
            question_table_find(t, r->origin->eval_key.data, split, r->instance)->is_searched =
                true;
    }
    for (size_t i = 0; i < t->count; i++)
        t->each[i].is_left_out |= !t->each[i].is_searched;
}

bool scan_questions_check(question_table *t, const run_settings *scan, const char *evals_dir,
                          err *e)
{
    AUTO(scan_texts) texts = {0};
    scan_texts_read(&texts, scan);
    const detect_settings settings = settings_of(&texts);
    const evals_options options = {.dir = evals_dir,
                                   .leave_out_bzip2_and_xz = settings.compatible,
                                   .max_line_bytes = LINE_MAX_BYTES,
                                   .threads = BUILD_THREADS};
    AUTO_PTR(ngram_index) x = index_new(&settings, e);
    if (!x || !evals_load(&options, x, e) || !check_digest(x, scan, evals_dir, e))
        return false;
    mark(t, x, scan);
    return true;
}

uint64_t scan_questions_left_out(const question_table *t)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += t->each[i].is_known && t->each[i].is_left_out;
    return count;
}
