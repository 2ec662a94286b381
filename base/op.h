/* Asynchronous operations: start, end, cancel. All operations of the programs use this type.
 *
 * What:    the first member of every operation. A start function calls op_new, begins the work and
 *          returns op_started. The work ends in op_finish, which calls on_done once, or in
 *          op_cancel, after which on_done is never called.
 * Owner:   the operation owns itself: op_finish and op_cancel free it. The caller keeps a pointer
 *          only to cancel it, and clears it in on_done. Results are in the operation's memory and
 *          borrowed by on_done; a worker writes only there, so the caller may be freed meanwhile.
 * Threads: the transport's. A worker never calls a function of this file.
 * Fails:   by the error given to on_done, never from within the start function: an operation that
 *          finishes during its start reports from a timer.
 */
#ifndef BASE_OP_H
#define BASE_OP_H

#include "base/list.h"
#include "base/util.h"
#include "decon/base/transport.h"

typedef struct op op;

typedef struct op_list {
    linked_list ops;
} op_list;

typedef struct op_kind {
    /* NULL, or: ends the operation's requests, timers and children. Called once, before
     * on_done. The last call in which the owner is guaranteed to exist. */
    void (*stop)(op *o);
    /* Frees the memory. on_done may have freed the owner: only what `o` owns may be touched. */
    void (*free)(op *o);
    /* NULL: op_cancel stops and frees the operation at once. Otherwise work that cannot be stopped
     * (a worker uses the memory, an upload must be aborted) continues without callbacks, and ends
     * in op_finish, from here or later. */
    void (*cancel)(op *o);
    /* NULL: on_done(ctx, error). Else calls the operation's own callback with its results, borrowed
     * until it returns. The error is a copy. The call comes last: nothing of the operation is used
     * after it. */
    void (*report)(op *o, const err *error);
    /* NULL, or: called when a condition that the list's owner watches has changed. Calls no
     * callback. */
    void (*wake)(op *o);
} op_kind;

struct op {
    const op_kind *kind;
    void (*on_done)(void *ctx, const err *error); /* NULL: no callback */
    void *ctx;
    bool cancelled; /* or it has reported: no callback is called any more */

    /* op.c only */
    transport *transport;
    op_list *list; /* or NULL */
    list_link link;
    bool starting, ended;
    timer *late; /* reports an end during the start */
    err *error;  /* for `late` */
};

/* A new operation of `size_bytes`, zeroed, in `list` (NULL: in none, e.g. while a worker uses its
 * memory and op_list_end must not free it). `t` may be NULL if it cannot end during its start. */
void *op_new(const op_kind *kind, size_t size_bytes, op_list *list, transport *t) MUST_USE;
/* The end of the start function. */
op *op_started(op *o);

/* Copies the error (NULL: success), unlinks, stops, reports unless cancelled, frees. A second call
 * is ignored. */
void op_finish(op *o, const err *error);
/* Reports now; the operation continues without callbacks until op_finish. */
void op_report(op *o, const err *error);
/* on_done is not called any more. NULL is allowed, and an operation inside its own on_done. */
void op_cancel(op *o);

/* Stops and frees all without callbacks, including those whose `cancel` would continue. */
void op_list_end(op_list *list);
void op_list_wake(op_list *list);

/* For a walk over the operations of a list; NULL: none (more). */
op *op_list_first(const op_list *list);
op *op_next(const op *o);

#endif
