/* Waiting for an operation of a command. */
#include "base/util.h"
#include "s3/cli/session/context.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#include "decon/base/loop.h"

typedef struct call_fixture {
    cli_session session;
    cli c;
    cli_call call;
    void *op; /* freed at its end, like operations */
} call_fixture;

static void end_and_signal(void *ctx)
{
    call_fixture *f = ctx;
    free(f->op);
    cli_on_done(&f->call, NULL);
    f->session.signal_number = SIGTERM;
}

static void a_signal_in_the_turn_in_which_an_operation_ends_leaves_it_alone(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    call_fixture f = {.op = xcalloc(1, 4096)};
    f.session.loop = loop_new(&(loop_options){0}, &e);
    f.c = (cli){.session = &f.session, .loop = f.session.loop};
    f.call = (cli_call){.c = &f.c, .error = ERR_INIT};
    assert_non_null(f.session.loop);
    timer_start(loop_transport(f.session.loop), 0, end_and_signal, &f);
    assert_false(cli_await(&f.call, f.op, &e));
    assert_int_equal(e.code, ERR_CANCELLED);
    loop_free(f.session.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_in_the_turn_in_which_an_operation_ends_leaves_it_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
