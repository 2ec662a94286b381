/* Stages: bytes are fed in, the output is fed to the next stage; sinks end a chain.
 *
 * What:    the interface that every decoder and encoder (codec.h) and every sink implements, and
 *          three sinks: a file, a callback, lines.
 * Owner:   decon_stage_free frees one stage and not the next one. Data is borrowed for the length of
 *          a call.
 * Threads: a stage belongs to one thread at a time; no global state.
 * Fails:   by the error that this stage or a later one set. A stage that has failed is only freed.
 */
#ifndef DECON_COMPRESSION_STAGE_H
#define DECON_COMPRESSION_STAGE_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct decon_stage decon_stage;
typedef struct decon_stage_ops {
    bool (*feed)(decon_stage *s, decon_slice data, decon_err *e);
    bool (*finish)(decon_stage *s,
                   decon_err *e); /* the input ends here; finishes the next stage too */
    void (*free)(decon_stage *s);
} decon_stage_ops;
struct decon_stage { /* embedded as the first member */
    const decon_stage_ops *ops;
    decon_stage *next; /* borrowed; NULL for a sink */
};

static inline bool DECON_MUST_USE decon_stage_feed(decon_stage *s, decon_slice data, decon_err *e)
{
    return s->ops->feed(s, data, e);
}
static inline bool DECON_MUST_USE decon_stage_finish(decon_stage *s, decon_err *e)
{
    return s->ops->finish(s, e);
}
static inline void decon_stage_free(decon_stage *s)
{
    if (s)
        s->ops->free(s);
}
DECON_DEFINE_AUTO_PTR(decon_stage, decon_stage_free)

/* Sinks and helpers. */
decon_stage *decon_stage_fd_writer_new(int fd)
    DECON_MUST_USE; /* writes all it is fed; fd stays the caller's */
decon_stage *decon_stage_callback_new(bool (*feed)(void *ctx, decon_slice data, decon_err *e),
                                      bool (*finish)(void *ctx, decon_err *e), void *ctx)
    DECON_MUST_USE; /* finish may be
                                                                                      NULL */
/* Calls `line` for each line, without its '\n' (a '\r' stays); `number` counts from 0;
 * `has_newline` is false for a last line without one; else the byte behind the line is its '\n'. A line longer than max_line_bytes is
 * DECON_ERR_LIMIT; `remedy` ends its message: what to do, static, or NULL. */
decon_stage *decon_stage_lines_new(size_t max_line_bytes, const char *remedy,
                                   bool (*line)(void *ctx, decon_slice text, uint64_t number,
                                                bool has_newline, decon_err *e),
                                   void *ctx) DECON_MUST_USE;

/* Reads the whole file in 256 KiB pieces into `first` and finishes it. Blocking: worker threads. */
bool decon_stage_feed_file(decon_stage *first, int fd, decon_err *e) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
