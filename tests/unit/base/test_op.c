/* The four promises of base/op.h: results in the operation's memory, no callback after a cancel, an
 * on_done without restrictions, and no callback from within a start function. */
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

static void fixture_init(fixture *f)
{
    err e = ERR_INIT;
    *f = (fixture){.fake = fake_new()};
    f->t = fake_transport_base(f->fake);
    f->pool = pool_new(0, &e);
    assert_non_null(f->pool);
}

static void fixture_deinit(fixture *f)
{
    op_list_end(&f->list);
    pool_free(f->pool);
    fake_free(f->fake);
}

static void on_done(void *ctx, const err *error)
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

static void step_stop(op *p)
{
    step_op *o = (step_op *)p;
    o->f->stops++;
    free(move(o->found));
}

static void step_free(op *p)
{
    step_op *o = (step_op *)p;
    o->f->frees++;
    free(o);
}

static void step_wake(op *p)
{
    ((step_op *)p)->f->wakes++;
}

static const op_kind step_kind = {.stop = step_stop, .free = step_free, .wake = step_wake};

static step_op *step_new(fixture *f, const op_kind *kind)
{
    step_op *o = op_new(kind, sizeof *o, &f->list, f->t);
    o->f = f;
    o->op.on_done = on_done;
    o->op.ctx = f;
    return o;
}

static op *step_start(fixture *f)
{
    return op_started(&step_new(f, &step_kind)->op);
}

static size_t listed_count(const fixture *f)
{
    size_t count = 0;
    for (const op *o = op_list_first(&f->list); o; o = op_next(o))
        count++;
    return count;
}

static void finish_with_own_error(op *p)
{
    step_op *o = (step_op *)p;
    o->found = xcalloc(1, sizeof *o->found);
    err_set(o->found, ERR_IO, "disk: read: it broke");
    op_finish(p, o->found);
}

/* After on_done the owner, which `stop` may need, may be freed. */
static void must_have_stopped(fixture *f)
{
    assert_int_equal(f->stops, 1);
    assert_int_equal(f->frees, 0); /* results are borrowed from its memory */
}

static void test_the_error_is_copied_before_what_holds_it_stops(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    f.in_done = must_have_stopped;
    finish_with_own_error(step_start(&f));
    assert_int_equal(f.dones, 1);
    assert_int_equal(f.error.code, ERR_IO);
    assert_string_equal(f.error.message, "disk: read: it broke");
    assert_int_equal(f.stops, 1);
    assert_int_equal(f.frees, 1);
    assert_int_equal(listed_count(&f), 0);
    fixture_deinit(&f);
}

/* --- an operation with a worker --- */

typedef struct worker_op {
    op op;
    pool_task task;
    fixture *f;
    char result[64]; /* owned by the worker until task.done */
    char *to;        /* memory of the owner */
} worker_op;

static worker_op *of_task(pool_task *task)
{
    return (worker_op *)((char *)task - offsetof(worker_op, task));
}

static void worker_run(pool_task *task)
{
    worker_op *o = of_task(task);
    memset(o->result, 'x', sizeof o->result - 1);
}

static void worker_back(pool_task *task)
{
    op_finish(&of_task(task)->op, NULL);
}

static void worker_free(op *p)
{
    worker_op *o = (worker_op *)p;
    o->f->frees++;
    free(o);
}

static void worker_cancel(op *p)
{
    UNUSED(p); /* worker_back frees it */
}

static void worker_report(op *p, const err *error)
{
    worker_op *o = (worker_op *)p;
    memcpy(o->to, o->result, sizeof o->result);
    on_done(o->op.ctx, error);
}

static const op_kind worker_kind = {
    .free = worker_free, .cancel = worker_cancel, .report = worker_report};

static op *worker_start(fixture *f, char *to)
{
    worker_op *o = op_new(&worker_kind, sizeof *o, NULL, f->t);
    o->f = f;
    o->to = to;
    o->op.ctx = f;
    o->task = (pool_task){.run = worker_run, .done = worker_back};
    pool_submit(f->pool, &o->task);
    return op_started(&o->op);
}

static void test_the_results_of_a_worker_are_borrowed_by_on_done(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    char result[64] = "";
    (void)worker_start(&f, result);
    assert_int_equal(pool_collect(f.pool), 1);
    assert_int_equal(f.dones, 1);
    assert_int_equal(strlen(result), sizeof result - 1);
    assert_int_equal(f.frees, 1);
    fixture_deinit(&f);
}

