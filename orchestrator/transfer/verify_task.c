#include "base/util.h"
#include "orchestrator/transfer/verify_task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#define READ_BYTES (256u << 10)
/* Bytes that a core reads in about 50 ms: one time slice on a worker. Shorter slices would spend
 * most of their time waiting for a busy loop thread. */
#define VISIT_PLAIN_BYTES ((uint64_t)64 << 20)
#define VISIT_CODED_BYTES ((uint64_t)12 << 20)
/* Progress notifications per time slice. */
#define REPORTS_PER_SLICE 32

struct verifier {
    pool *pool;
    codec_memory *memory;
    codec_options codec;
    /* of the detection server; UINT64_MAX: unknown */
    uint64_t server_bytes;      /* of one decoder */
    uint64_t server_line_bytes; /* of a line */
};

struct verify_task {
    pool_task task; /* first */

    /* immutable */
    verifier *verifier;
    verify_task_options options;
    char *name;
    int fd;
    uint64_t visit_bytes;
    bool line_limit_is_servers; /* not the configuration's */

    /* loop only */
    uint64_t prefix_bytes;
    s3_checksum_kind hash_by;
    codec_ticket ticket;
    bool whole, running, cancelled, restart;

    /* the worker's while it runs, otherwise the loop's */
    uint64_t from, to;
    bool finish;
    verify *verify;
    s3_hash hash, sha256;
    uint64_t reported_bytes; /* `from` at the last report */
    bool finished, failed;
    verdict verdict;
    s3_checksum hashed;
    err error;

    /* written by the worker, read by the loop */
    _Atomic uint64_t read_bytes;
};

verifier *verifier_new(pool *p, codec_memory *memory, const codec_options *codec)
{
    verifier *v = xcalloc(1, sizeof *v);
    v->pool = p;
    v->memory = memory;
    v->codec = *codec;
    v->server_bytes = v->server_line_bytes = UINT64_MAX;
    return v;
}

void verifier_set_server_limits(verifier *v, uint64_t codec_bytes, uint64_t line_bytes)
{
    v->server_bytes = codec_bytes ? codec_bytes : UINT64_MAX;
    v->server_line_bytes = line_bytes ? line_bytes : UINT64_MAX;
}

void verifier_free(verifier *v)
{
    free(v);
}

static void task_free(verify_task *t)
{
    s3_hash_deinit(&t->hash);
    s3_hash_deinit(&t->sha256);
    verify_free(t->verify);
    line_hashes_unref(t->options.lines);
    close(t->fd);
    free(t->name);
    free(t);
}

/* --- on a worker --- */

static void report_read(verify_task *t)
{
    if (t->from - t->reported_bytes < t->visit_bytes / REPORTS_PER_SLICE)
        return;
    t->reported_bytes = t->from;
    atomic_store(&t->read_bytes, t->from);
    pool_notify(t->verifier->pool, &t->task);
}

static bool feed_range(verify_task *t, char *buffer, err *e)
{
    while (t->from < t->to) {
        size_t wanted = (size_t)MIN((uint64_t)READ_BYTES, t->to - t->from);
        ssize_t got = pread(t->fd, buffer, wanted, (off_t)t->from);
        if (got < 0)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot read the local copy", t->name);
        if (got == 0)
            return err_set(e, ERR_IO, "%s: the local copy ends at byte %llu, %llu were expected",
                           t->name, (unsigned long long)t->from, (unsigned long long)t->to);
        s3_hash_update(&t->hash, buffer, (size_t)got);
        s3_hash_update(&t->sha256, buffer, (size_t)got);
        if (!verify_feed(t->verify, (slice){buffer, (size_t)got}, e))
            return false;
        t->from += (uint64_t)got;
        report_read(t);
    }
    return true;
}

