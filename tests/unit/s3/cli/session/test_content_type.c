/* Content types by suffix. */
#include "s3/cli/session/content_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"

static void the_last_suffix_decides(void **state)
{
    static const struct {
        const char *name, *type; /* NULL: none */
    } rows[] = {
        {"a.json", "application/json"},
        {"dir.d/a.JSONL", "application/x-ndjson"},
        {"a.jsonl.gz", "application/gzip"},
        {"a.html.zst", "application/zstd"},
        {"a.tar", "application/x-tar"},
        {"a", NULL},
        {"", NULL},
        {".json", NULL},
        {"dir/.json", NULL},
        {"dir.json/a", NULL},
        {"a.", NULL},
        {"a.jsonx", NULL},
        {"a.json ", NULL},
        {"dir.json/", NULL},
    };
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *found = content_type_of(rows[i].name);
        if (!found != !rows[i].type)
            fail_msg("%s: %s", rows[i].name, found ? found : "none");
        if (found)
            assert_string_equal(found, rows[i].type);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_last_suffix_decides)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
