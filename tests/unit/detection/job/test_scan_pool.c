/* Files of many batches: the results are identical with any number of scan threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "detection/job/scan_pool.h"
#include "tests/fake/detect_site.h"

static const char *const records[] = {
    "{\"doc_id\":1,\"question\":\"Which river flows through the old town of Lindow?\"}",
    "{\"doc_id\":2,\"question\":\"How many eggs does the brown hen lay each week?\"}", NULL};

#define HIT   "{\"text\":\"We ask: how many eggs does the brown hen lay each week, and why?\"}"
#define LINES 9000

static int set_up(void **state)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    s->job.lenient = true; /* faults are found by the batches */
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    detect_site_index(s, records);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

/* Some 2.5 MB; every 700th line is a hit, the last one has no newline. `kept` is the rest. */
static void make_text(buf *text, buf *kept)
{
    buf_init(text, 1 << 24);
    buf_init(kept, 1 << 24);
    for (unsigned i = 0; i < LINES; i++) {
        size_t before = text->len;
        if (i % 700 == 699)
            buf_append_str(text, HIT "\r\n");
        else
            buf_printf(text, "{\"n\":%u,\"text\":\"%0*u stones lie by the mill, grey and wet\"}\n",
                       i, (int)(1 + i % 400), i);
        if (i % 700 != 699)
            buf_append(kept, text->data + before, text->len - before);
    }
    buf_append_str(text, "no JSON");
    buf_append_str(kept, "no JSON");
}

/* The job's report and cleaned text. */
static void run_with(detect_site *s, unsigned threads, const char *path, char **report,
                     char **cleaned)
{
    AUTO(job_runner) runner = {0};
    AUTO(job_outcome) out = {0};
    job_meter meter = {0};
    err e = ERR_INIT;
    s->job.threads = threads;
    s->job.meter = &meter;
    job_runner_init(&runner, &s->job, s->index);
    if (!job_run(&runner, &(job_request){.id = "id-1", .path = path}, &out, &e))
        fail_msg("%s", e.message);
    assert_int_equal(out.lines, LINES + 1);
    assert_int_equal(out.matches, LINES / 700);
    assert_int_equal(out.contaminated_lines, LINES / 700);
    assert_int_equal(meter.lines, LINES + 1);
    assert_int_equal(meter.text_bytes, out.text_bytes);
    *report = detect_site_read(out.report_path);
    *cleaned = detect_site_read(out.cleaned_path);
}

static void any_number_of_threads_gives_the_same(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = {0};
    AUTO(buf) kept = {0};
    make_text(&text, &kept);
    assert_true(text.len > 4 * BATCH_BYTES);
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", buf_slice(&text));
    AUTO_FREE char *report = NULL;
    AUTO_FREE char *cleaned = NULL;
    run_with(s, 0, path, &report, &cleaned);
    assert_string_equal(cleaned, buf_str(&kept));
    assert_non_null(strstr(report, "\"training_line\":699,"));
    assert_non_null(strstr(report, "\"training_line\":8399,"));
    for (unsigned threads = 1; threads <= 5; threads++) {
        AUTO_FREE char *other = NULL;
        AUTO_FREE char *other_cleaned = NULL;
        run_with(s, threads, path, &other, &other_cleaned);
        assert_string_equal(other, report);
        assert_string_equal(other_cleaned, cleaned);
    }
}

/* The first faulty line is reported, independent of the order of batches. */
static void the_first_fault_is_reported(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = {0};
    AUTO(buf) kept = {0};
    make_text(&text, &kept);
    static const unsigned faults[] = {8000, 3000};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        AUTO_FREE char *mark = xasprintf("{\"n\":%u,", faults[i]);
        memset(strstr(text.data, mark), 0xFF, 2);
    }
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", buf_slice(&text));
    for (unsigned threads = 1; threads <= 4; threads++) {
        AUTO(job_runner) runner = {0};
        AUTO(job_outcome) out = {0};
        err e = ERR_INIT;
        s->job.threads = threads;
        job_runner_init(&runner, &s->job, s->index);
        assert_false(job_run(&runner, &(job_request){.id = "id-1", .path = path}, &out, &e));
        assert_int_equal(e.code, ERR_UTF8);
        assert_non_null(strstr(e.message, "f.jsonl: line 3001: byte 0"));
        assert_false(fs_exists(s->report_dir) && out.report_path);
    }
}

