#include "decon/s3/put_stream.h"
#include "base/array.h"
#include "base/util.h"

#include "s3/put/destination.h"

/* state    action                                             next
 * FIRST    bytes fill the first part                          PARTS, when it is full and more bytes
 *                                                             follow; SINGLE at the stream's end
 * SINGLE   s3_put of the bytes                                end
 * PARTS    full parts are hashed and sent, others are filled  end
 * AGAIN    the store refused the checksum before it had any   PARTS, with a weaker one
 *          part; the upload is being aborted                                                      */

#define DEFAULT_PART_BYTES   ((uint64_t)8 * 1024 * 1024)
#define DEFAULT_MEMORY_BYTES ((uint64_t)64 * 1024 * 1024)
#define EQUAL_PARTS          1000
#define GROWTH_BYTES         23 /* times the square of the parts since then: 5 TiB by part 10,000 */
#define PART_STEP_BYTES      ((uint64_t)1024 * 1024)

typedef enum stream_state { STREAM_FIRST, STREAM_SINGLE, STREAM_PARTS, STREAM_AGAIN } stream_state;

typedef struct stream_op {
    s3_op_base op;
    s3_put_stream_options options;
    s3_destination to;
    stream_state state;
    s3_bytes *filling; /* the part being filled; NULL: none */
    s3_bytes **full;   /* full parts that are not in an upload yet */
    size_t full_count;
    uint64_t came, sent;
    unsigned part_count; /* begun */
    bool ended, wants_room;
    timer *later; /* for an error found inside the caller's call */
    err error;
    s3_put_result result; /* its strings are borrowed while it is reported */
    s3_op *single;
    s3_integrity_try carried;
    s3_multipart parts;
} stream_op;

static void drop_full(stream_op *o)
{
    for (size_t i = 0; i < o->full_count; i++)
        s3_bytes_drop(o->full[i]);
    o->full_count = 0;
}

static void stream_free(op *p)
{
    stream_op *o = (stream_op *)p;
    timer_stop(o->op.client->t, o->later);
    s3_multipart_free(&o->parts);
    s3_destination_deinit(&o->to);
    s3_integrity_deinit(&o->carried);
    drop_full(o);
    free(o->full);
    s3_bytes_drop(o->filling);
    free(o);
}

/* The uploads are aborted; the operation ends after that. */
static void stream_cancel(op *p)
{
    stream_op *o = (stream_op *)p;
    bool uploads = o->state == STREAM_PARTS || o->state == STREAM_AGAIN;
    if (o->single)
        s3_op_cancel(move(o->single));
    if (uploads)
        s3_multipart_cancel(&o->parts);
    else
        op_finish(p, NULL);
}

static void stream_report(op *p, const err *e)
{
    stream_op *o = (stream_op *)p;
    o->options.on_done(o->options.ctx, e ? NULL : &o->result, e);
}

static const op_kind stream_kind = {
    .cancel = stream_cancel, .free = stream_free, .report = stream_report};

static void fail_called(void *ctx)
{
    stream_op *o = ctx;
    o->later = NULL;
    s3_name_error(&o->error, o->to.bucket, o->to.key);
    op_report(&o->op.base, &o->error);
    stream_cancel(&o->op.base);
}

static void fail_later(stream_op *o)
{
    if (!o->later)
        o->later = timer_start(o->op.client->t, 0, fail_called, o);
}

static void progress(void *ctx, uint64_t sent_bytes)
{
    stream_op *o = ctx;
    o->sent = sent_bytes;
    if (o->op.base.cancelled)
        return;
    if (o->options.on_progress)
        o->options.on_progress(o->options.ctx, sent_bytes);
    if (o->wants_room && s3_put_stream_room(&o->op.base).len > 0) {
        o->wants_room = false;
        o->options.on_room(o->options.ctx);
    }
}

/* --- SINGLE --- */

static void single_done(void *ctx, const s3_put_result *result, const err *e)
{
    stream_op *o = ctx;
    o->single = NULL;
    if (result)
        o->result = *result;
    op_finish(&o->op.base, e);
}

