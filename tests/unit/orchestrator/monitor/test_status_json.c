/* orchestrator/monitor/status_json: data of the status page. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/json/json_read.h"
#include "base/util.h"
#include "orchestrator/monitor/status_json.h"

static void write_with(const status_json *s, const config *c, buf *text)
{
    const tally nothing = {0};
    err e = ERR_INIT;
    json_type type;
    status_json_write(
        s, &(metrics_now){.run = "R", .machine = "node7", .config = c, .tally = &nothing}, 5000,
        text);
    assert_false(text->overflow);
    if (!json_read_members(slice_trim(buf_slice(text)), NULL, NULL, 0, &type, &e))
        fail_msg("%s: %s", e.message, buf_str(text));
    assert_int_equal(type, JSON_OBJECT);
}

static void write_all(const status_json *s, buf *text)
{
    const config c = {.host_index = 1, .host_count = 4};
    write_with(s, &c, text);
}

static void note(status_json *s, const char *key, item_state state, uint64_t lines)
{
    item it = {.state = state,
               .planned = {.key = (char *)(uintptr_t)key},
               .result = {.contaminated = lines > 0, .contaminated_lines = lines}};
    err_set(&it.error, ERR_JSONL, "line 3 is not \"JSON\"");
    status_json_note(s, &it);
}

static void expect(const buf *text, const char *part)
{
    if (!strstr(buf_str(text), part))
        fail_msg("'%s' is not in %s", part, buf_str(text));
}

static void contaminated_files_and_failures_are_shown_newest_first(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(METRICS_MAX_BYTES);
    status_json *s = status_json_new();
    note(s, "a", ITEM_COOLING, 3);
    note(s, "clean", ITEM_COOLING, 0);
    note(s, "b", ITEM_COOLING, 4);
    note(s, "working", ITEM_POLLING, 9);
    note(s, "bad \"key\"", ITEM_FAILED, 0);
    write_all(s, &text);
    expect(&text, "\"claims\":false,\"host\":1,\"hosts\":4,\"machine\":\"node7\",");
    expect(&text,
           "\"contaminated_files\":[{\"key\":\"b\",\"lines\":4},{\"key\":\"a\",\"lines\":3}]");
    expect(&text, "\"failures\":[{\"key\":\"bad \\\"key\\\"\",\"cause\":\"line 3 is not");
    expect(&text, "\"in_flight\":[]");
    status_json_free(s);
}

static void hosts_that_claim_have_no_number(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(METRICS_MAX_BYTES);
    status_json *s = status_json_new();
    config c = {.host_count = 1, .distribution = DISTRIBUTION_CLAIM, .claim_hosts = 1};
    write_with(s, &c, &text);
    expect(&text, "\"claims\":true,\"machine\":\"node7\",");
    buf_clear(&text);
    c.claim_hosts = 70;
    c.share_source = (char *)"PMR_HOST_COUNT";
    write_with(s, &c, &text);
    expect(&text, "\"claims\":true,\"hosts\":70,\"machine\":\"node7\",");
    status_json_free(s);
}

static void the_oldest_make_room(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF(METRICS_MAX_BYTES);
    status_json *s = status_json_new();
    for (unsigned i = 0; i < STATUS_FILES_MAX + 5; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%u.", i);
        note(s, key, ITEM_COOLING, i + 1);
    }
    write_all(s, &text);
    expect(&text, "[{\"key\":\"k104.\",\"lines\":105},");
    expect(&text, "{\"key\":\"k5.\",\"lines\":6}]");
    assert_null(strstr(buf_str(&text), "\"k4.\""));
    status_json_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contaminated_files_and_failures_are_shown_newest_first),
        cmocka_unit_test(hosts_that_claim_have_no_number),
        cmocka_unit_test(the_oldest_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
