/* One asynchronous operation: how it is started, ends, and is cancelled. The whole program has this
 * one mechanism.
 *
 * What:    the first member of every operation. A start function calls op_new, begins the work and
 *          returns op_started. The work ends in op_finish, which calls on_done once, or in
 *          op_cancel, after which on_done is never called.
 * Owner:   the operation owns itself: op_finish and op_cancel free it. The caller keeps a pointer
 *          only to cancel it, and forgets it in on_done. Results live in the operation's memory and
 *          are lent to on_done; a worker writes only there, so the caller may go away meanwhile.
 * Threads: the transport's. A worker never calls a function of this file.
 * Fails:   by the error given to on_done, never from within the start function: an operation that
 *          finishes while it is started reports from a timer.
 */
#ifndef BASE_OP_H
#define BASE_OP_H

#include "base/util.h"
#include "decon/base/transport.h"

typedef struct op op;

typedef struct op_list {
    op *first;
} op_list;

typedef struct op_kind {
    /* NULL, or: ends what works for the operation (requests, timers, children). Called once, before
     * on_done. The last call in which the owner still exists for certain. */
    void (*stop)(op *o);
    /* Releases the memory. on_done may have freed the owner: only what `o` owns is touched. */
    void (*free)(op *o);
    /* NULL: op_cancel stops and frees the operation at once. Else the work that cannot be stopped
     * (a worker uses the memory, an upload must be aborted) goes on without callbacks, and ends in
     * op_finish, from here or later. */
    void (*cancel)(op *o);
    /* NULL: on_done(ctx, error). Else calls the operation's own callback with its results, which are
     * lent until it returns. The error is a copy. Nothing of the operation is touched after the
     * call. */
    void (*report)(op *o, const err *error);
    /* NULL, or: what the list's owner knows has changed. Calls no callback. */
    void (*wake)(op *o);
} op_kind;

struct op {
    const op_kind *kind;
    void (*on_done)(void *ctx, const err *error); /* NULL: nobody is notified */
    void *ctx;
    bool cancelled; /* or it has reported: no callback is called any more */

    /* op.c only */
    transport *transport;
    op_list *list; /* or NULL */
    op *previous, *next;
    bool starting, ended;
    timer *late; /* it finished while it was started */
    err *error;  /* of that */
};

/* A new operation of `size_bytes`, zeroed, in `list` (NULL: in none, e.g. where a worker has its
 * memory and op_list_end must not free it). `t` may be NULL where it cannot end in its start. */
void *op_new(const op_kind *kind, size_t size_bytes, op_list *list, transport *t) MUST_USE;
/* The end of the start function. */
op *op_started(op *o);

/* Copies the error (NULL: success), unlinks, stops, reports unless cancelled, frees. A second call is
 * ignored. */
void op_finish(op *o, const err *error);
/* Reports now; the operation goes on without callbacks until op_finish. */
void op_report(op *o, const err *error);
/* on_done is not called any more. NULL is fine, and so is an operation inside its own on_done. */
void op_cancel(op *o);

/* Stops and frees all without callbacks, also those whose `cancel` would have gone on. */
void op_list_end(op_list *list);
void op_list_wake(op_list *list);

#endif