static void single_begin(stream_op *o)
{
    const s3_bytes *all = o->full_count > 0 ? o->full[0] : o->filling;
    o->state = STREAM_SINGLE;
    o->single = s3_put(o->op.client, &(s3_put_options){
                                         .bucket = o->to.bucket,
                                         .key = o->to.key,
                                         .data = all ? (slice){all->data, all->len} : (slice){0},
                                         .fd = -1,
                                         .fields = o->to.fields.items,
                                         .field_count = o->to.fields.count,
                                         .if_none_match = o->to.if_none_match,
                                         .if_match = o->to.if_match,
                                         .headers = o->to.headers,
                                         .on_progress = progress,
                                         .on_done = single_done,
                                         .ctx = o,
                                     });
}

/* --- PARTS --- */

static void part_send(s3_part *part, s3_hash_task *task)
{
    s3_part_take_hash(part, task);
    s3_multipart_request(part);
    part->request.body = (slice){part->bytes->data, part->bytes->len};
    s3_multipart_send(part);
}

static void part_hashed(void *ctx, s3_hash_task *task, const err *e)
{
    s3_part *part = ctx;
    UNUSED(e); /* memory can always be read again */
    part->job = NULL;
    part_send(part, task);
}

static void part_prepare(void *ctx, s3_part *part)
{
    stream_op *o = ctx;
    s3_hash_task task = {.bytes = part->bytes,
                         .fd = -1,
                         .len = part->len,
                         .sha256 = o->op.client->integrity.sign_payload};
    s3_hash_init(&task.hash, o->carried.kind);
    if (o->carried.kind == S3_CHECKSUM_NONE && !task.sha256)
        part_send(part, &task);
    else
        part->job = s3_hash_start(o->op.client, &task, part_hashed, part);
}

static const s3_part_source memory_parts = {.operation = "UploadPart", .prepare = part_prepare};

static void keep(stream_op *o, s3_bytes *share)
{
    *ARRAY_ADD(o->full, o->full_count) = share;
}

/* A checksum that the store does not support can be dropped while all bytes are still in memory. */
static bool begins_again(stream_op *o, const err *e)
{
    if (o->op.base.cancelled || o->parts.sent > 0 ||
        !s3_destination_begins_again(&o->to, &o->op.client->integrity, &o->carried, e))
        return false;
    LIST_EACH (part, &o->parts.parts, s3_part, link)
        keep(o, s3_bytes_share(part->bytes));
    return true;
}

static void parts_done(void *ctx, const char *etag, const err *e)
{
    stream_op *o = ctx;
    if (e && begins_again(o, e)) {
        o->state = STREAM_AGAIN;
        return;
    }
    if (!e)
        s3_integrity_learn(&o->op.client->integrity, &o->carried);
    o->result = (s3_put_result){.etag = etag, .checksum = o->parts.whole};
    op_report(&o->op.base, e);
}

static void parts_begin(stream_op *o);

static void parts_gone(void *ctx)
{
    stream_op *o = ctx;
    if (o->state != STREAM_AGAIN || o->op.base.cancelled) {
        op_finish(&o->op.base, NULL);
        return;
    }
    s3_multipart_free(&o->parts);
    parts_begin(o);
}

static void hand_over(stream_op *o)
{
    if (o->state != STREAM_PARTS)
        return;
    for (size_t i = 0; i < o->full_count; i++)
        s3_multipart_add(&o->parts, o->full[i]);
    drop_full(o);
    if (o->ended)
        s3_multipart_end(&o->parts);
}

static void parts_begin(stream_op *o)
{
    o->state = STREAM_PARTS;
    s3_integrity_begin(&o->op.client->integrity, &o->carried);
    o->parts = s3_destination_upload(&o->to, o->op.client);
    o->parts.checksum = o->carried.kind;
    o->parts.source = &memory_parts;
    o->parts.on_progress = progress;
    o->parts.on_done = parts_done;
    o->parts.on_gone = parts_gone;
    o->parts.ctx = o;
    s3_multipart_start(&o->parts);
    hand_over(o);
}

/* --- filling --- */

