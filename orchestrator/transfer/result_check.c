#include "orchestrator/transfer/result_check.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/json/json_read.h"
#include "base/utf8.h"
#include "decon/base/fsutil.h"

#define LINE_MAX_BYTES ((size_t)1 << 30)

void result_facts_deinit(result_facts *f)
{
    free(f->report_path);
    free(f->cleaned_path);
    *f = (result_facts){0};
}

char *result_resolve(const char *path, const char *server_dir, err *e)
{
    if (fs_exists(path))
        return fs_absolute(path, e);
    if (path[0] != '/' && server_dir) {
        const char *slash = strrchr(path, '/');
        AUTO_FREE char *below = xasprintf("%s/%s", server_dir, slash ? slash + 1 : path);
        if (fs_exists(below))
            return fs_absolute(below, e);
    }
    err_set(e, ERR_RESULT, "the detection server names %s, which does not exist%s", path,
            path[0] == '/'
                ? ""
                : "; start the server with absolute output directories, on this machine");
    return NULL;
}

/* --- the lines that a report names --- */

typedef struct line_set {
    uint64_t *numbers;
    size_t count, capacity;
    uint64_t input_lines;
} line_set;

static void add_number(line_set *set, uint64_t number)
{
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 256;
        set->numbers = xrealloc(set->numbers, set->capacity * sizeof *set->numbers);
    }
    set->numbers[set->count++] = number;
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

static uint64_t count_distinct(line_set *set)
{
    if (set->count == 0)
        return 0;
    qsort(set->numbers, set->count, sizeof *set->numbers, compare_numbers);
    uint64_t distinct = 1;
    for (size_t i = 1; i < set->count; i++)
        distinct += set->numbers[i] != set->numbers[i - 1];
    return distinct;
}

/* One file after the other: each decoder may have all of the memory. */
static bool decode(const result_options *o, const char *path, stage *sink, err *e)
{
    codec_options options = o->codec;
    options.threads = 0;
    return codec_decode_file_with(path, &options, sink, e);
}

static bool read_report(const result_options *o, const char *path, uint64_t input_lines,
                        uint64_t *distinct, err *e)
{
    line_set set = {.input_lines = input_lines};
    AUTO_PTR(stage) lines = stage_lines_new(LINE_MAX_BYTES, NULL, note_line, &set);
    bool ok = decode(o, path, lines, e);
    *distinct = ok ? count_distinct(&set) : 0;
    AUTO_FREE uint64_t *numbers = set.numbers;
    UNUSED(numbers);
    if (ok && *distinct == 0)
        return err_set(e, ERR_RESULT, "%s: a report without a line", path);
    return ok;
}

/* --- counting lines --- */

typedef struct line_count {
    uint64_t newlines;
    bool open_end; /* the last byte so far is no newline */
} line_count;

static bool count_piece(void *ctx, slice data, err *e)
{
    UNUSED(e);
    line_count *c = ctx;
    const char *p = data.data, *end = data.data + data.len;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        c->newlines++;
        p++;
    }
    if (data.len)
        c->open_end = data.data[data.len - 1] != '\n';
    return true;
}

static bool count_lines(const result_options *o, const char *path, uint64_t *lines, err *e)
{
    line_count count = {0};
    AUTO_PTR(stage) counter = stage_callback_new(count_piece, NULL, &count);
    if (!decode(o, path, counter, e))
        return false;
    *lines = count.newlines + count.open_end;
    return true;
}

/* --- the check --- */

static bool format_of_file(const char *path, codec_format *format, err *e)
{
    char head[CODEC_MAGIC_BYTES];
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof head);
    if (got < 0)
        return err_set(e, ERR_IO, "%s: cannot be read", path);
    *format = codec_by_magic((slice){head, (size_t)got});
    return true;
}

