/* Copies a range of one file to the end of another.
 *
 * What:    uses copy_file_range if the kernel and the file systems support it, else read and write.
 * Owner:   descriptors remain the caller's; output goes to the offset of `out`.
 * Threads: any. Fails: ERR_IO; ERR_NO_SPACE; a range beyond the end of the file is ERR_IO.
 */
#ifndef COMPRESSION_PIECES_FILE_COPY_H
#define COMPRESSION_PIECES_FILE_COPY_H

#include "decon/base/err.h"

bool file_copy(int in, uint64_t from, uint64_t len, int out, err *e) MUST_USE;
/* Exactly `len` bytes. */
bool file_read(int in, uint64_t from, void *bytes, size_t len, err *e) MUST_USE;

#endif
