#include "orchestrator/runtime/spot_notice.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "decon/s3/instance.h"

#define POLL_MS        5000 /* as the EC2 User Guide recommends */
#define TEXT_MAX_BYTES 200

static const struct {
    const char *path, *name;
} notices[] = {{"/latest/meta-data/spot/instance-action", "spot interruption"},
               {"/latest/meta-data/events/recommendations/rebalance", "rebalance recommendation"}};

struct spot_notice {
    transport *transport;
    const char *(*getenv_fn)(const char *name);
    void (*on_notice)(void *ctx, const char *text);
    void *ctx;
    size_t asked; /* the notice being requested */
    s3_op *request;
    timer *pause;
    bool warned;
};

static void ask(void *ctx);

static void report(spot_notice *s, slice text)
{
    AUTO_FREE char *message = xasprintf("%s: %.*s", notices[s->asked].name,
                                        (int)MIN(text.len, (size_t)TEXT_MAX_BYTES), text.data);
    s->on_notice(s->ctx, message);
}

static void on_answer(void *ctx, slice text, const err *error)
{
    spot_notice *s = ctx;
    s->request = NULL;
    text = slice_trim(text);
    if (!error && text.len) {
        report(s, text);
        return;
    }
    if (error && !s->warned)
        log_warn("%s; a spot interruption is not noticed as long as this lasts", error->message);
    s->warned = s->warned || error;
    s->asked = error ? 0 : (s->asked + 1) % ARRAY_LEN(notices);
    if (s->asked)
        ask(s);
    else
        s->pause = timer_start(s->transport, POLL_MS, ask, s);
}

static void ask(void *ctx)
{
    spot_notice *s = ctx;
    s->pause = NULL;
    s->request =
        s3_instance_metadata(s->transport, s->getenv_fn, notices[s->asked].path, on_answer, s);
}

spot_notice *spot_notice_start(transport *t, const char *(*getenv_fn)(const char *name),
                               void (*on_notice)(void *ctx, const char *text), void *ctx)
{
    spot_notice *s = xcalloc(1, sizeof *s);
    *s = (spot_notice){.transport = t, .getenv_fn = getenv_fn, .on_notice = on_notice, .ctx = ctx};
    ask(s);
    return s;
}

void spot_notice_stop(spot_notice *s)
{
    if (!s)
        return;
    if (s->request)
        s3_op_cancel(s->request);
    timer_stop(s->transport, s->pause);
    free(s);
}
