#include "orchestrator/app_settings_difference.h"

#include "base/util.h"
#include "orchestrator/fleet/settings_record.h"

typedef struct difference {
    op op;
    const app *app;
    char *found;
    buf *out;
    buf record;
    s3_op *get;
} difference;

static void difference_stop(op *o)
{
    op_cancel(move(((difference *)o)->get));
}

static void difference_free(op *o)
{
    difference *d = (difference *)o;
    free(d->found);
    buf_deinit(&d->record);
    free(d);
}

static const op_kind difference_kind = {.stop = difference_stop, .free = difference_free};

static bool on_data(void *ctx, slice data, err *e)
{
    return buf_append_slice(&((difference *)ctx)->record, data) ||
           err_set(e, ERR_LIMIT, "the settings record is too large");
}

static void on_restart(void *ctx)
{
    buf_clear(&((difference *)ctx)->record);
}

static void describe(difference *d)
{
    const server_facts *server = &d->app->server;
    const char *settings = server->settings ? server->settings : "";
    settings_difference(buf_slice(&d->record), slice_from(settings), d->out);
    if (d->out->len == 0)
        buf_printf(d->out, "settings fingerprint %.12s -> %.12s", d->found, server->fingerprint);
    op_finish(&d->op, NULL);
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    difference *d = ctx;
    UNUSED(result);
    d->get = NULL;
    if (error)
        buf_clear(&d->record);
    describe(d);
}

op *settings_difference_start(const app *a, const char *fingerprint, buf *out,
                              void (*on_done)(void *ctx, const err *error), void *ctx)
{
    difference *d = op_new(&difference_kind, sizeof *d, NULL, a->env.context->transport);
    const place *where = &a->config->places.report;
    d->op.on_done = on_done;
    d->op.ctx = ctx;
    d->app = a;
    d->found = xstrdup(fingerprint);
    d->out = out;
    buf_init(&d->record, SETTINGS_RECORD_MAX_BYTES);
    buf_clear(out);
    if (!settings_fingerprint_is_valid(fingerprint)) {
        describe(d);
        return op_started(&d->op);
    }
    AUTO_FREE char *key = settings_record_key(where->prefix, fingerprint);
    d->get = s3_get(a->s3, &(s3_get_options){.bucket = where->bucket,
                                             .key = key,
                                             .fd = -1,
                                             .on_data = on_data,
                                             .on_restart = on_restart,
                                             .on_done = on_got,
                                             .ctx = d});
    return op_started(&d->op);
}
