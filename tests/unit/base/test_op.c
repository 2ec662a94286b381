/* The promises of base/op.h: results in the operation's memory, and no callback after a cancel. */
#include "tests/unit/base/op_site.h"

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

static void test_work_that_continues_after_a_cancel_ends_silently(void **state)
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
        cmocka_unit_test(test_work_that_continues_after_a_cancel_ends_silently),
        cmocka_unit_test(test_a_cancel_function_may_end_the_operation_itself),
        cmocka_unit_test(test_after_a_report_the_rest_is_silent),
        cmocka_unit_test(test_the_end_of_a_list_frees_all_in_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
