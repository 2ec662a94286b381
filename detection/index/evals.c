#include "detection/index/evals.h"

#include <inttypes.h>

#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "base/json/json_read.h"
#include "detection/index/build_team.h"
#include "detection/index/eval_files.h"
#include "detection/index/index_build.h"
#include "detection/text/unicode.h"

/* One evaluation file while it is read. */
typedef struct eval_file {
    ngram_index *x;
    build_team *team;
    team_work work;
    stage *lines; /* passes lines on to the team */
    const evals_options *options;
    const char *path;
    const char *name;
    size_t files_done, files_total;
    uint64_t indexed_before;
    bool ended; /* by a bad line, with bad_eval_line end-file */
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

/* The strings of one line, each with a buf for its unescaped text. */
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

/* A line's members for the index. Texts are borrowed from the line, or from `s`. */
typedef struct eval_line {
    line_strings strings;
    eval_input in;
} eval_line;

static void eval_line_deinit(eval_line *l)
{
    line_strings_deinit(&l->strings);
}
DEFINE_AUTO(eval_line, eval_line_deinit)

static bool read_line(eval_line *l, const char *name, slice line, uint64_t number, err *e)
{
    json_value values[KEY_COUNT];
    uint64_t doc_id, instance;
    const slice *text = l->strings.text;
    if (utf8_check(line) != line.len)
        return err_set(e, ERR_CONFIG, "byte %zu of the line is not valid UTF-8", utf8_check(line));
    if (!json_read_members(line, keys, values, KEY_COUNT, NULL, e))
        return false;
    if (!json_unsigned(&values[KEY_DOC_ID], &doc_id))
        return err_set(e, ERR_CONFIG, "no doc_id that is a non-negative integer");
    if (!json_unsigned(&values[KEY_INSTANCE], &instance))
        instance = number;
    line_strings_init(&l->strings, values, line.len + 1);
    slice key = text[KEY_EVAL_KEY].data ? text[KEY_EVAL_KEY] : text[KEY_EVAL_NAME];
    l->in = (eval_input){.doc_id = (uint32_t)doc_id,
                         .question = text[KEY_QUESTION],
                         .answer = text[KEY_ANSWER],
                         .passage = text[KEY_PASSAGE],
                         .eval_key = key.data ? key : eval_set_of_file(name),
                         .split = text[KEY_SPLIT],
                         .fingerprint = text[KEY_FINGERPRINT],
                         .reference_file = slice_from(name),
                         .instance = instance,
                         .line = number,
                         .is_correct = values[KEY_IS_CORRECT].type == JSON_BOOL
                                           ? json_is_true(&values[KEY_IS_CORRECT])
                                           : -1};
    return true;
}

bool evals_add_line(ngram_index *x, const char *name, slice line, uint64_t number, err *e)
{
    AUTO(eval_line) l = {0};
    if (!read_line(&l, name, line, number, e))
        return false;
    if (l.in.question.len == 0)
        eval_tally_no_question(&x->tally, line);
    return index_add(x, &l.in, e);
}

#define RECORDS_A_NOTICE 4096

static void tell_progress(const evals_options *o, const ngram_index *x, size_t done, size_t total)
{
    evals_progress now = {.files_done = done, .files_total = total, .records = x->counts.read};
    if (o->on_progress)
        o->on_progress(o->progress_ctx, &now);
}

static bool is_blank(const eval_file *f, slice text)
{
    if (text.len > 0 && text.data[0] == '#')
        return true;
    return !f->options->bad_line_ends_file && slice_trim(text).len == 0;
}

/* `strings` must outlive the texts that are borrowed from them. */
static void keep_names(eval_input *in, arena *a)
{
    in->eval_key = arena_text(a, in->eval_key);
    in->split = arena_text(a, in->split);
    in->fingerprint = arena_text(a, in->fingerprint);
}

static void prepare_line(void *ctx, preparer *p, team_line *line, arena *a)
{
    const eval_file *f = ctx;
    err e = ERR_INIT;
    line->is_blank = is_blank(f, line->text);
    if (line->is_blank)
        return;
    AUTO(eval_line) l = {0};
    if (read_line(&l, f->name, line->text, line->number, &e) &&
        prepare_record(p, f->x, &l.in, a, &line->record, &e))
        keep_names(&line->record.in, a);
    else
        line->fault = arena_text(a, slice_from(e.message)).data;
}

static bool refuse_line(eval_file *f, const team_line *line, err *e)
{
    index_counts *counts = &f->x->counts;
    if (!f->options->bad_line_ends_file)
        return err_set(e, ERR_CONFIG,
                       "line %" PRIu64 ": %s (fix the line, or use --bad-eval-line end-file to "
                       "ignore the rest of the file)",
                       line->number + 1, line->fault);
    log_warn("%s: line %" PRIu64 ": %s; the rest of the file is skipped", f->path, line->number + 1,
             line->fault);
    f->ended = true;
    counts->after_bad_line++;
    counts->passed_over += counts->indexed - f->indexed_before;
    return true;
}

static bool commit_line(void *ctx, team_line *line, err *e)
{
    eval_file *f = ctx;
    index_counts *counts = &f->x->counts;
    counts->lines++;
    if (f->ended) {
        counts->after_bad_line++;
        return true;
    }
    if (line->is_blank) {
        counts->no_records++;
        return true;
    }
    if (line->fault)
        return refuse_line(f, line, e);
    const evals_options *o = f->options;
    if (o->leaves_out && o->leaves_out(o->leaves_out_ctx, line->record.in.eval_key))
        return true;
    if (line->record.in.question.len == 0)
        eval_tally_no_question(&f->x->tally, line->text);
    index_commit(f->x, &line->record);
    if (counts->read % RECORDS_A_NOTICE == 0)
        tell_progress(f->options, f->x, f->files_done, f->files_total);
    return true;
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline);
    eval_file *f = ctx;
    return build_team_add(f->team, &f->work, text, number, e);
}

