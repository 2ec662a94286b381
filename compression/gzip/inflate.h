/* DEFLATE (RFC 1951), decoding only: one stream of blocks, in any split of the input.
 *
 * What:    two ways to the same outcome, whatever the split: inflate.c, code of our own, about three
 *          times as fast as zlib; inflate_zlib.c, zlib. A fault lies at the byte that brings it to light
 *          (the last one that was consumed), and all symbols before it have been put out. What is
 *          refused is what zlib refuses, in its words.
 * Owner:   inflater_..._new / inflater_free. Input is lent for the length of a call; output lies in the
 *          inflater until the next call.
 * Threads: one at a time.
 * Fails:   by INFLATE_FAULT; inflater_cause then names it.
 * Memory:  less than a MiB, whatever the stream's length.
 */
#ifndef COMPRESSION_GZIP_INFLATE_H
#define COMPRESSION_GZIP_INFLATE_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef enum inflate_result {
    INFLATE_MORE,  /* all input is consumed; the stream goes on */
    INFLATE_FULL,  /* the output buffer is full: call again */
    INFLATE_END,   /* the last block has ended, the rest of the input is not of this stream */
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

/* A build with GZIP_NATIVE=0 leaves the first one out. */
#ifndef DECON_NO_GZIP_NATIVE
inflater *inflater_native_new(void) MUST_USE;
#endif
inflater *inflater_zlib_new(void) MUST_USE;

static inline void inflater_free(inflater *f)
{
    if (f)
        f->ops->free(f);
}
static inline void inflater_reset(inflater *f) /* another stream begins */
{
    f->ops->reset(f);
}

/* Consumes from *data and decodes; *out is what came out of this call, before a fault too. */
static inline inflate_result MUST_USE inflater_run(inflater *f, slice *data, slice *out)
{
    return f->ops->run(f, data, out);
}
static inline const char *inflater_cause(const inflater *f)
{
    return f->cause;
}

#endif
