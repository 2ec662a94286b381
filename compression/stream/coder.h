/* What the codecs share: the ways in and out of a member, the counters, the words of a fault.
 *
 * What:    the inner face of compression/: gzip.c, zstd.c, bzip2.c and xz.c each fill one
 *          decoder_ops and one encoder_ops; decoder.c and encoder.c drive them. "Member" stands
 *          for whatever a format puts in a row: gzip members, zstd frames, bzip2 and xz streams.
 * Owner:   a codec allocates its own struct with the base first and frees it in `free`.
 * Threads: as stages: one at a time.
 * Fails:   decoder_fail sets the error with the raw offset and the decoded bytes so far. Both must
 *          be the same however the input was split, so a codec emits what it has decoded before it
 *          reports a fault, and gives an offset that does not depend on its library's buffering.
 */
#ifndef COMPRESSION_STREAM_CODER_H
#define COMPRESSION_STREAM_CODER_H

#include "decon/compression/codec.h"
#include "base/util.h"

#define CODER_OUT_BYTES    ((size_t)64 * 1024)
#define DECODER_HEAD_BYTES 8

/* Do these bytes open a member? MAYBE: they are too few to say. */
typedef enum head_match { HEAD_NO, HEAD_MAYBE, HEAD_YES } head_match;
head_match head_match_magic(slice head, slice magic);

typedef struct decoder decoder;
typedef struct decoder_ops {
    const char *name;            /* "gzip" */
    const char *member;          /* "gzip member" */
    unsigned padding_unit;       /* zeros behind a member come in multiples of this; 0: none */
    bool members_behind_padding; /* else nothing but zeros up to the end */
    head_match (*match)(slice head);
    bool (*start)(decoder *d, err *e); /* a member opens; its opening bytes come with `body` */
    /* Consumes with decoder_take; sets *ended and leaves the rest where the member ends, or calls
     * decoder_leave. */
    bool (*body)(decoder *d, slice *data, bool *ended, err *e);
    /* The input ends within a member: hands on what is still held back. NULL: nothing ever is. */
    bool (*end)(decoder *d, err *e);
    void (*free)(decoder *d); /* frees d itself too */
} decoder_ops;

struct decoder { /* embedded as the first member */
    stage stage;
    const decoder_ops *ops;
    bool in_member;
    uint64_t raw_bytes;     /* consumed; the offset of the next byte */
    uint64_t decoded_bytes; /* emitted */
    uint64_t member_count;  /* whole ones */
    uint64_t padding_bytes; /* since the last member */
    unsigned checksums;     /* of members so far: CODEC_CHECK_... */
    codec_options options;
    uint64_t memory_needed; /* where it is more than the options allow */
    char head[DECODER_HEAD_BYTES];
    size_t head_len; /* bytes held back until they open a member */
    char *out;       /* CODER_OUT_BYTES */
};

void decoder_init(decoder *d, const decoder_ops *ops, const codec_options *options, stage *next);
void decoder_deinit(decoder *d);
void decoder_take(decoder *d, slice *data, size_t len);
/* The member has ended before `rest`, the last bytes that were taken: too few of them to open another
 * member, or bytes that open none. */
bool decoder_leave(decoder *d, slice rest, err *e) MUST_USE;
bool decoder_emit(decoder *d, size_t len, err *e) MUST_USE; /* d->out[0..len) */
bool decoder_fail(const decoder *d, err_code code, uint64_t raw_offset, const char *cause, err *e);
/* `what` ("its window of 256 MiB") makes `needed` bytes necessary: ERR_CODEC_MEMORY when those are
 * more than allowed. */
bool decoder_admit(decoder *d, uint64_t needed, uint64_t raw_offset, const char *what, err *e)
    MUST_USE;

typedef struct encoder encoder;
typedef struct encoder_ops {
    /* Encodes from *data, which it advances, into c->out; with `finish` up to the stream's end,
     * then *done. */
    bool (*run)(encoder *c, slice *data, bool finish, size_t *out_len, bool *done, err *e);
    void (*free)(encoder *c); /* frees c itself too */
} encoder_ops;

struct encoder { /* embedded as the first member */
    stage stage;
    const encoder_ops *ops;
    char *out; /* CODER_OUT_BYTES */
};

void encoder_init(encoder *c, const encoder_ops *ops, stage *next);
void encoder_deinit(encoder *c);

#define CODER_BASE_BYTES ((uint64_t)1 << 20) /* buffers of any codec, rounded up */

stage *plain_new(stage *next) MUST_USE;

#endif
