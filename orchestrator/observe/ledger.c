#include "orchestrator/observe/ledger.h"

#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "orchestrator/fleet/run_name.h"

#define PART_TEXT_BYTES ((uint64_t)8 << 20)
#define PART_MS         ((uint64_t)15 * 60 * 1000)
#define PART_MAX_BYTES  ((size_t)64 << 20) /* far more than 8 MiB of text and one line need */
#define CONTENT_TYPE    "application/zstd"

struct ledger {
    ledger_options options;
    stage *sink, *encoder; /* of the part that is being filled; NULL: it has no line */
    buf filling;           /* its compressed bytes */
    uint64_t filling_text_bytes, filled_since_ms;
    buf sending; /* the part that is in flight */
    s3_op *op;   /* a part, the merged object, or a removal; or NULL */
    timer *age;
    unsigned parts;   /* begun so far; the first one is 1 */
    unsigned removed; /* of them, at the end */
    uint64_t spool_bytes, sent_bytes;
    bool warned, closing, merged;
    void (*on_done)(void *ctx);
    void *ctx;
};

static void warn_once(ledger *l, const err *error)
{
    if (!l->warned)
        log_warn(
            "the ledger cannot be written: %s; results are not affected, status has to request "
            "each of them",
            error->message);
    l->warned = true;
}

/* --- one part --- */

static bool take_bytes(void *ctx, slice data, err *e)
{
    ledger *l = ctx;
    return buf_append_slice(&l->filling, data) ||
           err_set(e, ERR_LIMIT, "a part of the ledger exceeds %zu bytes", PART_MAX_BYTES);
}

static void drop_encoder(ledger *l)
{
    stage_free(move(l->encoder));
    stage_free(move(l->sink));
    l->filling_text_bytes = 0;
}

static bool open_encoder(ledger *l, err *e)
{
    l->sink = stage_callback_new(take_bytes, NULL, l);
    l->encoder = codec_encoder_new(CODEC_ZSTD, 0, l->sink, e);
    l->filled_since_ms = clock_now_ms(l->options.transport);
    return l->encoder != NULL;
}

/* False: the part is lost, and its memory free again. */
static bool feed(ledger *l, slice text, err *e)
{
    if ((l->encoder || open_encoder(l, e)) && stage_feed(l->encoder, text, e))
        return true;
    drop_encoder(l);
    buf_clear(&l->filling);
    return false;
}

static void spool(ledger *l)
{
    err e = ERR_INIT;
    if (l->options.spool_fd < 0)
        return;
    if (fs_pwrite_all(l->options.spool_fd, l->sending.data, l->sending.len, (off_t)l->spool_bytes,
                      &e)) {
        l->spool_bytes += l->sending.len;
        return;
    }
    log_debug("the parts of the ledger are not merged: %s", e.message);
    close(l->options.spool_fd);
    l->options.spool_fd = -1;
}

static void go_on(ledger *l);

static void on_part(void *ctx, const s3_put_result *result, const err *error)
{
    ledger *l = ctx;
    UNUSED(result);
    l->op = NULL;
    if (error)
        warn_once(l, error);
    l->sent_bytes += l->sending.len;
    buf_clear(&l->sending);
    go_on(l);
}

static void send_part(ledger *l)
{
    err e = ERR_INIT;
    bool ok = stage_finish(l->encoder, &e);
    drop_encoder(l);
    buf whole = l->filling;
    l->filling = l->sending;
    l->sending = whole;
    buf_clear(&l->filling);
    if (!ok) {
        warn_once(l, &e);
        return;
    }
    spool(l);
    AUTO_FREE char *key = run_ledger_key(l->options.report_prefix, l->options.run, ++l->parts);
    l->op = s3_put(l->options.s3, &(s3_put_options){.bucket = l->options.bucket,
                                                    .key = key,
                                                    .data = buf_slice(&l->sending),
                                                    .fd = -1,
                                                    .content_type = CONTENT_TYPE,
                                                    .on_done = on_part,
                                                    .ctx = l});
}

