/* Slices that this host holds: leases, closing, parts opened to others. */
#include "base/util.h"
#include "orchestrator/claim/claims_private.h"

#include "base/json/json_write.h"
#include "decon/base/log.h"

#define MARGIN 4 /* a lease counts as fresh for commits while more than this part of it is left */

char *claims_key(const claims *c, const char *folder, slice_id id)
{
    char name[SLICE_NAME_BYTES];
    return xasprintf("%s%s/%s", c->round_folder, folder, slice_name(id, name));
}

void claims_lease_body(const claims *c, unsigned write, buf *out)
{
    json_member_unsigned(out, "format", 1);
    json_member_string(out, "nonce", slice_from(c->nonce));
    json_member_unsigned(out, "write", write);
    json_member_string(out, "host", slice_from(c->o.host));
    json_close(out);
    buf_append_char(out, '\n');
}

static uint64_t fresh_until_ms(const claims *c, uint64_t sent_ms)
{
    return sent_ms + c->o.lease_ms - c->o.lease_ms / MARGIN;
}

held *claims_hold(claims *c, slice_id id, const char *etag, uint64_t sent_ms)
{
    held *h = xcalloc(1, sizeof *h);
    slice_row *row = claim_table_find(c->table, id);
    h->claim.id = id;
    h->claims = c;
    h->etag = xstrdup(etag);
    h->fresh_until_ms = fresh_until_ms(c, sent_ms);
    buf_init(&h->body, CLAIM_BODY_MAX_BYTES);
    h->next = c->held;
    c->held = h;
    row->mine = true;
    row->state = SLICE_HELD;
    return h;
}

static void free_held(held *h)
{
    op_cancel(move(h->write));
    op_list_end(&h->waiters);
    free(h->etag);
    buf_deinit(&h->body);
    free(h);
}

static void check_released(claims *c)
{
    if (c->released && !c->held && c->on_released) {
        void (*done)(void *) = c->on_released;
        c->on_released = NULL;
        done(c->released_ctx);
    }
}

static void let_go(held *h, slice_state state)
{
    claims *c = h->claims;
    slice_row *row = claim_table_find(c->table, h->claim.id);
    held **link = &c->held;
    while (*link != h)
        link = &(*link)->next;
    *link = h->next;
    row->mine = false;
    row->state = state;
    free(move(row->etag));
    row->seen_ms = clock_now_ms(c->o.transport);
    free_held(h);
}

void claims_end_held(claims *c)
{
    for (held *h = c->held, *next; h; h = next) {
        next = h->next;
        free_held(h);
    }
    c->held = NULL;
}

/* --- renewal --- */

static void lose(held *h)
{
    claims *c = h->claims;
    log_warn("claims: slice %u of %u: another host has taken it over, since its lease was not "
             "renewed in time; its files are left to that host",
             h->claim.id.rest, h->claim.id.modulus);
    c->o.on_lost(c->o.ctx, &h->claim);
    let_go(h, SLICE_HELD);
    claims_step(c);
}

static void on_renewed(void *ctx, const char *etag, const err *error)
{
    held *h = ctx;
    h->write = NULL;
    if (error) {
        log_warn("%s; the lease of slice %u of %u is tried again", error->message, h->claim.id.rest,
                 h->claim.id.modulus);
    } else if (!etag) {
        lose(h);
    } else {
        free(h->etag);
        h->etag = xstrdup(etag);
        h->fresh_until_ms = fresh_until_ms(h->claims, h->sent_ms);
        while (op_list_first(&h->waiters))
            op_finish(op_list_first(&h->waiters), NULL);
    }
}

static void write_lease(held *h, slice body, claim_write_done on_done)
{
    claims *c = h->claims;
    AUTO_FREE char *key = claims_key(c, "lease", h->claim.id);
    h->sent_ms = clock_now_ms(c->o.transport);
    h->write = claim_write_start(&(claim_write_options){.transport = c->o.transport,
                                                        .s3 = c->o.s3,
                                                        .bucket = c->o.bucket,
                                                        .key = key,
                                                        .body = body,
                                                        .nonce = c->nonce,
                                                        .if_match = h->etag,
                                                        .on_done = on_done,
                                                        .ctx = h});
}

static void renew(held *h)
{
    AUTO(buf) body = BUF(CLAIM_BODY_MAX_BYTES);
    claims_lease_body(h->claims, ++h->writes, &body);
    write_lease(h, buf_slice(&body), on_renewed);
}

static void write_end(held *h);

void claims_renew_all(claims *c)
{
    for (held *h = c->held; h; h = h->next)
        if (!h->write && h->closing)
            write_end(h);
        else if (!h->write && !h->releasing)
            renew(h);
}

/* --- before a commit --- */

static void waiter_free(op *o)
{
    free(o);
}

static const op_kind waiter_kind = {.free = waiter_free};

op *claims_confirm(claims *c, const claim *of, void (*on_done)(void *ctx, const err *error),
                   void *ctx)
{
    held *h = (held *)(uintptr_t)of;
    op *waiter = op_new(&waiter_kind, sizeof *waiter, &h->waiters, c->o.transport);
    waiter->on_done = on_done;
    waiter->ctx = ctx;
    if (clock_now_ms(c->o.transport) < h->fresh_until_ms)
        op_finish(waiter, NULL);
    else if (!h->write)
        renew(h);
    return op_started(waiter);
}

