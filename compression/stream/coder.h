/* Common part of the codecs: start and end of members, counters, error messages.
 *
 * What:    internal to compression/: gzip.c, zstd.c, bzip2.c and xz.c each define a decoder_ops and
 *          an encoder_ops; decoder.c and encoder.c call them. "Member" is the unit that a format
 *          concatenates: gzip members, zstd frames, bzip2 and xz streams.
 * Owner:   a codec allocates its own struct with the base first and frees it in `free`.
 * Threads: as stages: one at a time.
 * Fails:   decoder_fail sets the error with the raw offset and the number of decoded bytes. Both
 *          must not depend on the split of the input: a codec outputs what it has decoded before it
 *          reports a fault, and its offsets do not depend on the buffering of its library.
 */
#ifndef COMPRESSION_STREAM_CODER_H
#define COMPRESSION_STREAM_CODER_H

#include "decon/compression/codec.h"
#include "base/util.h"

#define CODER_OUT_BYTES    ((size_t)64 * 1024)
#define DECODER_HEAD_BYTES 8

/* Whether these bytes begin a member. MAYBE: too few bytes to decide. */
typedef enum head_match { HEAD_NO, HEAD_MAYBE, HEAD_YES } head_match;
head_match head_match_magic(slice head, slice magic);

typedef struct decoder decoder;
typedef struct decoder_ops {
    const char *name;           /* "gzip" */
    const char *member;         /* "gzip member" */
    unsigned padding_unit;      /* zeros after a member are multiples of this; 0: not allowed */
    bool members_after_padding; /* else only zeros may follow padding */
    head_match (*match)(slice head);
    bool (*start)(decoder *d, err *e); /* a member begins; `body` gets its first bytes too */
    /* Consumes with decoder_take; at the end of a member sets *ended and leaves the rest, or
     * calls decoder_leave. */
    bool (*body)(decoder *d, slice *data, bool *ended, err *e);
    /* The input ends within a member: outputs what was held back. NULL: nothing is. */
    bool (*end)(decoder *d, err *e);
    void (*free)(decoder *d); /* frees d itself too */
} decoder_ops;

struct decoder { /* embedded as the first member */
    stage stage;
    const decoder_ops *ops;
    bool in_member;
    uint64_t raw_bytes;     /* consumed; the offset of the next byte */
    uint64_t decoded_bytes; /* emitted */
    uint64_t member_count;  /* complete ones */
    uint64_t padding_bytes; /* since the last member */
    unsigned checksums;     /* of complete members: CODEC_CHECK_... */
    codec_options options;
    uint64_t memory_needed; /* set if it exceeds the limit */
    char head[DECODER_HEAD_BYTES];
    size_t head_len; /* bytes held back until they match a member's magic */
    char *out;       /* CODER_OUT_BYTES */
};

void decoder_init(decoder *d, const decoder_ops *ops, const codec_options *options, stage *next);
void decoder_deinit(decoder *d);
void decoder_take(decoder *d, slice *data, size_t len);
/* The member ended before `rest`, the last bytes consumed: too few to begin another member, or not
 * the beginning of one. */
bool decoder_leave(decoder *d, slice rest, err *e) MUST_USE;
bool decoder_emit(decoder *d, size_t len, err *e) MUST_USE; /* d->out[0..len) */
bool decoder_fail(const decoder *d, err_code code, uint64_t raw_offset, const char *cause, err *e);
/* The library could not allocate `needed` bytes: ERR_LIMIT if the file requires more than
 * CODER_OWN_MEMORY (a large window or dictionary), so that one file does not end the process.
 * Otherwise the process ends, as with every allocation. */
#define CODER_OWN_MEMORY ((uint64_t)64 << 20)
bool decoder_fail_memory(const decoder *d, uint64_t needed, uint64_t raw_offset, err *e);
/* `what` ("its window of 256 MiB") requires `needed` bytes: ERR_CODEC_MEMORY if that
 * exceeds the limit. */
bool decoder_admit(decoder *d, uint64_t needed, uint64_t raw_offset, const char *what, err *e)
    MUST_USE;

typedef struct encoder encoder;
typedef struct encoder_ops {
    /* Encodes from *data, which it advances, into c->out; with `finish` up to the end of the
     * stream, then sets *done. */
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
