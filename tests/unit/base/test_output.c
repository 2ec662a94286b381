#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/output.h"
#include "base/util.h"

/* A writer that blocks while `held`, fails as scripted, and writes a part at a time. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held;
    unsigned inside; /* writes that wait */
    int errors[8];   /* errno of the next writes; 0: success */
    unsigned error_count, error_next;
    size_t part; /* most bytes of a write; 0: all */
    unsigned writes;
    char text[65536];
    size_t len;
} reader = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static ssize_t take_parts(const struct iovec *parts, int count)
{
    size_t taken = 0, most = reader.part ? reader.part : SIZE_MAX;
    for (int i = 0; i < count && taken < most; i++) {
        size_t n = MIN(parts[i].iov_len, most - taken);
        assert_true(reader.len + n < sizeof reader.text);
        memcpy(reader.text + reader.len, parts[i].iov_base, n);
        reader.len += n;
        taken += n;
    }
    reader.text[reader.len] = '\0';
    return (ssize_t)taken;
}

static ssize_t scripted_write(void *ctx, const struct iovec *parts, int count)
{
    UNUSED(ctx);
    pthread_mutex_lock(&reader.lock);
    reader.writes++;
    reader.inside++;
    pthread_cond_broadcast(&reader.changed);
    while (reader.held)
        pthread_cond_wait(&reader.changed, &reader.lock);
    reader.inside--;
    int error = reader.error_next < reader.error_count ? reader.errors[reader.error_next++] : 0;
    ssize_t n = error ? -1 : take_parts(parts, count);
    pthread_cond_broadcast(&reader.changed);
    pthread_mutex_unlock(&reader.lock);
    errno = error;
    return n;
}

static void hold(bool held)
{
    pthread_mutex_lock(&reader.lock);
    reader.held = held;
    pthread_cond_broadcast(&reader.changed);
    pthread_mutex_unlock(&reader.lock);
}

/* Waits until the thread is blocked in a write. */
static void wait_until_stuck(void)
{
    pthread_mutex_lock(&reader.lock);
    while (reader.inside == 0)
        pthread_cond_wait(&reader.changed, &reader.lock);
    pthread_mutex_unlock(&reader.lock);
}

static void wait_until_taken(size_t len)
{
    pthread_mutex_lock(&reader.lock);
    while (reader.len < len)
        pthread_cond_wait(&reader.changed, &reader.lock);
    pthread_mutex_unlock(&reader.lock);
}

static output *out;

static void start(size_t max_bytes, size_t keep_bytes, bool lossy)
{
    out = output_new(&(output_options){.write = scripted_write,
                                       .threaded = true,
                                       .lossy = lossy,
                                       .max_bytes = max_bytes,
                                       .keep_bytes = keep_bytes,
                                       .ends_on_signal = true});
}

static int set_up(void **state)
{
    UNUSED(state);
    reader.held = false;
    reader.error_count = reader.error_next = reader.writes = 0;
    reader.part = reader.len = 0;
    reader.text[0] = '\0';
    out = NULL;
    return 0;
}

static int tear_down(void **state)
{
    UNUSED(state);
    hold(false);
    if (out)
        output_flush(out, OUTPUT_FOREVER);
    output_free(out);
    return 0;
}

static bool put(const char *text, output_rule rule)
{
    return output_put(out, slice_from(text), rule);
}

static void texts_are_written_in_order(void **state)
{
    UNUSED(state);
    start(1000, 1000, true);
    assert_true(put("a\n", OUTPUT_DROP));
    assert_true(put("b\n", OUTPUT_KEEP));
    assert_true(put("c\n", OUTPUT_WAIT));
    assert_true(output_flush(out, OUTPUT_FOREVER));
    assert_string_equal(reader.text, "a\nb\nc\n");
}

static void a_text_that_is_taken_in_parts_stays_whole(void **state)
{
    UNUSED(state);
    start(1000, 1000, true);
    reader.part = 3;
    output_status(out, "status");
    assert_true(put("first line\n", OUTPUT_DROP));
    assert_true(put("second line\n", OUTPUT_DROP));
    output_status(out, NULL);
    assert_true(output_flush(out, OUTPUT_FOREVER));
    assert_non_null(strstr(reader.text, "first line\n"));
    assert_non_null(strstr(reader.text, "second line\n"));
}

