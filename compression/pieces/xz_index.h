/* The index of an .xz file: its streams and blocks, without decoding them.
 *
 * What:    reads the footers and indexes of all streams of a file, from its end.
 * Owner:   the index is the caller's: lzma_index_end.
 * Threads: any.
 * Fails:   NULL with ERR_IO or ERR_CODEC_CORRUPT.
 */
#ifndef COMPRESSION_PIECES_XZ_INDEX_H
#define COMPRESSION_PIECES_XZ_INDEX_H

#include "decon/base/err.h"
#include "base/util.h"

#include <lzma.h>

lzma_index *xz_index_read(int fd, uint64_t file_bytes, err *e) MUST_USE;
/* What liblzma's status means, for messages. */
bool xz_fail(lzma_ret status, const char *what, err *e);

#endif
