/* Splicing plain text, the pinned version of the input, and the offered formats. */
#include "tests/unit/compression/splice/splice_support.h"

#include <fcntl.h>
#include <sys/stat.h>

static uint64_t seed = 424242;

/* Between memory files, and between files of one folder, where the kernel may share blocks. */
static void plain_text_loses_its_lines(void **state)
{
    UNUSED(state);
    for (unsigned round = 0; round < 40; round++) {
        AUTO(buf) text = english_lines(&seed, test_random(&seed) % 300000, 400);
        AUTO(range_list) removed = {0};
        for (size_t from = 0, to; from < text.len; from = to) {
            const char *end = memchr(text.data + from, '\n', text.len - from);
            to = (size_t)(end - text.data) + 1;
            if (test_random(&seed) % (1 + round) == 0)
                range_list_add(&removed, from, to);
        }
        AUTO(buf) out = BUF(0);
        err e = ERR_INIT;
        if (!splice_bytes(CODEC_PLAIN, buf_slice(&text), &removed, &out, &e))
            fail_msg("%s", e.message);
        AUTO(buf) expected = text_without(buf_slice(&text), &removed);
        expect_equal(buf_slice(&out), buf_slice(&expected));
    }
}

typedef struct changing {
    splice_array ranges;
    int fd;
} changing;

/* The input grows while it is read. */
static bool next_and_change(void *ctx, splice_range *next, err *e)
{
    changing *c = ctx;
    UNUSED(e);
    *next = c->ranges.at < c->ranges.count ? c->ranges.ranges[c->ranges.at++] : SPLICE_NO_RANGE;
    assert_int_equal(ftruncate(c->fd, 1000000 + (off_t)c->ranges.at), 0);
    return true;
}

static void an_input_that_changes_is_refused(void **state)
{
    UNUSED(state);
    static const codec_format formats[] = {CODEC_PLAIN, CODEC_GZIP};
    AUTO(buf) text = english_lines(&seed, 50000, 400);
    AUTO(buf) file = BUF(SPLICE_TEXT_MAX);
    put_member(&file, &(member_style){.level = 6, .memory = 8}, buf_slice(&text));
    splice_range ranges[] = {{0, 100}};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (!splice_offers(formats[i]))
            continue;
        AUTO_FD in = memory_file(formats[i] == CODEC_PLAIN ? buf_slice(&text) : buf_slice(&file));
        AUTO_FD out = memory_file((slice){0});
        changing c = {.ranges = {.ranges = ranges, .count = 1}, .fd = in};
        splice_request r = {.in = in,
                            .out = out,
                            .format = formats[i],
                            .pin = pin_of(in),
                            .removed = {next_and_change, &c}};
        err e = ERR_INIT;
        assert_false(splice_file(&r, &e));
        assert_int_equal(e.code, ERR_IO);
        assert_false(splice_file(&r, NULL)); /* and it is not started again */
    }
}

static void another_file_of_the_same_size_is_refused(void **state)
{
    UNUSED(state);
    AUTO_FD in = memory_file(SLICE_LIT("one\ntwo\n"));
    AUTO_FD other = memory_file(SLICE_LIT("uno\ndue\n"));
    AUTO_FD out = memory_file((slice){0});
    splice_array none = {0};
    splice_request r = {
        .in = in, .out = out, .pin = pin_of(other), .removed = splice_ranges_of(&none)};
    err e = ERR_INIT;
    assert_false(splice_file(&r, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(pin_of(out).size_bytes, 0);
}

static void only_some_formats_are_offered(void **state)
{
    UNUSED(state);
    AUTO_FD in = memory_file(SLICE_LIT("text"));
    splice_array none = {0};
    splice_request r = {.in = in, .out = in, .pin = pin_of(in), .removed = splice_ranges_of(&none)};
    assert_true(splice_offers(CODEC_PLAIN));
    for (r.format = 0; r.format < CODEC_FORMAT_COUNT; r.format++) {
        err e = ERR_INIT;
        if (splice_offers(r.format))
            continue;
        assert_false(splice_file(&r, &e));
        assert_int_equal(e.code, ERR_CODEC_UNSUPPORTED);
    }
}

static void a_full_disk_is_an_error(void **state)
{
    UNUSED(state);
    AUTO(buf) text = english_lines(&seed, 50000, 400);
    AUTO_FD in = memory_file(buf_slice(&text));
    AUTO_FD out = open("/dev/full", O_WRONLY | O_CLOEXEC);
    splice_array none = {0};
    splice_request r = {
        .in = in, .out = out, .pin = pin_of(in), .removed = splice_ranges_of(&none)};
    err e = ERR_INIT;
    assert_false(splice_file(&r, &e));
    assert_int_equal(e.code, ERR_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_loses_its_lines),
        cmocka_unit_test(an_input_that_changes_is_refused),
        cmocka_unit_test(another_file_of_the_same_size_is_refused),
        cmocka_unit_test(only_some_formats_are_offered),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