/* A faulty line is reported before a later fault of the compression; the runner can be reused. */
static void a_fault_before_a_broken_end(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = {0};
    AUTO(buf) kept = {0};
    AUTO(buf) raw = BUF(1 << 24);
    make_text(&text, &kept);
    AUTO_FREE char *plain = detect_site_file(s, "f", buf_slice(&text));
    AUTO_FREE char *path = xasprintf("%s/f.jsonl.gz", s->dir);
    memset(strstr(text.data, "{\"n\":8000,"), 0xFF, 2);
    AUTO_FREE char *faulty = detect_site_file(s, "g", buf_slice(&text));
    AUTO(job_runner) runner = {0};
    s->job.threads = 3;
    job_runner_init(&runner, &s->job, s->index);
    const char *const inputs[] = {plain, faulty};
    const err_code codes[] = {ERR_CODEC_EARLY_END, ERR_UTF8};
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        AUTO(job_outcome) out = {0};
        err e = ERR_INIT;
        assert_true(codec_recode_file(inputs[i], path, CODEC_GZIP, 0, NULL));
        buf_clear(&raw);
        assert_true(fs_read_file(path, 1 << 24, &raw, NULL));
        raw.len -= 9;
        free(detect_site_file(s, "f.jsonl.gz", buf_slice(&raw)));
        assert_false(job_run(&runner, &(job_request){.id = "id-1", .path = path}, &out, &e));
        assert_string_equal(err_code_name(e.code), err_code_name(codes[i]));
        assert_non_null(strstr(e.message, "f.jsonl.gz"));
    }
    AUTO(job_outcome) out = {0};
    assert_true(job_run(&runner, &(job_request){.id = "id-1", .path = plain}, &out, NULL));
    assert_int_equal(out.matches, LINES / 700);
}

/* A line that is larger than many batches is processed alone. */
static void a_very_long_line(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = BUF(1 << 24);
    AUTO(job_runner) runner = {0};
    AUTO(job_outcome) out = {0};
    buf_append_str(&text, HIT "\n{\"text\":\"");
    while (text.len < (size_t)5 << 20)
        buf_append_str(&text, "grey stones lie by the mill and wait ");
    buf_append_str(&text, "how many eggs does the brown hen lay each week\"}\n" HIT "\nlast\n");
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", buf_slice(&text));
    s->job.threads = 2;
    s->job.max_line_bytes = 16 << 20;
    job_runner_init(&runner, &s->job, s->index);
    assert_true(job_run(&runner, &(job_request){.id = "id-1", .path = path}, &out, NULL));
    assert_int_equal(out.contaminated_lines, 3);
    AUTO_FREE char *cleaned = detect_site_read(out.cleaned_path);
    assert_string_equal(cleaned, "last\n");
}

static bool count_name(void *ctx, const char *name, err *e)
{
    UNUSED(name);
    UNUSED(e);
    ++*(unsigned *)ctx;
    return true;
}

/* Report lines beyond 1 MiB of one batch go through a file; their order is kept. */
static void many_matches_are_spilled(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = BUF(1 << 24);
    AUTO(job_runner) runner = {0};
    AUTO(job_outcome) out = {0};
    for (int i = 0; i < 5000; i++)
        buf_append_str(&text, HIT "\n");
    buf_append_str(&text, "{\"text\":\"");
    for (int i = 0; i < 5000; i++)
        buf_append_str(&text, "how many eggs does the brown hen lay each week? grey stones lie by "
                              "the mill and wait for rain in spring and for snow in winter. ");
    while (text.len < (size_t)6 << 20)
        buf_append_str(&text, "grey stones lie by the mill and wait ");
    buf_append_str(&text, "\"}\n" HIT "\n");
    AUTO_FREE char *path = detect_site_file(s, "f.jsonl", buf_slice(&text));
    s->job.threads = 2;
    s->job.max_line_bytes = 16 << 20;
    job_runner_init(&runner, &s->job, s->index);
    assert_true(job_run(&runner, &(job_request){.id = "id-1", .path = path}, &out, NULL));
    for (size_t i = 0; i < runner.ring_size; i++)
        assert_true(runner.ring[i].report.text.capacity <= 2 * SPILL_BYTES);
    AUTO(buf) report = BUF((size_t)1 << 28);
    assert_true(fs_read_file(out.report_path, report.max_bytes, &report, NULL));
    uint64_t line = 0, lines = 0, of_long_line = 0;
    static const char key[] = "\"training_line\":";
    for (slice rest = buf_slice(&report); rest.len > 0; lines++) {
        size_t len = (size_t)((char *)memchr(rest.data, '\n', rest.len) - rest.data) + 1;
        const char *at = memmem(rest.data, len, key, strlen(key));
        uint64_t number = strtoull(at + strlen(key), NULL, 10);
        assert_true(number == line || number == line + 1);
        line = number;
        of_long_line += number == 5000;
        rest = (slice){.data = rest.data + len, .len = rest.len - len};
    }
    assert_int_equal(line, 5001);
    assert_int_equal(lines, out.matches);
    assert_int_equal(of_long_line, 5000);
    unsigned names = 0;
    assert_true(fs_each_name(s->report_dir, count_name, &names, NULL));
    assert_int_equal(names, 1); /* the report alone */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(any_number_of_threads_gives_the_same),
        TEST(the_first_fault_is_reported),
        TEST(a_fault_before_a_broken_end),
        TEST(a_very_long_line),
        TEST(many_matches_are_spilled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