uint64_t s3_put_stream_part_bytes(uint64_t first_bytes, unsigned number)
{
    uint64_t beyond = number > EQUAL_PARTS ? number - EQUAL_PARTS : 0;
    uint64_t bytes = first_bytes + GROWTH_BYTES * beyond * beyond;
    return (bytes + PART_STEP_BYTES - 1) / PART_STEP_BYTES * PART_STEP_BYTES;
}

static uint64_t next_part_bytes(const stream_op *o)
{
    uint64_t equal = s3_put_part_bytes(o->options.part_bytes, o->options.expected_bytes);
    if (o->came < o->options.expected_bytes)
        return equal;
    return s3_put_stream_part_bytes(equal, o->part_count + 1);
}

static bool may_begin(const stream_op *o, uint64_t part_bytes)
{
    size_t held = o->full_count + o->parts.parts.count;
    return held < 2 || (o->came - o->sent) + part_bytes <= o->options.memory_bytes;
}

s3_room s3_put_stream_room(s3_op *stream)
{
    stream_op *o = (stream_op *)stream;
    uint64_t part_bytes = next_part_bytes(o);
    if (!o->filling && !o->later && may_begin(o, part_bytes)) {
        o->filling = s3_bytes_new((size_t)part_bytes);
        o->part_count++;
    }
    o->wants_room = !o->filling || o->later;
    if (o->wants_room)
        return (s3_room){0};
    return (s3_room){o->filling->data + o->filling->len, o->filling->capacity - o->filling->len};
}

static bool check_limits(stream_op *o)
{
    if (o->came > S3_OBJECT_MAX_BYTES)
        return err_set(&o->error, ERR_LIMIT,
                       "the stream exceeds the size limit of an object (5 TiB)");
    if (o->part_count > S3_PARTS_MAX)
        return err_set(
            &o->error, ERR_LIMIT,
            "the stream is much longer than expected (%llu bytes) and needs more than 10,000 "
            "parts; increase the expected size, or omit it",
            (unsigned long long)o->options.expected_bytes);
    return true;
}

void s3_put_stream_filled(s3_op *stream, size_t len)
{
    stream_op *o = (stream_op *)stream;
    if (len == 0 || o->later)
        return;
    o->came += len;
    o->filling->len += len;
    if (!check_limits(o)) {
        fail_later(o);
        return;
    }
    bool more_than_one = o->full_count > 0;
    if (o->filling->len == o->filling->capacity)
        keep(o, move(o->filling));
    if (o->state == STREAM_FIRST && more_than_one)
        parts_begin(o);
    else
        hand_over(o);
}

void s3_put_stream_end(s3_op *stream)
{
    stream_op *o = (stream_op *)stream;
    if (o->later)
        return;
    o->ended = true;
    o->wants_room = false;
    if (o->state == STREAM_FIRST) {
        single_begin(o);
        return;
    }
    if (o->filling && o->filling->len > 0)
        keep(o, move(o->filling));
    hand_over(o);
}

/* --- begin --- */

s3_op *s3_put_stream(s3_client *c, const s3_put_stream_options *options)
{
    stream_op *o = s3_op_new(c, &stream_kind, sizeof *o);
    o->options = *options;
    o->options.part_bytes = options->part_bytes ? options->part_bytes : DEFAULT_PART_BYTES;
    o->options.memory_bytes = options->memory_bytes ? options->memory_bytes : DEFAULT_MEMORY_BYTES;
    s3_destination_init(&o->to, options->bucket, options->key, options->headers);
    s3_destination_only(&o->to, options->if_none_match, options->if_match);
    s3_fields_set(&o->to.fields, "Content-Type",
                  options->content_type ? options->content_type : S3_DEFAULT_TYPE);
    s3_fields_add(&o->to.fields, options->fields, options->field_count);
    if (options->expected_bytes <= S3_OBJECT_MAX_BYTES)
        return op_started(&o->op.base);
    err_set(&o->error, ERR_LIMIT, "%llu bytes are more than an object may have (5 TiB)",
            (unsigned long long)options->expected_bytes);
    fail_later(o);
    return op_started(&o->op.base);
}