static void test_a_cancelled_worker_writes_to_memory_that_lives_until_it_is_back(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    char *owner = xcalloc(1, 64);
    op_cancel(worker_start(&f, owner));
    free(owner);
    assert_int_equal(f.frees, 0); /* in use by the worker */
    assert_int_equal(pool_collect(f.pool), 1);
    assert_int_equal(f.frees, 1);
    assert_int_equal(f.dones, 0);
    fixture_deinit(&f);
}

/* --- cancelling --- */

static void test_after_a_cancel_there_is_no_callback(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    op *first = step_start(&f), *second = step_start(&f), *third = step_start(&f);
    op_cancel(second);
    assert_int_equal(f.stops, 1);
    assert_int_equal(f.frees, 1);
    assert_int_equal(listed_count(&f), 2);
    op_cancel(third);
    op_cancel(first);
    op_cancel(NULL);
    fake_run_all(f.fake);
    assert_int_equal(f.dones, 0);
    assert_int_equal(f.frees, 3);
    fixture_deinit(&f);
}

static void goes_on(op *p)
{
    UNUSED(p);
}

static const op_kind lasting_kind = {.stop = step_stop, .free = step_free, .cancel = goes_on};

static void test_work_that_goes_on_after_a_cancel_ends_in_silence(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    op *o = op_started(&step_new(&f, &lasting_kind)->op);
    op_cancel(o);
    assert_int_equal(f.stops, 0);
    assert_int_equal(listed_count(&f), 1); /* still in its list */
    op_report(o, NULL);
    op_finish(o, NULL);
    assert_int_equal(f.dones, 0);
    assert_int_equal(f.frees, 1);
    fixture_deinit(&f);
}

static void end_at_once(op *p)
{
    op_finish(p, NULL);
}

static const op_kind brief_kind = {.stop = step_stop, .free = step_free, .cancel = end_at_once};

static void test_a_cancel_function_may_end_the_operation_itself(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    op_cancel(op_started(&step_new(&f, &brief_kind)->op));
    assert_int_equal(f.dones, 0);
    assert_int_equal(f.stops, 1);
    assert_int_equal(f.frees, 1);
    fixture_deinit(&f);
}

static void test_after_a_report_the_rest_is_silent(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    op *o = step_start(&f);
    op_report(o, NULL);
    assert_int_equal(f.dones, 1);
    assert_int_equal(f.frees, 0);
    op_cancel(o); /* the remaining abort is not stopped by the owner */
    assert_int_equal(f.frees, 0);
    op_finish(o, NULL);
    assert_int_equal(f.dones, 1);
    assert_int_equal(f.frees, 1);
    fixture_deinit(&f);
}

/* --- what on_done may do --- */

static void cancel_sibling_and_self(fixture *f)
{
    op_cancel(f->sibling);
    op_cancel(f->own);
}

static void test_on_done_may_cancel_a_sibling_and_the_operation_itself(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    f.in_done = cancel_sibling_and_self;
    for (int order = 0; order < 2; order++) {
        op *older = step_start(&f), *newer = step_start(&f);
        f.own = order ? older : newer;
        f.sibling = order ? newer : older;
        op_finish(f.own, NULL);
        assert_int_equal(listed_count(&f), 0);
    }
    assert_int_equal(f.dones, 2);
    assert_int_equal(f.stops, 4);
    assert_int_equal(f.frees, 4);
    fixture_deinit(&f);
}

static void start_another(fixture *f)
{
    f->in_done = NULL;
    f->sibling = step_start(f);
}

static void test_on_done_may_start_another_operation(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    f.in_done = start_another;
    op_finish(step_start(&f), NULL);
    assert_int_equal(listed_count(&f), 1);
    assert_ptr_equal(op_list_first(&f.list), f.sibling);
    op_finish(f.sibling, NULL);
    assert_int_equal(f.dones, 2);
    fixture_deinit(&f);
}

typedef struct owner {
    fixture f;
    op_list list;
} owner;

static void end_list(fixture *f)
{
    op_list_end(&f->list);
}

static void test_on_done_may_end_the_list_it_was_in(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    f.in_done = end_list;
    op *o = step_start(&f);
    f.sibling = step_start(&f);
    op_finish(o, NULL);
    assert_int_equal(f.dones, 1);
    assert_int_equal(f.frees, 2); /* each once */
    fixture_deinit(&f);
}

