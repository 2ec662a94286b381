/* Progress of a run without a terminal: one line per minute, what the run waits for, what is
 * left. */
#include "tests/flow/flow_support.h"

#include "base/util.h"

static void add_files(world *w, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%02u.jsonl", i);
        world_add(w, name, GOOD);
    }
}

static unsigned count_in_log(const world *w, const char *part)
{
    unsigned found = 0;
    for (const char *at = buf_str(&w->log); (at = strstr(at, part)); at++)
        found++;
    return found;
}

static void a_line_a_minute_says_how_far_it_is_and_what_holds_it_up(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 4);
    w->polls_before_done = 40; /* at 5 s: 200 s a job */
    uint64_t start_ms = clock_now_ms(fake_transport_base(w->fake));
    expect_status(w, WORDS("--max-concurrent-jobs=1"), 0);
    expect_log(w, "INFO  progress: 50%, 0 B of 64 B done, 0 of 4 files, ");
    expect_log(w, "0 contaminated, 0 downloading, 1 at the server, 0 uploading, ");
    expect_log(w, "limited by: detection server");
    expect_log(w, "progress: 62%, 16 B of 64 B done, 1 of 4 files");
    uint64_t run_ms = clock_now_ms(fake_transport_base(w->fake)) - start_ms;
    unsigned minutes = (unsigned)(run_ms / 60000);
    unsigned lines = count_in_log(w, "INFO  progress: ");
    assert_in_range(lines, minutes - 1, minutes);
    world_free(w);
}

static void per_file_lines_are_for_debugging(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 2);
    world_add(w, "bad.jsonl", BAD);
    expect_status(w, NULL, 0);
    assert_int_equal(count_in_log(w, "INFO  submitted"), 0);
    assert_int_equal(count_in_log(w, "INFO  clean:"), 0);
    assert_int_equal(count_in_log(w, "INFO  contaminated:"), 0);
    assert_int_equal(count_in_log(w, "DEBUG submitted: s3://b/data/"), 3);
    assert_int_equal(count_in_log(w, "DEBUG contaminated: s3://b/data/bad.jsonl"), 1);
    world_free(w);
}

static void while_nothing_moves_the_line_says_what_is_waited_for(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 2);
    w->polls_before_done = 100;
    expect_status(w, NULL, 0);
    expect_log(w, ", no progress for 1m");
    expect_log(w, ", waiting for the detection server");
    world_free(w);
}

static void before_the_first_file_it_says_what_it_waits_for(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 1);
    w->server_down = true;
    expect_status(w, WORDS("--server-wait=3m"), 1);
    expect_log(w, "INFO  progress: waiting for the detection server at ");
    assert_in_range(count_in_log(w, "INFO  progress: waiting for"), 2, 3);
    world_free(w);
}

static void after_a_signal_it_says_how_many_are_in_flight_and_what_is_left(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 20);
    w->signal_at_submit = 1;
    w->polls_before_done = 30;
    expect_status(w, WORDS("--max-concurrent-jobs=1", "--s3-workers=1"), 143);
    expect_log(w, "signal SIGTERM: stopping, ");
    expect_log(w, " in flight\n");
    expect_log(w, "a second signal cancels all");
    expect_log(w, "LEFT: 20 files (320 B) are not done; "); /* its job had not begun */
    expect_log(w, "to continue, run: the same command");
    world_free(w);
}

static void failed_files_are_left_too(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 2);
    w->forbidden = "f01";
    expect_status(w, NULL, 3);
    expect_log(w, "LEFT: 1 failed; all results so far are in the store; to continue, run: ");
    world_free(w);
}

static void a_whole_run_leaves_nothing(void **state)
{
    UNUSED(state);
    world *w = world_new();
    add_files(w, 2);
    expect_status(w, NULL, 0);
    assert_int_equal(count_in_log(w, "LEFT:"), 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_a_minute_says_how_far_it_is_and_what_holds_it_up),
        cmocka_unit_test(per_file_lines_are_for_debugging),
        cmocka_unit_test(while_nothing_moves_the_line_says_what_is_waited_for),
        cmocka_unit_test(before_the_first_file_it_says_what_it_waits_for),
        cmocka_unit_test(after_a_signal_it_says_how_many_are_in_flight_and_what_is_left),
        cmocka_unit_test(failed_files_are_left_too),
        cmocka_unit_test(a_whole_run_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
