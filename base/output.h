/* Text for a descriptor whose reader may be stalled: a bounded queue, and a thread that writes it.
 *
 * What:    texts are written whole and in order. No caller waits for the reader, unless it asks for
 *          that (OUTPUT_WAIT). A terminal's status text is replaced, not queued, and stays below
 *          the last line. Without a thread (`threaded`) output_put writes by itself.
 * Owner:   output_new / output_free; texts are copied.
 * Threads: any. `write` is called by one thread at a time, without a lock where there is a thread.
 * Fails:   output_put: false with errno where a text was not taken (ENOBUFS: the queue is full; EINTR:
 *          a signal is pending; else the errno of the write that ended the output).
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <sys/uio.h>

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

typedef struct output output;

typedef struct output_options {
    int fd;
    ssize_t (*write)(void *ctx, const struct iovec *parts, int count); /* NULL: writev(2) to fd */
    void *ctx;
    bool threaded;
    bool lossy;          /* of a log: a full disk is waited for; else it ends the output */
    size_t max_bytes;    /* queued, of texts that may be dropped or wait */
    size_t keep_bytes;   /* the same, of OUTPUT_KEEP */
    unsigned retry_ms;   /* between the attempts on a full disk */
    bool ends_on_signal; /* SIGINT or SIGTERM, blocked and pending, ends a wait */
} output_options;

typedef enum output_rule {
    OUTPUT_DROP, /* not taken while the queue is full; once it was, until half of it is written */
    OUTPUT_KEEP, /* taken up to keep_bytes */
    OUTPUT_WAIT  /* waits until there is space */
} output_rule;

#define OUTPUT_FOREVER UINT64_MAX

output *output_new(const output_options *options) MUST_USE;
/* Where the thread is inside a write, the output is its own from here on. NULL is fine. */
void output_free(output *o);

bool output_put(output *o, slice text, output_rule rule) MUST_USE;
/* Whether OUTPUT_DROP would take a text of this length now. */
bool output_has_space(output *o, size_t len);
/* NULL takes the status text away. */
void output_status(output *o, const char *text);
/* Waits until all is written; false after the limit, at a signal (errno 0), or with errno where the
 * output ended. */
bool output_flush(output *o, uint64_t limit_ms);
/* Flushes for up to 200 ms, so that what is written elsewhere next comes later; not again while the
 * reader is stalled. */
void output_settle(output *o);
/* Flushes, then ends the thread where it is idle: later texts are written by output_put. */
bool output_stop(output *o, uint64_t limit_ms);

/* Around fork(): the child has an empty queue and no thread; it starts one of its own when needed. */
void output_before_fork(output *o);
void output_after_fork(output *o, bool in_child);

#endif
