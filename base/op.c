#include "base/op.h"

#include "base/util.h"

static void unlink_op(op *o)
{
    if (o->list)
        list_remove(&o->list->ops, &o->link);
    o->list = NULL;
}

/* Calls of op_finish by its children and requests meanwhile are ignored. */
static void stop(op *o)
{
    bool first = !o->ended;
    o->ended = true;
    if (first && o->kind->stop)
        o->kind->stop(o);
}

static void release(op *o)
{
    timer_stop(o->transport, o->late);
    free(o->error);
    o->kind->free(o);
}

/* Marks it cancelled first: on_done may call op_cancel, since its owner still has the pointer. */
static void report(op *o, const err *error)
{
    if (o->cancelled)
        return;
    o->cancelled = true;
    if (o->kind->report)
        o->kind->report(o, error);
    else if (o->on_done)
        o->on_done(o->ctx, error);
}

void *op_new(const op_kind *kind, size_t size_bytes, op_list *list, transport *t)
{
    op *o = xcalloc(1, size_bytes);
    o->kind = kind;
    o->transport = t;
    o->starting = true;
    o->list = list;
    if (list)
        list_prepend(&list->ops, &o->link);
    return o;
}

static void report_late(void *ctx)
{
    op *o = ctx;
    AUTO_FREE err *error = move(o->error);
    o->late = NULL;
    if (!o->ended) {
        report(o, error);
        return;
    }
    unlink_op(o);
    report(o, error);
    release(o);
}

static void keep_for_later(op *o, const err *error)
{
    if (o->late)
        return; /* the first report counts */
    if (error) {
        o->error = xcalloc(1, sizeof *o->error);
        *o->error = *error;
    }
    o->late = timer_start(o->transport, 0, report_late, o);
}

op *op_started(op *o)
{
    o->starting = false;
    return o;
}

void op_finish(op *o, const err *error)
{
    if (o->ended)
        return;
    err copy = error ? *error : (err)ERR_INIT;
    if (o->starting || o->late) {
        keep_for_later(o, error);
        stop(o);
        return;
    }
    unlink_op(o);
    stop(o);
    report(o, error ? &copy : NULL);
    release(o);
}

void op_report(op *o, const err *error)
{
    err copy = error ? *error : (err)ERR_INIT;
    if (o->starting)
        keep_for_later(o, error);
    else
        report(o, error ? &copy : NULL);
}

static void drop(op *o)
{
    o->cancelled = true;
    unlink_op(o);
    stop(o);
    release(o);
}

void op_cancel(op *o)
{
    if (!o || o->cancelled)
        return;
    o->cancelled = true;
    if (!o->ended && o->kind->cancel)
        o->kind->cancel(o);
    else
        drop(o);
}

void op_list_end(op_list *list)
{
    op *o;
    while ((o = op_list_first(list)))
        drop(o);
}

void op_list_wake(op_list *list)
{
    for (op *o = op_list_first(list); o; o = op_next(o))
        if (o->kind->wake && !o->ended)
            o->kind->wake(o);
}

op *op_list_first(const op_list *list)
{
    return LIST_FIRST(&list->ops, op, link);
}

op *op_next(const op *o)
{
    return LIST_NEXT(o, op, link);
}
