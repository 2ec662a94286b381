/* Shared by the tests of compression/splice: gzip files of all kinds, files in memory, and the
 * expectations of a spliced file.
 *
 * Owner:   bufs that are returned are the caller's; descriptors too.
 * Threads: one. Fails: cmocka's assertions.
 */
#ifndef TESTS_COMPRESSION_SPLICE_SUPPORT_H
#define TESTS_COMPRESSION_SPLICE_SUPPORT_H

#include "tests/unit/compression/samples.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "compression/splice/splice.h"
#include "tests/fake/splice_array.h"
#include "decon/base/digest.h"
#include "base/fsutil.h"

#define SPLICE_TEXT_MAX ((size_t)64 << 20)

/* ---- making gzip files ---- */

typedef struct member_style {
    int level, strategy, memory;
    int flush; /* Z_NO_FLUSH, or a flush after every `flush_bytes` */
    size_t flush_bytes;
    bool named, has_crc, is_bgzip;
} member_style;

static inline void put_le(buf *out, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_append_char(out, (char)(value >> 8 * i));
}

static inline void put_header(buf *out, const member_style *m)
{
    size_t from = out->len;
    int flags = (m->has_crc ? 2 : 0) | (m->is_bgzip ? 4 : 0) | (m->named ? 8 | 16 : 0);
    const char fixed[10] = {0x1f, (char)0x8b, 8, (char)flags, 1, 2, 3, 4, m->level == 9 ? 2 : 0, 3};
    buf_append(out, fixed, sizeof fixed);
    if (m->is_bgzip) /* bgzip's field after another one */
        buf_append(out, "\x0b\0XY\1\0zBC\2\0??", 13);
    if (m->named)
        buf_append(out, "name.jsonl\0a comment", 21);
    if (m->has_crc)
        put_le(out, crc32_ieee(0, out->data + from, out->len - from), 2);
}

static inline void put_deflate(buf *out, const member_style *m, slice text)
{
    z_stream z = {0};
    char bytes[8192];
    size_t step = m->flush == Z_NO_FLUSH ? MAX(text.len, (size_t)1) : m->flush_bytes;
    assert_int_equal(deflateInit2(&z, m->level, Z_DEFLATED, -15, m->memory, m->strategy), Z_OK);
    int result = Z_OK;
    while (result != Z_STREAM_END) {
        size_t part = MIN(step, text.len);
        z.next_in = (Bytef *)(uintptr_t)text.data;
        z.avail_in = (uInt)part;
        text = (slice){.data = text.data + part, .len = text.len - part};
        do {
            z.next_out = (Bytef *)bytes;
            z.avail_out = sizeof bytes;
            result = deflate(&z, text.len == 0 ? Z_FINISH : m->flush);
            buf_append(out, bytes, sizeof bytes - z.avail_out);
        } while (z.avail_out == 0);
    }
    deflateEnd(&z);
}

static inline void put_member(buf *out, const member_style *m, slice text)
{
    size_t from = out->len;
    put_header(out, m);
    put_deflate(out, m, text);
    put_le(out, crc32_ieee(0, text.data, text.len), 4);
    put_le(out, (uint32_t)text.len, 4);
    if (!m->is_bgzip)
        return;
    size_t size = out->len - from - 1;
    out->data[from + 21] = (char)size;
    out->data[from + 22] = (char)(size >> 8);
    if (!m->has_crc)
        return;
    size_t crc_at = 10 + 13 + (m->named ? 21 : 0);
    uint32_t crc = crc32_ieee(0, out->data + from, crc_at);
    out->data[from + crc_at] = (char)crc;
    out->data[from + crc_at + 1] = (char)(crc >> 8);
}

/* ---- lines ---- */

typedef struct range_list {
    splice_range *ranges;
    size_t count;
} range_list;

static inline void range_list_deinit(range_list *l)
{
    free(l->ranges);
    *l = (range_list){0};
}
DEFINE_AUTO(range_list, range_list_deinit)

static inline void range_list_add(range_list *l, uint64_t from, uint64_t to)
{
    l->ranges = xrealloc(l->ranges, (l->count + 1) * sizeof *l->ranges);
    l->ranges[l->count++] = (splice_range){from, to};
}

static inline buf text_without(slice text, const range_list *removed)
{
    buf kept = BUF(SPLICE_TEXT_MAX);
    uint64_t from = 0;
    for (size_t i = 0; i < removed->count; i++) {
        buf_append(&kept, text.data + from, removed->ranges[i].from - from);
        from = removed->ranges[i].to;
    }
    if (text.len > from)
        buf_append(&kept, text.data + from, text.len - from);
    return kept;
}

/* JSON lines of words; about `bytes` in all. */
static inline buf english_lines(uint64_t *seed, size_t bytes, size_t line_bytes)
{
    static const char syllables[] = "ba co di fu ge hi jo ku la me ni po qua re si to un ve wo xy "
                                    "ing est ent ough and the tion ";
    buf text = BUF(SPLICE_TEXT_MAX);
    for (unsigned n = 0; text.len < bytes; n++) {
        size_t end = text.len + 20 + test_random(seed) % (2 * line_bytes);
        buf_printf(&text, "{\"id\":%u,\"text\":\"", n);
        while (text.len < end) {
            for (size_t k = 1 + test_random(seed) % 3; k > 0; k--) {
                size_t r = test_random(seed) % 1024, at = r * r / 1024 % 20 * 3;
                buf_append(&text, syllables + at, 2 + (syllables[at + 2] != ' '));
            }
            buf_append_char(&text, ' ');
        }
        buf_append_str(&text, "\"}\n");
    }
    return text;
}