/* --- the end --- */

static void on_removed(void *ctx, const err *error)
{
    ledger *l = ctx;
    l->op = NULL;
    if (error)
        log_debug("a part of the ledger is left beside the merged object: %s", error->message);
    go_on(l);
}

static void remove_part(ledger *l)
{
    AUTO_FREE char *key = run_ledger_key(l->options.report_prefix, l->options.run, ++l->removed);
    l->op = s3_delete(l->options.s3, l->options.bucket, key, on_removed, l);
}

static void on_merged(void *ctx, const s3_put_result *result, const err *error)
{
    ledger *l = ctx;
    UNUSED(result);
    l->op = NULL;
    if (error) {
        warn_once(l, error);
        l->removed = l->parts; /* they stay */
    }
    go_on(l);
}

static void merge(ledger *l)
{
    AUTO_FREE char *key = run_ledger_key(l->options.report_prefix, l->options.run, 0);
    l->merged = true;
    l->op = s3_put(l->options.s3, &(s3_put_options){.bucket = l->options.bucket,
                                                    .key = key,
                                                    .fd = l->options.spool_fd,
                                                    .size_bytes = l->spool_bytes,
                                                    .content_type = CONTENT_TYPE,
                                                    .on_done = on_merged,
                                                    .ctx = l});
}

static bool may_merge(const ledger *l)
{
    return l->parts > 1 && l->options.spool_fd >= 0;
}

static void close_next(ledger *l)
{
    void (*on_done)(void *ctx) = l->on_done;
    if (may_merge(l) && !l->merged) {
        merge(l);
    } else if (l->merged && l->removed < l->parts) {
        remove_part(l);
    } else if (on_done) {
        l->on_done = NULL;
        on_done(l->ctx);
    }
}

/* --- in between --- */

static bool is_due(const ledger *l)
{
    uint64_t age_ms = clock_now_ms(l->options.transport) - l->filled_since_ms;
    return l->encoder &&
           (l->closing || l->filling_text_bytes >= PART_TEXT_BYTES || age_ms >= PART_MS);
}

static void go_on(ledger *l)
{
    if (l->op)
        return;
    if (is_due(l))
        send_part(l);
    if (!l->op && l->closing)
        close_next(l);
}

static void on_age(void *ctx)
{
    ledger *l = ctx;
    l->age = timer_start(l->options.transport, PART_MS, on_age, l);
    go_on(l);
}

void ledger_add(ledger *l, const ledger_line *line)
{
    err e = ERR_INIT;
    AUTO(buf) text = BUF(LEDGER_LINE_MAX_BYTES);
    ledger_line_write(line, &text);
    if (l->closing || !feed(l, buf_slice(&text), &e)) {
        if (err_is_set(&e))
            warn_once(l, &e);
        return;
    }
    l->filling_text_bytes += text.len;
    go_on(l);
}

void ledger_close(ledger *l, void (*on_done)(void *ctx), void *ctx)
{
    l->closing = true;
    l->on_done = on_done;
    l->ctx = ctx;
    timer_stop(l->options.transport, move(l->age));
    go_on(l);
}

ledger *ledger_new(const ledger_options *options)
{
    ledger *l = xcalloc(1, sizeof *l);
    l->options = *options;
    buf_init(&l->filling, PART_MAX_BYTES);
    buf_init(&l->sending, PART_MAX_BYTES);
    l->age = timer_start(options->transport, PART_MS, on_age, l);
    return l;
}

uint64_t ledger_sent_bytes(const ledger *l)
{
    return l->sent_bytes;
}

void ledger_free(ledger *l)
{
    if (!l)
        return;
    if (l->op)
        s3_op_cancel(l->op);
    timer_stop(l->options.transport, l->age);
    drop_encoder(l);
    buf_deinit(&l->filling);
    buf_deinit(&l->sending);
    if (l->options.spool_fd >= 0)
        close(l->options.spool_fd);
    free(l);
}
