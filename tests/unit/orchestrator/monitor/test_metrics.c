/* orchestrator/monitor/metrics: the text format of Prometheus. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/util.h"
#include "orchestrator/monitor/metrics.h"

static void expect(const buf *text, const char *line)
{
    if (!strstr(buf_str(text), line))
        fail_msg("'%s' is not in\n%s", line, buf_str(text));
}

static void numbers_have_their_labels(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(METRICS_MAX_BYTES);
    AUTO(tally) sums = {.lines = 70, .contaminated_lines = 3};
    const config c = {.host_index = 2, .host_count = 5};
    sums.spent_ms[ITEM_DOWNLOADING] = 1234;
    sums.left_count[ITEM_DOWNLOADING] = 9;
    set_counts_add(&sums.sets, slice_from("a\"b\\c\nd"), 3);
    metrics_text(&(metrics_now){.run = "R",
                                .machine = "node7",
                                .config = &c,
                                .tally = &sums,
                                .store = {.requests = 11, .retries = 1},
                                .started_s = 1796094000},
                 &text);
    assert_false(text.overflow);
    expect(&text, "decon_run_info{run=\"R\",host=\"2\",hosts=\"5\",distribution=\"hash\","
                  "machine=\"node7\",version=\"");
    expect(&text, "\ndecon_run_start_time_seconds 1796094000\n");
    expect(&text, "\ndecon_lines_total 70\n");
    expect(&text, "\ndecon_contaminated_lines_by_set_total{set=\"a\\\"b\\\\c\\nd\"} 3\n");
    expect(&text, "\ndecon_stage_seconds_total{stage=\"DOWNLOADING\"} 1.234\n");
    expect(&text, "\ndecon_stage_files_total{stage=\"DOWNLOADING\"} 9\n");
    expect(&text, "\ndecon_store_requests_total 11\n");
    expect(&text, "\ndecon_files_total{result=\"clean\"} 0\n");
}

/* Numbers of shares mean nothing then. */
static void hosts_that_claim_have_the_name_of_their_machine(void **state)
{
    UNUSED(state);
    const tally nothing = {0};
    config c = {.host_count = 1, .distribution = DISTRIBUTION_CLAIM, .claim_hosts = 1};
    for (int known = 0; known < 2; known++) {
        AUTO(buf) text = BUF(METRICS_MAX_BYTES);
        metrics_text(&(metrics_now){.run = "R", .machine = "a\"b", .config = &c, .tally = &nothing},
                     &text);
        expect(&text,
               known ? "host=\"a\\\"b\",hosts=\"70\",distribution=\"claim\",machine=\"a\\\"b\","
                     : "host=\"a\\\"b\",hosts=\"\",distribution=\"claim\",machine=\"a\\\"b\",");
        c.claim_hosts = 70;
        c.share_source = (char *)"PMR_HOST_COUNT";
    }
}

/* Each sample belongs to the last HELP and TYPE lines. */
static void every_sample_has_help_and_type(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(METRICS_MAX_BYTES);
    const tally nothing = {0};
    const config c = {.host_count = 1};
    metrics_text(&(metrics_now){.run = "R", .machine = "m", .config = &c, .tally = &nothing},
                 &text);
    char family[128] = "";
    for (const char *line = buf_str(&text); *line; line = strchr(line, '\n') + 1) {
        if (str_starts_with(line, "# TYPE ")) {
            size_t len = strcspn(line + 7, " ");
            snprintf(family, sizeof family, "%.*s", (int)len, line + 7);
        } else if (line[0] != '#') {
            size_t len = strcspn(line, "{ ");
            if (len != strlen(family) || strncmp(line, family, len) != 0)
                fail_msg("a sample outside of its family %s: %.60s", family, line);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_their_labels),
        cmocka_unit_test(hosts_that_claim_have_the_name_of_their_machine),
        cmocka_unit_test(every_sample_has_help_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
