/* A gzip member made of blocks: decoded by zlib and by this decoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "decon/compression/codec.h"
#include "base/util.h"
#include "compression/gzip/gzip_blocks.h"

static bool gather(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

static void expect_text(const buf *member, slice text)
{
    AUTO(buf) got = BUF(1 << 24);
    err e = ERR_INIT;
    AUTO_PTR(stage) sink = stage_callback_new(gather, NULL, &got);
    AUTO_PTR(stage) decoder = codec_decoder_new(CODEC_GZIP, sink, &e);
    assert_non_null(decoder);
    if (!stage_feed(decoder, buf_slice(member), &e) || !stage_finish(decoder, &e))
        fail_msg("%s", e.message);
    assert_true(slice_equal(buf_slice(&got), text));
}

/* Two deflaters make pieces in turn, as two threads would. */
static void consecutive_blocks(void **state)
{
    UNUSED(state);
    static const size_t lengths[] = {1, 0, 100, 70000, 3, 300000};
    AUTO_PTR(gzip_deflater) first = gzip_deflater_new(6);
    AUTO_PTR(gzip_deflater) second = gzip_deflater_new(6);
    AUTO(buf) member = BUF(1 << 24);
    AUTO(buf) text = BUF(1 << 24);
    gzip_member m;
    gzip_member_begin(&m, &member);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        size_t at = text.len;
        for (uint32_t k = 0; text.len < at + lengths[i]; k++)
            buf_append_char(&text, (char)(k * k * 2654435761u >> 27));
        slice part = {text.data + at, lengths[i]};
        gzip_block b = gzip_deflate_block(i % 2 ? first : second, part, &member);
        assert_int_equal(b.len, lengths[i]);
        gzip_member_add(&m, &b);
    }
    gzip_member_end(&m, &member);
    expect_text(&member, buf_slice(&text));
    member.data[member.len - 6] ^= 1; /* the checksum counts */
    AUTO_PTR(stage) sink = stage_callback_new(gather, NULL, &text);
    AUTO_PTR(stage) decoder = codec_decoder_new(CODEC_GZIP, sink, NULL);
    assert_false(stage_feed(decoder, buf_slice(&member), NULL) && stage_finish(decoder, NULL));
}

static void nothing_at_all(void **state)
{
    UNUSED(state);
    AUTO(buf) member = BUF(100);
    gzip_member m;
    gzip_member_begin(&m, &member);
    gzip_member_end(&m, &member);
    expect_text(&member, (slice){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consecutive_blocks),
        cmocka_unit_test(nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
