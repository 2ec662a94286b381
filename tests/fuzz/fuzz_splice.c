/* Splicing gzip: two bytes for each of some ranges, then a file. What decodes is spliced, and the result
 * decodes to the text without the ranges; what does not is refused. */
#include "tests/fuzz/codec.h"

#include <sys/mman.h>
#include <unistd.h>

#include "compression/splice/splice.h"
#include "base/fsutil.h"

#define RANGES_MAX 8

static void die(const char *why, const char *message)
{
    fprintf(stderr, "splice: %s: %s\n", why, message);
    abort();
}

/* First a count, then for each range its distance to the one before and its length, in steps of 61. */
static size_t read_ranges(slice *data, uint64_t text_len, splice_range *ranges)
{
    size_t wanted = data->len > 0 ? (size_t)(unsigned char)data->data[0] % RANGES_MAX : 0,
           count = 0;
    uint64_t at = 0;
    if (data->len < 1 + 2 * wanted)
        return 0;
    const unsigned char *bytes = (const unsigned char *)data->data + 1;
    for (; count < wanted; count++, bytes += 2) {
        uint64_t from = MIN(at + 61 * (uint64_t)bytes[0], text_len);
        at = MIN(from + 61 * (uint64_t)bytes[1], text_len);
        ranges[count] = (splice_range){from, at};
    }
    return count;
}

static void expect_kept(int out, const fuzz_outcome *before, const splice_range *ranges,
                        size_t count)
{
    buf spliced = BUF(FUZZ_TEXT_MAX * 2), kept = BUF(FUZZ_TEXT_MAX);
    char part[4096];
    ssize_t got;
    for (off_t at = 0; (got = pread(out, part, sizeof part, at)) > 0; at += got)
        buf_append(&spliced, part, (size_t)got);
    uint64_t from = 0;
    for (size_t i = 0; i <= count; i++) {
        uint64_t to = i < count ? ranges[i].from : before->text.len;
        if (to > from)
            buf_append(&kept, before->text.data + from, to - from);
        from = i < count ? ranges[i].to : 0;
    }
    codec_options zlib = {.gzip_decoder = CODEC_GZIP_ZLIB};
    fuzz_outcome after =
        fuzz_decode(CODEC_GZIP, buf_slice(&spliced), zlib, MAX(spliced.len, (size_t)1));
    if (!after.ok)
        die("the spliced file does not decode", after.error.message);
    if (!slice_equal(buf_slice(&after.text), buf_slice(&kept)))
        die("the texts differ", "");
    buf_deinit(&after.text);
    buf_deinit(&spliced);
    buf_deinit(&kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    splice_range ranges[RANGES_MAX];
    size_t head = size > 0 ? 1 + 2 * (size_t)(bytes[0] % RANGES_MAX) : 0;
    if (head >= size || !splice_offers(CODEC_GZIP))
        return 0;
    slice data = {.data = (const char *)bytes, .len = size};
    slice file = {.data = data.data + head, .len = size - head};
    fuzz_outcome before = fuzz_decode(CODEC_GZIP, file, (codec_options){0}, file.len);
    splice_array array = {.ranges = ranges, .count = read_ranges(&data, before.text.len, ranges)};
    size_t count = array.count;
    int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
    struct stat st;
    err e = ERR_INIT;
    if (in < 0 || out < 0 || !fs_write_all(in, file.data, file.len, NULL) || fstat(in, &st) != 0)
        die("no files in memory", "");
    splice_request r = {.in = in,
                        .out = out,
                        .format = CODEC_GZIP,
                        .pin = splice_pin_of(&st),
                        .removed = splice_ranges_of(&array)};
    if (before.error.code != ERR_LIMIT) {
        bool ok = splice_file(&r, &e);
        if (before.ok && !ok)
            die("a valid file is refused", e.message);
        if (before.ok)
            expect_kept(out, &before, ranges, count);
    }
    close(in);
    close(out);
    buf_deinit(&before.text);
    return 0;
}
