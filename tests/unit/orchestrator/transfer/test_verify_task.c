/* orchestrator/transfer/verify_task: in order, one piece at a time, within the memory budget of
 * decoder windows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "orchestrator/transfer/verify_task.h"

#define LINE  "{\"text\":\"one two three\"}\n"
#define LINES 40000 /* about 1 MB: several pieces */

typedef struct fixture {
    pool *pool;
    codec_memory *memory;
    verifier *verifier;
    FILE *file;
    int fd;
    uint64_t size_bytes;
    unsigned done;
    verdict verdict;
    s3_checksum hashed, sha256;
    uint64_t read_bytes;
    err error;
} fixture;

static void begin(fixture *f, uint64_t budget_bytes)
{
    err e = ERR_INIT;
    *f = (fixture){0};
    f->pool = pool_new(0, &e);
    f->memory = codec_memory_new(budget_bytes);
    f->verifier = verifier_new(f->pool, f->memory, &(codec_options){0});
    f->file = tmpfile();
    for (int i = 0; i < LINES; i++)
        fputs(LINE, f->file);
    fflush(f->file);
    f->fd = fileno(f->file);
    f->size_bytes = strlen(LINE) * LINES;
}

static void end(fixture *f)
{
    pool_free(f->pool);
    verifier_free(f->verifier);
    codec_memory_free(f->memory);
    fclose(f->file);
}

static void on_done(void *ctx, const verdict *found, const s3_checksum *hashed, const err *error)
{
    fixture *f = ctx;
    f->done++;
    f->error = error ? *error : (err)ERR_INIT;
    f->verdict = found ? *found : (verdict){0};
    f->hashed = hashed ? *hashed : (s3_checksum){0};
}

static void on_read(void *ctx, uint64_t offset_bytes)
{
    fixture *f = ctx;
    assert_true(offset_bytes >= f->read_bytes);
    f->read_bytes = offset_bytes;
}

static verify_task *start(fixture *f, const char *name)
{
    err e = ERR_INIT;
    verify_task *t = verify_task_start(f->verifier,
                                       &(verify_task_options){.level = VERIFY_JSONL,
                                                              .name = name,
                                                              .jsonl = {.content_key = "text"},
                                                              .fd = f->fd,
                                                              .sha256 = &f->sha256,
                                                              .on_read = on_read,
                                                              .on_done = on_done,
                                                              .ctx = f},
                                       &e);
    assert_non_null(t);
    return t;
}

static void collect_all(fixture *f)
{
    while (pool_collect(f->pool))
        ;
}

static void follows_the_growing_prefix(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, 512 << 20);
    verify_task *t = start(&f, "a.jsonl");
    for (uint64_t prefix = 0; prefix < f.size_bytes; prefix += 100000) {
        verify_task_grow(t, prefix);
        verify_task_grow(t, prefix / 2); /* a late report */
        collect_all(&f);
        /* Otherwise the download would wait forever. */
        assert_true(f.read_bytes + (256 << 10) > prefix);
    }
    assert_int_equal(f.done, 0);
    verify_task_end(t, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.done, 1);
    assert_int_equal(f.error.code, ERR_NONE);
    assert_int_equal(f.verdict.lines, LINES);
    end(&f);
}

static s3_checksum checksum_of_file(const fixture *f, s3_checksum_kind kind)
{
    s3_hash h;
    AUTO_FREE char *bytes = xcalloc(1, f->size_bytes);
    assert_int_equal(pread(f->fd, bytes, f->size_bytes, 0), f->size_bytes);
    s3_hash_init(&h, kind);
    s3_hash_update(&h, bytes, f->size_bytes);
    return s3_hash_final(&h);
}

