/* Text output that does not block on a stalled reader: a bounded queue and a thread that writes it.
 *
 * What:    texts are written whole and in order. Callers wait for the reader only with OUTPUT_WAIT.
 *          A terminal's status text is replaced, not queued, and stays below the last line. Without
 *          a thread (`threaded`) output_put writes directly.
 * Owner:   output_new / output_free; texts are copied.
 * Threads: any. `write` is called by one thread at a time, without the lock if there is a thread.
 * Fails:   output_put: false with errno if a text was not taken (ENOBUFS: the queue is full; EINTR:
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
    bool lossy;          /* a log: waits while the disk is full; else ENOSPC ends the output */
    size_t max_bytes;    /* queue limit for OUTPUT_DROP and OUTPUT_WAIT */
    size_t keep_bytes;   /* queue limit for OUTPUT_KEEP */
    unsigned retry_ms;   /* between attempts on a full disk */
    bool ends_on_signal; /* SIGINT or SIGTERM, blocked and pending, ends a wait */
} output_options;

typedef enum output_rule {
    OUTPUT_DROP, /* dropped while the queue is full, then until half of it is written */
    OUTPUT_KEEP, /* taken up to keep_bytes */
    OUTPUT_WAIT  /* waits until there is space */
} output_rule;

#define OUTPUT_FOREVER UINT64_MAX

output *output_new(const output_options *options) MUST_USE;
/* If the thread is inside a write, it frees the output later. NULL is allowed. */
void output_free(output *o);

bool output_put(output *o, slice text, output_rule rule) MUST_USE;
/* Whether OUTPUT_DROP would take a text of this length. */
bool output_has_space(output *o, size_t len);
/* NULL removes the status text. */
void output_status(output *o, const char *text);
/* Waits until all is written; false at the time limit, at a signal (errno 0), or with errno if the
 * output has ended. */
bool output_flush(output *o, uint64_t limit_ms);
/* Flushes for up to 200 ms, so that later writes by other means come after it. Returns at once
 * while the reader is known to be stalled. */
void output_settle(output *o);
/* Flushes, then ends the thread if it is idle: later texts are written by output_put. */
bool output_stop(output *o, uint64_t limit_ms);

/* Around fork(): the child has an empty queue and no thread; it starts a thread when it needs
 * one. */
void output_before_fork(output *o);
void output_after_fork(output *o, bool in_child);

#endif
