/* Verifies a download: determines the object's checksum and that of the received bytes. */
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/get/get_op.h"
#include "s3/protocol/etag.h"

/* object                     source of the store's checksum    the bytes are hashed
 * passed on in order         the reply                         as they arrive: there is no file
 * at most 64 KiB             the reply                         as they arrive: they are in the cache,
 *                                                              and a worker would take longer
 * of one range               the reply                         by a worker, from the page cache
 * of several ranges          HEAD beside the first range       by a worker, for each finished range:
 *                                                              CRCs combine, digests go in order
 * a reader follows           as above                          by the reader, which reads them anyway;
 *                                                              if it stops, by a worker from the start
 * A reply to a request with Range has no checksum of the whole object. */

#define PIECE_BYTES ((uint64_t)16 * 1024 * 1024) /* per task of a worker */

static bool hashes_bytes(const get_op *o)
{
    return o->check.known && o->check.expected.kind != S3_CHECKSUM_NONE;
}

bool get_check_by_reader(const get_op *o)
{
    return o->options.ahead_bytes && !o->reader_left && hashes_bytes(o) && !o->check.passing &&
           o->size > 0;
}

static void learn(get_op *o, const http_reply *reply)
{
    const s3_integrity *in = &o->op.client->integrity;
    get_check *c = &o->check;
    s3_checksum found = {.kind = S3_CHECKSUM_NONE};
    if (in->ask)
        found = s3_checksum_of_reply(reply);
    /* Kept bytes may have been changed on disk. An ETag that only looks like an MD5
     * costs one download. */
    if (found.kind == S3_CHECKSUM_NONE && (in->md5_etag || o->kept_bytes > 0))
        found = s3_checksum_of_etag(reply);
    c->known = true;
    c->expected = found;
    s3_hash_deinit(&c->running);
    s3_hash_init(&c->running, found.kind);
    c->hashed.kind = s3_checksum_is_crc(found.kind) ? found.kind : S3_CHECKSUM_NONE;
}

/* --- HEAD --- */

static bool head_take(void *ctx, const http_reply *reply, err *e)
{
    get_op *o = ctx;
    uint64_t total = 0;
    const char *size;
    if (!s3_header_once(reply, "Content-Length", &size, e))
        return false;
    if (!num_parse_u64(size, &total))
        return err_set(e, ERR_S3_REPLY, "HeadObject: Content-Length is missing in the reply");
    if (!get_pin(o, reply, total, e))
        return false;
    if (!o->check.known)
        learn(o, reply);
    return true;
}

/* The store supports GET but not HEAD, so there is no checksum; network errors are errors. */
static bool says_nothing(const err *e)
{
    return (e->http_status >= 400 && e->http_status < 500) || e->http_status == 501;
}

static void head_done(void *ctx, s3_request *r, const err *e)
{
    get_op *o = ctx;
    UNUSED(r);
    o->check.head_active = false;
    if (e && get_look_wanted(o, e) == GET_LOOK_MATCH && !o->check.plain) {
        o->check.plain = true; /* get_pin compares the ETag */
        s3_request_cancel(&o->check.head);
        get_check_ask(o);
        return;
    }
    if (e && e->code == ERR_S3_CHANGED) {
        get_changed(o, e);
        return;
    }
    bool all_kept = o->kept_bytes > 0 && o->kept_bytes == o->size;
    if (e && (!says_nothing(e) || (all_kept && e->code == ERR_S3_NOT_FOUND))) {
        get_fail(o, e);
        return;
    }
    if (e && all_kept) { /* no GET will reveal the version in the store */
        get_restart(o);
        return;
    }
    if (e) {
        log_debug("%s: only the length is checked", e->message);
        o->check.known = true;
    }
    get_report(o);
    get_check_more(o);
    get_settle(o);
}