/* It hashes and counts the bytes that it reads; after a restart with another checksum kind. */
static void hashes_what_it_reads(void **state)
{
    UNUSED(state);
    for (int restart = 0; restart < 2; restart++) {
        fixture f;
        begin(&f, 512 << 20);
        verify_task *t = start(&f, "a.jsonl");
        verify_task_hash_by(t, S3_CHECKSUM_CRC64NVME);
        verify_task_grow(t, 600000);
        if (restart)
            verify_task_restart(t);
        s3_checksum_kind kind = restart ? S3_CHECKSUM_SHA256 : S3_CHECKSUM_CRC64NVME;
        verify_task_hash_by(t, kind);
        collect_all(&f);
        verify_task_grow(t, 900000);
        collect_all(&f);
        verify_task_end(t, f.size_bytes);
        collect_all(&f);
        s3_checksum expected = checksum_of_file(&f, kind);
        assert_int_equal(f.error.code, ERR_NONE);
        assert_true(s3_checksum_equal(&f.hashed, &expected));
        s3_checksum sha256 = checksum_of_file(&f, S3_CHECKSUM_SHA256);
        assert_true(s3_checksum_equal(&f.sha256, &sha256));
        end(&f);
    }
}

/* A worker reports progress while it reads: after each 32nd of a time slice, here of 12 MiB. */
static void tells_how_far_it_is_while_it_reads(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, 512 << 20);
    verify_task *t = start(&f, "a.jsonl.gz"); /* its content is plain */
    verify_task_end(t, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.done, 1);
    assert_in_range(f.read_bytes, f.size_bytes - (12 << 20) / 32 - (256 << 10), f.size_bytes);
    end(&f);
}

static void a_fault_ends_it_before_the_file_is_whole(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, 512 << 20);
    assert_int_equal(pwrite(f.fd, "x", 1, 0), 1);
    verify_task *t = start(&f, "a.jsonl");
    verify_task_grow(t, 600000);
    collect_all(&f);
    assert_int_equal(f.done, 1);
    assert_int_equal(f.error.code, ERR_JSONL);
    end(&f);
}

static void a_restart_forgets_what_was_read(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, 512 << 20);
    assert_int_equal(pwrite(f.fd, "x", 1, 300000), 1);
    verify_task *t = start(&f, "a.jsonl");
    verify_task_grow(t, f.size_bytes); /* a worker has a piece with the fault */
    verify_task_restart(t);
    collect_all(&f); /* found too late to count */
    assert_int_equal(f.done, 0);
    rewind(f.file);
    for (int i = 0; i < LINES; i++)
        fputs(LINE, f.file);
    fflush(f.file);
    collect_all(&f);
    assert_int_equal(f.done, 0);
    verify_task_end(t, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.done, 1);
    assert_int_equal(f.verdict.lines, LINES);
    end(&f);
}

static void windows_beyond_the_budget_wait_their_turn(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, codec_decoder_memory(CODEC_XZ, 0));
    verify_task *first = start(&f, "a.jsonl.xz");
    verify_task *second = start(&f, "b.jsonl.xz");
    verify_task *third = start(&f, "c.jsonl.xz");
    verify_task_end(second, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.done, 0); /* the first one uses the budget */
    verify_task_cancel(third);
    verify_task_end(first, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.done, 2);
    end(&f);
}

/* A frame whose window is 16 MiB: more than the initial memory of a zstd decoder. */
static void put_long_window(fixture *f)
{
    static const char frame[] = "\x28\xb5\x2f\xfd\0\x70\x59\0\0{\"text\":1}\n";
    rewind(f->file);
    assert_int_equal(ftruncate(f->fd, 0), 0);
    fwrite(frame, 1, sizeof frame - 1, f->file);
    fflush(f->file);
    f->size_bytes = sizeof frame - 1;
}

static void a_decoder_that_needs_more_starts_over_with_it(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, (uint64_t)17 << 20);
    put_long_window(&f);
    verify_task *t = start(&f, "a.jsonl.zst");
    verify_task *other = start(&f, "b.jsonl"); /* not enough memory is left beside it */
    verify_task_end(t, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.done, 0);
    verify_task_cancel(other);
    collect_all(&f);
    assert_int_equal(f.done, 1);
    assert_non_null(strstr(f.error.message, "no line has a string")); /* it was decoded */
    end(&f);
}

