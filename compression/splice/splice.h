/* Copies a file without some ranges of its text, in the file's own format, without re-encoding all
 * of it.
 *
 * What:    plain text: the other ranges are copied by the kernel where the file system can. gzip:
 *          compressed data is copied bit by bit; only text shortly before a removed range, and the
 *          32 KiB after it, which may refer back to it, is encoded again. Members stay,
 *          also one that loses all its text; their checksums and lengths are rewritten, and the
 *          block sizes of bgzip. zstd, xz, bzip2: frames and blocks without a removed range are
 *          copied, the others are encoded again. A file without removed ranges is copied unchanged.
 * Owner:   descriptors and ranges stay the caller's. Output begins at the offset of `out`.
 * Threads: any number of calls at once; one call belongs to one thread and blocks.
 * Fails:   ERR_IO where the input is no longer the pinned file; ERR_CODEC_... where it does not
 *          decode; ERR_LIMIT if a range is outside the text or the ranges are not in order. `out`
 *          then contains a partial file.
 * Memory:  1.2 MiB; for zstd and xz also a decoder and an encoder with the input's window; for bzip2
 *          14 MiB, and 16 bytes for each recorded block (of 256 MiB at most).
 * Sources: RFC 1951, RFC 1952; the SAM specification, section 4.1 (BGZF).
 */
#ifndef COMPRESSION_SPLICE_SPLICE_H
#define COMPRESSION_SPLICE_SPLICE_H

#include "base/util.h"
#include "decon/compression/codec.h"

#include <sys/stat.h>

/* Bytes [from, to) of the decoded text. */
typedef struct splice_range {
    uint64_t from, to;
} splice_range;

/* Yields ranges in ascending order, which may touch each other but not overlap. After the last one
 * *next is SPLICE_NO_RANGE, also when called again. */
#define SPLICE_NO_RANGE ((splice_range){UINT64_MAX, UINT64_MAX})
typedef struct splice_ranges {
    bool (*next)(void *ctx, splice_range *next, err *e);
    void *ctx;
} splice_ranges;

/* The version of a file that was read: inode, size and time of the last change. */
typedef struct splice_pin {
    uint64_t device, inode, size_bytes, changed_s, changed_ns;
} splice_pin;
splice_pin splice_pin_of(const struct stat *st);

/* The blocks of a bzip2 file, recorded while its text was read: codec_options.on_block with a
 * splice_blocks as its context. */
typedef struct splice_blocks {
    buf entries;
} splice_blocks;
void splice_blocks_init(splice_blocks *b);
void splice_blocks_deinit(splice_blocks *b);
bool splice_blocks_add(void *ctx, const codec_block *block, err *e) MUST_USE;
bool splice_blocks_get(const splice_blocks *b, size_t number, codec_block *out) MUST_USE;

typedef struct splice_request {
    int in, out;
    codec_format format;
    splice_pin pin; /* of the input when its text was read */
    splice_ranges removed;
    const splice_blocks *blocks; /* bzip2 only */
} splice_request;

/* Whether splice_file writes this format in this build. */
bool splice_offers(codec_format format);
bool splice_file(const splice_request *r, err *e) MUST_USE;

#endif
