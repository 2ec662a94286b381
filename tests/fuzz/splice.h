/* What the fuzz targets of splicing share: the input is two bytes for each of some ranges, then a file.
 * A file that decodes is spliced, and the result decodes to the text without the ranges; any other
 * file is refused, or spliced without a crash.
 *
 * What:    a target passes its format; splice_fuzz aborts where the result is wrong.
 * Owner:   the caller's bytes are borrowed. Threads: one. Fails: abort.
 */
#ifndef TESTS_FUZZ_SPLICE_H
#define TESTS_FUZZ_SPLICE_H

#include "tests/fuzz/codec.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "compression/splice/splice.h"
#include "tests/fake/splice_array.h"

#define SPLICE_RANGES_MAX 8

static inline void splice_die(const char *why, const char *message)
{
    fprintf(stderr, "splice: %s: %s\n", why, message);
    abort();
}

/* First a count, then for each range its distance to the one before and its length, in steps of 61. */
static inline size_t splice_read_ranges(slice data, uint64_t text_len, splice_range *ranges)
{
    size_t count = (size_t)(unsigned char)data.data[0] % SPLICE_RANGES_MAX;
    const unsigned char *bytes = (const unsigned char *)data.data + 1;
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++, bytes += 2) {
        uint64_t from = MIN(at + 61 * (uint64_t)bytes[0], text_len);
        at = MIN(from + 61 * (uint64_t)bytes[1], text_len);
        ranges[i] = (splice_range){from, at};
    }
    return count;
}

static inline buf splice_kept(slice text, const splice_array *removed)
{
    buf kept = BUF(FUZZ_TEXT_MAX);
    uint64_t from = 0;
    for (size_t i = 0; i <= removed->count; i++) {
        uint64_t to = i < removed->count ? removed->ranges[i].from : text.len;
        if (to > from)
            buf_append(&kept, text.data + from, (size_t)(to - from));
        from = i < removed->count ? removed->ranges[i].to : 0;
    }
    return kept;
}

static inline void splice_expect(codec_format format, int out, slice expected)
{
    buf spliced = BUF(FUZZ_TEXT_MAX * 2);
    char part[4096];
    ssize_t got;
    for (off_t at = 0; (got = pread(out, part, sizeof part, at)) > 0; at += got)
        buf_append(&spliced, part, (size_t)got);
    codec_options zlib = {.gzip_decoder = CODEC_GZIP_ZLIB};
    fuzz_outcome after =
        fuzz_decode(format, buf_slice(&spliced), zlib, MAX(spliced.len, (size_t)1));
    if (!after.ok)
        splice_die("the spliced file does not decode", after.error.message);
    if (!slice_equal(buf_slice(&after.text), expected))
        splice_die("the texts differ", "");
    buf_deinit(&after.text);
    buf_deinit(&spliced);
}

static inline void splice_check(codec_format format, slice file, const fuzz_outcome *before,
                                splice_array removed, const splice_blocks *blocks)
{
    int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
    struct stat st;
    err e = ERR_INIT;
    if (in < 0 || out < 0 || !fs_write_all(in, file.data, file.len, NULL) || fstat(in, &st) != 0)
        splice_die("no files in memory", "");
    buf kept = splice_kept(buf_slice(&before->text), &removed);
    splice_request r = {.in = in,
                        .out = out,
                        .format = format,
                        .pin = splice_pin_of(&st),
                        .removed = splice_ranges_of(&removed),
                        .blocks = blocks};
    bool ok = splice_file(&r, &e);
    if (before->ok && !ok)
        splice_die("a valid file is refused", e.message);
    if (before->ok)
        splice_expect(format, out, buf_slice(&kept));
    close(in);
    close(out);
    buf_deinit(&kept);
}

static inline void splice_fuzz(codec_format format, const uint8_t *bytes, size_t size)
{
    splice_range ranges[SPLICE_RANGES_MAX];
    size_t head = size > 0 ? 1 + 2 * (size_t)(bytes[0] % SPLICE_RANGES_MAX) : 0;
    if (head >= size || !splice_offers(format))
        return;
    slice data = {.data = (const char *)bytes, .len = size};
    slice file = {.data = data.data + head, .len = size - head};
    splice_blocks blocks;
    splice_blocks_init(&blocks);
    codec_options options = {.on_block = splice_blocks_add, .on_block_ctx = &blocks};
    fuzz_outcome before = fuzz_decode(format, file, options, file.len);
    splice_array removed = {.ranges = ranges,
                            .count = splice_read_ranges(data, before.text.len, ranges)};
    /* Files that need more memory or text than a fuzz target allows are skipped. */
    if (before.error.code != ERR_LIMIT && before.error.code != ERR_CODEC_MEMORY)
        splice_check(format, file, &before, removed, &blocks);
    splice_blocks_deinit(&blocks);
    buf_deinit(&before.text);
}

#endif