static bool check_cleaned(const result_options *o, uint64_t input_lines, result_facts *out, err *e)
{
    uint64_t kept = 0;
    if (!count_lines(o, out->cleaned_path, &kept, e))
        return err_context(e, "the server's cleaned file");
    if (kept + out->contaminated_lines == input_lines)
        return true;
    return err_set(e, ERR_RESULT,
                   "%s: the cleaned file has %llu lines and the report names %llu, but the input "
                   "has %llu: the server did not read all of it; nothing was committed",
                   o->name, (unsigned long long)kept, (unsigned long long)out->contaminated_lines,
                   (unsigned long long)input_lines);
}

static bool recode(const result_options *o, result_facts *out, err *e)
{
    codec_format format = CODEC_PLAIN;
    if (!format_of_file(out->cleaned_path, &format, e))
        return false;
    out->recoded = format != o->format;
    const char *path = out->recoded ? o->recode_path : out->cleaned_path;
    return (!out->recoded ||
            codec_recode_file_with(out->cleaned_path, o->recode_path, o->format, &o->codec, e)) &&
           fs_size(path, &out->cleaned_bytes, e);
}

static bool find_files(const result_options *o, result_facts *out, err *e)
{
    if (o->report_path && !(out->report_path = result_resolve(o->report_path, o->report_dir, e)))
        return err_context(e, "%s", o->name);
    if (o->cleaned_path &&
        !(out->cleaned_path = result_resolve(o->cleaned_path, o->cleaned_dir, e)))
        return err_context(e, "%s", o->name);
    if (o->report_path && o->purify && !o->cleaned_path)
        return err_set(e, ERR_RESULT,
                       "%s: contaminated, but the purifying server gave no cleaned file", o->name);
    return true;
}

bool result_check(const result_options *o, result_facts *out, err *e)
{
    *out = (result_facts){0};
    uint64_t lines = o->lines;
    if (!find_files(o, out, e) || (!o->lines_known && !count_lines(o, o->input_path, &lines, e)))
        return false;
    if (out->report_path &&
        (!read_report(o, out->report_path, lines, &out->contaminated_lines, e) ||
         !fs_size(out->report_path, &out->report_bytes, e)))
        return false;
    if (!out->cleaned_path)
        return true;
    return check_cleaned(o, lines, out, e) && (!out->report_path || recode(o, out, e));
}

/* --- on a worker --- */

struct result_task {
    pool_task task; /* first */
    result_options options;
    char *strings[7]; /* copies that options points to */
    result_facts facts;
    err error;
    bool ok, cancelled;
    uint64_t memory_needed; /* where it is more than the ticket has */
    pool *pool;             /* loop only */
    codec_memory *memory;   /* loop only */
    codec_ticket ticket;
    void (*on_done)(void *ctx, result_facts *facts, const err *error);
    void *ctx;
};

static void run_check(pool_task *task)
{
    result_task *t = (result_task *)task;
    result_facts_deinit(&t->facts);
    t->error = (err)ERR_INIT;
    t->memory_needed = 0;
    t->options.codec.memory_bytes = t->ticket.bytes;
    t->options.codec.memory_needed = &t->memory_needed;
    t->ok = result_check(&t->options, &t->facts, &t->error);
}

static void task_free(result_task *t)
{
    codec_memory_give(t->memory, &t->ticket);
    result_facts_deinit(&t->facts);
    for (size_t i = 0; i < ARRAY_LEN(t->strings); i++)
        free(t->strings[i]);
    free(t);
}

/* A file asks for more than it was let in with: all over again when that is there. False: it will
 * never be. */
static bool ask_for_more(result_task *t)
{
    uint64_t needed = t->memory_needed;
    if (t->ok || t->cancelled || needed <= t->ticket.bytes)
        return false;
    if (needed > codec_memory_limit(t->memory)) {
        codec_memory_advise(t->memory, &t->error);
        return false;
    }
    codec_memory_give(t->memory, &t->ticket);
    codec_memory_ask(t->memory, &t->ticket, needed);
    return true;
}

