/* Downloads that a reader follows: the download waits for it, and the file is read once. */
#include "base/util.h"
#include "tests/unit/s3/get/get_site.h"

#define AHEAD 16

static void only_look(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    get_site *g = ctx;
    UNUSED(received_bytes);
    if (prefix_bytes > 0 && g->prefix == 0)
        g->kind = s3_get_reader_kind(g->op);
    g->prefix = prefix_bytes;
}

static void begin(get_site *g, s3_checksum_kind kind)
{
    open_get(g, OBJECT, (s3_config){.max_in_flight = 8});
    g->object = OBJECT;
    set_sum(g, kind);
}

static s3_get_options followed(get_site *g)
{
    s3_get_options o = options(g, true);
    o.ahead_bytes = AHEAD;
    o.on_progress = only_look;
    o.on_loaded = count_loaded;
    return o;
}

/* Reads up to this offset, and lets the download continue. */
static void read_to(get_site *g, uint64_t offset_bytes)
{
    s3_get_read_to(g->op, offset_bytes);
    fake_advance(g->s.f, 1000);
}

/* At most half of the unrequested bytes, and four ranges: 14 bytes of 36 while nothing is read. */
static void the_download_waits_for_the_reader(void **state)
{
    get_site g;
    (void)state;
    begin(&g, S3_CHECKSUM_CRC32C);
    s3_get_options o = followed(&g);
    g.op = s3_get(g.s.c, &o);
    fake_advance(g.s.f, 1000);
    assert_int_equal(g.prefix, 14);
    fake_advance(g.s.f, 100000);
    assert_int_equal(g.prefix, 14);
    read_to(&g, 6);
    assert_in_range(g.prefix, 15, 20);
    while (g.loaded == 0) {
        uint64_t before = g.prefix;
        read_to(&g, before);
        assert_true(g.prefix > before || g.loaded);
    }
    assert_int_equal(g.s.done_count, 0);
    s3_get_read_end(g.op, &g.sum);
    assert_int_equal(site_end(&g.s), ERR_NONE);
    file_is(&g, OBJECT);
    close_get(&g);
}

/* Its checksum counts; the file is not read again. */
static void the_checksum_of_the_reader_counts(void **state)
{
    get_site g;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_kinds); i++) {
        begin(&g, all_kinds[i]);
        s3_get_options o = followed(&g);
        g.op = s3_get(g.s.c, &o);
        while (g.loaded == 0)
            read_to(&g, g.prefix);
        assert_int_equal(g.kind, all_kinds[i]);
        assert_int_equal(g.heads, 1);
        assert_int_equal(pwrite(g.fd, "!", 1, 0), 1);
        s3_get_read_end(g.op, &g.sum);
        assert_int_equal(site_end(&g.s), ERR_NONE);
        assert_int_equal(g.result.proven, all_kinds[i]);
        assert_int_equal(g.loaded, 1);
        close_get(&g);
    }
}

static void a_reader_that_finds_another_checksum_has_all_loaded_again(void **state)
{
    get_site g;
    (void)state;
    begin(&g, S3_CHECKSUM_SHA256);
    g.spoilt = 1;
    s3_get_options o = followed(&g);
    o.on_progress = follow;
    o.on_loaded = follow_to_the_end;
    g.op = s3_get(g.s.c, &o);
    assert_int_equal(site_end(&g.s), ERR_NONE);
    assert_int_equal(g.restarts, 1);
    assert_int_equal(g.loaded, 2);
    file_is(&g, OBJECT);
    close_get(&g);
}

/* The rest is downloaded without it, and hashed from the first byte: a valid object, and a corrupt
 * one. */
static void the_download_does_not_wait_for_a_reader_that_gave_up(void **state)
{
    get_site g;
    (void)state;
    for (unsigned spoilt = 0; spoilt < 2; spoilt++) {
        begin(&g, S3_CHECKSUM_CRC64NVME);
        g.spoilt = spoilt;
        s3_get_options o = followed(&g);
        o.on_restart = on_restart;
        g.op = s3_get(g.s.c, &o);
        fake_advance(g.s.f, 1000);
        s3_get_read_end(g.op, NULL);
        if (spoilt) { /* from the beginning, with a reader as before */
            fake_advance(g.s.f, 1000);
            assert_int_equal(g.restarts, 1);
            s3_get_read_end(g.op, NULL);
        }
        assert_int_equal(site_end(&g.s), ERR_NONE);
        assert_int_equal(g.loaded, 1 + spoilt);
        file_is(&g, OBJECT);
        close_get(&g);
    }
}

/* The hash's kind is known before its first byte is reported. */
static void nothing_is_reported_before_the_checksum_is_known(void **state)
{
    get_site g;
    (void)state;
    begin(&g, S3_CHECKSUM_CRC32);
    fake_when(
        g.s.f,
        &(fake_rule){.method = "HEAD", .times = 1, .reply = {.error = ERR_NET, .delay_ms = 5000}});
    s3_get_options o = followed(&g);
    g.op = s3_get(g.s.c, &o);
    fake_advance(g.s.f, 4000);
    assert_true(g.loads > 0);
    assert_int_equal(g.prefix, 0);
    fake_advance(g.s.f, 60000);
    assert_int_equal(g.prefix, 14);
    assert_int_equal(g.kind, S3_CHECKSUM_CRC32);
    s3_op_cancel(g.op);
    close_get(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_download_waits_for_the_reader),
        cmocka_unit_test(the_checksum_of_the_reader_counts),
        cmocka_unit_test(a_reader_that_finds_another_checksum_has_all_loaded_again),
        cmocka_unit_test(the_download_does_not_wait_for_a_reader_that_gave_up),
        cmocka_unit_test(nothing_is_reported_before_the_checksum_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
