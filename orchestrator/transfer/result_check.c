#include "base/util.h"
#include "orchestrator/transfer/result_check.h"

#include <errno.h>
#include <unistd.h>

#include "orchestrator/transfer/result_report.h"

void result_facts_deinit(result_facts *f)
{
    result_file_deinit(&f->report);
    result_file_deinit(&f->near);
    result_file_deinit(&f->cleaned);
    if (f->recoded_fd > 0)
        close(f->recoded_fd);
    set_counts_deinit(&f->sets);
    *f = (result_facts){0};
}

/* Files are decoded one after the other: each decoder may use all of the memory. */
static bool decode(const result_options *o, int fd, const char *path, stage *sink, err *e)
{
    codec_options options = o->codec;
    options.threads = 0;
    return codec_decode_fd_with(fd, path, &options, sink, e);
}

/* --- the check --- */

static bool format_of_file(const result_file *file, codec_format *format, err *e)
{
    char head[CODEC_MAGIC_BYTES];
    ssize_t got = pread(file->fd, head, sizeof head, 0);
    if (got < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be read", file->path);
    *format = codec_by_magic((slice){head, (size_t)got});
    return true;
}

/* Any decoding error makes the result invalid. */
static bool refuse(err *e)
{
    static const err_code faults[] = {ERR_CODEC_EARLY_END, ERR_CODEC_CORRUPT, ERR_CODEC_TRAILING,
                                      ERR_CODEC_UNSUPPORTED, ERR_LIMIT};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        if (e->code == faults[i])
            e->code = ERR_RESULT;
    return false;
}

/* State of reading the texts. */
typedef struct reading {
    const result_options *options;
    result_facts *facts;
} reading;

static bool read_input(void *ctx, stage *sink, err *e)
{
    const reading *r = ctx;
    const result_options *o = r->options;
    AUTO_FREE char *path = workdir_final_path(o->workdir, o->key);
    AUTO_FD fd = workdir_whole_open(o->workdir, o->key, e);
    return fd >= 0 && decode(o, fd, path, sink, e);
}

static bool read_report(void *ctx, stage *sink, err *e)
{
    const reading *r = ctx;
    const result_file *report = &r->facts->report;
    return decode(r->options, report->fd, report->path, sink, e) || refuse(e);
}

static bool read_cleaned(void *ctx, stage *sink, err *e)
{
    const reading *r = ctx;
    const result_file *cleaned = &r->facts->cleaned;
    return decode(r->options, cleaned->fd, cleaned->path, sink, e) || refuse(e) ||
           err_context(e, "the server's cleaned file");
}

static void forget_recoded(const reading *r)
{
    const result_options *o = r->options;
    if (r->facts->recoded_fd <= 0)
        return;
    close(r->facts->recoded_fd);
    r->facts->recoded_fd = 0;
    UNUSED(!workdir_file_remove(o->workdir, o->key, WORKDIR_RECODED, NULL));
}

/* Compares and encodes again in one pass, so that the compared text is written. */
static bool recode_cleaned(void *ctx, stage *sink, err *e)
{
    const reading *r = ctx;
    const result_options *o = r->options;
    const result_file *cleaned = &r->facts->cleaned;
    codec_options codec = o->codec;
    codec.watch = sink;
    forget_recoded(r); /* of the previous attempt */
    int fd = workdir_file_create(o->workdir, o->key, WORKDIR_RECODED, e);
    if (fd < 0)
        return false;
    r->facts->recoded_fd = fd;
    return codec_recode_fd_with(cleaned->fd, cleaned->path, fd, o->format, &codec, e) ||
           refuse(e) || err_context(e, "the server's cleaned file");
}

static bool check_cleaned(reading *r, const reported_lines *reported, err *e)
{
    const result_options *o = r->options;
    result_facts *out = r->facts;
    codec_format format = CODEC_PLAIN;
    if (!format_of_file(&out->cleaned, &format, e))
        return false;
    bool recode = out->report.path && format != o->format;
    line_check check = {.name = o->name,
                        .removed = reported->numbers,
                        .removed_count = reported->count,
                        .input_lines = out->lines,
                        .hashes = o->hashes,
                        .input = {read_input, r},
                        .cleaned = {read_cleaned, r},
                        .first = {recode ? recode_cleaned : read_cleaned, r}};
    if (result_lines_compare(&check, e))
        return true;
    forget_recoded(r);
    return false;
}

/* If one of them must not be used, the others are not used either. */
static bool find_files(const result_options *o, result_facts *out, err *e)
{
    if ((o->report_path &&
         !result_file_open(o->dirs, o->report_path, o->job_id, &out->report, e)) ||
        (o->near_path && !result_file_open(o->dirs, o->near_path, o->job_id, &out->near, e)) ||
        (o->cleaned_path &&
         !result_file_open(o->dirs, o->cleaned_path, o->job_id, &out->cleaned, e))) {
        result_facts_deinit(out);
        return err_context(e, "%s", o->name);
    }
    if (o->report_path && o->purify && !o->cleaned_path)
        return err_set(e, ERR_RESULT,
                       "%s: contaminated, but the purifying server returned no cleaned file",
                       o->name);
    return true;
}

/* The file did not change while it was read. */
static bool check_unchanged(const result_file *file, err *e)
{
    return !file->path || result_file_unchanged(file) ||
           err_set(e, ERR_RESULT, "%s: changed while it was checked; run again", file->path);
}

/* A verification that read the file counted its lines. */
static bool know_lines(reading *r, err *e)
{
    const result_options *o = r->options;
    const text_reader input = {read_input, r};
    r->facts->lines = o->lines;
    return o->lines_known || result_lines_count(&input, o->hashes, &r->facts->lines, e);
}

bool result_check(const result_options *o, result_facts *out, err *e)
{
    *out = (result_facts){0};
    reading r = {.options = o, .facts = out};
    AUTO(reported_lines) reported = {0};
    const text_reader report = {read_report, &r};
    if (!find_files(o, out, e) || !know_lines(&r, e))
        return false;
    if (out->report.path &&
        !result_report_read(&report, out->report.path, out->lines, &reported, e))
        return false;
    out->report_bytes = out->report.identity.size_bytes;
    out->contaminated_lines = reported.count;
    out->sets = reported.sets;
    reported.sets = (set_counts){0};
    return (!out->cleaned.path || check_cleaned(&r, &reported, e)) &&
           check_unchanged(&out->report, e) && check_unchanged(&out->near, e) &&
           check_unchanged(&out->cleaned, e);
}

/* --- on a worker --- */

typedef struct result_task {
    op op;
    pool_task task;
    result_options options;
    char *strings[6]; /* copies that options points to */
    result_facts facts;
    err error;
    bool ok;
    uint64_t memory_needed; /* if it is more than the ticket has */
    pool *pool;             /* loop only */
    codec_memory *memory;   /* loop only */
    codec_ticket ticket;
    void (*on_done)(void *ctx, result_facts *facts, const err *error);
} result_task;

static result_task *task_of(pool_task *task)
{
    return (result_task *)((char *)task - offsetof(result_task, task));
}

static void run_check(pool_task *task)
{
    result_task *t = task_of(task);
    result_facts_deinit(&t->facts);
    t->error = (err)ERR_INIT;
    t->memory_needed = 0;
    t->options.codec.memory_bytes = t->ticket.bytes;
    t->options.codec.memory_needed = &t->memory_needed;
    t->ok = result_check(&t->options, &t->facts, &t->error);
}

static void check_report(op *o, const err *error)
{
    result_task *t = (result_task *)o;
    t->on_done(o->ctx, &t->facts, error);
}

static void check_free(op *o)
{
    result_task *t = (result_task *)o;
    codec_memory_give(t->memory, &t->ticket);
    result_facts_deinit(&t->facts);
    line_hashes_unref(t->options.hashes);
    for (size_t i = 0; i < ARRAY_LEN(t->strings); i++)
        free(t->strings[i]);
    free(t);
}

/* Otherwise a worker uses its memory, and check_done ends it. */
static void check_cancel(op *o)
{
    result_task *t = (result_task *)o;
    if (t->ticket.waiting)
        op_finish(o, NULL);
}

static const op_kind check_kind = {
    .free = check_free, .cancel = check_cancel, .report = check_report};

/* A file needs more memory than it was admitted with: starts over when that is available. False:
 * beyond the limit. */
static bool ask_for_more(result_task *t)
{
    uint64_t needed = t->memory_needed;
    if (t->ok || t->op.cancelled || needed <= t->ticket.bytes)
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
    result_task *t = task_of(task);
    if (!ask_for_more(t))
        op_finish(&t->op, t->ok ? NULL : &t->error);
}

/* The format follows from the file's suffix; without one, more memory is requested later. */
static uint64_t memory_of_recoding(const result_options *o)
{
    codec_format from = codec_by_suffix(o->cleaned_path);
    return from == o->format ? 0 : codec_recode_memory(from, o->format, &o->codec);
}

static codec_format input_format(const result_options *o)
{
    AUTO_FREE char *path = workdir_final_path(o->workdir, o->key);
    return codec_by_suffix(path);
}

/* Memory of the codecs that are open at once; threads are reduced until it fits the limit. */
static uint64_t memory_of(result_options *o, uint64_t limit)
{
    uint64_t needed = codec_decoder_memory(CODEC_PLAIN, 0); /* of the report */
    if (!o->lines_known || (o->cleaned_path && !line_hashes_whole(o->hashes, o->lines)))
        needed = MAX(needed, codec_decoder_memory(input_format(o), 0));
    if (!o->cleaned_path)
        return needed;
    needed = MAX(needed, codec_decoder_memory(codec_by_suffix(o->cleaned_path), 0));
    if (!o->report_path)
        return needed;
    while (o->codec.threads > 0 && memory_of_recoding(o) > limit)
        o->codec.threads--;
    return MAX(needed, memory_of_recoding(o));
}

/* An encoder beyond the limit is reported before anything is read. */
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

op *result_check_start(pool *p, codec_memory *memory, const result_options *options,
                       void (*on_done)(void *ctx, result_facts *facts, const err *error), void *ctx)
{
    result_task *t = op_new(&check_kind, sizeof *t, NULL, NULL);
    t->op.ctx = ctx;
    t->task = (pool_task){.run = run_check, .done = check_done};
    t->options = *options;
    t->options.hashes = line_hashes_ref(options->hashes);
    t->on_done = on_done;
    const char **borrowed[] = {&t->options.name,      &t->options.key,
                               &t->options.job_id,    &t->options.report_path,
                               &t->options.near_path, &t->options.cleaned_path};
    for (size_t i = 0; i < ARRAY_LEN(borrowed); i++)
        if (*borrowed[i])
            *borrowed[i] = t->strings[i] = xstrdup(*borrowed[i]);
    t->pool = p;
    t->memory = memory;
    begin_check(t);
    return op_started(&t->op);
}
