/* Operations that a timer, a worker or the test itself ends. */
#ifndef TESTS_UNIT_BASE_OP_SITE_H
#define TESTS_UNIT_BASE_OP_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/op.h"
#include "base/util.h"
#include "decon/base/pool.h"
#include "tests/fake/transport.h"

typedef struct fixture {
    fake_transport *fake;
    transport *t;
    pool *pool;
    op_list list;
    unsigned stops, frees, wakes, dones;
    err error; /* the last one given to on_done */
    bool failed;
    op *own, *sibling;
    void (*in_done)(struct fixture *f);
} fixture;

static inline void fixture_init(fixture *f)
{
    err e = ERR_INIT;
    *f = (fixture){.fake = fake_new()};
    f->t = fake_transport_base(f->fake);
    f->pool = pool_new(0, &e);
    assert_non_null(f->pool);
}

static inline void fixture_deinit(fixture *f)
{
    op_list_end(&f->list);
    pool_free(f->pool);
    fake_free(f->fake);
}

static inline void on_done(void *ctx, const err *error)
{
    fixture *f = ctx;
    f->dones++;
    f->failed = error != NULL;
    if (error)
        f->error = *error;
    if (f->in_done)
        f->in_done(f);
}

/* --- an operation that a timer or the test itself ends --- */

typedef struct step_op {
    op op;
    fixture *f;
    err *found; /* freed by stop: errors given to op_finish may point into memory that stop frees */
} step_op;

static inline void step_stop(op *p)
{
    step_op *o = (step_op *)p;
    o->f->stops++;
    free(move(o->found));
}

static inline void step_free(op *p)
{
    step_op *o = (step_op *)p;
    o->f->frees++;
    free(o);
}

static inline void step_wake(op *p)
{
    ((step_op *)p)->f->wakes++;
}

static const op_kind step_kind = {.stop = step_stop, .free = step_free, .wake = step_wake};

static inline step_op *step_new(fixture *f, const op_kind *kind)
{
    step_op *o = op_new(kind, sizeof *o, &f->list, f->t);
    o->f = f;
    o->op.on_done = on_done;
    o->op.ctx = f;
    return o;
}

static inline op *step_start(fixture *f)
{
    return op_started(&step_new(f, &step_kind)->op);
}

static inline size_t listed_count(const fixture *f)
{
    size_t count = 0;
    for (const op *o = op_list_first(&f->list); o; o = op_next(o))
        count++;
    return count;
}

static inline void finish_with_own_error(op *p)
{
    step_op *o = (step_op *)p;
    o->found = xcalloc(1, sizeof *o->found);
    err_set(o->found, ERR_IO, "disk: read: it broke");
    op_finish(p, o->found);
}

#endif