static bool feed_lines(void *ctx, slice data, err *e)
{
    return stage_feed(((eval_file *)ctx)->lines, data, e);
}

/* The file's records are in the index when its decoder ends. */
static bool finish_lines(void *ctx, err *e)
{
    eval_file *f = ctx;
    return stage_finish(f->lines, e) && build_team_drain(f->team, e);
}

/* A file that adds nothing to the index is named: otherwise its set would seem to be searched for.
 * */
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

/* `f` outlives the team, which may still prepare lines when this fails. */
static bool load_file(eval_file *f, err *e)
{
    ngram_index *x = f->x;
    eval_tally_begin_file(&x->tally, &x->counts);
    AUTO_PTR(stage)
    lines =
        stage_lines_new(f->options->max_line_bytes, "raise max_line_size, or split it", on_line, f);
    AUTO_PTR(stage) sink = stage_callback_new(feed_lines, finish_lines, f);
    f->lines = lines;
    if (!codec_decode_file(f->path, sink, e))
        return err_context(e, "evaluation file");
    index_counts n = eval_tally_end_file(&x->tally, &x->counts);
    warn_of_empty_file(f->path, &n, &x->tally.file_keys);
    tell_progress(f->options, x, f->files_done + 1, f->files_total);
    return true;
}

static void begin_file(eval_file *f, const eval_files *list, size_t at)
{
    const char *path = list->paths[at], *slash = strrchr(path, '/');
    f->work = (team_work){.prepare = prepare_line, .commit = commit_line, .ctx = f};
    f->path = path;
    f->name = slash ? slash + 1 : path;
    f->files_done = at;
    f->files_total = list->count;
    f->indexed_before = f->x->counts.indexed;
    f->ended = false;
}

static bool load_files(const evals_options *options, const eval_files *list, ngram_index *x, err *e)
{
    eval_file f = {.x = x, .options = options};
    unsigned threads = tokenizer_is_closed(x->tokens) ? options->threads : 0;
    AUTO_PTR(build_team) team = build_team_new(threads, &x->build->preparer);
    f.team = team;
    x->build->helpers = options->threads;
    for (size_t i = 0; i < list->count; i++) {
        if (cannot_be_decoded(options, list->paths[i])) {
            log_warn("%s is skipped, as compatible requires", list->paths[i]);
            continue;
        }
        begin_file(&f, list, i);
        if (!load_file(&f, e))
            return false;
    }
    return true;
}

#define SETS_NAMED 20

/* Sets that are missing from the index and not covered by a warning about a file. */
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
    if (!load_files(options, &list, x, e))
        return false;
    warn_of_missing_sets(&x->tally);
    log_info("%zu evaluation files read from %s", list.count, options->dir);
    return true;
}
