/* Tests whether the store honours If-None-Match and If-Match of PutObject. */
#include "base/util.h"
#include "orchestrator/claim/claim_write.h"

#define OTHER_ETAG "\"00000000000000000000000000000000\""

typedef enum probe_step {
    PROBE_CREATE, /* If-None-Match: there is no object. Any result: a lost reply is sent again */
    PROBE_CREATE_AGAIN, /* must be refused */
    PROBE_MATCH_OTHER,  /* If-Match with another ETag: must be refused */
    PROBE_REPLACE,      /* If-Match with the object's ETag: must succeed */
    PROBE_REMOVE,
    PROBE_END,
} probe_step;

typedef struct claim_probe {
    op op;
    s3_client *s3;
    char *bucket, *key, *etag, *body;
    probe_step step;
    s3_op *request;
    const char *why; /* NULL: no fault so far */
    claim_probe_done on_done;
} claim_probe;

static void probe_stop(op *o)
{
    op_cancel(move(((claim_probe *)o)->request));
}

static void probe_free(op *o)
{
    claim_probe *p = (claim_probe *)o;
    free(p->bucket);
    free(p->key);
    free(p->etag);
    free(p->body);
    free(p);
}

static void probe_report(op *o, const err *error)
{
    claim_probe *p = (claim_probe *)o;
    p->on_done(p->op.ctx, !p->why, p->why, error);
}

static const op_kind probe_kind = {.stop = probe_stop, .free = probe_free, .report = probe_report};

static void next_step(claim_probe *p);

/* The store does not know the condition, or it is not met. Other errors are inconclusive. */
static bool is_judgement(const err *error)
{
    static const int statuses[] = {400, 405, 409, 411, 412, 501};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        if (error->http_status == statuses[i])
            return true;
    return false;
}

static const char *judge(const claim_probe *p, const err *error)
{
    bool refused = error && error->http_status == 412;
    switch (p->step) {
    case PROBE_CREATE:
        return !error || refused ? NULL : "refuses If-None-Match";
    case PROBE_CREATE_AGAIN:
        return refused ? NULL : error ? "refuses If-None-Match" : "ignores If-None-Match";
    case PROBE_MATCH_OTHER:
        return refused ? NULL : error ? "refuses If-Match" : "ignores If-Match";
    case PROBE_REPLACE:
        return error ? "refuses If-Match with the object's own ETag" : NULL;
    case PROBE_REMOVE:
    case PROBE_END:
        break;
    }
    return NULL;
}

static void advance(claim_probe *p)
{
    p->step = p->why ? PROBE_REMOVE : (probe_step)(p->step + 1);
    next_step(p);
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    claim_probe *p = ctx;
    p->request = NULL;
    if (error) {
        op_finish(&p->op, error);
        return;
    }
    p->etag = xstrdup_or_null(object->etag);
    advance(p);
}

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    claim_probe *p = ctx;
    p->request = NULL;
    if (error && !is_judgement(error)) {
        op_finish(&p->op, error);
        return;
    }
    p->why = judge(p, error);
    if (!error) {
        free(p->etag);
        p->etag = xstrdup_or_null(result->etag);
    }
    if (p->step == PROBE_CREATE && error &&
        !p->why) /* the object of an attempt whose reply was lost */
        p->request = s3_head(p->s3, p->bucket, p->key, on_head, p);
    else
        advance(p);
}

static void on_removed(void *ctx, const err *error)
{
    claim_probe *p = ctx;
    UNUSED(error); /* a small object is left */
    p->request = NULL;
    p->step = PROBE_END;
    next_step(p);
}

static void next_step(claim_probe *p)
{
    if (p->step == PROBE_END) {
        op_finish(&p->op, NULL);
        return;
    }
    if (p->step == PROBE_REMOVE) {
        p->request = s3_delete(p->s3, p->bucket, p->key, on_removed, p);
        return;
    }
    bool create = p->step == PROBE_CREATE || p->step == PROBE_CREATE_AGAIN;
    const char *etag = p->step == PROBE_MATCH_OTHER || !p->etag ? OTHER_ETAG : p->etag;
    /* Bodies differ, so that the success of an earlier attempt is not mistaken for this one's. */
    free(p->body);
    p->body = xasprintf("{\"probe\":%d}\n", (int)p->step);
    p->request = s3_put(p->s3, &(s3_put_options){.bucket = p->bucket,
                                                 .key = p->key,
                                                 .data = slice_from(p->body),
                                                 .fd = -1,
                                                 .content_type = "application/json",
                                                 .if_none_match = create ? "*" : NULL,
                                                 .if_match = create ? NULL : etag,
                                                 .on_done = on_put,
                                                 .ctx = p});
}

op *claim_probe_start(transport *t, s3_client *s3, const char *bucket, const char *key,
                      claim_probe_done on_done, void *ctx)
{
    claim_probe *p = op_new(&probe_kind, sizeof *p, NULL, t);
    p->op.ctx = ctx;
    p->on_done = on_done;
    p->s3 = s3;
    p->bucket = xstrdup(bucket);
    p->key = xstrdup(key);
    next_step(p);
    return op_started(&p->op);
}