static void a_decoder_that_needs_more_than_all_fails_and_names_the_option(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, (uint64_t)16 << 20);
    put_long_window(&f);
    verify_task *t = start(&f, "a.jsonl.zst");
    verify_task_end(t, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.done, 1);
    assert_int_equal(f.error.code, ERR_CODEC_MEMORY);
    assert_non_null(strstr(f.error.message, "its window of 16 MiB (zstd --long=24) needs 17 MiB of "
                                            "memory; raise codec_memory, which is 16 MiB"));
    end(&f);
}

/* Enough memory here, but not at the server. */
static void what_the_server_cannot_decode_is_refused(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, 256 << 20);
    verifier_set_server_limits(f.verifier, 9 << 20, 0);
    put_long_window(&f);
    verify_task *t = start(&f, "a.jsonl.zst");
    verify_task_end(t, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.done, 1);
    assert_int_equal(f.error.code, ERR_CODEC_MEMORY);
    assert_non_null(strstr(f.error.message, "needs 17 MiB of memory; the detection server cannot "
                                            "read it: raise its codec_memory, which is 9 MiB"));
    end(&f);
}

/* A window within the initial memory of a decoder. */
static void a_small_server_refuses_usual_windows_too(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, 256 << 20);
    verifier_set_server_limits(f.verifier, 2 << 20, 0);
    put_long_window(&f);
    assert_int_equal(pwrite(f.fd, "\x60", 1, 5), 1); /* 4 MiB */
    verify_task *t = start(&f, "a.jsonl.zst");
    verify_task_end(t, f.size_bytes);
    collect_all(&f);
    assert_int_equal(f.error.code, ERR_CODEC_MEMORY);
    assert_non_null(strstr(f.error.message, "raise its codec_memory, which is 2 MiB"));
    end(&f);
}

/* Its own line limit is larger; the smaller one counts. */
static void a_line_that_the_server_cannot_read_is_refused(void **state)
{
    UNUSED(state);
    for (uint64_t more = 0; more < 2; more++) {
        fixture f;
        begin(&f, 512 << 20);
        verifier_set_server_limits(f.verifier, 0, strlen(LINE) - 2 + more);
        verify_task *t = start(&f, "a.jsonl");
        verify_task_end(t, f.size_bytes);
        collect_all(&f);
        assert_int_equal(f.done, 1);
        assert_int_equal(f.error.code, more ? ERR_NONE : ERR_LIMIT);
        if (!more)
            assert_non_null(strstr(f.error.message, "bytes (max_line_size); the detection server "
                                                    "cannot read it: raise its max_line_size"));
        end(&f);
    }
}

static void a_cancelled_task_reports_nothing(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, 512 << 20);
    verify_task *idle = start(&f, "a.jsonl");
    verify_task *running = start(&f, "b.jsonl");
    verify_task_grow(running, f.size_bytes);
    verify_task_cancel(idle);
    verify_task_cancel(running);
    collect_all(&f);
    assert_int_equal(f.done, 0);
    end(&f);
}

static void a_local_copy_that_is_short_is_an_error(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f, 512 << 20);
    verify_task *t = start(&f, "a.jsonl");
    verify_task_end(t, f.size_bytes + 10);
    collect_all(&f);
    assert_int_equal(f.error.code, ERR_IO);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_growing_prefix),
        cmocka_unit_test(hashes_what_it_reads),
        cmocka_unit_test(tells_how_far_it_is_while_it_reads),
        cmocka_unit_test(a_fault_ends_it_before_the_file_is_whole),
        cmocka_unit_test(a_restart_forgets_what_was_read),
        cmocka_unit_test(windows_beyond_the_budget_wait_their_turn),
        cmocka_unit_test(a_decoder_that_needs_more_starts_over_with_it),
        cmocka_unit_test(a_decoder_that_needs_more_than_all_fails_and_names_the_option),
        cmocka_unit_test(what_the_server_cannot_decode_is_refused),
        cmocka_unit_test(a_small_server_refuses_usual_windows_too),
        cmocka_unit_test(a_line_that_the_server_cannot_read_is_refused),
        cmocka_unit_test(a_cancelled_task_reports_nothing),
        cmocka_unit_test(a_local_copy_that_is_short_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
