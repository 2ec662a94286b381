/* Jobs check their files as the verification `jsonl` does: same code, same message. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/verify.h"
#include "base/util.h"
#include "detection/job/job_run.h"
#include "tests/fake/detect_site.h"

#define HIT  "{\"text\":\"Ask: how many eggs does the brown hen lay each week?\"}\n"
#define GOOD "{\"text\":\"Nothing of note is in this line of plain words at all.\"}\n"
static const char *const quiz[] = {
    "{\"doc_id\":7,\"question\":\"Which river flows through the old town of Lindow?\"}",
    "{\"doc_id\":3,\"question\":\"How many eggs does the brown hen lay each week?\"}", NULL};

static int set_up(void **state)
{
    detect_site_set_up(state, quiz);
    return 0;
}

static bool run(detect_site *s, const char *path, bool lenient, job_outcome *out, err *e)
{
    AUTO(job_runner) runner = {0};
    job_runner_init(&runner, &s->job, s->index);
    return job_run(&runner, &(job_request){.id = "id-1", .path = path, .lenient = lenient}, out, e);
}

static bool count_name(void *ctx, const char *name, err *e)
{
    UNUSED(name), UNUSED(e);
    ++*(unsigned *)ctx;
    return true;
}

static void expect_nothing_left(const detect_site *s)
{
    const char *const dirs[] = {s->report_dir, s->cleaned_dir};
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        unsigned count = 0;
        if (fs_exists(dirs[i]))
            assert_true(fs_each_name(dirs[i], count_name, &count, NULL));
        assert_int_equal(count, 0);
    }
}

/* The result of `verify: jsonl` for the file. */
static bool verify_file(const char *path, const char *content_key, err *e)
{
    AUTO(buf) raw = BUF(1 << 20);
    verdict v;
    assert_true(fs_read_file(path, 1 << 20, &raw, NULL));
    AUTO_PTR(verify)
    run = verify_new(
        &(verify_options){.level = VERIFY_JSONL, .name = path, .jsonl.content_key = content_key},
        e);
    return verify_feed(run, buf_slice(&raw), e) && verify_finish(run, &v, e);
}

/* Texts that the reference calls clean, each after a line that matches or alone. */
static const struct {
    const char *what;
    slice text;
} unreadable[] = {
    {"an array", SLICE_LIT("["
                           "{\"text\":\"a\"}]\n")},
    {"pretty-printed", SLICE_LIT("{\n  \"text\": \"a b c\"\n}\n")},
    {"pretty-printed array", SLICE_LIT("[\n  {\"text\": \"a\"},\n  {\"text\": \"b\"}\n]\n")},
    {"UTF-16, little-endian", SLICE_LIT("\xff\xfe{\0\"\0t\0e\0x\0t\0\"\0:\0\"\0a\0\"\0}\0\n\0")},
    {"UTF-16 without a mark", SLICE_LIT("{\0\"\0t\0e\0x\0t\0\"\0:\0\"\0a\0\"\0}\0\n\0")},
    {"UTF-16, big-endian", SLICE_LIT("\xfe\xff\0{\0\"\0t\0e\0x\0t\0\"\0:\0\"\0a\0\"\0}\0\n")},
    {"UTF-8 with a mark", SLICE_LIT("\xef\xbb\xbf" GOOD)},
    {"HTML", SLICE_LIT("<!DOCTYPE html>\n<html><body>How many eggs</body></html>\n")},
    {"an error of a store", SLICE_LIT("<?xml version=\"1.0\"?><Error><Code>x</Code></Error>")},
    {"another key", SLICE_LIT("{\"content\":\"a b c\"}\n{\"content\":\"d\"}\n")},
    {"no string", SLICE_LIT("{\"text\":1}\n{\"text\":[\"a\"]}\n{\"text\":null}\n")},
    {"plain text", SLICE_LIT("How many eggs does the brown hen lay each week?\n")},
    {"CSV", SLICE_LIT("id,text\n1,\"How many eggs\"\n")},
    {"a truncated last line", SLICE_LIT(GOOD "{\"text\":\"How many eggs does the bro")},
    {"a truncated last line of many", SLICE_LIT(GOOD GOOD GOOD HIT "{\"te")},
    {"two objects in a line", SLICE_LIT(GOOD "{\"text\":\"a\"}{\"text\":\"b\"}\n")},
    {"a bad line", SLICE_LIT(HIT "not JSON\n" GOOD)},
    {"a bare string", SLICE_LIT("\"How many eggs does the brown hen lay\"\n")},
    {"binary", SLICE_LIT("\x7f"
                         "ELF\x02\x01\x01\0\0\0\n\0\0")},
    {"NUL bytes", SLICE_LIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {"gzip", SLICE_LIT("\x1f\x8b")},
    {"invalid UTF-8", SLICE_LIT(GOOD "{\"text\":\"a\xff\"}\n")},
    {"lone surrogates only", SLICE_LIT("{\"text\":\"\\ud800\"}\n")},
};

static void files_fail_as_their_verification_does(void **state)
{
    detect_site *s = *state;
    for (size_t i = 0; i < ARRAY_LEN(unreadable); i++)
        for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++) {
            const char *const *suffixes = codec_get(f)->suffixes;
            AUTO_FREE char *plain = detect_site_file(s, "plain", unreadable[i].text);
            AUTO_FREE char *path =
                xasprintf("%s/f.jsonl%s", s->dir, suffixes[0] ? suffixes[0] : "");
            if (codec_by_magic(unreadable[i].text) != CODEC_PLAIN)
                continue; /* a compressed file is read as plain text here */
            AUTO(job_outcome) out = {0};
            err e = ERR_INIT, want = ERR_INIT;
            assert_true(codec_recode_file(plain, path, f, 0, NULL));
            assert_false(verify_file(path, "text", &want));
            if (run(s, path, false, &out, &e))
                fail_msg("%s, %s: taken", unreadable[i].what, codec_get(f)->name);
            assert_string_equal(err_code_name(e.code), err_code_name(want.code));
            if (!str_starts_with(e.message, want.message))
                fail_msg("%s\ninstead of\n%s", e.message, want.message);
            expect_nothing_left(s);
        }
}