/* --- the end of a slice --- */

static void on_end_written(void *ctx, const s3_put_result *result, const err *error)
{
    held *h = ctx;
    claims *c = h->claims;
    UNUSED(result);
    h->write = NULL;
    if (error) {
        log_warn("%s; the end of slice %u of %u is written again later", error->message,
                 h->claim.id.rest, h->claim.id.modulus);
        return;
    }
    let_go(h, SLICE_CLOSED);
    check_released(c);
    claims_step(c);
}

static void write_end(held *h)
{
    claims *c = h->claims;
    AUTO_FREE char *key = claims_key(c, h->failed ? "failed" : "done", h->claim.id);
    buf_clear(&h->body);
    json_member_unsigned(&h->body, "format", 1);
    json_member_string(&h->body, "host", slice_from(c->o.host));
    json_member_unsigned(&h->body, "files", h->files);
    json_member_unsigned(&h->body, "failed", h->failed);
    json_close(&h->body);
    buf_append_char(&h->body, '\n');
    h->write = s3_put(c->o.s3, &(s3_put_options){.bucket = c->o.bucket,
                                                 .key = key,
                                                 .data = buf_slice(&h->body),
                                                 .fd = -1,
                                                 .content_type = "application/json",
                                                 .on_done = on_end_written,
                                                 .ctx = h});
}

void claims_close(claims *c, claim *of, uint64_t files, uint64_t failed)
{
    held *h = (held *)of;
    UNUSED(c);
    op_cancel(move(h->write));
    h->closing = true;
    h->files = files;
    h->failed = failed;
    write_end(h);
}

/* --- parts for other hosts --- */

typedef struct opening {
    op op;
    claims *claims;
    slice_id base;
    uint32_t parts;
    s3_op *put;
} opening;

static void opening_stop(op *o)
{
    op_cancel(move(((opening *)o)->put));
}

static const op_kind opening_kind = {.stop = opening_stop, .free = waiter_free};

static held *find_held(claims *c, slice_id id)
{
    for (held *h = c->held; h; h = h->next)
        if (h->claim.id.rest == id.rest && h->claim.id.modulus == id.modulus)
            return h;
    return NULL;
}

static void on_open_written(void *ctx, const s3_put_result *result, const err *error)
{
    opening *o = ctx;
    claims *c = o->claims;
    uint32_t parts = o->parts;
    UNUSED(result);
    o->put = NULL;
    held *h = find_held(c, o->base);
    if (error && h) {
        log_warn("%s; the parts are opened later", error->message);
        return;
    }
    if (!error)
        claim_table_add_parts(c->table, o->base, parts);
    op_finish(&o->op, NULL);
    if (!error && h)
        c->o.on_opened(c->o.ctx, &h->claim, parts);
    claims_step(c);
}

static void write_open(opening *o)
{
    static const char body[] = "{\"format\":1}\n";
    const claims *c = o->claims;
    char name[PARTS_NAME_BYTES];
    AUTO_FREE char *key =
        xasprintf("%sopen/%s", c->round_folder, slice_parts_name(o->base, o->parts, name));
    o->put = s3_put(c->o.s3, &(s3_put_options){.bucket = c->o.bucket,
                                               .key = key,
                                               .data = slice_from(body),
                                               .fd = -1,
                                               .content_type = "application/json",
                                               .on_done = on_open_written,
                                               .ctx = o});
}

void claims_open(claims *c, claim *of, uint32_t parts)
{
    opening *o = op_new(&opening_kind, sizeof *o, &c->opening, c->o.transport);
    o->claims = c;
    o->base = of->id;
    o->parts = parts;
    write_open(o);
    op_started(&o->op);
}

void claims_open_again(claims *c)
{
    for (op *each = op_list_first(&c->opening), *next; each && !c->released; each = next) {
        opening *o = (opening *)each;
        next = op_next(each);
        if (!o->put && find_held(c, o->base))
            write_open(o);
        else if (!o->put)
            op_finish(each, NULL); /* the slice is another host's, with these parts */
    }
}

/* --- release --- */

static void on_given_back(void *ctx, const char *etag, const err *error)
{
    held *h = ctx;
    claims *c = h->claims;
    h->write = NULL;
    if (error)
        log_warn("%s; slice %u of %u can be taken over when its lease has expired", error->message,
                 h->claim.id.rest, h->claim.id.modulus);
    let_go(h, etag ? SLICE_RELEASED : SLICE_HELD);
    check_released(c);
}

void claims_release(claims *c, void (*done)(void *ctx), void *ctx)
{
    c->wanting = false;
    c->released = true;
    c->on_released = done;
    c->released_ctx = ctx;
    op_cancel(move(c->step));
    for (held *h = c->held; h; h = h->next)
        if (!h->closing) {
            op_cancel(move(h->write));
            h->releasing = true;
            write_lease(h, (slice){"", 0}, on_given_back);
        }
    check_released(c);
}
