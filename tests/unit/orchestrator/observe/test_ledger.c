/* orchestrator/observe/ledger: parts by size and age, and their merging at the end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/util.h"
#include "decon/compression/codec.h"
#include "orchestrator/observe/ledger.h"
#include "tests/fake/transport.h"

#define STORE      "http://store/b/"
#define RUN        "20261201T030000Z-0-0a1b2c"
#define PART(n)    STORE "rep/_decon/ledger/" RUN "-" n ".jsonl.zst"
#define MINUTES(n) (UINT64_C(60000) * (n))

typedef struct site {
    fake_transport *fake;
    s3_client *s3;
    ledger *ledger;
    buf order;    /* "PUT <n>\n", "DELETE <n>\n" */
    buf contents; /* of the newest written object, decoded */
    char refuse;  /* PUTs of the part with this number are answered 403 */
    bool closed;
} site;

static bool keep_text(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

static void decode(site *s, slice object)
{
    err e = ERR_INIT;
    buf_clear(&s->contents);
    AUTO_PTR(stage) sink = stage_callback_new(keep_text, NULL, &s->contents);
    AUTO_PTR(stage) decoder = codec_decoder_new(CODEC_ZSTD, sink, &e);
    if (!stage_feed(decoder, object, &e) || !stage_finish(decoder, &e))
        fail_msg("%s", e.message);
}

static void answer(void *ctx, const fake_request *r, fake_reply *reply)
{
    static const http_header etag = {"ETag", "\"e\""};
    site *s = ctx;
    const char *number = strstr(r->url, RUN "-");
    assert_non_null(number);
    buf_printf(&s->order, "%s %c\n", r->method, number[strlen(RUN "-")]);
    reply->status = strcmp(r->method, "DELETE") == 0 ? 204 : 200;
    reply->headers = &etag;
    reply->header_count = 1;
    bool put = strcmp(r->method, "PUT") == 0;
    if (put && s->refuse == number[strlen(RUN "-")])
        reply->status = 403;
    else if (put)
        decode(s, r->body);
}

static void open_site(site *s, bool spools)
{
    err e = ERR_INIT;
    *s = (site){.fake = fake_new()};
    buf_init(&s->order, 1 << 16);
    buf_init(&s->contents, 64 << 20);
    fake_handle(s->fake, answer, s);
    s->s3 = s3_client_new(fake_transport_base(s->fake),
                          &(s3_config){.endpoint = "http://store",
                                       .region = "us-east-1",
                                       .getenv_fn = fake_credentials},
                          &e);
    s->ledger = ledger_new(&(ledger_options){.transport = fake_transport_base(s->fake),
                                             .s3 = s->s3,
                                             .bucket = "b",
                                             .report_prefix = "rep/",
                                             .run = RUN,
                                             .spool_fd = spools ? memfd_create("spool", 0) : -1});
}

static void close_site(site *s)
{
    ledger_free(s->ledger);
    s3_client_free(s->s3);
    fake_free(s->fake);
    buf_deinit(&s->order);
    buf_deinit(&s->contents);
}

static void add(site *s, const char *key)
{
    ledger_add(s->ledger, &(ledger_line){.key = key, .etag = "e"});
    fake_run(s->fake);
}

static void on_closed(void *ctx)
{
    site *s = ctx;
    assert_false(s->closed);
    s->closed = true;
}

static void end(site *s)
{
    ledger_close(s->ledger, on_closed, s);
    assert_true(s->closed || fake_run_until(s->fake, &s->closed));
}

static size_t line_count(const site *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->contents.len; i++)
        count += s->contents.data[i] == '\n';
    return count;
}

static void one_part_is_left_unchanged(void **state)
{
    UNUSED(state);
    site s;
    open_site(&s, true);
    add(&s, "one");
    add(&s, "two");
    assert_string_equal(buf_str(&s.order), "");
    end(&s);
    assert_string_equal(buf_str(&s.order), "PUT 1\n");
    assert_int_equal(line_count(&s), 2);
    close_site(&s);
}

static void nothing_is_written_without_a_line(void **state)
{
    UNUSED(state);
    site s;
    open_site(&s, true);
    fake_advance(s.fake, MINUTES(60));
    end(&s);
    assert_string_equal(buf_str(&s.order), "");
    close_site(&s);
}

static void parts_close_after_15_minutes_and_merge_at_the_end(void **state)
{
    UNUSED(state);
    site s;
    open_site(&s, true);
    add(&s, "one");
    fake_advance(s.fake, MINUTES(16));
    assert_string_equal(buf_str(&s.order), "PUT 1\n");
    assert_int_equal(line_count(&s), 1);
    add(&s, "two");
    add(&s, "three");
    assert_string_equal(buf_str(&s.order), "PUT 1\n");
    end(&s);
    assert_string_equal(buf_str(&s.order), "PUT 1\nPUT 2\nPUT 0\nDELETE 1\nDELETE 2\n");
    assert_int_equal(line_count(&s), 3);
    assert_non_null(strstr(buf_str(&s.contents), "\"key\":\"one\""));
    assert_non_null(strstr(buf_str(&s.contents), "\"key\":\"three\""));
    close_site(&s);
}

static void a_part_closes_at_8_mib(void **state)
{
    UNUSED(state);
    site s;
    open_site(&s, true);
    AUTO_FREE char *key = xcalloc(1, (1 << 20) + 1);
    memset(key, 'k', 1 << 20);
    for (int i = 0; i < 7; i++)
        add(&s, key);
    assert_string_equal(buf_str(&s.order), "");
    add(&s, key);
    assert_string_equal(buf_str(&s.order), "PUT 1\n");
    assert_int_equal(line_count(&s), 8);
    end(&s);
    close_site(&s);
}

static void without_a_spool_the_parts_stay(void **state)
{
    UNUSED(state);
    site s;
    open_site(&s, false);
    add(&s, "one");
    fake_advance(s.fake, MINUTES(16));
    add(&s, "two");
    end(&s);
    assert_string_equal(buf_str(&s.order), "PUT 1\nPUT 2\n");
    close_site(&s);
}

/* The merged object has the lines of a part that could not be written. */
static void a_refused_part_is_in_the_whole(void **state)
{
    UNUSED(state);
    site s;
    open_site(&s, true);
    s.refuse = '1';
    add(&s, "one");
    fake_advance(s.fake, MINUTES(16));
    add(&s, "two");
    end(&s);
    assert_int_equal(line_count(&s), 2);
    close_site(&s);
}

/* While the merged object is refused, only the parts exist. */
static void parts_stay_where_the_whole_is_refused(void **state)
{
    UNUSED(state);
    site s;
    open_site(&s, true);
    add(&s, "one");
    fake_advance(s.fake, MINUTES(16));
    add(&s, "two");
    s.refuse = '0';
    end(&s);
    assert_null(strstr(buf_str(&s.order), "DELETE"));
    close_site(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_part_is_left_unchanged),
        cmocka_unit_test(nothing_is_written_without_a_line),
        cmocka_unit_test(parts_close_after_15_minutes_and_merge_at_the_end),
        cmocka_unit_test(a_part_closes_at_8_mib),
        cmocka_unit_test(without_a_spool_the_parts_stay),
        cmocka_unit_test(a_refused_part_is_in_the_whole),
        cmocka_unit_test(parts_stay_where_the_whole_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