static void no_writer_waits_for_a_stalled_reader(void **state)
{
    UNUSED(state);
    start(1000, 1000000, true);
    hold(true);
    assert_true(put("first\n", OUTPUT_DROP));
    wait_until_stuck();
    unsigned taken = 1, refused = 0;
    for (unsigned i = 0; i < 100; i++)
        *(put("more\n", OUTPUT_DROP) ? &taken : &refused) += 1;
    assert_int_equal(errno, ENOBUFS);
    assert_true(refused > 50 && taken > 1);
    assert_false(output_has_space(out, 5));
    assert_true(put("important\n", OUTPUT_KEEP)); /* still true */
    assert_false(output_flush(out, 1));
    hold(false);
    assert_true(output_flush(out, OUTPUT_FOREVER));
    assert_int_equal(reader.len, 6 + (taken - 1) * 5 + 10);
    assert_true(output_has_space(out, 5));
    assert_true(put("again\n", OUTPUT_DROP));
}

static void kept_texts_have_a_bound_too(void **state)
{
    UNUSED(state);
    start(100, 1000, true);
    hold(true);
    unsigned taken = 0;
    while (taken < 1000 && put("0123456789", OUTPUT_KEEP))
        taken++;
    assert_true(taken > 10 && taken < 100);
    assert_int_equal(errno, ENOBUFS);
}

/* A text larger than the queue is written alone. */
static void a_large_text_is_taken_when_nothing_waits(void **state)
{
    UNUSED(state);
    char large[5001] = "";
    memset(large, 'x', sizeof large - 1);
    start(100, 100, true);
    assert_true(put(large, OUTPUT_DROP));
    assert_true(put(large, OUTPUT_WAIT));
    assert_true(output_flush(out, OUTPUT_FOREVER));
    assert_int_equal(reader.len, 10000);
}

static void a_full_disk_is_waited_for(void **state)
{
    UNUSED(state);
    start(1000, 1000, true);
    memcpy(reader.errors, (int[]){ENOSPC, EDQUOT, EINTR, ENOSPC}, 4 * sizeof(int));
    reader.error_count = 4;
    assert_true(put("kept\n", OUTPUT_KEEP));
    assert_true(output_flush(out, OUTPUT_FOREVER));
    assert_string_equal(reader.text, "kept\n");
    assert_int_equal(reader.writes, 5);
}

static void data_does_not_wait_for_a_full_disk(void **state)
{
    UNUSED(state);
    start(1000, 1000, false);
    reader.errors[0] = ENOSPC;
    reader.error_count = 1;
    assert_true(put("lost\n", OUTPUT_WAIT));
    assert_false(output_flush(out, OUTPUT_FOREVER));
    assert_int_equal(errno, ENOSPC);
    assert_false(put("more\n", OUTPUT_WAIT));
    assert_int_equal(errno, ENOSPC);
}

static void a_closed_pipe_ends_the_output(void **state)
{
    UNUSED(state);
    start(1000, 1000, true);
    hold(true);
    reader.errors[0] = EPIPE;
    reader.error_count = 1;
    assert_true(put("a\n", OUTPUT_DROP));
    assert_true(put("b\n", OUTPUT_KEEP));
    output_status(out, "50 %");
    hold(false);
    assert_false(output_flush(out, OUTPUT_FOREVER));
    assert_false(put("c\n", OUTPUT_KEEP));
    assert_int_equal(errno, EPIPE);
    assert_int_equal(reader.writes, 1);
}

static void the_status_is_replaced_and_not_queued(void **state)
{
    UNUSED(state);
    start(1000, 1000, true);
    hold(true);
    assert_true(put("line\n", OUTPUT_DROP));
    wait_until_stuck();
    for (unsigned i = 0; i < 1000; i++) {
        AUTO_FREE char *text = xasprintf("%u", i);
        output_status(out, text);
    }
    hold(false);
    assert_true(output_flush(out, OUTPUT_FOREVER));
    assert_string_equal(reader.text, "line\n\r\033[K999");
    assert_true(put("next\n", OUTPUT_DROP));
    assert_true(output_flush(out, OUTPUT_FOREVER));
    assert_string_equal(reader.text, "line\n\r\033[K999\r\033[Knext\n999");
}

