/* Texts come back as they were put in: from memory, from the file, and where no file can be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "detection/table/text_store.h"

#define GROUPS 4000

/* Texts of a group; the third is absent in some. */
static void texts_of(size_t i, char text[64], slice out[3])
{
    snprintf(text, 64, "group %zu of so many", i);
    out[0] = (slice){.data = text, .len = i % 20};
    out[1] = SLICE_LIT("with a NUL: \0 in it");
    out[2] = i % 3 ? (slice){.data = text, .len = 3} : (slice){0};
}

static void expect_texts(const text_store *s, const uint64_t *places)
{
    char text[64];
    slice expected[3], found[3];
    for (size_t i = 0; i < GROUPS; i++) {
        texts_of(i, text, expected);
        text_store_get(s, places[i], found, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_true(slice_equal(found[k], expected[k]));
            assert_int_equal(found[k].data == NULL, expected[k].data == NULL);
            if (found[k].data)
                assert_int_equal(found[k].data[found[k].len], '\0');
        }
    }
}

static void put_and_get(text_store *s)
{
    static uint64_t places[GROUPS];
    char text[64];
    slice texts[3];
    for (size_t i = 0; i < GROUPS; i++) {
        texts_of(i, text, texts);
        places[i] = text_store_add(s, texts, 3);
    }
    text_store_end(s);
    expect_texts(s, places);
}

static void few_texts_stay_in_memory(void **state)
{
    UNUSED(state);
    AUTO(text_store) s = {.fd = -1};
    text_store_init(&s, (size_t)1 << 20);
    put_and_get(&s);
    assert_int_equal(s.written, 0);
}

static void many_texts_are_in_a_file(void **state)
{
    UNUSED(state);
    AUTO(text_store) s = {.fd = -1};
    text_store_init(&s, 5000);
    put_and_get(&s);
    assert_true(s.written > 100000);
    assert_int_equal(s.len, 0);
}

static void texts_that_cannot_be_written_stay_in_memory(void **state)
{
    UNUSED(state);
    AUTO(text_store) s = {.fd = -1};
    assert_int_equal(setenv("TMPDIR", "/nonexistent/folder", 1), 0);
    text_store_init(&s, 5000);
    put_and_get(&s);
    assert_int_equal(unsetenv("TMPDIR"), 0);
    assert_int_equal(s.written, 0);
}

/* The file ends, and what follows is in memory. */
static void a_full_disk_keeps_the_rest_in_memory(void **state)
{
    UNUSED(state);
    AUTO(text_store) s = {.fd = -1};
    static uint64_t places[GROUPS];
    char text[64];
    slice texts[3];
    text_store_init(&s, 5000);
    for (size_t i = 0; i < GROUPS; i++) {
        texts_of(i, text, texts);
        places[i] = text_store_add(&s, texts, 3);
        s.failed = s.written > 0;
    }
    text_store_end(&s);
    assert_true(s.written > 0 && s.len > 0);
    expect_texts(&s, places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_texts_stay_in_memory),
        cmocka_unit_test(many_texts_are_in_a_file),
        cmocka_unit_test(texts_that_cannot_be_written_stay_in_memory),
        cmocka_unit_test(a_full_disk_keeps_the_rest_in_memory),
    };
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