static bool begin_verification(verify_task *t, err *e)
{
    linehash_sink lines = {0};
    if (t->options.lines)
        lines = line_hashes_begin(t->options.lines);
    verify_options options = {
        .level = t->options.level,
        .name = t->name,
        .jsonl = t->options.jsonl,
        .codec = t->verifier->codec,
        .lines = t->options.lines ? &lines : NULL,
    };
    options.codec.memory_bytes = t->ticket.bytes;
    t->verify = verify_new(&options, e);
    return t->verify != NULL;
}

static bool finish_verification(verify_task *t, err *e)
{
    t->hashed = s3_hash_final(&t->hash);
    if (!verify_finish(t->verify, &t->verdict, e))
        return false;
    if (t->options.lines)
        line_hashes_end(t->options.lines);
    return true;
}

static bool verify_piece(verify_task *t, err *e)
{
    AUTO_FREE char *buffer = xrealloc(NULL, (size_t)MIN((uint64_t)READ_BYTES, t->to - t->from + 1));
    return (t->verify || begin_verification(t, e)) && feed_range(t, buffer, e) &&
           (!t->finish || finish_verification(t, e));
}

static void run_piece(pool_task *task)
{
    verify_task *t = (verify_task *)task;
    t->failed = !verify_piece(t, &t->error);
    t->finished = t->finish && !t->failed;
}

/* --- on the loop --- */

static verify_task *task_of(codec_ticket *ticket)
{
    return (verify_task *)((char *)ticket - offsetof(verify_task, ticket));
}

/* Submits the next piece to the pool, if there is one and none is in the pool. */
static void submit_next(verify_task *t)
{
    if (!t->ticket.admitted || t->running)
        return;
    uint64_t ready = t->prefix_bytes - t->from;
    bool last = t->whole && ready <= t->visit_bytes;
    if (ready == 0 && !last)
        return;
    if (!t->whole && ready < READ_BYTES)
        return; /* waits for a full time slice */
    t->to = t->from + MIN(ready, t->visit_bytes);
    t->finish = last;
    t->running = true;
    pool_submit(t->verifier->pool, &t->task);
}

static void begin_sha256(verify_task *t)
{
    s3_hash_deinit(&t->sha256);
    s3_hash_init(&t->sha256, t->options.sha256 ? S3_CHECKSUM_SHA256 : S3_CHECKSUM_NONE);
}

static void start_over(verify_task *t)
{
    t->restart = t->failed = t->finished = false;
    verify_free(move(t->verify));
    t->from = t->reported_bytes = 0;
    s3_hash_deinit(&t->hash);
    s3_hash_init(&t->hash, t->hash_by);
    begin_sha256(t);
}

/* A line beyond only the server's limit: advises to raise the server's option. */
static void advise_line_size(const verify_task *t, err *e)
{
    if (e->code == ERR_LIMIT && t->line_limit_is_servers)
        err_append(e, "; the detection server cannot read it: raise its max_line_size");
}

/* Ends the task: releases its codec memory and reports the verdict. */
static void end_task(verify_task *t)
{
    verifier *v = t->verifier;
    if (t->failed)
        advise_line_size(t, &t->error);
    codec_memory_give(v->memory, &t->ticket);
    if (!t->cancelled && !t->failed && t->options.sha256)
        *t->options.sha256 = s3_hash_final(&t->sha256);
    if (!t->cancelled)
        t->options.on_done(t->options.ctx, t->failed ? NULL : &t->verdict,
                           t->failed ? NULL : &t->hashed, t->failed ? &t->error : NULL);
    task_free(t);
}

/* The decoder needs more memory than it was admitted with: starts over when that is available.
 * False: beyond the limit. */
static bool ask_for_more(verify_task *t)
{
    codec_memory *memory = t->verifier->memory;
    uint64_t needed = t->verify ? verify_memory_needed(t->verify) : 0;
    if (t->error.code != ERR_CODEC_MEMORY || needed <= t->ticket.bytes)
        return false;
    if (needed > t->verifier->server_bytes) {
        codec_memory_advise_server(t->verifier->server_bytes, &t->error);
        return false;
    }
    if (needed > codec_memory_limit(memory)) {
        codec_memory_advise(memory, &t->error);
        return false;
    }
    start_over(t);
    codec_memory_give(memory, &t->ticket);
    codec_memory_ask(memory, &t->ticket, needed);
    return true;
}