static void lenient_keeps_what_is_no_json(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", SLICE_LIT(HIT "not JSON\n\n{\"a\":1}\n"));
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) second = {0};
    assert_false(run(s, path, false, &out, NULL));
    assert_true(run(s, path, true, &out, NULL));
    assert_int_equal(out.contaminated_lines, 1);
    assert_int_equal(out.text_lines, 1);
    assert_int_equal(out.unread_lines, 2);
    s->job.lenient = true; /* the server's default */
    assert_true(run(s, path, false, &second, NULL));
    assert_int_equal(second.unread_lines, 2);
}

static void some_lines_without_a_text_are_counted(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *path = detect_site_file(
        s, "f.jsonl",
        SLICE_LIT(HIT "{\"id\":1}\n\n{\"text\":7}\n" GOOD "{\"text\":\"\\ud800\"}\n"));
    AUTO(job_outcome) out = {0};
    assert_true(run(s, path, false, &out, NULL));
    assert_int_equal(out.lines, 6);
    assert_int_equal(out.text_lines, 2);
    assert_int_equal(out.unread_lines, 3); /* the blank line does not count */
    AUTO_FREE char *kept = detect_site_read(out.cleaned_path);
    assert_string_equal(kept, "{\"id\":1}\n\n{\"text\":7}\n" GOOD "{\"text\":\"\\ud800\"}\n");
}

/* In every mode: with --invalid-utf8 skip, a file without a readable line fails. */
static void skipping_makes_no_unread_file_clean(void **state)
{
    detect_site *s = *state;
    static const slice texts[] = {
        SLICE_LIT("\x04\x22\x4d\x18\x64\x40\xa7\x0a\xff\n\xfe\n"),
        SLICE_LIT("\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x3d\x88\n\xfe"),
        SLICE_LIT("\xff\xfe{\0\"\0t\0e\0x\0t\0\"\0:\0\"\0a\0\"\0}\0\n\0"),
        SLICE_LIT("\xff\xff\xff\n\xfe\xfe\n"),
        SLICE_LIT("{\"text\":\"a\xff\"}\n{\"other\":\"b\"}\n"),
        SLICE_LIT("PK\x03\x04\x14\0\0\0\n\xff\n"),
    };
    s->job.skip_invalid_utf8 = true;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (int lenient = 0; lenient < 2; lenient++) {
            AUTO_FREE char *path = detect_site_file(s, "f.jsonl", texts[i]);
            AUTO(job_outcome) out = {0};
            err e = ERR_INIT;
            if (run(s, path, lenient, &out, &e))
                fail_msg("text %zu is clean (lenient: %d)", i, lenient);
            assert_true(e.code == ERR_UTF8 || e.code == ERR_JSONL || e.code == ERR_NO_TEXT);
            assert_null(strstr(e.message, "--invalid-utf8"));
            expect_nothing_left(s);
        }
}

static void skipped_lines_leave_the_others_judged(void **state)
{
    detect_site *s = *state;
    s->job.skip_invalid_utf8 = true;
    AUTO_FREE char *good =
        detect_site_file(s, "f.jsonl", SLICE_LIT(HIT "{\"text\":\"\xff\"}\n" GOOD));
    AUTO(job_outcome) out = {0};
    assert_true(run(s, good, false, &out, NULL));
    assert_int_equal(out.invalid_lines, 1);
    assert_int_equal(out.unread_lines, 1);
    AUTO_FREE char *kept = detect_site_read(out.cleaned_path);
    assert_string_equal(kept, "{\"text\":\"\xff\"}\n" GOOD);
    AUTO_FREE char *bad =
        detect_site_file(s, "g.jsonl", SLICE_LIT(HIT "{\"text\":\"\xff\"}\nno JSON\n"));
    AUTO(job_outcome) second = {0};
    err e = ERR_INIT;
    assert_false(run(s, bad, false, &second, &e));
    assert_int_equal(e.code, ERR_JSONL);
    /* HIT has 67 bytes, the next line 13: places are those of the file. */
    AUTO_FREE char *want = xasprintf("line 3, byte %zu of the decoded text", strlen(HIT) + 13);
    if (!strstr(e.message, want))
        fail_msg("%s", e.message);
}

