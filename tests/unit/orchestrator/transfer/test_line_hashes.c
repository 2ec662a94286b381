/* orchestrator/transfer/line_hashes: few in memory, many on disk, within a tenth of the disk
 * budget. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "orchestrator/transfer/verify_task.h"

#define BATCH_BYTES (LINEHASH_BATCH * sizeof(uint64_t))

static char *dir;
static workdir *work;

static void open_workdir(uint64_t budget_bytes)
{
    err e = ERR_INIT;
    work = workdir_open(&(workdir_options){.root = dir,
                                           .input_uri = "s3://b/in",
                                           .host_count = 1,
                                           .disk_budget_bytes = budget_bytes},
                        &e);
    if (!work)
        fail_msg("%s", e.message);
}

static int make_dir(void **state)
{
    UNUSED(state);
    char path[] = "/tmp/decon-test-XXXXXX";
    dir = xstrdup(mkdtemp(path));
    return 0;
}

static int remove_dir(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    workdir_close(work);
    bool ok = fs_remove_tree(dir, &e);
    free(dir);
    return ok ? 0 : 1;
}

/* Batches of numbers from `first` on. */
static bool put_batches(const linehash_sink *sink, uint64_t first, size_t batches)
{
    AUTO_FREE uint64_t *batch = xcalloc(LINEHASH_BATCH, sizeof *batch);
    for (size_t i = 0; i < batches; i++) {
        for (size_t j = 0; j < LINEHASH_BATCH; j++)
            batch[j] = first++;
        if (!sink->take(sink->ctx, batch, LINEHASH_BATCH))
            return false;
    }
    return true;
}

static bool expect_ascending(void *ctx, const uint64_t *numbers, size_t count)
{
    uint64_t *next = ctx;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(numbers[i], (*next)++);
    return true;
}

static void expect_numbers(const line_hashes *h, uint64_t first, uint64_t count)
{
    err e = ERR_INIT;
    uint64_t next = first;
    assert_true(line_hashes_whole(h, count));
    assert_false(line_hashes_whole(h, count + 1));
    assert_true(line_hashes_each(h, expect_ascending, &next, &e));
    assert_int_equal(next, first + count);
}

static void what_was_taken_comes_back(void **state)
{
    UNUSED(state);
    open_workdir(100 << 20);
    line_hashes *h = line_hashes_new(work);
    assert_false(line_hashes_whole(NULL, 0));
    assert_false(line_hashes_whole(h, 0));
    for (size_t batches = 0; batches < 5; batches++) {
        linehash_sink sink = line_hashes_begin(h);
        assert_true(put_batches(&sink, 7, batches));
        uint64_t last[] = {7 + batches * LINEHASH_BATCH};
        assert_true(sink.take(sink.ctx, last, 1));
        assert_false(line_hashes_whole(h, batches * LINEHASH_BATCH + 1)); /* may continue */
        line_hashes_end(h);
        expect_numbers(h, 7, batches * LINEHASH_BATCH + 1);
    }
    line_hashes_unref(h);
}

static void a_restarted_text_leaves_no_hashes(void **state)
{
    UNUSED(state);
    open_workdir(100 << 20);
    line_hashes *h = line_hashes_new(work);
    linehash_sink sink = line_hashes_begin(h);
    assert_true(put_batches(&sink, 1, 4));
    sink = line_hashes_begin(h);
    assert_true(put_batches(&sink, 9, 2));
    line_hashes_end(h);
    expect_numbers(h, 9, 2 * LINEHASH_BATCH);
    line_hashes_unref(h);
}

static void no_name_is_left_in_the_work_directory(void **state)
{
    UNUSED(state);
    open_workdir(100 << 20);
    line_hashes *h = line_hashes_new(work);
    linehash_sink sink = line_hashes_begin(h);
    assert_true(put_batches(&sink, 0, 3));
    err e = ERR_INIT;
    AUTO_FREE char *lock = xasprintf("%s/orchestrator.lock", workdir_path(work));
    AUTO_FREE char *download = xasprintf("%s/download", workdir_path(work));
    assert_true(fs_exists(lock));
    assert_true(fs_remove(lock, &e));
    assert_int_equal(rmdir(download), 0);
    assert_int_equal(rmdir(workdir_path(work)), 0); /* no other file exists */
    line_hashes_unref(h);
}

