/* Operations: what on_done and a start may do. */
#include "tests/unit/base/op_site.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_done_may_cancel_a_sibling_and_the_operation_itself),
        cmocka_unit_test(test_on_done_may_start_another_operation),
        cmocka_unit_test(test_on_done_may_end_the_list_it_was_in),
        cmocka_unit_test(test_on_done_may_free_the_owner_of_the_list),
        cmocka_unit_test(test_an_operation_that_ends_while_it_starts_reports_later),
        cmocka_unit_test(test_a_report_from_within_the_start_comes_later),
        cmocka_unit_test(test_it_can_be_cancelled_before_it_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
