/* Watched descriptors on the event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop/loop_private.h"
#include "base/loop/loop_watch.h"
#include "tests/fake/loop_site.h"

typedef struct reader {
    loop *loop;
    int fd, end; /* of a pipe */
    loop_watch *watch;
    unsigned calls;
    ssize_t got;
    bool done;
} reader;

static void on_readable(void *ctx)
{
    reader *r = ctx;
    char data[16];
    r->watch = NULL;
    r->calls++;
    r->got = read(r->fd, data, sizeof data);
    r->done = true;
}

static reader new_reader(loop_site *f)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    return (reader){.loop = f->loop, .fd = ends[0], .end = ends[1]};
}

static void watch(reader *r)
{
    r->done = false;
    r->watch = loop_watch_readable(r->loop, r->fd, on_readable, r);
}

/* Runs the loop briefly: readable descriptors are reported by then. */
static void set_true(void *ctx)
{
    *(bool *)ctx = true;
}

static void breathe(loop *l)
{
    bool fired = false;
    timer_start(loop_transport(l), 0, set_true, &fired);
    loop_run(l, &fired);
}

static void readable_data_is_reported_once(void **state)
{
    loop_site *f = *state;
    reader r = new_reader(f);
    watch(&r);
    breathe(f->loop);
    assert_int_equal(r.calls, 0);
    assert_int_equal(write(r.end, "abc", 3), 3);
    loop_run(f->loop, &r.done);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.got, 3);
    assert_int_equal(write(r.end, "d", 1), 1); /* the watch has ended */
    breathe(f->loop);
    assert_int_equal(r.calls, 1);
    watch(&r);
    loop_run(f->loop, &r.done);
    assert_int_equal(r.calls, 2);
    close(r.fd);
    close(r.end);
}

static void the_end_is_reported_too(void **state)
{
    loop_site *f = *state;
    reader r = new_reader(f);
    watch(&r);
    close(r.end);
    loop_run(f->loop, &r.done);
    assert_int_equal(r.got, 0);
    close(r.fd);
}

static void a_file_can_always_be_read(void **state)
{
    loop_site *f = *state;
    FILE *file = tmpfile();
    assert_non_null(file);
    reader r = {.loop = f->loop, .fd = fileno(file)};
    watch(&r);
    assert_int_equal(r.calls, 0); /* never from within the callback */
    loop_run(f->loop, &r.done);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.got, 0);
    fclose(file);
}

static void an_invalid_descriptor_is_reported_as_readable(void **state)
{
    loop_site *f = *state;
    reader r = {.loop = f->loop, .fd = -1};
    watch(&r);
    loop_run(f->loop, &r.done);
    assert_int_equal(r.got, -1);
}

static void a_stopped_watch_reports_nothing(void **state)
{
    loop_site *f = *state;
    reader r = new_reader(f), file = {.loop = f->loop, .fd = -1};
    watch(&r);
    watch(&file);
    assert_int_equal(write(r.end, "a", 1), 1);
    loop_watch_stop(r.watch);
    loop_watch_stop(file.watch);
    loop_watch_stop(NULL);
    breathe(f->loop);
    assert_int_equal(r.calls + file.calls, 0);
    close(r.fd);
    close(r.end);
}

/* loop_free frees the remaining watches. */
static void one_may_be_left_at_the_end(void **state)
{
    loop_site *f = *state;
    reader r = new_reader(f);
    watch(&r);
    close(r.end);
    close(r.fd);
}

int main(void)
{
#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, loop_site_set_up, loop_site_tear_down)
    const struct CMUnitTest tests[] = {
        WITH_LOOP(readable_data_is_reported_once),
        WITH_LOOP(the_end_is_reported_too),
        WITH_LOOP(a_file_can_always_be_read),
        WITH_LOOP(an_invalid_descriptor_is_reported_as_readable),
        WITH_LOOP(a_stopped_watch_reports_nothing),
        WITH_LOOP(one_may_be_left_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