/* All files share a tenth of the budget; space released by one is available to others. */
static void a_tenth_of_the_budget_is_all_there_is(void **state)
{
    UNUSED(state);
    open_workdir(10 * 4 * BATCH_BYTES);
    line_hashes *a = line_hashes_new(work), *b = line_hashes_new(work);
    linehash_sink first = line_hashes_begin(a), second = line_hashes_begin(b);
    assert_true(put_batches(&first, 0, 3));
    line_hashes_end(a);
    assert_true(put_batches(&second, 0, 1)); /* in memory */
    assert_false(put_batches(&second, LINEHASH_BATCH, 1));
    line_hashes_end(b);
    assert_false(line_hashes_whole(b, 0));
    assert_false(line_hashes_whole(b, LINEHASH_BATCH));
    expect_numbers(a, 0, 3 * LINEHASH_BATCH);
    line_hashes_unref(a);
    second = line_hashes_begin(b);
    assert_true(put_batches(&second, 5, 4));
    line_hashes_end(b);
    expect_numbers(b, 5, 4 * LINEHASH_BATCH);
    second = line_hashes_begin(b);
    assert_false(put_batches(&second, 0, 5));
    line_hashes_unref(b);
}

static void hashes_count_against_the_disk_budget(void **state)
{
    UNUSED(state);
    uint64_t limit = 10 * 4 * BATCH_BYTES;
    open_workdir(limit);
    line_hashes *h = line_hashes_new(work);
    linehash_sink sink = line_hashes_begin(h);
    assert_true(put_batches(&sink, 0, 4));
    assert_int_equal(workdir_admit(work, "k", limit / 2, false), WORKDIR_ROOM);
    assert_int_equal(workdir_admit(work, "k", limit / 2, false), WORKDIR_ROOM_LATER);
    assert_int_equal(workdir_admit(work, "k", limit / 2 - 4 * BATCH_BYTES, false), WORKDIR_ROOM);
    workdir_release(work, limit / 2 - 4 * BATCH_BYTES);
    line_hashes_unref(h);
    assert_int_equal(workdir_admit(work, "k", limit / 2, false), WORKDIR_ROOM);
}

/* --- filled by a verification --- */

typedef struct verification {
    bool done;
    err error;
} verification;

static void on_done(void *ctx, const verdict *found, const s3_checksum *hashed, const err *error)
{
    verification *v = ctx;
    UNUSED(found);
    UNUSED(hashed);
    v->done = true;
    v->error = error ? *error : (err)ERR_INIT;
}

static bool count(void *ctx, const uint64_t *numbers, size_t n)
{
    UNUSED(numbers);
    *(uint64_t *)ctx += n;
    return true;
}

static uint64_t verify_lines(const char *content, size_t times, verify_level level, bool restart,
                             bool cancel)
{
    err e = ERR_INIT;
    pool *p = pool_new(0, &e);
    codec_memory *memory = codec_memory_new(512 << 20);
    verifier *v = verifier_new(p, memory, &(codec_options){0});
    FILE *file = tmpfile();
    for (size_t i = 0; i < times; i++)
        fputs(content, file);
    fflush(file);
    verification result = {0};
    line_hashes *h = line_hashes_new(work);
    verify_task *t = verify_task_start(v,
                                       &(verify_task_options){.level = level,
                                                              .name = "a.jsonl",
                                                              .fd = fileno(file),
                                                              .lines = h,
                                                              .on_done = on_done,
                                                              .ctx = &result},
                                       &e);
    if (restart) {
        verify_task_grow(t, 300000);
        pool_collect(p);
        verify_task_restart(t);
    }
    verify_task_end(t, strlen(content) * times);
    uint64_t lines = 0;
    if (cancel) {
        verify_task_cancel(t);
        line_hashes_unref(h); /* the task keeps its own */
    }
    while (pool_collect(p))
        ;
    if (!cancel) {
        assert_true(result.done);
        assert_true(line_hashes_each(h, count, &lines, &e));
        if (!line_hashes_whole(h, lines))
            lines = UINT64_MAX;
        line_hashes_unref(h);
    }
    pool_free(p);
    verifier_free(v);
    codec_memory_free(memory);
    fclose(file);
    return lines;
}

static void a_verification_fills_them(void **state)
{
    UNUSED(state);
    open_workdir(100 << 20);
    static const char line[] = "{\"text\":\"one two three\"}\n";
    assert_int_equal(verify_lines(line, 40000, VERIFY_JSONL, false, false), 40000);
    assert_int_equal(verify_lines(line, 40000, VERIFY_JSONL, true, false), 40000);
    assert_int_equal(verify_lines(line, 3, VERIFY_STREAM, false, false), 3);
    assert_int_equal(verify_lines("not JSON", 1, VERIFY_STREAM, false, false), 1);
    assert_int_equal(verify_lines(line, 3, VERIFY_NONE, false, false), UINT64_MAX);
    assert_int_equal(verify_lines("not JSON", 1, VERIFY_JSONL, false, false), UINT64_MAX);
    verify_lines(line, 40000, VERIFY_JSONL, false, true);
}

int main(void)
{
#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        DIR_TEST(what_was_taken_comes_back),
        DIR_TEST(a_restarted_text_leaves_no_hashes),
        DIR_TEST(no_name_is_left_in_the_work_directory),
        DIR_TEST(a_tenth_of_the_budget_is_all_there_is),
        DIR_TEST(hashes_count_against_the_disk_budget),
        DIR_TEST(a_verification_fills_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
