/* What the fuzz targets of the codecs share: the same bytes must give the same outcome in any split,
 * with any number of threads and with either gzip decoder, and the same as the format's own
 * library.
 *
 * What:    a target passes its format and a reference decoder; codec_fuzz aborts where they differ.
 * Owner:   the caller's bytes are borrowed. Threads: one, and the decoders' helpers. Fails: abort.
 */
#ifndef TESTS_FUZZ_CODEC_H
#define TESTS_FUZZ_CODEC_H

#include "decon/compression/codec.h"
#include "base/util.h"

#define FUZZ_TEXT_MAX ((size_t)1 << 20) /* larger outputs are skipped */
#define FUZZ_MEMORY   ((uint64_t)24 << 20)

typedef struct fuzz_outcome {
    bool ok;
    err error;
    buf text;
} fuzz_outcome;

/* Appends what the library decodes; true when it accepts the file as complete. Stops when an append
 * fails. */
typedef bool fuzz_reference(slice data, buf *text);

static inline bool fuzz_take(void *ctx, slice data, err *e)
{
    return buf_append_slice(ctx, data) || err_set(e, ERR_LIMIT, "enough");
}

static inline fuzz_outcome fuzz_decode(codec_format format, slice data, codec_options options,
                                       size_t piece_bytes)
{
    fuzz_outcome o = {.error = ERR_INIT, .ok = true};
    buf_init(&o.text, FUZZ_TEXT_MAX);
    options.memory_bytes = FUZZ_MEMORY;
    stage *sink = stage_callback_new(fuzz_take, NULL, &o.text);
    stage *first = codec_decoder_open(format, &options, sink, &o.error);
    for (size_t done = 0; o.ok && done < data.len; done += piece_bytes) {
        size_t len = MIN(piece_bytes, data.len - done);
        char *exact = malloc(len); /* detects reads beyond it */
        memcpy(exact, data.data + done, len);
        o.ok = stage_feed(first, (slice){.data = exact, .len = len}, &o.error);
        free(exact);
    }
    o.ok = o.ok && stage_finish(first, &o.error);
    stage_free(first);
    stage_free(sink);
    return o;
}

static inline void fuzz_differ(const char *what, const fuzz_outcome *a, const char *b)
{
    fprintf(stderr, "%s: '%s' (%zu bytes) against '%s'\n", what, a->error.message, a->text.len, b);
    abort();
}

static inline void fuzz_compare(const char *what, const fuzz_outcome *a, const fuzz_outcome *b)
{
    if (a->ok != b->ok || strcmp(a->error.message, b->error.message) != 0 ||
        !slice_equal(buf_slice(&a->text), buf_slice(&b->text)))
        fuzz_differ(what, a, b->error.message);
}

static inline void fuzz_against(const fuzz_outcome *ours, slice data, fuzz_reference *reference)
{
    buf text;
    buf_init(&text, FUZZ_TEXT_MAX);
    bool ok = reference(data, &text);
    size_t both = MIN(text.len, ours->text.len);
    if (!text.overflow &&
        (ok != ours->ok || (both > 0 && memcmp(text.data, ours->text.data, both) != 0) ||
         (ok && text.len != ours->text.len)))
        fuzz_differ("reference", ours, ok ? "sound" : "not sound");
    buf_deinit(&text);
}

static inline void codec_fuzz(codec_format format, const uint8_t *bytes, size_t size,
                              fuzz_reference *reference)
{
    slice data = {.data = (const char *)bytes, .len = size};
    size_t piece_bytes = 1 + (size_t)(size ? bytes[size / 2] : 0) % 97;
    fuzz_outcome whole = fuzz_decode(format, data, (codec_options){0}, MAX(size, (size_t)1));
    fuzz_outcome split = fuzz_decode(format, data, (codec_options){0}, piece_bytes);
    if (whole.error.code != ERR_LIMIT) {
        fuzz_compare("split", &whole, &split);
        if (whole.error.code != ERR_CODEC_MEMORY)
            fuzz_against(&whole, data, reference);
    }
    if (format != CODEC_ZSTD && whole.error.code != ERR_LIMIT) {
        codec_options otherwise = {.threads = 2, .gzip_decoder = CODEC_GZIP_ZLIB};
        fuzz_outcome other = fuzz_decode(format, data, otherwise, piece_bytes);
        fuzz_compare("threads, or zlib", &whole, &other);
        buf_deinit(&other.text);
    }
    buf_deinit(&whole.text);
    buf_deinit(&split.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