static void piece_notified(pool_task *task)
{
    verify_task *t = (verify_task *)task;
    if (t->options.on_read && !t->cancelled && !t->restart)
        t->options.on_read(t->options.ctx, atomic_load(&t->read_bytes));
}

static void piece_done(pool_task *task)
{
    verify_task *t = (verify_task *)task;
    t->running = false;
    if (t->cancelled) {
        end_task(t);
        return;
    }
    if (t->restart)
        start_over(t); /* results of the old bytes are discarded */
    if (t->failed && ask_for_more(t))
        return;
    if (t->failed || t->finished) {
        end_task(t);
        return;
    }
    uint64_t read_bytes = t->from;
    submit_next(t);
    if (t->options.on_read)
        t->options.on_read(t->options.ctx, read_bytes);
}

static void on_admitted(codec_ticket *ticket)
{
    submit_next(task_of(ticket));
}

static uint64_t bytes_of_a_visit(const char *name)
{
    return codec_by_suffix(name) == CODEC_PLAIN ? VISIT_PLAIN_BYTES : VISIT_CODED_BYTES;
}

uint64_t verify_task_ahead_bytes(verify_level level, const char *name)
{
    return level == VERIFY_NONE ? 0 : bytes_of_a_visit(name);
}

static uint64_t line_limit(const jsonl_options *o)
{
    return o->max_line_bytes ? o->max_line_bytes : JSONL_LINE_BYTES;
}

verify_task *verify_task_start(verifier *v, const verify_task_options *options, err *e)
{
    int fd = fcntl(options->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot duplicate its descriptor", options->name);
        return NULL;
    }
    verify_task *t = xcalloc(1, sizeof *t);
    t->task = (pool_task){.run = run_piece, .done = piece_done, .notified = piece_notified};
    t->verifier = v;
    t->options = *options;
    t->options.lines = options->level == VERIFY_NONE ? NULL : line_hashes_ref(options->lines);
    t->line_limit_is_servers = v->server_line_bytes < line_limit(&options->jsonl);
    if (t->line_limit_is_servers)
        t->options.jsonl.max_line_bytes = v->server_line_bytes;
    t->name = xstrdup(options->name);
    t->fd = fd;
    begin_sha256(t);
    t->visit_bytes = bytes_of_a_visit(options->name);
    t->ticket.on_admitted = on_admitted;
    uint64_t usual = codec_decoder_memory(codec_by_suffix(options->name), v->codec.threads);
    codec_memory_ask(v->memory, &t->ticket, MIN(usual, v->server_bytes));
    return t;
}

void verify_task_hash_by(verify_task *t, s3_checksum_kind kind)
{
    t->hash_by = kind;
    if (t->from > 0 || t->running || t->hash.kind == kind)
        return;
    s3_hash_deinit(&t->hash);
    s3_hash_init(&t->hash, kind);
}

void verify_task_grow(verify_task *t, uint64_t prefix_bytes)
{
    if (prefix_bytes < t->prefix_bytes)
        return;
    t->prefix_bytes = prefix_bytes;
    submit_next(t);
}

void verify_task_end(verify_task *t, uint64_t size_bytes)
{
    t->prefix_bytes = size_bytes;
    t->whole = true;
    submit_next(t);
}

void verify_task_restart(verify_task *t)
{
    t->prefix_bytes = 0;
    t->whole = false;
    if (t->running)
        t->restart = true;
    else
        start_over(t);
}

void verify_task_cancel(verify_task *t)
{
    if (!t)
        return;
    verifier *v = t->verifier;
    t->cancelled = true;
    if (t->running)
        return; /* piece_done ends it */
    codec_memory_give(v->memory, &t->ticket);
    task_free(t);
}
