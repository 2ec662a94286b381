/* Stages: each feeds its output to the next stage; a sink ends the chain.
 *
 * What:    the interface that every decoder and encoder (codec.h) and every sink implements, and
 *          three sinks: a file, a callback, lines.
 * Owner:   decon_stage_free frees this stage only, not the next one. Data is borrowed for the
 *          duration of a call.
 * Threads: a stage belongs to one thread at a time; no global state.
 * Fails:   with the error of this stage or a later one. A failed stage may only be freed.
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
    /* Ends the input; also finishes the next stage. */
    bool (*finish)(decon_stage *s, decon_err *e);
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
/* Writes everything to fd, which it does not close. */
decon_stage *decon_stage_fd_writer_new(int fd) DECON_MUST_USE;
/* `finish` may be NULL. */
decon_stage *decon_stage_callback_new(bool (*feed)(void *ctx, decon_slice data, decon_err *e),
                                      bool (*finish)(void *ctx, decon_err *e), void *ctx)
    DECON_MUST_USE;
/* Calls `line` for each line without its '\n' ('\r' is kept); `number` counts from 0; `has_newline`
 * is false for a last line without '\n', else the byte after the text is its '\n'. A line longer than
 * max_line_bytes is DECON_ERR_LIMIT; `remedy` (static or NULL) is the advice in its message. */
decon_stage *decon_stage_lines_new(size_t max_line_bytes, const char *remedy,
                                   bool (*line)(void *ctx, decon_slice text, uint64_t number,
                                                bool has_newline, decon_err *e),
                                   void *ctx) DECON_MUST_USE;

/* Feeds the whole file in pieces of 256 KiB into `first` and finishes it. Blocks: for worker
 * threads. */
bool decon_stage_feed_file(decon_stage *first, int fd, decon_err *e) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