static void skipping_is_advised_where_lines_were_read(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *some = detect_site_file(s, "f.jsonl", SLICE_LIT(GOOD "{\"text\":\"\xff\"}\n"));
    AUTO_FREE char *none = detect_site_file(s, "g.jsonl", SLICE_LIT("{\"text\":\"\xff\"}\n" GOOD));
    for (int lenient = 0; lenient < 2; lenient++) {
        AUTO(job_outcome) out = {0};
        err e = ERR_INIT;
        assert_false(run(s, some, lenient, &out, &e));
        assert_int_equal(e.code, ERR_UTF8);
        assert_non_null(strstr(e.message, "--invalid-utf8 skip"));
        assert_false(run(s, none, lenient, &out, &e));
        assert_null(strstr(e.message, "--invalid-utf8"));
    }
}

/* Its beginning determines the format, for any length. */
static void lenient_refuses_large_files_of_other_formats(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = BUF(64 * 1024);
    buf_append_str(&text, "PK\x03\x04\x14\n");
    for (int i = 0; i < 3000; i++)
        buf_append_str(&text, "plain line\n");
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", buf_slice(&text));
    AUTO(job_outcome) out = {0};
    err e = ERR_INIT;
    assert_false(run(s, path, true, &out, &e));
    assert_int_equal(e.code, ERR_JSONL);
    assert_non_null(strstr(e.message, "this is zip"));
    expect_nothing_left(s);
}

/* Unsupported compression is not text for any reader. */
static void lenient_refuses_other_compressions(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *plain = detect_site_file(s, "plain", SLICE_LIT(GOOD));
    AUTO_FREE char *once = xasprintf("%s/once.gz", s->dir);
    AUTO_FREE char *twice = xasprintf("%s/f.jsonl.gz", s->dir);
    AUTO(job_outcome) out = {0};
    AUTO(buf) raw = BUF(1 << 16);
    err e = ERR_INIT;
    assert_true(codec_recode_file(plain, once, CODEC_GZIP, 0, NULL));
    assert_true(fs_read_file(once, 1 << 16, &raw, NULL));
    AUTO_FD fd = open(twice, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    AUTO_PTR(stage) writer = stage_fd_writer_new(fd);
    AUTO_PTR(stage) encoder = codec_encoder_new(CODEC_GZIP, 0, writer, NULL);
    assert_true(stage_feed(encoder, buf_slice(&raw), NULL) && stage_finish(encoder, NULL));
    for (int lenient = 0; lenient < 2; lenient++) {
        assert_false(run(s, twice, lenient, &out, &e));
        assert_int_equal(e.code, ERR_JSONL);
        assert_true(str_ends_with(e.message, "this is gzip inside gzip"));
    }
}

/* A frame with a window of 16 MiB and one raw block. */
static void the_decoder_takes_no_more_than_it_may(void **state)
{
    detect_site *s = *state;
    AUTO(buf) frame = BUF(4096);
    unsigned head = (unsigned)strlen(HIT) << 3 | 1;
    buf_append(&frame, "\x28\xb5\x2f\xfd\x00\x70", 6);
    for (unsigned i = 0; i < 3; i++)
        buf_append_char(&frame, (char)(head >> 8 * i & 0xff));
    buf_append_str(&frame, HIT);
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl.zst", buf_slice(&frame));
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) second = {0};
    err e = ERR_INIT;
    s->job.codec_memory_bytes = 16 << 20;
    assert_false(run(s, path, false, &out, &e));
    assert_int_equal(e.code, ERR_CODEC_MEMORY);
    assert_non_null(strstr(e.message, "needs 17 MiB of memory; raise codec_memory"));
    s->job.codec_memory_bytes = 17 << 20;
    assert_true(run(s, path, false, &second, NULL));
    assert_int_equal(second.matches, 1);
}

static void blank_files_are_clean(void **state)
{
    detect_site *s = *state;
    static const char *const texts[] = {"", "\n", "\n  \r\n\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO_FREE char *path = detect_site_file(s, "f.jsonl", slice_from(texts[i]));
        AUTO(job_outcome) out = {0};
        assert_true(run(s, path, false, &out, NULL));
        assert_int_equal(out.unread_lines, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, detect_site_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_fail_as_their_verification_does),
        TEST(lenient_keeps_what_is_no_json),
        TEST(some_lines_without_a_text_are_counted),
        TEST(skipping_makes_no_unread_file_clean),
        TEST(skipped_lines_leave_the_others_judged),
        TEST(skipping_is_advised_where_lines_were_read),
        TEST(lenient_refuses_large_files_of_other_formats),
        TEST(lenient_refuses_other_compressions),
        TEST(the_decoder_takes_no_more_than_it_may),
        TEST(blank_files_are_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
