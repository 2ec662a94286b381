#include "base/util.h"
#include "detection/audit/scan_questions.h"

#include "base/array.h"
#include "detection/index/evals.h"
#include "detection/reports/report_name.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)
#define LINE_MAX_BYTES ((uint64_t)256 << 20) /* default of max_line_size */
#define BUILD_THREADS  2

/* What decides which records of a scan are in its index. */
typedef struct scan_index {
    const run_settings *scan;
    buf tokenizer, punctuation, normalization, compatible;
    buf vocabulary_dir, bad_line;
    detect_settings settings;
    evals_options files;
    name_table later_sets; /* of scans that were merged later: these files were not there */
} scan_index;

static void scan_index_deinit(scan_index *s)
{
    buf *const texts[] = {&s->tokenizer,  &s->punctuation,    &s->normalization,
                          &s->compatible, &s->vocabulary_dir, &s->bad_line};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_deinit(texts[i]);
    name_table_deinit(&s->later_sets);
}
DEFINE_AUTO(scan_index, scan_index_deinit)

/* --- the scan's settings --- */

static const json_node *filter_of(const run_settings *scan, const char *key)
{
    const json_node *filters = run_settings_node(scan, "filters");
    return filters ? json_tree_member(&scan->tree, filters, slice_from(key)) : NULL;
}

static uint64_t number_of(const run_settings *scan, const char *key, uint64_t fallback)
{
    uint64_t number;
    const json_node *n = filter_of(scan, key);
    return n && json_unsigned(&n->value, &number) ? number : fallback;
}

static bool flag_of(const run_settings *scan, const char *key)
{
    const json_node *n = filter_of(scan, key);
    return !n || json_is_true(&n->value);
}

static void put_filter(const run_settings *scan, const char *key, buf *out)
{
    const json_node *n = filter_of(scan, key);
    if (n)
        json_node_put_text(n, out);
}

static void read_texts(scan_index *s)
{
    buf *const texts[] = {&s->tokenizer, &s->punctuation, &s->normalization, &s->compatible};
    static const char *const keys[] = {"tokenizer", "punctuation_chars", "normalization",
                                       "compatible"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        buf_init(texts[i], TEXT_MAX_BYTES);
        (void)run_settings_member(s->scan, keys[i], texts[i]);
    }
    buf_init(&s->vocabulary_dir, TEXT_MAX_BYTES);
    buf_init(&s->bad_line, TEXT_MAX_BYTES);
    put_filter(s->scan, "vocabulary_dir", &s->vocabulary_dir);
    put_filter(s->scan, "bad_eval_line", &s->bad_line);
}

static detect_settings settings_of(const scan_index *x, const char *vocabulary_dir)
{
    detect_settings s = detect_settings_default();
    double ngram_size = (double)s.ngram_size;
    (void)run_settings_number(x->scan, "ngram_size", &ngram_size);
    s.tokenizer = buf_str(&x->tokenizer);
    s.compatible = str_equal(buf_str(&x->compatible), "true");
    s.vocabulary_dir = vocabulary_dir ? vocabulary_dir : buf_str(&x->vocabulary_dir);
    s.punctuation = buf_str(&x->punctuation);
    s.extended_normal = str_equal(buf_str(&x->normalization), "extended");
    s.ngram_size = (size_t)ngram_size;
    s.eval_dedup = flag_of(x->scan, "eval_dedup");
    s.eval_min_tokens = (size_t)number_of(x->scan, "eval_min_token_length", s.eval_min_tokens);
    s.eval_min_unique_words =
        (size_t)number_of(x->scan, "eval_min_unique_word_count", s.eval_min_unique_words);
    s.index_answers = flag_of(x->scan, "index_answers");
    s.index_passages = flag_of(x->scan, "index_passages");
    return s;
}

static const json_node *report_sets_of(const run_settings *scan)
{
    return json_tree_member(&scan->tree, scan->settings, SLICE_LIT("report_sets"));
}

static void add_report_sets(const run_settings *scan, name_table *names)
{
    const json_node *list = report_sets_of(scan);
    const json_node *n = list ? json_tree_first(&scan->tree, list) : NULL;
    for (; n; n = json_tree_next(&scan->tree, n)) {
        AUTO(buf) name = BUF(TEXT_MAX_BYTES);
        json_node_put_text(n, &name);
        (void)name_table_number(names, buf_str(&name));
    }
}

static bool has_name(const name_table *names, slice name)
{
    for (size_t i = 0; i < names->count; i++)
        if (slice_equal_str(name, names->names[i]))
            return true;
    return false;
}

static bool is_later(void *ctx, slice set)
{
    return has_name(ctx, set);
}

