#include "detection/index/evals.h"

#include <inttypes.h>

#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "base/json/json_read.h"
#include "detection/index/eval_files.h"
#include "detection/text/unicode.h"

/* One reference file while it is read. */
typedef struct eval_file {
    ngram_index *x;
    const evals_options *options;
    const char *path;
    const char *name;
    size_t files_done, files_total;
    uint64_t indexed_before;
    bool ended; /* by a bad line, the old way */
} eval_file;

enum {
    KEY_DOC_ID,
    KEY_QUESTION,
    KEY_ANSWER,
    KEY_PASSAGE,
    KEY_EVAL_KEY,
    KEY_EVAL_NAME,
    KEY_INSTANCE,
    KEY_SPLIT,
    KEY_FINGERPRINT,
    KEY_IS_CORRECT,
    KEY_COUNT,
};
static const char *const keys[KEY_COUNT] = {
    "doc_id", "question",    "answer",    "passage", "eval_key", "eval_name", "eval_instance_index",
    "split",  "fingerprint", "is_correct"};

/* The strings of one line; each keeps its escapes' result in a buf of its own. */
typedef struct line_strings {
    buf scratch[KEY_COUNT];
    slice text[KEY_COUNT]; /* data NULL: absent or no string */
} line_strings;

static void line_strings_init(line_strings *s, const json_value *values, size_t max_bytes)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        buf_init(&s->scratch[i], max_bytes);
        s->text[i] = (slice){0};
        if (values[i].type == JSON_STRING && !json_text(&values[i], &s->scratch[i], &s->text[i]))
            s->text[i] = (slice){0};
    }
}

static void line_strings_deinit(line_strings *s)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        buf_deinit(&s->scratch[i]);
}
DEFINE_AUTO(line_strings, line_strings_deinit)

static slice name_without_extension(const char *name)
{
    const char *dot = strrchr(name, '.');
    return (slice){.data = name, .len = dot && dot > name ? (size_t)(dot - name) : strlen(name)};
}

bool evals_add_line(ngram_index *x, const char *name, slice line, uint64_t number, err *e)
{
    json_value values[KEY_COUNT];
    uint64_t doc_id, instance;
    if (utf8_check(line) != line.len)
        return err_set(e, ERR_CONFIG, "byte %zu of the line is not valid UTF-8", utf8_check(line));
    if (!json_read_members(line, keys, values, KEY_COUNT, NULL, e))
        return false;
    if (!json_unsigned(&values[KEY_DOC_ID], &doc_id))
        return err_set(e, ERR_CONFIG, "no doc_id that is a non-negative integer");
    if (!json_unsigned(&values[KEY_INSTANCE], &instance))
        instance = number;
    AUTO(line_strings) s = {0};
    line_strings_init(&s, values, line.len + 1);
    if (s.text[KEY_QUESTION].len == 0)
        eval_tally_no_question(&x->tally, line);
    slice key = s.text[KEY_EVAL_KEY];
    if (!key.data)
        key = s.text[KEY_EVAL_NAME];
    if (!key.data)
        key = name_without_extension(name);
    eval_input in = {.doc_id = (uint32_t)doc_id,
                     .question = s.text[KEY_QUESTION],
                     .answer = s.text[KEY_ANSWER],
                     .passage = s.text[KEY_PASSAGE],
                     .eval_key = key,
                     .split = s.text[KEY_SPLIT],
                     .fingerprint = s.text[KEY_FINGERPRINT],
                     .reference_file = slice_from(name),
                     .instance = instance,
                     .line = number,
                     .is_correct = values[KEY_IS_CORRECT].type == JSON_BOOL
                                       ? json_is_true(&values[KEY_IS_CORRECT])
                                       : -1};
    return index_add(x, &in, e);
}

#define RECORDS_A_NOTICE 4096

