/* DEFLATE: the native decoder, and zlib with the same interface, compared with zlib byte by byte:
 * with damage, in any split, and in the byte at which a fault is detected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/util.h"
#include "compression/gzip/inflate.h"

#include <zlib.h>

typedef struct inflated {
    inflate_result result;
    buf text;
    size_t taken; /* bytes of the input */
    const char *cause;
} inflated;

static void inflated_deinit(inflated *i)
{
    buf_deinit(&i->text);
}
DEFINE_AUTO(inflated, inflated_deinit)

static uint64_t state_of_chance = 88172645463325253ull;

static size_t chance(size_t below)
{
    state_of_chance ^= state_of_chance << 13;
    state_of_chance ^= state_of_chance >> 7;
    state_of_chance ^= state_of_chance << 17;
    return (size_t)(state_of_chance % below);
}

/* Each piece has an allocation of exact size, so that a sanitizer detects reads beyond it. */
typedef inflater *inflater_maker(void);
static inflater_maker *const makers[] = {
    inflater_zlib_new,
#ifndef DECON_NO_GZIP_NATIVE
    inflater_native_new,
#endif
};

static inflated inflate_by(inflater_maker *maker, slice data, size_t piece_bytes)
{
    inflated i = {.result = INFLATE_MORE};
    buf_init(&i.text, (size_t)8 << 20);
    inflater *f = maker();
    while (i.taken < data.len && (i.result == INFLATE_MORE || i.result == INFLATE_FULL)) {
        size_t len = MIN(piece_bytes, data.len - i.taken);
        AUTO_FREE char *copy = slice_dup((slice){.data = data.data + i.taken, .len = len});
        AUTO_FREE char *exact = malloc(len);
        memcpy(exact, copy, len);
        slice piece = {.data = exact, .len = len}, out;
        do {
            i.result = inflater_run(f, &piece, &out);
            buf_append_slice(&i.text, out);
        } while (i.result == INFLATE_FULL);
        i.taken += len - piece.len;
    }
    i.cause = inflater_cause(f);
    inflater_free(f);
    return i;
}

static inflated zlibs(slice data)
{
    inflated i = {.result = INFLATE_MORE};
    buf_init(&i.text, (size_t)8 << 20);
    z_stream z = {.next_in = (Bytef *)data.data};
    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    int result = Z_OK;
    while (i.taken < data.len && result == Z_OK) {
        z.avail_in = 1; /* byte by byte: all output before a fault is delivered */
        do {
            char out[65536];
            z.next_out = (Bytef *)out;
            z.avail_out = sizeof out;
            result = inflate(&z, Z_NO_FLUSH);
            buf_append(&i.text, out, sizeof out - z.avail_out);
        } while (result == Z_OK && z.avail_out == 0);
        i.taken++;
        result = result == Z_BUF_ERROR ? Z_OK : result;
    }
    i.result = result == Z_OK ? INFLATE_MORE : result == Z_STREAM_END ? INFLATE_END : INFLATE_FAULT;
    i.cause = z.msg;
    inflateEnd(&z);
    return i;
}

/* Texts of different kinds, by every level and strategy of zlib. */
static buf deflated(size_t len)
{
    buf text, out;
    buf_init(&text, (size_t)8 << 20);
    buf_init(&out, (size_t)8 << 20);
    for (size_t i = 0; i < len; i++)
        buf_append_char(&text, chance(3) ? "etaoin shrdlu"[chance(13)] : (char)chance(256));
    if (len > 600 && chance(2))
        memcpy(text.data + len - 300, text.data, 250);
    if (chance(5) == 0)
        memset(text.data, 'a', len / 2);
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, (int)chance(10), Z_DEFLATED, -15, 8, (int)chance(5)), Z_OK);
    AUTO_FREE char *bytes = malloc(len + len / 2 + 1000);
    z.next_in = (Bytef *)text.data;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)bytes;
    z.avail_out = (uInt)(len + len / 2 + 1000);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_append(&out, bytes, (size_t)((char *)z.next_out - bytes));
    deflateEnd(&z);
    buf_deinit(&text);
    return out;
}

static void compare(slice data, size_t piece_bytes)
{
    const size_t pieces[] = {piece_bytes, data.len, 1};
    AUTO(inflated) b = zlibs(data);
    for (size_t m = 0; m < ARRAY_LEN(makers); m++)
        for (size_t p = 0; p < ARRAY_LEN(pieces); p++) {
            AUTO(inflated) a = inflate_by(makers[m], data, pieces[p]);
            assert_int_equal(a.result, b.result);
            assert_true(slice_equal(buf_slice(&a.text), buf_slice(&b.text)));
            assert_true(str_equal(a.cause, b.cause));
            assert_int_equal(a.taken, b.taken);
        }
}

static void zlib_and_this_decoder_report_the_same(void **state)
{
    UNUSED(state);
    for (unsigned round = 0; round < 400; round++) {
        AUTO(buf) data = deflated(200 + chance(3000));
        for (size_t flips = chance(3); flips > 0; flips--)
            data.data[chance(chance(3) ? data.len : MIN(data.len, (size_t)80))] ^=
                (char)(1u << chance(8));
        size_t len = chance(4) ? data.len : 1 + chance(data.len);
        if (len == data.len) /* the following bytes are not of this stream */
            buf_append_str(&data, "trailer!"), len += 8;
        compare((slice){.data = data.data, .len = len}, 1 + chance(chance(2) ? 20 : 5000));
    }
}

/* No length has a code: decoding continues, and the fault is reported after all lengths. */
static void lengths_without_codes_are_read_on(void **state)
{
    UNUSED(state);
    char data[60] = {4};
    for (size_t len = 1; len <= sizeof data; len++)
        compare((slice){.data = data, .len = len}, 7);
    AUTO(inflated) a = inflate_by(makers[0], (slice){.data = data, .len = sizeof data}, 1);
    assert_string_equal(a.cause, "invalid code -- missing end-of-block");
}

static void streams_larger_than_every_buffer_are_decoded(void **state)
{
    UNUSED(state);
    for (unsigned round = 0; round < 6; round++) {
        AUTO(buf) data = deflated(900000);
        AUTO(inflated)
        a = inflate_by(makers[round % ARRAY_LEN(makers)], buf_slice(&data), 1 + chance(100000));
        assert_int_equal(a.result, INFLATE_END);
        assert_int_equal(a.text.len, 900000);
        compare(buf_slice(&data), 4096);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zlib_and_this_decoder_report_the_same),
        cmocka_unit_test(lengths_without_codes_are_read_on),
        cmocka_unit_test(streams_larger_than_every_buffer_are_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
