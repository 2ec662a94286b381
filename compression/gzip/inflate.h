/* DEFLATE (RFC 1951) decoder: one stream of blocks, in any split of the input.
 *
 * What:    two implementations with the same results: inflate.c, about three times as fast as zlib,
 *          and inflate_zlib.c on zlib. A fault is at the byte that reveals it (the last one
 *          consumed), and all symbols before it have been output. Errors and their texts are the
 *          same as zlib's.
 * Owner:   inflater_..._new / inflater_free. Input is borrowed for the duration of a call; output
 *          is in the inflater until the next call.
 * Threads: one at a time.
 * Fails:   with INFLATE_FAULT; inflater_cause names the fault.
 * Memory:  less than 1 MiB, independent of the stream's length.
 */
#ifndef COMPRESSION_GZIP_INFLATE_H
#define COMPRESSION_GZIP_INFLATE_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef enum inflate_result {
    INFLATE_MORE,  /* all input is consumed; the stream continues */
    INFLATE_FULL,  /* the output buffer is full: call again */
    INFLATE_END,   /* the last block has ended; the rest of the input is not part of this stream */
    INFLATE_FAULT, /* see inflater_cause */
    INFLATE_STOP,  /* a stop of inflate_place.h is reached: call again */
} inflate_result;

typedef struct inflater inflater;
typedef struct inflater_ops {
    inflate_result (*run)(inflater *f, slice *data, slice *out);
    void (*reset)(inflater *f);
    void (*free)(inflater *f);
} inflater_ops;
struct inflater { /* embedded as the first member */
    const inflater_ops *ops;
    const char *cause;
};

/* Builds with GZIP_NATIVE=0 omit the native decoder. */
#ifndef DECON_NO_GZIP_NATIVE
inflater *inflater_native_new(void) MUST_USE;
#endif
inflater *inflater_zlib_new(void) MUST_USE;

static inline void inflater_free(inflater *f)
{
    if (f)
        f->ops->free(f);
}
static inline void inflater_reset(inflater *f) /* starts another stream */
{
    f->ops->reset(f);
}

/* Consumes from *data and decodes; *out is the output of this call, including output before a
 * fault. */
static inline inflate_result MUST_USE inflater_run(inflater *f, slice *data, slice *out)
{
    return f->ops->run(f, data, out);
}
static inline const char *inflater_cause(const inflater *f)
{
    return f->cause;
}

#endif
