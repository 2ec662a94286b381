#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "decon/base/loop.h"
#include "base/util.h"

typedef struct child {
    loop *loop;
    process *process;
    char *output, *error_line;
    process_result result;
    bool done;
} child;

static int set_up(void **state)
{
    err e = ERR_INIT;
    child *c = xcalloc(1, sizeof *c);
    c->loop = loop_new(&(loop_options){.verify_tls = true}, &e);
    *state = c;
    return c->loop ? 0 : 1;
}

static int tear_down(void **state)
{
    child *c = *state;
    loop_free(c->loop);
    free(c->output);
    free(c->error_line);
    free(c);
    return 0;
}

static void on_done(void *ctx, const process_result *result)
{
    child *c = ctx;
    c->result = *result;
    c->output = slice_dup(result->output);
    c->error_line = slice_dup(result->error_line);
    c->done = true;
}

static void start(child *c, const char *command, int time_limit_ms)
{
    c->process =
        process_start(loop_transport(c->loop), &(process_request){.command = command,
                                                                  .output_max_bytes = 64 * 1024,
                                                                  .time_limit_ms = time_limit_ms,
                                                                  .on_done = on_done,
                                                                  .ctx = c});
    assert_false(c->done);
}

static void run(child *c, const char *command)
{
    start(c, command, 60000);
    loop_run(c->loop, &c->done);
}

static void what_it_says_and_how_it_ended(void **state)
{
    child *c = *state;
    run(c, "echo \"one  two\"; echo early >&2; printf 'the \\tlast\\n\\n' >&2; exit 3");
    assert_true(c->result.ok);
    assert_int_equal(c->result.exit_status, 3);
    assert_string_equal(c->output, "one  two\n");
    assert_string_equal(c->error_line, "the ?last");
}

static void its_input_is_empty_and_its_signals_are_as_usual(void **state)
{
    child *c = *state;
    err e = ERR_INIT;
    assert_true(loop_watch_signals(c->loop, NULL, NULL, &e)); /* SIGTERM is blocked here */
    run(c, "cat; kill -TERM $$; echo not reached");
    assert_int_equal(c->result.exit_status, 128 + SIGTERM);
    assert_string_equal(c->output, "");
}

static void more_output_than_a_pipe_holds(void **state)
{
    child *c = *state;
    run(c, "i=0; while [ $i -lt 600 ]; do printf %0100d $i; i=$((i+1)); done");
    assert_true(c->result.ok);
    assert_int_equal(strlen(c->output), 60000);
}

static void output_without_end_is_cut(void **state)
{
    child *c = *state;
    run(c, "echo why >&2; yes");
    assert_false(c->result.ok);
    assert_int_equal(c->result.error.code, ERR_LIMIT);
    assert_string_equal(c->error_line, "why");
}

static void errors_without_end_keep_their_last_line(void **state)
{
    child *c = *state;
    run(c, "i=0; while [ $i -lt 600 ]; do echo line $i >&2; i=$((i+1)); done; printf %0300d 1 >&2");
    assert_true(c->result.ok);
    assert_int_equal(strlen(c->error_line), 200);
}

static void one_that_does_not_end_is_killed_with_its_children(void **state)
{
    child *c = *state;
    int ends[2]; /* its child processes have the second one open */
    assert_int_equal(pipe(ends), 0);
    start(c, "echo $$; sleep 1000 | sleep 1000", 300);
    close(ends[1]);
    loop_run(c->loop, &c->done);
    struct pollfd left = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&left, 1, 60000), 1); /* no process has it open */
    close(ends[0]);
    assert_int_equal(c->result.error.code, ERR_TIMEOUT);
    pid_t group = (pid_t)strtol(c->output, NULL, 10);
    if (group > 1)                            /* on a busy machine it may not be done yet */
        assert_int_equal(getpgid(group), -1); /* reaped */
}

static void one_that_closes_its_output_is_waited_for(void **state)
{
    child *c = *state;
    run(c, "exec >&- 2>&-; sleep 0.05; exit 7");
    assert_true(c->result.ok);
    assert_int_equal(c->result.exit_status, 7);
}

static void a_cancelled_process_is_killed_without_a_callback(void **state)
{
    child *c = *state;
    start(c, "sleep 1000", 60000);
    process_cancel(loop_transport(c->loop), c->process);
    start(c, "sleep 1000", 60000); /* ended by loop_free */
    assert_false(c->done);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_it_says_and_how_it_ended),
        TEST(its_input_is_empty_and_its_signals_are_as_usual),
        TEST(more_output_than_a_pipe_holds),
        TEST(output_without_end_is_cut),
        TEST(errors_without_end_keep_their_last_line),
        TEST(one_that_does_not_end_is_killed_with_its_children),
        TEST(one_that_closes_its_output_is_waited_for),
        TEST(a_cancelled_process_is_killed_without_a_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
