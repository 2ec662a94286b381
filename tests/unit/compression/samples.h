/* Samples for the tests of compression/: feeding in any split, encoding, generated JSON lines.
 *
 * What:    a splitter cuts the same bytes into pieces in different ways.
 * Owner:   bufs that are returned are the caller's. Threads: one. Fails: cmocka's assertions.
 */
#ifndef TESTS_COMPRESSION_SAMPLES_H
#define TESTS_COMPRESSION_SAMPLES_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "decon/compression/codec.h"
#include "decon/compression/verify.h"
#include "base/util.h"

/* Splits: a piece of 1 to max_piece bytes each time, by a seeded generator; or one cut. */
typedef struct splitter {
    size_t cut;       /* where max_piece is 0: two pieces, cut here */
    size_t max_piece; /* 0: by `cut` */
    uint64_t seed;
} splitter;

#define WHOLE    ((splitter){.cut = SIZE_MAX})
#define BYTEWISE ((splitter){.max_piece = 1})

static inline uint64_t test_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline size_t next_piece(splitter *s, size_t done, size_t total)
{
    size_t rest = total - done;
    if (s->max_piece > 0) {
        size_t len = 1 + (size_t)(test_random(&s->seed) % s->max_piece);
        return MIN(rest, len);
    }
    return done < s->cut ? MIN(rest, s->cut) : rest;
}

/* Each piece is fed from an allocation of exact size, so that a sanitizer detects reads beyond
 * it. */
static inline bool feed_split(stage *first, slice data, splitter s, err *e)
{
    s.seed = s.seed * 2 + 88172645463325253ULL;
    for (size_t done = 0; done < data.len;) {
        slice piece = {.data = data.data + done, .len = next_piece(&s, done, data.len)};
        AUTO_FREE char *copy = malloc(piece.len);
        memcpy(copy, piece.data, piece.len);
        if (!stage_feed(first, (slice){.data = copy, .len = piece.len}, e))
            return false;
        done += piece.len;
    }
    return stage_finish(first, e);
}

static inline bool append_to(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

/* Appends the encoding of text. */
static inline void encode_into(codec_format format, int level, slice text, buf *out)
{
    err e = ERR_INIT;
    AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, out);
    AUTO_PTR(stage) first = codec_encoder_new(format, level, sink, &e);
    assert_non_null(first);
    assert_true(feed_split(first, text, WHOLE, &e));
    assert_false(out->overflow);
}

static inline buf encode(codec_format format, int level, slice text)
{
    buf out;
    buf_init(&out, (size_t)64 * 1024 * 1024);
    encode_into(format, level, text, &out);
    return out;
}

/* JSON lines that compress moderately. */
static inline buf sample_lines(size_t count, uint64_t seed)
{
    static const char *const words[] = {
        "river", "stone",      "\\u00e9t\\u00e9",          "caf\xc3\xa9",
        "seven", "\\\"so\\\"", "\xd0\xbc\xd0\xb8\xd1\x80", "winter"};
    buf out;
    buf_init(&out, (size_t)64 * 1024 * 1024);
    uint64_t state = seed * 2 + 88172645463325253ULL;
    for (size_t i = 0; i < count; i++) {
        buf_printf(&out, "{\"id\": %zu, \"text\": \"", i);
        for (size_t w = 0; w < 12; w++)
            buf_printf(&out, "%s %" PRIx64 " ", words[test_random(&state) % ARRAY_LEN(words)],
                       test_random(&state) % 4096);
        buf_append_str(&out, "\", \"meta\": {\"score\": -1.5e3, \"ok\": [true, null]}}\n");
    }
    return out;
}

#endif
