/* Reports of a store: in any pieces, complete or truncated. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "decon/compression/codec.h"
#include "detection/reports/report_files.h"

typedef struct fake_object {
    const char *name;
    slice data;
    bool fails; /* after its first piece */
} fake_object;

typedef struct world {
    fake_object objects[4];
    size_t count, piece_bytes;
    buf seen; /* data passed to the reader */
    uint64_t found;
} world;

static bool list(void *ctx, const char *uri,
                 bool (*each)(void *each_ctx, const report_store_entry *entry, err *e),
                 void *each_ctx, err *e)
{
    UNUSED(uri);
    const world *w = ctx;
    for (size_t i = 0; i < w->count; i++)
        if (!each(each_ctx,
                  &(report_store_entry){
                      .name = w->objects[i].name, .size_bytes = w->objects[i].data.len, .etag = ""},
                  e))
            return false;
    return true;
}

static const fake_object *object_of(const world *w, const char *name)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_equal(w->objects[i].name, name))
            return &w->objects[i];
    fail_msg("%s was not listed", name);
    return NULL;
}

static bool read_objects(void *ctx, const char *uri, const report_store_names *names,
                         void (*take)(void *take_ctx, size_t index, slice piece, bool last,
                                      const err *error),
                         void *take_ctx, err *e)
{
    UNUSED(uri), UNUSED(e);
    const world *w = ctx;
    for (size_t i = 0; i < names->count; i++) {
        const fake_object *o = object_of(w, names->names[i]);
        err lost = ERR_INIT;
        for (size_t at = 0; at < o->data.len; at += w->piece_bytes) {
            slice piece = {o->data.data + at, MIN(w->piece_bytes, o->data.len - at)};
            take(take_ctx, i, piece, false, NULL);
            if (o->fails)
                break;
        }
        if (o->fails)
            err_set(&lost, ERR_S3_CHANGED, "the object was replaced");
        take(take_ctx, i, (slice){0}, true, o->fails ? &lost : NULL);
    }
    return true;
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(number), UNUSED(has_newline), UNUSED(e);
    world *w = ctx;
    return buf_append_slice(&w->seen, text) && buf_append_char(&w->seen, ' ');
}

static stage *begin(void *ctx, const char *path, const char *label)
{
    world *w = ctx;
    buf_printf(&w->seen, "[%s %s: ", path, label);
    return stage_lines_new(1024, NULL, on_line, w);
}

static void end(void *ctx, const err *error)
{
    world *w = ctx;
    buf_printf(&w->seen, "%s]", error ? error->message : "");
}

static void expect(world *w, const char *suffix, const char *want)
{
    err e = ERR_INIT;
    const report_store store = {.list = list, .read = read_objects, .ctx = w};
    const report_reader reader = {.begin = begin, .end = end, .ctx = w, .suffix = suffix};
    for (w->piece_bytes = 1; w->piece_bytes < 9; w->piece_bytes++) {
        w->seen = BUF(65536);
        w->found = 0;
        if (!report_files_read(&store, "s3://b/dir", &reader, &w->found, &e))
            fail_msg("%s", e.message);
        assert_string_equal(buf_str(&w->seen), want);
        buf_deinit(&w->seen);
    }
}

/* clang-format off */
#define TEXT(s) {.data = (s), .len = sizeof(s) - 1}
/* clang-format on */

static void reports_are_found_by_name(void **state)
{
    UNUSED(state);
    world w = {.objects = {{"sub/a.report.jsonl", TEXT("one\ntwo\n"), false},
                           {"sub/a.near.jsonl", TEXT("three\n"), false},
                           {"b.clean", TEXT(""), false},
                           {"c-simple-0.80.jsonl", TEXT("four"), false}},
               .count = 4};
    expect(&w, NULL,
           "[s3://b/dir/sub/a.report.jsonl sub/a: one two ]"
           "[s3://b/dir/c-simple-0.80.jsonl c: four ]");
    assert_int_equal(w.found, 2);
    expect(&w, NEAR_SUFFIX, "[s3://b/dir/sub/a.near.jsonl sub/a: three ]");
}

/* gzip of "zipped\n", without compression. */
static const char zipped[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x07\0\xf8\xffzipped\n";

static void compressed_and_damaged_ones(void **state)
{
    UNUSED(state);
    world w = {.objects = {{"a.report.jsonl.gz", {zipped, sizeof zipped - 1}, false},
                           {"b.report.jsonl", TEXT(""), false},
                           {"c.report.jsonl", TEXT("1234567890\n"), true},
                           {"d.report.jsonl", TEXT("x"), false}},
               .count = 4};
    err e = ERR_INIT;
    const report_store store = {.list = list, .read = read_objects, .ctx = &w};
    const report_reader reader = {.begin = begin, .end = end, .ctx = &w};
    w.piece_bytes = 1;
    w.seen = BUF(65536);
    assert_true(report_files_read(&store, "s3://b/dir/", &reader, &w.found, &e));
    /* The checksum of the first member is missing. */
    assert_non_null(strstr(buf_str(&w.seen), "[s3://b/dir/a.report.jsonl.gz a: zipped s3://b/dir/"
                                             "a.report.jsonl.gz: gzip: ends early"));
    assert_non_null(strstr(buf_str(&w.seen), "[s3://b/dir/b.report.jsonl b: ]"));
    assert_non_null(strstr(buf_str(&w.seen), "the object was replaced]"));
    assert_non_null(strstr(buf_str(&w.seen), "[s3://b/dir/d.report.jsonl d: x ]"));
    buf_deinit(&w.seen);
}

static void a_program_without_a_store_refuses(void **state)
{
    UNUSED(state);
    world w = {0};
    err e = ERR_INIT;
    const report_reader reader = {.begin = begin, .end = end, .ctx = &w};
    assert_false(report_files_read(NULL, "s3://b/dir", &reader, &w.found, &e));
    assert_int_equal(err_exit_status(&e), 2);
    const report_store store = {.list = list, .read = read_objects, .ctx = &w};
    assert_false(report_files_read(&store, "s3://b/dir", &reader, &w.found, &e));
    assert_non_null(strstr(e.message, "no such object"));
}

static void one_file_whole(void **state)
{
    UNUSED(state);
    world w = {.objects = {{"", TEXT("{\"a\":1}"), false}}, .count = 1, .piece_bytes = 3};
    const report_store store = {.list = list, .read = read_objects, .ctx = &w};
    AUTO(buf) text = BUF(100);
    bool found;
    assert_true(report_file_text(&store, "s3://b/dir", "x.json", 100, &text, &found, NULL));
    assert_true(found);
    assert_string_equal(buf_str(&text), "{\"a\":1}");
    err e = ERR_INIT;
    AUTO(buf) small = BUF(5);
    assert_false(report_file_text(&store, "s3://b/dir", "x.json", 5, &small, &found, &e));
    assert_false(found);
    w.count = 0;
    assert_true(report_file_text(&store, "s3://b/dir", "x.json", 100, &text, &found, NULL));
    assert_false(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_found_by_name),
        cmocka_unit_test(compressed_and_damaged_ones),
        cmocka_unit_test(a_program_without_a_store_refuses),
        cmocka_unit_test(one_file_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
