#include "orchestrator/observe/failure_log.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/fleet/run_name.h"

struct failure_log {
    failure_log_options options;
    buf lines;
    size_t written_bytes; /* of `lines`: in the store */
    size_t sending_bytes;
    char *sending; /* a copy, since `lines` grows meanwhile */
    s3_op *put;    /* or NULL */
    bool warned, full;
    void (*on_done)(void *ctx);
    void *ctx;
};

failure_log *failure_log_new(const failure_log_options *options)
{
    failure_log *l = xcalloc(1, sizeof *l);
    l->options = *options;
    buf_init(&l->lines, FAILURE_LOG_MAX_BYTES);
    return l;
}

void failure_log_add(failure_log *l, const failure_line *line)
{
    AUTO(buf) text = BUF(FAILURE_LOG_MAX_BYTES);
    failure_line_write(line, l->options.host, &text);
    l->full = l->full || l->lines.len + text.len > FAILURE_LOG_MAX_BYTES;
    if (!l->full)
        buf_append_slice(&l->lines, buf_slice(&text));
    else if (!l->warned)
        log_warn("the record of failures is full; later failures are in the log only");
    l->warned = l->warned || l->full;
}

static void report_end(failure_log *l)
{
    void (*on_done)(void *ctx) = l->on_done;
    l->on_done = NULL;
    if (on_done)
        on_done(l->ctx);
}

/* A write that failed is tried again only with new lines. */
static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    failure_log *l = ctx;
    UNUSED(result);
    l->put = NULL;
    free(move(l->sending));
    if (error && !l->warned)
        log_warn("the record of failures cannot be written: %s; the log names them",
                 error->message);
    l->warned = l->warned || error;
    l->written_bytes = l->sending_bytes;
    if (l->on_done)
        failure_log_flush(l);
    if (!l->put)
        report_end(l);
}

void failure_log_flush(failure_log *l)
{
    if (l->put || l->lines.len == l->written_bytes)
        return;
    AUTO_FREE char *key = run_failures_key(l->options.report_prefix, l->options.run);
    l->sending = slice_dup(buf_slice(&l->lines));
    l->sending_bytes = l->lines.len;
    l->put = s3_put(l->options.s3,
                    &(s3_put_options){.bucket = l->options.bucket,
                                      .key = key,
                                      .data = {.data = l->sending, .len = l->sending_bytes},
                                      .fd = -1,
                                      .content_type = "application/x-ndjson",
                                      .on_done = on_put,
                                      .ctx = l});
}

void failure_log_close(failure_log *l, void (*on_done)(void *ctx), void *ctx)
{
    l->on_done = on_done;
    l->ctx = ctx;
    failure_log_flush(l);
    if (!l->put)
        report_end(l);
}

void failure_log_free(failure_log *l)
{
    if (!l)
        return;
    if (l->put)
        s3_op_cancel(l->put);
    free(l->sending);
    buf_deinit(&l->lines);
    free(l);
}
