#include "base/util.h"
#include "compression/pieces/zstd_frame.h"

#include "compression/pieces/file_copy.h"

#define DESCRIPTOR_AT    4u
#define SINGLE_SEGMENT   0x20u
#define CHECKSUM_FLAG    0x04u
#define CHECKSUM_BYTES   4u
#define BLOCK_HEAD_BYTES 3u

enum { BLOCK_RAW, BLOCK_RLE, BLOCK_COMPRESSED, BLOCK_RESERVED };

static uint64_t get_le(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

uint32_t zstd_get_le32(const uint8_t *bytes)
{
    return (uint32_t)get_le(bytes, 4);
}

void zstd_put_le(uint8_t *bytes, uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* Window_Descriptor: a mantissa of 3 bits and an exponent of 5. */
static uint64_t window_of(uint8_t descriptor)
{
    uint64_t base = (uint64_t)1 << (10 + (descriptor >> 3));
    return base + base / 8 * (descriptor & 7);
}

/* Reads the fields after the descriptor; yields the offset of the first block. */
static bool read_fields(int fd, uint8_t descriptor, zstd_frame *out, uint64_t *first, err *e)
{
    static const unsigned dictionary_bytes[] = {0, 1, 2, 4}, size_bytes[] = {0, 2, 4, 8};
    bool single = descriptor & SINGLE_SEGMENT;
    unsigned dictionary = dictionary_bytes[descriptor & 3];
    unsigned size = size_bytes[descriptor >> 6] + (single && descriptor >> 6 == 0);
    uint8_t fields[1 + 4 + 8] = {0};
    size_t len = (single ? 0u : 1u) + dictionary + size;
    if (!file_read(fd, out->at + DESCRIPTOR_AT + 1, fields, len, e))
        return false;
    out->has_size = size > 0;
    out->has_checksum = descriptor & CHECKSUM_FLAG;
    out->text_bytes = get_le(fields + len - size, size) + (size == 2 ? 256 : 0);
    out->window_bytes = single ? out->text_bytes : window_of(fields[0]);
    *first = out->at + DESCRIPTOR_AT + 1 + len;
    return true;
}

static bool walk_blocks(int fd, uint64_t at, zstd_frame *out, err *e)
{
    for (bool last = false; !last;) {
        uint8_t head[BLOCK_HEAD_BYTES];
        if (!file_read(fd, at, head, sizeof head, e))
            return false;
        uint64_t fields = get_le(head, BLOCK_HEAD_BYTES);
        unsigned type = fields >> 1 & 3;
        last = fields & 1;
        if (type == BLOCK_RESERVED)
            return err_set(e, ERR_CODEC_CORRUPT, "zstd: a block has a reserved type");
        at += BLOCK_HEAD_BYTES + (type == BLOCK_RLE ? 1 : fields >> 3);
    }
    out->end = at + (out->has_checksum ? CHECKSUM_BYTES : 0);
    return true;
}

bool zstd_frame_read(int fd, uint64_t at, zstd_frame *out, err *e)
{
    uint8_t head[8];
    uint64_t first = 0;
    *out = (zstd_frame){.at = at};
    if (!file_read(fd, at, head, sizeof head, e))
        return false;
    out->magic = zstd_get_le32(head);
    out->skippable = (out->magic & ~0xfu) == ZSTD_SKIPPABLE_MAGIC;
    out->end = at + sizeof head + zstd_get_le32(head + 4);
    if (out->skippable)
        return true;
    if (out->magic != ZSTD_FRAME_MAGIC)
        return err_set(e, ERR_CODEC_CORRUPT, "zstd: no frame begins at byte %llu",
                       (unsigned long long)at);
    return read_fields(fd, head[DESCRIPTOR_AT], out, &first, e) && walk_blocks(fd, first, out, e);
}