static void check_done(pool_task *task)
{
    result_task *t = (result_task *)task;
    if (ask_for_more(t))
        return;
    if (!t->cancelled)
        t->on_done(t->ctx, &t->facts, t->ok ? NULL : &t->error);
    task_free(t);
}

/* The server's name for its file tells the format; where it does not, more is asked for later. */
static uint64_t memory_of_recoding(const result_options *o)
{
    codec_format from = codec_by_suffix(o->cleaned_path);
    return from == o->format ? 0 : codec_recode_memory(from, o->format, &o->codec);
}

/* The codecs that are open at once; fewer threads, until they fit into the whole of the memory. */
static uint64_t memory_of(result_options *o, uint64_t limit)
{
    uint64_t needed = codec_decoder_memory(CODEC_PLAIN, 0); /* of the report */
    if (!o->lines_known)
        needed = MAX(needed, codec_decoder_memory(codec_by_suffix(o->input_path), 0));
    if (!o->cleaned_path)
        return needed;
    needed = MAX(needed, codec_decoder_memory(codec_by_suffix(o->cleaned_path), 0));
    if (!o->report_path)
        return needed;
    while (o->codec.threads > 0 && memory_of_recoding(o) > limit)
        o->codec.threads--;
    return MAX(needed, memory_of_recoding(o));
}

/* An encoder that never fits is told of before anything is read. */
static bool refuse_encoder(result_task *t, uint64_t needed)
{
    t->ok = err_set(&t->error, ERR_CODEC_MEMORY,
                    "%s: its cleaned file cannot be written as %s of level %d, which needs %llu "
                    "MiB of memory; lower %s_level",
                    t->options.name, codec_get(t->options.format)->name, t->options.codec.level,
                    (unsigned long long)((needed + (1u << 20) - 1) >> 20),
                    codec_get(t->options.format)->name);
    codec_memory_advise(t->memory, &t->error);
    return false;
}

static bool encoder_fits(const result_options *o, uint64_t limit)
{
    return !o->cleaned_path || !o->report_path || memory_of_recoding(o) == 0 ||
           codec_encoder_memory(o->format, &o->codec) < limit;
}

static void run_nothing(pool_task *task)
{
    UNUSED(task);
}

static void on_admitted(codec_ticket *ticket)
{
    result_task *t = (result_task *)((char *)ticket - offsetof(result_task, ticket));
    pool_submit(t->pool, &t->task);
}

/* What decodes and encodes waits for its memory first. */
static void begin_check(result_task *t)
{
    uint64_t limit = codec_memory_limit(t->memory), needed = memory_of(&t->options, limit);
    if (!encoder_fits(&t->options, limit) && !refuse_encoder(t, needed)) {
        t->task.run = run_nothing;
        needed = 0;
    }
    t->ticket.on_admitted = on_admitted;
    codec_memory_ask(t->memory, &t->ticket, needed);
}

result_task *result_check_start(pool *p, codec_memory *memory, const result_options *options,
                                void (*on_done)(void *ctx, result_facts *facts, const err *error),
                                void *ctx)
{
    result_task *t = xcalloc(1, sizeof *t);
    t->task = (pool_task){.run = run_check, .done = check_done};
    t->options = *options;
    t->on_done = on_done;
    t->ctx = ctx;
    const char **borrowed[] = {&t->options.name,        &t->options.input_path,
                               &t->options.report_path, &t->options.cleaned_path,
                               &t->options.report_dir,  &t->options.cleaned_dir,
                               &t->options.recode_path};
    for (size_t i = 0; i < ARRAY_LEN(borrowed); i++)
        if (*borrowed[i])
            *borrowed[i] = t->strings[i] = xstrdup(*borrowed[i]);
    t->pool = p;
    t->memory = memory;
    begin_check(t);
    return t;
}

void result_check_cancel(result_task *t)
{
    if (!t)
        return;
    t->cancelled = true;
    if (t->ticket.waiting) /* else check_done ends it */
        task_free(t);
}