void get_check_ask(get_op *o)
{
    bool ask = o->op.client->integrity.ask;
    if (o->check.known || o->check.head_active)
        return;
    /* Kept bytes are useless if the object was replaced. */
    if (!ask && o->kept_bytes == 0 && !o->op.client->integrity.md5_etag) {
        o->check.known = true;
        return;
    }
    o->check.head_active = true;
    o->check.head = (s3_request){.operation = "HeadObject",
                                 .method = "HEAD",
                                 .bucket = o->bucket,
                                 .key = o->key,
                                 .query = o->query,
                                 .on_head = head_take,
                                 .on_done = head_done,
                                 .ctx = o};
    if (get_look_is_conditional(o) && !o->check.plain)
        s3_request_header(&o->check.head, "If-Match", o->etag);
    if (ask)
        s3_request_header(&o->check.head, "x-amz-checksum-mode", "ENABLED");
    s3_request_start(o->op.client, &o->check.head);
}

void get_check_take(get_op *o, const http_reply *reply)
{
    if (o->check.known)
        return; /* retried: known from the first reply */
    learn(o, reply);
    bool from_first = o->ranges.count == 1 && o->received == 0;
    o->check.passing =
        hashes_bytes(o) && from_first && (o->options.on_data || o->size <= S3_HASH_NOW_BYTES);
}

/* --- hashing --- */

void get_check_pass(get_op *o, slice data)
{
    if (o->check.passing)
        s3_hash_update(&o->check.running, data.data, data.len);
}

static void finish(get_op *o)
{
    get_check *c = &o->check;
    if (c->done || !hashes_bytes(o) || !o->size_known)
        return;
    if (!c->passing && !s3_extents_cover(&c->hashed, 0, o->size))
        return;
    if (c->passing && o->received < o->size)
        return;
    if (!c->passing && s3_checksum_is_crc(c->expected.kind))
        c->found = s3_checksum_of_crc(c->expected.kind, o->size ? c->hashed.rows[0].crc : 0);
    else
        c->found = s3_hash_final(&c->running);
    c->done = true;
}

static void on_hashed(void *ctx, s3_hash_task *task, const err *e)
{
    get_op *o = ctx;
    get_check *c = &o->check;
    c->job = NULL;
    if (e) {
        err last = *e;
        char name[S3_NAME_SIZE];
        s3_name(o->bucket, o->key, name);
        err_context(&last, "%s", name);
        get_fail(o, &last);
        return;
    }
    c->hashing.crc = task->hash.crc;
    s3_extents_add(&c->hashed, c->hashing);
    if (!s3_checksum_is_crc(c->expected.kind)) {
        c->running = task->hash; /* continues from there */
        task->hash = (s3_hash){0};
    }
    get_check_more(o);
    get_settle(o);
}

/* The next range that a worker can hash. */
static bool next_piece(const get_op *o, s3_extent *piece)
{
    const get_check *c = &o->check;
    if (!s3_extents_missing(&c->hashed, &o->have, piece))
        return false;
    piece->to = MIN(piece->to, piece->from + PIECE_BYTES);
    return s3_checksum_is_crc(c->expected.kind) || s3_extents_cover(&c->hashed, 0, piece->from);
}

void get_check_more(get_op *o)
{
    get_check *c = &o->check;
    bool mine = hashes_bytes(o) && !c->passing && !c->done && !get_check_by_reader(o);
    if (mine && !c->job && next_piece(o, &c->hashing)) {
        s3_hash_task task = {
            .fd = o->options.fd, .offset = c->hashing.from, .len = c->hashing.to - c->hashing.from};
        if (s3_checksum_is_crc(c->expected.kind)) {
            s3_hash_init(&task.hash, c->expected.kind);
        } else {
            task.hash = c->running; /* moved */
            c->running = (s3_hash){0};
        }
        c->job = s3_hash_start(o->op.client, &task, on_hashed, o);
    }
    finish(o);
}

/* --- the end --- */

bool get_check_asked(const get_op *o)
{
    return o->check.known && !o->check.head_active;
}

bool get_check_ready(const get_op *o)
{
    return get_check_asked(o) && (!hashes_bytes(o) || o->check.done);
}

bool get_check_good(const get_op *o)
{
    return !hashes_bytes(o) || s3_checksum_equal(&o->check.found, &o->check.expected);
}

void get_check_reset(get_op *o)
{
    get_check *c = &o->check;
    s3_request_cancel(&c->head);
    op_cancel(c->job);
    s3_hash_deinit(&c->running);
    s3_extents_deinit(&c->hashed);
    *c = (get_check){0};
}
