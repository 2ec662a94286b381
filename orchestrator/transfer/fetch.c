#include "orchestrator/transfer/fetch.h"

#include "decon/base/log.h"
#include "base/util.h"

/* For files without a checksum in the store: compared only with the recorded one. */
#define LOCAL_CHECKSUM S3_CHECKSUM_CRC64NVME

/* verification   the get            then
 * sound          still hashes       it gets the checksum; its end is the end
 *                has ended          end
 * finds a fault  uses kept bytes    end: these are perhaps not the object's
 *                has more to come   continues alone; its checksum decides whether all is loaded
 *                again has ended          end */

typedef struct fetch {
    op op;
    fetch_options options;
    char *name;
    op *get;             /* NULL once ended */
    verify_task *verify; /* NULL once ended, or where nothing is verified */
    verdict verdict;
    err fault;
    bool kept, invalid;
    char *etag;
    s3_checksum_kind proven;
    s3_checksum hashed, sha256;
    uint64_t size_bytes, loaded_ms;
    uint64_t received_bytes, read_bytes;
} fetch;

static void fetch_stop(op *o)
{
    fetch *f = (fetch *)o;
    op_cancel(move(f->get));
    verify_task_cancel(move(f->verify));
}

static void fetch_free(op *o)
{
    fetch *f = (fetch *)o;
    free(f->name);
    free(f->etag);
    free(f);
}

static void fetch_report(op *o, const err *error)
{
    fetch *f = (fetch *)o;
    bool verified = !error && f->options.level != VERIFY_NONE;
    f->options.on_done(f->options.ctx, &(fetch_end){.etag = error ? NULL : f->etag,
                                                    .proven = f->proven,
                                                    .hashed = f->hashed,
                                                    .sha256 = f->sha256,
                                                    .verdict = verified ? &f->verdict : NULL,
                                                    .error = error,
                                                    .invalid = f->invalid,
                                                    .kept = f->kept,
                                                    .size_bytes = f->size_bytes});
}

static const op_kind fetch_kind = {.stop = fetch_stop, .free = fetch_free, .report = fetch_report};

static void fetch_finish(fetch *f, const err *error, bool invalid)
{
    f->invalid = invalid;
    op_finish(&f->op, error);
}

/* --- verification --- */

static void report_progress(const fetch *f)
{
    if (f->options.on_progress)
        f->options.on_progress(f->options.ctx, f->received_bytes, f->read_bytes);
}

static void on_read(void *ctx, uint64_t offset_bytes)
{
    fetch *f = ctx;
    if (f->get)
        s3_get_read_to(f->get, offset_bytes);
    f->read_bytes = offset_bytes;
    report_progress(f);
}

static void hold_fault(fetch *f, const err *error)
{
    f->fault = *error;
    if (!f->get || f->kept) {
        fetch_finish(f, error, true);
        return;
    }
    log_debug("%s; the checksum of the whole object decides", error->message);
    s3_get_read_end(f->get, NULL);
}

static void on_verified(void *ctx, const verdict *found, const s3_checksum *hashed,
                        const err *error)
{
    fetch *f = ctx;
    f->verify = NULL;
    if (error) {
        hold_fault(f, error);
        return;
    }
    f->verdict = *found;
    f->hashed = *hashed;
    log_debug("%s: verified %llu ms after the last byte", f->name,
              (unsigned long long)(clock_now_ms(f->options.transport) - f->loaded_ms));
    if (f->get)
        s3_get_read_end(f->get, hashed);
    else
        fetch_finish(f, NULL, false);
}

static bool start_verification(fetch *f, err *e)
{
    const fetch_options *o = &f->options;
    if (o->level == VERIFY_NONE)
        return true;
    f->verify = verify_task_start(o->verifier,
                                  &(verify_task_options){.level = o->level,
                                                         .name = f->name,
                                                         .jsonl = o->jsonl,
                                                         .fd = o->object.fd,
                                                         .sha256 = o->sha256 ? &f->sha256 : NULL,
                                                         .lines = o->lines,
                                                         .on_read = on_read,
                                                         .on_done = on_verified,
                                                         .ctx = f},
                                  e);
    return f->verify != NULL;
}

/* --- transfer --- */

static void on_progress(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    fetch *f = ctx;
    f->received_bytes = received_bytes;
    report_progress(f);
    if (!f->verify || prefix_bytes == 0)
        return;
    s3_checksum_kind kind = s3_get_reader_kind(f->get);
    verify_task_hash_by(f->verify, kind != S3_CHECKSUM_NONE ? kind : LOCAL_CHECKSUM);
    verify_task_grow(f->verify, prefix_bytes);
}

static void on_loaded(void *ctx, uint64_t size_bytes)
{
    fetch *f = ctx;
    f->size_bytes = size_bytes;
    f->loaded_ms = clock_now_ms(f->options.transport);
    if (f->verify)
        verify_task_end(f->verify, size_bytes);
}

/* The bytes are not the object's: faults found in them are discarded. */
static void on_restart(void *ctx)
{
    fetch *f = ctx;
    f->kept = false;
    f->received_bytes = f->read_bytes = 0;
    f->fault = (err)ERR_INIT;
    if (f->options.on_restart)
        f->options.on_restart(f->options.ctx);
    if (f->verify)
        verify_task_restart(f->verify);
    else if (!start_verification(f, &f->fault))
        s3_get_read_end(f->get, NULL);
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    fetch *f = ctx;
    f->get = NULL;
    f->proven = result ? result->proven : S3_CHECKSUM_NONE;
    f->etag = result ? xstrdup_or_null(result->etag) : NULL;
    if (error)
        fetch_finish(f, error, false);
    else if (err_is_set(&f->fault))
        fetch_finish(f, &f->fault, true);
    else if (!f->verify)
        fetch_finish(f, NULL, false);
}

op *fetch_start(const fetch_options *options, err *e)
{
    fetch *f = op_new(&fetch_kind, sizeof *f, NULL, options->transport);
    f->options = *options;
    s3_get_options object = options->object;
    f->name = xasprintf("s3://%s/%s", object.bucket, object.key);
    if (!start_verification(f, e)) {
        op_cancel(&f->op);
        return NULL;
    }
    object.ahead_bytes = verify_task_ahead_bytes(options->level, object.key);
    object.on_progress = on_progress;
    object.on_loaded = on_loaded;
    object.on_restart = on_restart;
    object.on_done = on_got;
    object.ctx = f;
    f->get = s3_get(options->s3, &object);
    f->kept = s3_get_kept_bytes(f->get) > 0;
    return op_started(&f->op);
}
