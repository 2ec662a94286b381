/* The text of /metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/job/metrics.h"

typedef struct figures {
    metrics m;
    job_meter meter;
    buf text;
} figures;

static int set_up(void **state)
{
    figures *f = xcalloc(1, sizeof *f);
    metrics_init(&f->m, &f->meter);
    f->m.facts = (metrics_facts){.tokenizer = "a\"b\\c\n",
                                 .worker_threads = 3,
                                 .index_records = 67240,
                                 .index_ngrams = 1778834,
                                 .index_build_ms = 12034,
                                 .started_s = 1700000000};
    buf_init(&f->text, 1 << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    figures *f = *state;
    metrics_deinit(&f->m);
    buf_deinit(&f->text);
    free(f);
    return 0;
}

static void write_text(figures *f)
{
    jobs_counts counts = {.pending = 4,
                          .processing = 2,
                          .completed = 7,
                          .failed = 1,
                          .capacity = 10000,
                          .finished_bytes = 5000};
    buf_clear(&f->text);
    metrics_write(&f->m, &counts, &f->text);
    assert_false(f->text.overflow);
}

static void expect(const figures *f, const char *line)
{
    AUTO_FREE char *whole = xasprintf("\n%s\n", line);
    if (!strstr(buf_str(&f->text), whole))
        fail_msg("no line: %s\n%s", line, buf_str(&f->text));
}

static void facts_and_states(void **state)
{
    figures *f = *state;
    write_text(f);
    expect(f, "decon_build_info{version=\"" DECON_VERSION "\",tokenizer=\"a\\\"b\\\\c\\n\"} 1");
    expect(f, "decon_worker_threads 3");
    expect(f, "decon_index_records 67240");
    expect(f, "decon_index_ngrams 1778834");
    expect(f, "decon_index_build_seconds 12.034");
    expect(f, "process_start_time_seconds 1700000000");
    expect(f, "decon_jobs{state=\"pending\"} 4");
    expect(f, "decon_jobs{state=\"processing\"} 2");
    expect(f, "decon_jobs{state=\"completed\"} 7");
    expect(f, "decon_jobs{state=\"failed\"} 1");
    expect(f, "decon_queue_depth 4");
    expect(f, "decon_queue_capacity 10000");
    assert_non_null(strstr(buf_str(&f->text), "\nprocess_resident_memory_bytes "));
}

static void what_jobs_add(void **state)
{
    figures *f = *state;
    job_outcome good = {.scanned = 9, .matches = 4, .contaminated_lines = 3}, bad = {.scanned = 1};
    metrics_job first = {.waited_ms = 50, .ran_ms = 1500, .input_bytes = 1000};
    metrics_job second = {.waited_ms = 100, .ran_ms = 99999999, .input_bytes = 10, .failed = true};
    metrics_count_job(&f->m, &first, &good);
    metrics_count_job(&f->m, &second, &bad);
    f->meter.lines = 11;
    f->meter.text_bytes = 2222;
    write_text(f);
    expect(f, "decon_jobs_finished_total{state=\"completed\"} 1");
    expect(f, "decon_jobs_finished_total{state=\"failed\"} 1");
    expect(f, "decon_input_bytes_total 1010");
    expect(f, "decon_text_bytes_total 2222");
    expect(f, "decon_lines_total 11");
    expect(f, "decon_lines_scanned_total 10");
    expect(f, "decon_lines_contaminated_total 3");
    expect(f, "decon_matches_total 4");
    /* Buckets are cumulative; the longest job is only in the last one. */
    expect(f, "decon_job_duration_seconds_bucket{le=\"1\"} 0");
    expect(f, "decon_job_duration_seconds_bucket{le=\"5\"} 1");
    expect(f, "decon_job_duration_seconds_bucket{le=\"7200\"} 1");
    expect(f, "decon_job_duration_seconds_bucket{le=\"+Inf\"} 2");
    expect(f, "decon_job_duration_seconds_sum 100001.499");
    expect(f, "decon_job_duration_seconds_count 2");
    expect(f, "decon_job_wait_seconds_bucket{le=\"0.1\"} 2");
}

static void requests(void **state)
{
    figures *f = *state;
    write_text(f);
    assert_null(strstr(buf_str(&f->text), "decon_http_requests_total{"));
    metrics_count_request(&f->m, ROUTE_SUBMIT, 503);
    metrics_count_request(&f->m, ROUTE_SUBMIT, 503);
    metrics_count_request(&f->m, ROUTE_STATUS, 200);
    write_text(f);
    expect(f, "decon_http_requests_total{path=\"/submit\",code=\"503\"} 2");
    expect(f, "decon_http_requests_total{path=\"/status\",code=\"200\"} 1");
}

/* Each metric has its HELP and TYPE once, before its samples. */
static void every_metric_is_explained(void **state)
{
    figures *f = *state;
    metrics_count_request(&f->m, ROUTE_SUBMIT, 200);
    write_text(f);
    AUTO_FREE char *text = xstrdup(buf_str(&f->text));
    char *rest = text;
    AUTO_FREE char *current = NULL;
    for (char *line; (line = strsep(&rest, "\n")) && rest;) {
        if (str_starts_with(line, "# HELP "))
            continue;
        if (str_starts_with(line, "# TYPE ")) {
            free(current);
            current = xstrndup(line + 7, strcspn(line + 7, " "));
            continue;
        }
        if (!current || !str_starts_with(line, current))
            fail_msg("without a type: %s", line);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(facts_and_states),
        TEST(what_jobs_add),
        TEST(requests),
        TEST(every_metric_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