static void scan_index_init(scan_index *s, const scan_records *scans, size_t at,
                            const scan_evals *evals)
{
    *s = (scan_index){.scan = &scans->each[at]};
    read_texts(s);
    s->settings = settings_of(s, evals->vocabulary_dir);
    for (size_t i = at + 1; i < scans->count && scans->joined; i++)
        add_report_sets(&scans->each[i], &s->later_sets);
    s->files =
        (evals_options){.dir = evals->dir,
                        .bad_line_ends_file = str_equal(buf_str(&s->bad_line), "end-file"),
                        .leave_out_bzip2_and_xz = s->settings.compatible,
                        .leaves_out = is_later,
                        .leaves_out_ctx = &s->later_sets,
                        .max_line_bytes = number_of(s->scan, "max_line_size", LINE_MAX_BYTES),
                        .threads = BUILD_THREADS};
}

/* --- the index --- */

static bool check_digest(const ngram_index *x, const scan_index *s, err *e)
{
    char hex[RECORD_DIGEST_TEXT];
    AUTO(buf) recorded = BUF(TEXT_MAX_BYTES);
    const char *filters =
        run_settings_node(s->scan, "filters")
            ? ""
            : ", or scan again: the record does not name its filters of evaluation records";
    record_digest_hex(&x->kept, hex);
    return (run_settings_member(s->scan, "evaluation_records_digest", &recorded) &&
            str_equal(buf_str(&recorded), hex)) ||
           err_set(e, ERR_USAGE,
                   "%s: these are not the evaluation records that the scan searched for (%s: "
                   "evaluation_records_digest); give its --evals-dir%s",
                   s->files.dir, s->scan->source, filters);
}

/* Reports name a question by its number, which the digest of the records does not include. Records of
 * earlier versions do not have this digest. */
static bool check_instances(const ngram_index *x, const scan_index *s, err *e)
{
    char hex[RECORD_DIGEST_TEXT];
    AUTO(buf) recorded = BUF(TEXT_MAX_BYTES);
    put_filter(s->scan, "instances_digest", &recorded);
    record_digest_hex(&x->instances, hex);
    return recorded.len == 0 || str_equal(buf_str(&recorded), hex) ||
           err_set(e, ERR_USAGE,
                   "%s: the records have other numbers than in the scan (eval_instance_index, or "
                   "the line; %s: instances_digest); give its --evals-dir",
                   s->files.dir, s->scan->source);
}

/* Questions that the index can find, of sets whose matches are in the reports. */
static void mark_searched(question_table *t, const ngram_index *x, const scan_index *s)
{
    AUTO(name_table) reported = {0};
    add_report_sets(s->scan, &reported);
    for (size_t i = 0; i < x->record_count; i++) {
        const eval_record *r = &x->records[i];
        const char *split = r->origin->split.data ? r->origin->split.data : "";
        if (r->question_tokens >= s->settings.ngram_size &&
            (!report_sets_of(s->scan) || has_name(&reported, r->origin->eval_key)))
            question_table_find(t, r->origin->eval_key.data, split, r->instance)->is_searched =
                true;
    }
}

static bool check_scan(question_table *t, const scan_records *scans, size_t at,
                       const scan_evals *evals, err *e)
{
    AUTO(scan_index) s = {.scan = NULL};
    scan_index_init(&s, scans, at, evals);
    AUTO_PTR(ngram_index) x = index_new(&s.settings, e);
    if (!x || !evals_load(&s.files, x, e))
        return err_context(e, "the evaluation records of the scan (%s)", s.scan->source);
    if (!check_digest(x, &s, e) || !check_instances(x, &s, e))
        return false;
    mark_searched(t, x, &s);
    return true;
}

static void begin(question_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        t->each[i].is_searched = false;
}

static void leave_out_others(question_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        t->each[i].is_left_out |= !t->each[i].is_searched;
}

/* Scans of different settings each read some of the files: a question that one of them did not search
 * for is excluded. Joined scans read all files: together they searched for the questions of each. */
bool scan_questions_check(question_table *t, const scan_records *scans, const scan_evals *evals,
                          err *e)
{
    begin(t);
    for (size_t i = 0; i < scans->count; i++) {
        if (!check_scan(t, scans, i, evals, e))
            return false;
        if (scans->joined && i + 1 < scans->count)
            continue;
        leave_out_others(t);
        begin(t);
    }
    return true;
}

void scan_questions_leave_out(question_table *t, char *const *patterns)
{
    for (size_t i = 0; i < t->count; i++)
        t->each[i].is_left_out |= !name_fits(patterns, t->sets.names[t->each[i].set]);
}

uint64_t scan_questions_left_out(const question_table *t)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += t->each[i].is_known && t->each[i].is_left_out;
    return count;
}