static void tell_progress(const evals_options *o, const ngram_index *x, size_t done, size_t total)
{
    evals_progress now = {.files_done = done, .files_total = total, .records = x->counts.read};
    if (o->on_progress)
        o->on_progress(o->progress_ctx, &now);
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline);
    eval_file *f = ctx;
    bool old_way = f->options->bad_line_ends_file;
    bool blank = slice_trim(text).len == 0;
    index_counts *counts = &f->x->counts;
    err why = ERR_INIT;
    counts->lines++;
    if (f->ended) {
        counts->after_bad_line++;
        return true;
    }
    if ((text.len > 0 && text.data[0] == '#') || (blank && !old_way)) {
        counts->no_records++;
        return true;
    }
    if (evals_add_line(f->x, f->name, text, number, &why)) {
        if (counts->read % RECORDS_A_NOTICE == 0)
            tell_progress(f->options, f->x, f->files_done, f->files_total);
        return true;
    }
    if (!old_way)
        return err_set(e, ERR_CONFIG,
                       "line %" PRIu64 ": %s (mend the line, or take --bad-eval-line end-file to "
                       "leave out what follows it)",
                       number + 1, why.message);
    log_warn("%s: line %" PRIu64 ": %s; the rest of the file is left out", f->path, number + 1,
             why.message);
    f->ended = true;
    counts->after_bad_line++;
    counts->passed_over += counts->indexed - f->indexed_before;
    return true;
}

/* A file that adds nothing to the index is named: its set would pass as looked for. */
static void warn_of_empty_file(const char *path, const index_counts *n, const eval_keys *names)
{
    AUTO(buf) reasons = BUF(1024);
    if (n->indexed > 0)
        return;
    eval_tally_reasons(n, names, &reasons);
    if (n->lines == 0)
        log_warn("%s: the file is empty; nothing of it is in the index", path);
    else
        log_warn("%s: none of its %" PRIu64 " lines is in the index: %s", path, n->lines,
                 buf_str(&reasons));
}

static bool cannot_be_decoded(const evals_options *o, const char *path)
{
    return o->leave_out_bzip2_and_xz && (str_ends_with(path, ".bz2") || str_ends_with(path, ".xz"));
}

static bool load_file(const evals_options *options, const eval_files *list, size_t at,
                      ngram_index *x, err *e)
{
    const char *path = list->paths[at];
    if (cannot_be_decoded(options, path)) {
        log_warn("%s is left out, as compatible asks for", path);
        return true;
    }
    const char *slash = strrchr(path, '/');
    eval_file f = {.x = x,
                   .options = options,
                   .path = path,
                   .name = slash ? slash + 1 : path,
                   .files_done = at,
                   .files_total = list->count,
                   .indexed_before = x->counts.indexed};
    eval_tally_begin_file(&x->tally, &x->counts);
    AUTO_PTR(stage)
    lines =
        stage_lines_new(options->max_line_bytes, "raise max_line_size, or split it", on_line, &f);
    if (!codec_decode_file(path, lines, e))
        return err_context(e, "evaluation file");
    index_counts n = eval_tally_end_file(&x->tally, &x->counts);
    warn_of_empty_file(path, &n, &x->tally.file_keys);
    tell_progress(options, x, at + 1, list->count);
    return true;
}

#define SETS_NAMED 20

/* Sets that are missing from the index, where no warning about a file says so. */
static void warn_of_missing_sets(const eval_tally *t)
{
    size_t missing = 0;
    for (size_t i = 0; i < t->set_count; i++) {
        const eval_set *s = &t->sets[i];
        if (s->indexed > 0 || !s->from_mixed)
            continue;
        if (++missing <= SETS_NAMED)
            log_warn("set %s: none of its %" PRIu64 " records is in the index", s->name, s->read);
    }
    if (missing > SETS_NAMED)
        log_warn("%zu more sets have no record in the index", missing - SETS_NAMED);
}

bool evals_load(const evals_options *options, ngram_index *x, err *e)
{
    AUTO(eval_files) list = {0};
    if (!eval_files_find(options->dir, &list, e))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!load_file(options, &list, i, x, e))
            return false;
    warn_of_missing_sets(&x->tally);
    log_info("%zu evaluation files read from %s", list.count, options->dir);
    return true;
}
