/* Common part of all decoders: concatenated members, padding, trailing garbage, early ends.
 *
 * state     input                               next
 * between   zero byte, format allows padding    counted; between
 *           bytes that may begin a member       held back; between
 *           bytes that begin a member           start, body; in member
 *           anything else                       first bytes: CORRUPT; later ones: TRAILING
 *           end                                 valid after a complete member, else EARLY_END
 * member    bytes                               body; between when the member has ended
 *           end                                 EARLY_END
 */
#include "base/util.h"
#include "compression/stream/coder.h"

#include <inttypes.h>

head_match head_match_magic(slice head, slice magic)
{
    size_t len = MIN(head.len, magic.len);
    if (len > 0 && memcmp(head.data, magic.data, len) != 0)
        return HEAD_NO;
    return head.len >= magic.len ? HEAD_YES : HEAD_MAYBE;
}

void decoder_take(decoder *d, slice *data, size_t len)
{
    data->data += len;
    data->len -= len;
    d->raw_bytes += len;
}

bool decoder_emit(decoder *d, size_t len, err *e)
{
    if (len == 0)
        return true;
    d->decoded_bytes += len;
    return stage_feed(d->stage.next, (slice){.data = d->out, .len = len}, e);
}

bool decoder_fail(const decoder *d, err_code code, uint64_t raw_offset, const char *cause, err *e)
{
    return err_set(e, code, "%s: %s at raw byte %" PRIu64 " (%" PRIu64 " bytes decoded): %s",
                   d->ops->name, err_code_words(code), raw_offset, d->decoded_bytes, cause);
}

bool decoder_fail_memory(const decoder *d, uint64_t needed, uint64_t raw_offset, err *e)
{
    if (needed <= CODER_OWN_MEMORY)
        util_out_of_memory((size_t)needed);
    char cause[96];
    snprintf(cause, sizeof cause, "no memory for the %" PRIu64 " MiB it needs; free memory",
             needed >> 20);
    return decoder_fail(d, ERR_LIMIT, raw_offset, cause, e);
}

bool decoder_admit(decoder *d, uint64_t needed, uint64_t raw_offset, const char *what, err *e)
{
    if (needed <= d->options.memory_bytes)
        return true;
    d->memory_needed = needed;
    if (d->options.memory_needed)
        *d->options.memory_needed = needed;
    char cause[160];
    snprintf(cause, sizeof cause, "%s needs %" PRIu64 " MiB of memory", what,
             (needed + ((1u << 20) - 1)) >> 20);
    return decoder_fail(d, ERR_CODEC_MEMORY, raw_offset, cause, e);
}

static void end_member(decoder *d)
{
    d->in_member = false;
    d->member_count++;
}

static bool body(decoder *d, slice *data, err *e)
{
    bool ended = false;
    if (!d->ops->body(d, data, &ended, e))
        return false;
    if (ended)
        end_member(d);
    return true;
}

static bool open_member(decoder *d, err *e)
{
    slice head = {.data = d->head, .len = d->head_len};
    d->head_len = 0;
    d->padding_bytes = 0;
    d->in_member = true;
    return d->ops->start(d, e) && body(d, &head, e);
}

static bool refuse_head(const decoder *d, err *e)
{
    char cause[96];
    if (d->member_count == 0) {
        snprintf(cause, sizeof cause, "expected a %s", d->ops->member);
        return decoder_fail(d, ERR_CODEC_CORRUPT, d->raw_bytes, cause, e);
    }
    snprintf(cause, sizeof cause, "unexpected data after the last %s", d->ops->member);
    return decoder_fail(d, ERR_CODEC_TRAILING, d->raw_bytes, cause, e);
}

static bool refuse_after_padding(const decoder *d, err *e)
{
    if (!d->ops->members_after_padding)
        return decoder_fail(d, ERR_CODEC_TRAILING, d->raw_bytes, "data after the zero padding", e);
    return decoder_fail(d, ERR_CODEC_CORRUPT, d->raw_bytes,
                        "padding is not a multiple of four bytes", e);
}

static bool padding_whole(const decoder *d)
{
    return d->padding_bytes == 0 || d->padding_bytes % d->ops->padding_unit == 0;
}

static bool between(decoder *d, char byte, err *e)
{
    bool may_be_padding = d->ops->padding_unit > 0 && d->member_count > 0 && d->head_len == 0;
    if (byte == 0 && may_be_padding) {
        d->padding_bytes++;
        d->raw_bytes++;
        return true;
    }
    if (d->padding_bytes > 0 && (!d->ops->members_after_padding || !padding_whole(d)))
        return refuse_after_padding(d, e);
    d->head[d->head_len++] = byte;
    switch (d->ops->match((slice){.data = d->head, .len = d->head_len})) {
    case HEAD_YES:
        return open_member(d, e);
    case HEAD_MAYBE:
        return true;
    default:
        return refuse_head(d, e);
    }
}

bool decoder_leave(decoder *d, slice rest, err *e)
{
    d->raw_bytes -= rest.len;
    end_member(d);
    for (; rest.len > 0; rest.data++, rest.len--)
        if (!between(d, *rest.data, e))
            return false;
    return true;
}

static bool feed(stage *s, slice data, err *e)
{
    decoder *d = (decoder *)s;
    while (data.len > 0) {
        if (d->in_member) {
            if (!body(d, &data, e))
                return false;
            continue;
        }
        char byte = *data.data++;
        data.len--;
        if (!between(d, byte, e))
            return false;
    }
    return true;
}

static bool finish(stage *s, err *e)
{
    decoder *d = (decoder *)s;
    uint64_t end = d->raw_bytes + d->head_len;
    char cause[96];
    if (end == 0)
        return decoder_fail(d, ERR_CODEC_EARLY_END, 0, "the file is empty", e);
    if (d->in_member && d->ops->end && !d->ops->end(d, e))
        return false;
    if (d->in_member || d->head_len > 0) {
        snprintf(cause, sizeof cause, "the rest of the %s is missing", d->ops->member);
        return decoder_fail(d, ERR_CODEC_EARLY_END, end, cause, e);
    }
    if (!padding_whole(d))
        return decoder_fail(d, ERR_CODEC_EARLY_END, end, "the rest of the padding is missing", e);
    return stage_finish(d->stage.next, e);
}

static void release(stage *s)
{
    decoder *d = (decoder *)s;
    d->ops->free(d);
}

static const stage_ops decoder_stage = {.feed = feed, .finish = finish, .free = release};

void decoder_init(decoder *d, const decoder_ops *ops, const codec_options *options, stage *next)
{
    *d = (decoder){
        .stage = {.ops = &decoder_stage, .next = next},
        .ops = ops,
        .options = *options,
        .out = xrealloc(NULL, CODER_OUT_BYTES),
    };
    if (d->options.memory_bytes == 0)
        d->options.memory_bytes = CODEC_MEMORY_BYTES;
}

void decoder_deinit(decoder *d)
{
    free(d->out);
    d->out = NULL;
}
