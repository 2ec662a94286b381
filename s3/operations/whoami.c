#include "decon/s3/whoami.h"
#include "base/util.h"

#include "s3/client/client.h"
#include "s3/auth/sts.h"

typedef struct whoami_op {
    s3_op_base op;
    bool ask_sts, waiting; /* for the credentials */
    timer *next_step;
    s3_sts sts;
    const s3_sts_identity *identity; /* borrowed while it is reported; or NULL */
    char *endpoint;
    s3_whoami_done done;
    void *ctx;
} whoami_op;

static void whoami_free(op *p)
{
    whoami_op *o = (whoami_op *)p;
    timer_stop(o->op.client->t, o->next_step);
    s3_sts_cancel(&o->sts);
    free(o->endpoint);
    free(o);
}

static void whoami_report(op *p, const err *e)
{
    whoami_op *o = (whoami_op *)p;
    const s3_sts_identity *sts = o->identity;
    const s3_client *c = o->op.client;
    const s3_credentials *k = &c->credentials;
    s3_identity identity = {.anonymous = c->no_sign_request,
                            .region = c->endpoint.region,
                            .region_from = c->endpoint.region_from,
                            .endpoint = o->endpoint,
                            .passed_over = ""};
    if (!c->no_sign_request) {
        identity.provider = k->came_from;
        identity.detail = k->detail;
        identity.access_key_id = k->access_key_id;
        identity.has_session_token = k->session_token != NULL;
        identity.expires_s = k->expires_s;
        identity.passed_over = k->passed_over ? k->passed_over : "";
    }
    if (sts) {
        identity.account = sts->account;
        identity.arn = sts->arn;
        identity.user_id = sts->user_id;
    }
    o->done(o->ctx, e ? NULL : &identity, e);
}

static void on_identity(void *ctx, const s3_sts_identity *identity, const char *reason)
{
    err e = ERR_INIT;
    if (reason)
        (void)err_set(&e, ERR_S3_CREDENTIALS, "%s", reason);
    whoami_op *o = ctx;
    o->identity = identity;
    op_finish(&o->op.base, reason ? &e : NULL);
}

static void step(void *ctx)
{
    whoami_op *o = ctx;
    s3_client *c = o->op.client;
    s3_keys keys = {0};
    err e = ERR_INIT;
    o->next_step = NULL;
    s3_credentials_state state = S3_CREDENTIALS_READY;
    if (!c->no_sign_request)
        state = s3_credentials_get(&c->credentials, &keys, &e);
    o->waiting = state == S3_CREDENTIALS_PENDING;
    if (state == S3_CREDENTIALS_FAILED)
        op_finish(&o->op.base, &e);
    else if (state == S3_CREDENTIALS_READY && o->ask_sts && !c->no_sign_request)
        s3_sts_start(&o->sts, &(s3_sts_call){.at = &c->endpoint, .keys = &keys});
    else if (state == S3_CREDENTIALS_READY)
        op_finish(&o->op.base, NULL);
}

static void step_soon(op *p)
{
    whoami_op *o = (whoami_op *)p;
    if (o->waiting)
        o->next_step = timer_start(o->op.client->t, 0, step, o);
    o->waiting = false;
}

static const op_kind whoami_kind = {
    .free = whoami_free, .report = whoami_report, .wake = step_soon};

s3_op *s3_whoami(s3_client *c, bool ask_sts, s3_whoami_done done, void *ctx)
{
    whoami_op *o = s3_op_new(c, &whoami_kind, sizeof *o);
    AUTO(s3_target) target = {0};
    o->ask_sts = ask_sts;
    o->waiting = true;
    o->done = done;
    o->ctx = ctx;
    s3_endpoint_target(&c->endpoint, c->endpoint.region, NULL, NULL, NULL, &target);
    o->endpoint = xstrdup(target.url);
    s3_sts_init(&o->sts, c->t, NULL, o);
    o->sts.on_identity = on_identity;
    step_soon(&o->op.base);
    return op_started(&o->op.base);
}
