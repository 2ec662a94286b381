#include "orchestrator/runtime/store_heads.h"

#include "base/util.h"

#define AT_ONCE 32

typedef struct head_run head_run;
typedef struct head_slot {
    head_run *run;
    size_t index;
} head_slot;

struct head_run {
    store_session *session;
    const store_heads *heads;
    head_slot slots[AT_ONCE];
    size_t active;
};

static void ask_next(head_slot *slot);

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    head_slot *slot = ctx;
    head_run *r = slot->run;
    r->heads->take(r->heads->ctx, slot->index, object, error);
    r->active--;
    ask_next(slot);
    if (r->active == 0)
        store_session_end(r->session, NULL);
}

static void ask_next(head_slot *slot)
{
    head_run *r = slot->run;
    const store_heads *h = r->heads;
    AUTO_FREE char *key = h->next(h->ctx, &slot->index);
    if (!key)
        return;
    r->active++;
    if (h->with_checksum)
        s3_head_checksum(r->session->s3, h->bucket, key, on_head, slot);
    else
        s3_head(r->session->s3, h->bucket, key, on_head, slot);
}

void store_session_head(store_session *s, const store_heads *heads)
{
    head_run run = {.session = s, .heads = heads};
    store_session_begin(s);
    for (size_t i = 0; i < AT_ONCE; i++) {
        run.slots[i].run = &run;
        ask_next(&run.slots[i]);
    }
    bool asked = run.active > 0 && store_session_wait(s, NULL);
    UNUSED(asked);
}
