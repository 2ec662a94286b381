/* Shared by the tests of compression/: decoding and verifying in any split, comparing outcomes.
 *
 * What:    an `outcome` holds everything that a caller can observe of a decoding or verification,
 *          to compare two splits of the same bytes.
 * Owner:   outcome_deinit. Threads: one. Fails: cmocka's assertions.
 */
#ifndef TESTS_COMPRESSION_SUPPORT_H
#define TESTS_COMPRESSION_SUPPORT_H

#include "base/util.h"
#include "tests/unit/compression/samples.h"

typedef struct outcome {
    bool ok;
    err error;
    buf text;
    verdict verdict;
} outcome;

static inline void outcome_deinit(outcome *o)
{
    buf_deinit(&o->text);
}
DEFINE_AUTO(outcome, outcome_deinit)

static inline outcome decode_with(codec_format format, const codec_options *options, slice data,
                                  splitter s)
{
    outcome o = {.error = ERR_INIT};
    buf_init(&o.text, (size_t)64 * 1024 * 1024);
    AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, &o.text);
    AUTO_PTR(stage) first = codec_decoder_open(format, options, sink, &o.error);
    assert_non_null(first);
    o.ok = feed_split(first, data, s, &o.error);
    return o;
}

static inline outcome verify_split(const verify_options *options, slice data, splitter s)
{
    outcome o = {.error = ERR_INIT};
    buf_init(&o.text, 0);
    AUTO_PTR(verify) v = verify_new(options, &o.error);
    assert_non_null(v);
    s.seed = s.seed * 2 + 88172645463325253ULL;
    o.ok = true;
    for (size_t done = 0; done < data.len && o.ok;) {
        slice piece = {.data = data.data + done, .len = next_piece(&s, done, data.len)};
        AUTO_FREE char *copy = malloc(piece.len);
        memcpy(copy, piece.data, piece.len);
        o.ok = verify_feed(v, (slice){.data = copy, .len = piece.len}, &o.error);
        done += piece.len;
    }
    o.ok = o.ok && verify_finish(v, &o.verdict, &o.error);
    return o;
}

static inline void assert_same_outcome(const outcome *a, const outcome *b)
{
    assert_int_equal(a->ok, b->ok);
    assert_string_equal(a->error.message, b->error.message);
    assert_string_equal(err_code_name(a->error.code), err_code_name(b->error.code));
    assert_true(slice_equal(buf_slice(&a->text), buf_slice(&b->text)));
    assert_memory_equal(&a->verdict, &b->verdict, sizeof a->verdict);
}

/* Without helper threads and with two of them, with either decoder of gzip: the outcome must be the same. */
static inline outcome decode(codec_format format, slice data, splitter s)
{
    outcome o = decode_with(format, &(codec_options){0}, data, s);
    if (format == CODEC_BZIP2 || format == CODEC_XZ) {
        AUTO(outcome) threaded = decode_with(format, &(codec_options){.threads = 2}, data, s);
        assert_same_outcome(&o, &threaded);
    }
    if (format == CODEC_GZIP) {
        codec_options options = {.gzip_decoder = CODEC_GZIP_ZLIB};
        AUTO(outcome) by_zlib = decode_with(format, &options, data, s);
        assert_same_outcome(&o, &by_zlib);
    }
    return o;
}

static inline void assert_decodes(codec_format format, slice data, slice text)
{
    AUTO(outcome) o = decode(format, data, WHOLE);
    if (!o.ok)
        print_error("%s\n", o.error.message);
    assert_true(o.ok);
    assert_int_equal(o.text.len, text.len);
    assert_true(slice_equal(buf_slice(&o.text), text));
}

static inline void assert_refused(codec_format format, slice data, err_code code, const char *words)
{
    AUTO(outcome) o = decode(format, data, WHOLE);
    AUTO(outcome) bytewise = decode(format, data, BYTEWISE);
    assert_false(o.ok);
    assert_string_equal(err_code_name(o.error.code), err_code_name(code));
    if (!strstr(o.error.message, words))
        fail_msg("'%s' does not say '%s'", o.error.message, words);
    assert_same_outcome(&o, &bytewise);
}

#endif
