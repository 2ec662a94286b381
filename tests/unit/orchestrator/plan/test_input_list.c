/* orchestrator/plan: lists of inputs, of `plan` and of S3 Inventory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "decon/compression/codec.h"
#include "orchestrator/plan/input_list.h"

typedef struct fixture {
    places places;
    listing found;
} fixture;

static void begin(fixture *f)
{
    err e = ERR_INIT;
    *f = (fixture){0};
    assert_true(places_make("s3://b/data", "s3://b/rep", NULL, &f->places, &e));
}

static void end(fixture *f)
{
    listing_deinit(&f->found);
    places_deinit(&f->places);
}

/* In pieces of `piece` bytes. */
static bool read_pieces(fixture *f, slice text, const char *columns, size_t piece, err *e)
{
    listing_deinit(&f->found);
    f->found = (listing){0};
    input_list *l = input_list_new(&(input_list_options){
        .name = "the list", .places = &f->places, .columns = columns, .out = &f->found});
    bool ok = true;
    for (size_t at = 0; ok && at < text.len; at += piece)
        ok = input_list_feed(l, (slice){text.data + at, MIN(piece, text.len - at)}, e);
    ok = ok && input_list_end(l, e);
    input_list_free(l);
    return ok;
}

static void expect_read(fixture *f, const char *text, const char *columns)
{
    err e = ERR_INIT;
    if (!read_pieces(f, slice_from(text), columns, 7, &e))
        fail_msg("%s", e.message);
}

static void expect_refused(const char *text, const char *columns, err_code code, const char *part)
{
    fixture f;
    err e = ERR_INIT;
    begin(&f);
    assert_false(read_pieces(&f, slice_from(text), columns, 64, &e));
    assert_int_equal(e.code, code);
    if (!strstr(e.message, part))
        fail_msg("'%s' is not in: %s", part, e.message);
    end(&f);
}

static void expect_object(const fixture *f, size_t index, const char *key, uint64_t size_bytes,
                          int64_t time_s, const char *etag)
{
    assert_true(index < f->found.inputs.count);
    const listed *row = listed_at(&f->found.inputs, index);
    AUTO_FREE char *found = listed_etag(row);
    assert_string_equal(row->key, key);
    assert_int_equal(row->size_bytes, size_bytes);
    assert_int_equal(row->last_modified_s, time_s);
    assert_string_equal(found, etag);
}

static void an_inventory_without_a_header_is_read(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    expect_read(&f,
                "\"b\",\"data/a+b%2Bc%C3%A4.jsonl\",\"12\",\"2026-11-30T10:00:00.000Z\","
                "\"0123456789abcdef0123456789abcdef\",\"STANDARD\"\r\n"
                "\"b\",\"data/empty.jsonl\",\"0\",\"2026-11-30T10:00:01.000Z\",\"x-2\",\"\"\n"
                "\"b\",\"other/c.jsonl\",\"1\",\"2026-11-30T10:00:00.000Z\",\"x\",\"\"\n"
                "\"b\",\"data/notes.txt\",\"1\",\"2026-11-30T10:00:00.000Z\",\"x\",\"\"\n",
                INPUT_LIST_COLUMNS);
    assert_int_equal(f.found.inputs.count, 2);
    expect_object(&f, 0, "data/a b+c\xC3\xA4.jsonl", 12, 1796032800,
                  "\"0123456789abcdef0123456789abcdef\"");
    expect_object(&f, 1, "data/empty.jsonl", 0, 1796032801, "\"x-2\"");
    assert_int_equal(f.found.outside_count, 1);
    assert_int_equal(f.found.ignored_count, 1);
    end(&f);
}

static void columns_come_from_the_header_or_the_option(void **state)
{
    UNUSED(state);
    fixture f;
    begin(&f);
    expect_read(&f, "ETag,key,SIZE\ne1,data/a.jsonl,5\n", INPUT_LIST_COLUMNS);
    assert_int_equal(f.found.inputs.count, 1);
    expect_object(&f, 0, "data/a.jsonl", 5, 0, "\"e1\"");
    /* An inventory of all versions: older versions and delete markers are skipped. */
    static const char versions[] = "b,data/a.jsonl,v2,true,false,5,e2\n"
                                   "b,data/a.jsonl,v1,false,false,4,e1\n"
                                   "b,data/gone.jsonl,v9,true,true,,\n";
    expect_read(&f, versions, "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, ETag");
    assert_int_equal(f.found.inputs.count, 1);
    expect_object(&f, 0, "data/a.jsonl", 5, 0, "\"e2\"");
    end(&f);
    err e = ERR_INIT;
    assert_true(input_list_check_columns("key,etag,size", &e));
    assert_false(input_list_check_columns("Bucket,Key,Size", &e));
}

