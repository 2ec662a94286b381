#include "orchestrator/runtime/store_session.h"

#include "base/util.h"

#define SLOTS      16
#define SLOT_BYTES ((size_t)4 << 20) /* larger objects are read alone, piece by piece */
#define SLOT_BOUND (2 * SLOT_BYTES)  /* an object may have grown since it was listed */

void store_session_close(store_session *s)
{
    s3_client_free(s->s3);
    *s = (store_session){0};
}

void store_session_begin(store_session *s)
{
    s->done = false;
    s->error = (err)ERR_INIT;
}

void store_session_end(void *session, const err *error)
{
    store_session *s = session;
    if (error)
        s->error = *error;
    s->done = true;
}

void store_session_wake(void *session)
{
    store_session_end(session, NULL);
}

bool store_session_wait(store_session *s, err *e)
{
    if (!s->done)
        s->env.run_until(s->env.run_ctx, &s->done);
    if (err_is_set(&s->error) && e)
        *e = s->error;
    return !err_is_set(&s->error);
}

typedef struct list_call {
    store_session *session;
    size_t active;
    err error; /* the first one */
} list_call;

static void end_list(list_call *call, const err *error)
{
    if (error && !err_is_set(&call->error))
        call->error = *error;
    if (--call->active == 0)
        store_session_end(call->session, err_is_set(&call->error) ? &call->error : NULL);
}

typedef struct list_slot {
    list_call *call;
    const store_listing *listing;
} list_slot;

static bool on_listed(void *ctx, const s3_object *object, err *e)
{
    const store_listing *l = ((list_slot *)ctx)->listing;
    return l->each(l->ctx, object, e);
}

static void on_slot_end(void *ctx, const err *error)
{
    end_list(((list_slot *)ctx)->call, error);
}

bool store_session_list_all(store_session *s, const store_listing *listings, size_t count, err *e)
{
    list_call call = {.session = s, .active = count};
    AUTO_FREE list_slot *slots = xcalloc(count + 1, sizeof *slots);
    store_session_begin(s);
    for (size_t i = 0; i < count; i++) {
        slots[i] = (list_slot){.call = &call, .listing = &listings[i]};
        s3_list(s->s3, &(s3_list_options){.bucket = listings[i].bucket,
                                          .prefix = listings[i].prefix,
                                          .on_object = on_listed,
                                          .on_done = on_slot_end,
                                          .ctx = &slots[i]});
    }
    return store_session_wait(s, e);
}

bool store_session_list(store_session *s, const char *bucket, const char *prefix,
                        bool (*each)(void *ctx, const s3_object *object, err *e), void *ctx, err *e)
{
    return store_session_list_all(
        s, &(store_listing){.bucket = bucket, .prefix = prefix, .each = each, .ctx = ctx}, 1, e);
}

/* --- many objects --- */

typedef struct fetch_run fetch_run;

typedef struct fetch_slot {
    fetch_run *run;
    size_t index;
    buf data; /* received out of order */
    bool ended;
    err error;
} fetch_slot;

struct fetch_run {
    store_session *session;
    const store_fetch *fetch;
    fetch_slot slots[SLOTS];
    size_t started, taken;
};

static void start_more(fetch_run *r);

static bool is_large(const fetch_run *r, size_t index)
{
    return r->fetch->sizes[index] > SLOT_BYTES;
}

static bool on_data(void *ctx, slice data, err *e)
{
    fetch_slot *slot = ctx;
    const store_fetch *f = slot->run->fetch;
    if (!is_large(slot->run, slot->index))
        return buf_append_slice(&slot->data, data) ||
               err_set(e, ERR_LIMIT, "%s: the object is larger than listed", f->keys[slot->index]);
    f->take(f->ctx, slot->index, data, false, NULL);
    return true;
}

/* Pieces already passed to `take` cannot be withdrawn. */
static void on_restart(void *ctx)
{
    fetch_slot *slot = ctx;
    if (is_large(slot->run, slot->index))
        err_set(&slot->error, ERR_S3_CHANGED, "%s: the object was replaced while it was read",
                slot->run->fetch->keys[slot->index]);
    buf_clear(&slot->data);
}

static void hand_on(fetch_run *r)
{
    const store_fetch *f = r->fetch;
    for (; r->taken < r->started; r->taken++) {
        fetch_slot *slot = &r->slots[r->taken % SLOTS];
        if (!slot->ended)
            return;
        f->take(f->ctx, slot->index, buf_slice(&slot->data), true,
                err_is_set(&slot->error) ? &slot->error : NULL);
        buf_deinit(&slot->data);
        slot->ended = false;
    }
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    fetch_slot *slot = ctx;
    fetch_run *r = slot->run;
    UNUSED(result);
    slot->ended = true;
    if (error && !err_is_set(&slot->error))
        slot->error = *error;
    hand_on(r);
    start_more(r);
    if (r->taken == r->fetch->count)
        store_session_end(r->session, NULL);
}

static void start_one(fetch_run *r)
{
    const store_fetch *f = r->fetch;
    fetch_slot *slot = &r->slots[r->started % SLOTS];
    *slot = (fetch_slot){.run = r, .index = r->started, .data = BUF(SLOT_BOUND)};
    r->started++;
    s3_get(r->session->s3, &(s3_get_options){.bucket = f->bucket,
                                             .key = f->keys[slot->index],
                                             .fd = -1,
                                             .on_data = on_data,
                                             .on_restart = on_restart,
                                             .on_done = on_got,
                                             .ctx = slot});
}

static void start_more(fetch_run *r)
{
    while (r->started < r->fetch->count && r->started - r->taken < SLOTS &&
           (!is_large(r, r->started) || r->started == r->taken))
        start_one(r);
}

void store_session_fetch(store_session *s, const store_fetch *fetch)
{
    fetch_run run = {.session = s, .fetch = fetch};
    if (fetch->count == 0)
        return;
    store_session_begin(s);
    start_more(&run);
    bool ok = store_session_wait(s, NULL);
    UNUSED(ok);
}