/* ---- splicing in memory ---- */

static inline int memory_file(slice bytes)
{
    int fd = memfd_create("splice", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, bytes.data, bytes.len, NULL));
    return fd;
}

static inline splice_pin pin_of(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return splice_pin_of(&st);
}

static inline buf file_bytes(int fd)
{
    buf bytes = BUF(SPLICE_TEXT_MAX);
    char part[65536];
    ssize_t got;
    for (off_t at = 0; (got = pread(fd, part, sizeof part, at)) > 0; at += got)
        buf_append(&bytes, part, (size_t)got);
    return bytes;
}

/* The blocks that a decoder of bzip2 reports. A file that does not decode has those before its fault. */
static inline splice_blocks blocks_of(slice file)
{
    splice_blocks blocks;
    AUTO(buf) text = BUF(SPLICE_TEXT_MAX);
    splice_blocks_init(&blocks);
    codec_options options = {.on_block = splice_blocks_add, .on_block_ctx = &blocks};
    AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, &text);
    AUTO_PTR(stage) decoder = codec_decoder_open(CODEC_BZIP2, &options, sink, NULL);
    bool whole = stage_feed(decoder, file, NULL) && stage_finish(decoder, NULL);
    UNUSED(whole);
    return blocks;
}

static inline bool splice_bytes(codec_format format, slice file, const range_list *removed,
                                buf *out, err *e)
{
    splice_blocks blocks = {0};
    if (format == CODEC_BZIP2)
        blocks = blocks_of(file);
    AUTO_FD in = memory_file(file);
    AUTO_FD to = memory_file((slice){0});
    splice_array a = {.ranges = removed->ranges, .count = removed->count};
    splice_request r = {.in = in,
                        .out = to,
                        .format = format,
                        .pin = pin_of(in),
                        .removed = splice_ranges_of(&a),
                        .blocks = &blocks};
    bool ok = splice_file(&r, e);
    splice_blocks_deinit(&blocks);
    *out = file_bytes(to);
    return ok;
}

/* ---- reading a gzip file ---- */

/* The text by zlib; *members are counted, and the block sizes of bgzip compared. */
static inline buf text_by_zlib(slice file, size_t *members)
{
    buf text = BUF(SPLICE_TEXT_MAX);
    size_t at = 0;
    for (*members = 0; at < file.len && file.data[at] == 0x1f; ++*members) {
        z_stream z = {.next_in = (Bytef *)(uintptr_t)file.data + at,
                      .avail_in = (uInt)(file.len - at)};
        unsigned char extra[64];
        char bytes[65536];
        gz_header header = {.extra = extra, .extra_max = sizeof extra, .hcrc = 1};
        assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
        assert_int_equal(inflateGetHeader(&z, &header), Z_OK);
        int result;
        do {
            z.next_out = (Bytef *)bytes;
            z.avail_out = sizeof bytes;
            result = inflate(&z, Z_NO_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END)
                fail_msg("zlib: %s, member %zu", z.msg ? z.msg : "no message", *members);
            buf_append(&text, bytes, sizeof bytes - z.avail_out);
        } while (result != Z_STREAM_END);
        if (header.extra_len == 11 && memcmp(extra + 5, "BC", 2) == 0)
            assert_int_equal(extra[9] | extra[10] << 8, z.total_in - 1);
        at += z.total_in;
        inflateEnd(&z);
    }
    for (; at < file.len; at++)
        assert_int_equal(file.data[at], 0);
    return text;
}

static inline void expect_equal(slice a, slice b)
{
    size_t at = 0;
    while (at < a.len && at < b.len && a.data[at] == b.data[at])
        at++;
    if (at < a.len || at < b.len)
        fail_msg("texts of %zu and %zu bytes differ at byte %zu", a.len, b.len, at);
}

static inline void expect_spliced(slice file, slice text, const range_list *removed)
{
    err e = ERR_INIT;
    size_t members = 0, expected_members = 0;
    AUTO(buf) spliced = BUF(0);
    if (!splice_bytes(CODEC_GZIP, file, removed, &spliced, &e))
        fail_msg("%s", e.message);
    AUTO(buf) expected = text_without(text, removed);
    AUTO(buf) before = text_by_zlib(file, &expected_members);
    AUTO(buf) after = text_by_zlib(buf_slice(&spliced), &members);
    expect_equal(buf_slice(&before), text);
    expect_equal(buf_slice(&after), buf_slice(&expected));
    assert_int_equal(members, expected_members);
    AUTO(buf) ours = BUF(SPLICE_TEXT_MAX);
    AUTO_PTR(stage) sink = stage_callback_new(append_to, NULL, &ours);
    AUTO_PTR(stage) decoder = codec_decoder_new(CODEC_GZIP, sink, &e);
    if (!stage_feed(decoder, buf_slice(&spliced), &e) || !stage_finish(decoder, &e))
        fail_msg("%s", e.message);
    expect_equal(buf_slice(&ours), buf_slice(&expected));
}

#endif