static void what_cannot_be_read_is_refused_with_its_line(void **state)
{
    UNUSED(state);
    expect_refused(
        "b,data/a.jsonl,1,,e\nb,data/a.jsonl,many,,e\n", INPUT_LIST_COLUMNS, ERR_PARSE,
        "the list: line 2: the size is not a number; name the columns in input_list_columns");
    expect_refused("b,data/a.jsonl,1\n", INPUT_LIST_COLUMNS, ERR_PARSE,
                   "line 1: has too few columns");
    expect_refused("b,data/a.jsonl,1,yesterday,e\n", INPUT_LIST_COLUMNS, ERR_PARSE,
                   "LastModifiedDate is not a date");
    expect_refused("b,data/%zz.jsonl,1,,e\n", INPUT_LIST_COLUMNS, ERR_PARSE,
                   "bad percent-encoding");
    expect_refused("b,data/%00.jsonl,1,,e\n", INPUT_LIST_COLUMNS, ERR_PARSE, "NUL byte");
    expect_refused("b,,1,,e\n", INPUT_LIST_COLUMNS, ERR_PARSE, "the key is empty");
    expect_refused("c,data/a.jsonl,1,,e\n", INPUT_LIST_COLUMNS, ERR_CONFIG,
                   "lists objects of bucket c, and remote_file_input is in bucket b");
    AUTO_FREE char *endless = xcalloc(1, (128 << 10) + 1);
    memset(endless, 'x', 128 << 10);
    expect_refused(endless, INPUT_LIST_COLUMNS, ERR_LIMIT, "the list");
}

/* --- lists of `plan` --- */

static bool keep(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

static void write_list(const fixture *f, codec_format format, buf *out)
{
    err e = ERR_INIT;
    AUTO_PTR(stage) sink = stage_callback_new(keep, NULL, out);
    AUTO_PTR(stage) encoder = codec_encoder_new(format, 0, sink, &e);
    input_list_writer w = {.places = &f->places, .listing = &f->found, .to = encoder};
    while (!w.ended)
        assert_true(input_list_write_some(&w, &e));
}

static void fill(fixture *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE char *key = xasprintf("data/part \"%zu\"+\n,\xC3\xA4.jsonl.gz", i);
        AUTO_FREE char *etag = xasprintf("\"e%zu-3\"", i);
        listing_add_input(&f->found, &f->places,
                          &(s3_object){.key = key,
                                       .size_bytes = i * 1000003,
                                       .last_modified_s = 1796032800 + (int64_t)i,
                                       .etag = etag});
    }
}

static void what_is_written_is_read_again_in_each_format(void **state)
{
    UNUSED(state);
    static const codec_format formats[] = {CODEC_PLAIN, CODEC_GZIP, CODEC_ZSTD, CODEC_BZIP2};
    for (size_t k = 0; k < ARRAY_LEN(formats); k++) {
        fixture f;
        err e = ERR_INIT;
        AUTO(buf) text = BUF(4 << 20);
        begin(&f);
        fill(&f, 2500); /* more than one piece */
        write_list(&f, formats[k], &text);
        if (!read_pieces(&f, buf_slice(&text), INPUT_LIST_COLUMNS, 1000, &e))
            fail_msg("%s", e.message);
        assert_int_equal(f.found.inputs.count, 2500);
        expect_object(&f, 2499, "data/part \"2499\"+\n,\xC3\xA4.jsonl.gz", 2499ull * 1000003,
                      1796032800 + 2499, "\"e2499-3\"");
        end(&f);
    }
}

static void an_empty_list_is_whole(void **state)
{
    UNUSED(state);
    fixture f;
    err e = ERR_INIT;
    AUTO(buf) text = BUF(4096);
    begin(&f);
    write_list(&f, CODEC_PLAIN, &text);
    assert_true(read_pieces(&f, buf_slice(&text), INPUT_LIST_COLUMNS, 3, &e));
    assert_int_equal(f.found.inputs.count, 0);
    assert_true(read_pieces(&f, slice_from(""), INPUT_LIST_COLUMNS, 3, &e));
    end(&f);
}

/* A truncated list would silently leave inputs out. */
static void a_list_that_ends_early_is_refused(void **state)
{
    UNUSED(state);
    fixture f;
    AUTO(buf) text = BUF(4 << 20), packed = BUF(4 << 20);
    begin(&f);
    fill(&f, 20);
    write_list(&f, CODEC_PLAIN, &text);
    write_list(&f, CODEC_GZIP, &packed);
    size_t last_line = text.len - strlen("#end,20\n");
    for (size_t len = 14; len < text.len - 2; len += len + 40 < last_line ? 40 : 1) {
        err e = ERR_INIT;
        if (read_pieces(&f, (slice){text.data, len}, INPUT_LIST_COLUMNS, 100, &e))
            fail_msg("the first %zu of %zu bytes were taken for the whole", len, text.len);
    }
    for (size_t len = 6; len < packed.len; len += 10) {
        err e = ERR_INIT;
        assert_false(read_pieces(&f, (slice){packed.data, len}, INPUT_LIST_COLUMNS, 100, &e));
        assert_non_null(strstr(e.message, "the list"));
    }
    expect_refused(
        "#decon-inputs,1,s3://b/data/\nBucket,Key,Size,ETag\nb,data/a.jsonl,1,e\n#end,2\n",
        INPUT_LIST_COLUMNS, ERR_PARSE, "the number of rows differs");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inventory_without_a_header_is_read),
        cmocka_unit_test(columns_come_from_the_header_or_the_option),
        cmocka_unit_test(what_cannot_be_read_is_refused_with_its_line),
        cmocka_unit_test(what_is_written_is_read_again_in_each_format),
        cmocka_unit_test(an_empty_list_is_whole),
        cmocka_unit_test(a_list_that_ends_early_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