/* SIGTERM stays blocked, as in a program whose loop reads it from a descriptor. */
static void a_pending_signal_ends_a_wait(void **state)
{
    UNUSED(state);
    sigset_t set, before;
    int number = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    start(100, 100, false);
    hold(true);
    assert_true(put("0123456789", OUTPUT_WAIT));
    wait_until_stuck();
    raise(SIGTERM);
    assert_true(put("0123456789", OUTPUT_DROP) || errno == ENOBUFS);
    assert_false(put("0123456789012345678901234567890123456789", OUTPUT_WAIT));
    assert_int_equal(errno, EINTR);
    assert_false(output_flush(out, OUTPUT_FOREVER));
    assert_int_equal(sigwait(&set, &number), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void a_stopped_output_writes_by_itself(void **state)
{
    UNUSED(state);
    start(1000, 1000, true);
    assert_true(put("a\n", OUTPUT_DROP));
    assert_true(output_stop(out, OUTPUT_FOREVER));
    assert_true(put("b\n", OUTPUT_DROP));
    assert_string_equal(reader.text, "a\nb\n");
}

/* The thread that is blocked in a write frees the output later. */
static void an_output_that_is_stuck_can_be_left(void **state)
{
    UNUSED(state);
    start(1000, 1000, true);
    hold(true);
    assert_true(put("a\n", OUTPUT_DROP));
    assert_true(put("b\n", OUTPUT_DROP));
    wait_until_stuck();
    output_free(move(out));
    hold(false);
    wait_until_taken(strlen("a\nb\n")); /* then the thread no longer uses the reader */
}

static void a_child_has_a_separate_queue(void **state)
{
    UNUSED(state);
    int ends[2];
    char seen[100] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    out = output_new(&(output_options){
        .fd = ends[1], .threaded = true, .lossy = true, .max_bytes = 1000, .keep_bytes = 1000});
    assert_true(put("parent\n", OUTPUT_DROP));
    output_before_fork(out);
    pid_t pid = fork();
    output_after_fork(out, pid == 0);
    if (pid == 0) {
        bool ok = put("child\n", OUTPUT_DROP) && output_flush(out, 60000);
        _exit(ok ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(output_flush(out, OUTPUT_FOREVER));
    ssize_t n = read(ends[0], seen, sizeof seen - 1);
    assert_int_equal(n, strlen("parent\nchild\n"));
    assert_non_null(strstr(seen, "parent\n"));
    assert_non_null(strstr(seen, "child\n"));
    close(ends[0]);
    close(ends[1]);
}

/* Like a full pipe whose open file description another program made non-blocking. */
static void a_descriptor_that_does_not_block_is_waited_for(void **state)
{
    UNUSED(state);
    int ends[2];
    char text[4096], seen[4096];
    size_t left = 64;
    memset(text, 'x', sizeof text);
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    out = output_new(&(output_options){.fd = ends[1], .threaded = true, .max_bytes = 1 << 20});
    for (size_t i = 0; i < left; i++)
        assert_true(output_put(out, (slice){text, sizeof text}, OUTPUT_WAIT));
    assert_int_equal(fcntl(ends[0], F_SETFL, 0), 0);
    for (size_t got = 0; got < left * sizeof text;) {
        ssize_t n = read(ends[0], seen, sizeof seen);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_true(output_flush(out, OUTPUT_FOREVER));
    close(ends[0]);
    close(ends[1]);
}

static void one_text_is_printed_or_left(void **state)
{
    UNUSED(state);
    int ends[2];
    char seen[100] = "", fill[4096] = "";
    err e = ERR_INIT;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(fs_print_standard(ends[1], SLICE_LIT("listening\n"), 60000, &e));
    assert_int_equal(read(ends[0], seen, sizeof seen), 10);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (write(ends[1], fill, sizeof fill) > 0)
        ;
    assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
    assert_true(fs_print_standard(ends[1], SLICE_LIT("listening\n"), 1, &e)); /* not an error */
    close(ends[0]); /* ends that thread's write with EPIPE */
    assert_false(fs_print_standard(ends[1], SLICE_LIT("listening\n"), 60000, &e));
    assert_int_equal(e.sys_errno, EPIPE);
    /* ends[1] stays open: that thread may still be in its write. */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(texts_are_written_in_order),
        CASE(a_text_that_is_taken_in_parts_stays_whole),
        CASE(no_writer_waits_for_a_stalled_reader),
        CASE(kept_texts_have_a_bound_too),
        CASE(a_large_text_is_taken_when_nothing_waits),
        CASE(a_full_disk_is_waited_for),
        CASE(data_does_not_wait_for_a_full_disk),
        CASE(a_closed_pipe_ends_the_output),
        CASE(the_status_is_replaced_and_not_queued),
        CASE(a_pending_signal_ends_a_wait),
        CASE(a_stopped_output_writes_by_itself),
        CASE(an_output_that_is_stuck_can_be_left),
        CASE(a_child_has_a_separate_queue),
        CASE(a_descriptor_that_does_not_block_is_waited_for),
        CASE(one_text_is_printed_or_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
