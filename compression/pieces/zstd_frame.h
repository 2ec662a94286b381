/* The frames of a zstd file, found without decoding them.
 *
 * What:    reads the header of the frame at an offset and walks its blocks to find its end.
 * Owner:   the descriptor stays the caller's.
 * Threads: any.
 * Fails:   ERR_IO; ERR_CODEC_CORRUPT if there is no frame, or a reserved block type; ERR_IO if the
 *          file ends within the frame.
 * Source:  RFC 8878, sections 3.1.1 and 3.1.2.
 */
#ifndef COMPRESSION_PIECES_ZSTD_FRAME_H
#define COMPRESSION_PIECES_ZSTD_FRAME_H

#include "decon/base/err.h"
#include "base/util.h"

#define ZSTD_FRAME_MAGIC     0xFD2FB528u
#define ZSTD_SKIPPABLE_MAGIC 0x184D2A50u /* and the 15 numbers after it */

typedef struct zstd_frame {
    uint64_t at, end; /* offsets in the file */
    uint32_t magic;
    bool skippable;
    /* Of other frames: */
    bool has_size, has_checksum;
    uint64_t text_bytes; /* where has_size */
    uint64_t window_bytes;
} zstd_frame;

bool zstd_frame_read(int fd, uint64_t at, zstd_frame *out, err *e) MUST_USE;

uint32_t zstd_get_le32(const uint8_t *bytes);
void zstd_put_le(uint8_t *bytes, uint64_t value, unsigned count);

#endif