static void owned_done(void *ctx, const err *error)
{
    owner *w = *(owner **)ctx;
    UNUSED(error);
    op_list_end(&w->list);
    *(owner **)ctx = NULL;
    free(w);
}

static void plain_free(op *p)
{
    free(p);
}

static const op_kind plain_kind = {.free = plain_free};

static void test_on_done_may_free_the_owner_of_the_list(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    owner *w = xcalloc(1, sizeof *w);
    op *o = op_new(&plain_kind, sizeof *o, &w->list, f.t);
    op *rest = op_started(op_new(&plain_kind, sizeof *rest, &w->list, f.t));
    UNUSED(rest);
    o->on_done = owned_done;
    o->ctx = &w;
    op_finish(op_started(o), NULL);
    assert_null(w);
    fixture_deinit(&f);
}

/* --- the start --- */

static op *start_that_fails_at_once(fixture *f)
{
    step_op *o = step_new(f, &step_kind);
    finish_with_own_error(&o->op);
    op_finish(&o->op, NULL); /* only the first end counts */
    return op_started(&o->op);
}

static void test_an_operation_that_ends_while_it_starts_reports_later(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    op *o = start_that_fails_at_once(&f);
    assert_int_equal(f.dones, 0);
    assert_int_equal(f.stops, 1);
    assert_ptr_equal(op_list_first(&f.list), o);
    fake_run_all(f.fake);
    assert_int_equal(f.dones, 1);
    assert_true(f.failed);
    assert_string_equal(f.error.message, "disk: read: it broke");
    assert_int_equal(f.stops, 1);
    assert_int_equal(f.frees, 1);
    assert_int_equal(listed_count(&f), 0);
    fixture_deinit(&f);
}

static void test_a_report_from_within_the_start_comes_later(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    step_op *o = step_new(&f, &step_kind);
    op_report(&o->op, NULL);
    op_started(&o->op);
    assert_int_equal(f.dones, 0);
    fake_run_all(f.fake);
    assert_int_equal(f.dones, 1);
    assert_int_equal(f.frees, 0);
    op_finish(&o->op, NULL);
    assert_int_equal(f.dones, 1);
    assert_int_equal(f.frees, 1);
    fixture_deinit(&f);
}

static void test_it_can_be_cancelled_before_it_reports(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    op_cancel(start_that_fails_at_once(&f));
    assert_int_equal(f.frees, 1);
    (void)start_that_fails_at_once(&f);
    op_list_end(&f.list);
    fake_run_all(f.fake);
    assert_int_equal(f.dones, 0);
    assert_int_equal(f.stops, 2);
    assert_int_equal(f.frees, 2);
    fixture_deinit(&f);
}

/* --- lists --- */

static void test_the_end_of_a_list_frees_all_in_silence(void **state)
{
    UNUSED(state);
    fixture f;
    fixture_init(&f);
    op_cancel(op_started(&step_new(&f, &lasting_kind)->op));
    (void)step_start(&f);
    (void)step_start(&f);
    op_list_wake(&f.list);
    assert_int_equal(f.wakes, 2);
    op_list_end(&f.list);
    assert_int_equal(f.dones, 0);
    assert_int_equal(f.stops, 3);
    assert_int_equal(f.frees, 3);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_error_is_copied_before_what_holds_it_stops),
        cmocka_unit_test(test_the_results_of_a_worker_are_borrowed_by_on_done),
        cmocka_unit_test(test_a_cancelled_worker_writes_to_memory_that_lives_until_it_is_back),
        cmocka_unit_test(test_after_a_cancel_there_is_no_callback),
        cmocka_unit_test(test_work_that_goes_on_after_a_cancel_ends_in_silence),
        cmocka_unit_test(test_a_cancel_function_may_end_the_operation_itself),
        cmocka_unit_test(test_after_a_report_the_rest_is_silent),
        cmocka_unit_test(test_on_done_may_cancel_a_sibling_and_the_operation_itself),
        cmocka_unit_test(test_on_done_may_start_another_operation),
        cmocka_unit_test(test_on_done_may_end_the_list_it_was_in),
        cmocka_unit_test(test_on_done_may_free_the_owner_of_the_list),
        cmocka_unit_test(test_an_operation_that_ends_while_it_starts_reports_later),
        cmocka_unit_test(test_a_report_from_within_the_start_comes_later),
        cmocka_unit_test(test_it_can_be_cancelled_before_it_reports),
        cmocka_unit_test(test_the_end_of_a_list_frees_all_in_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
