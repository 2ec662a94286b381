/* Splicing zstd: internal interface of compression/splice, see splice.h.
 *
 * What:    frames without a removed byte are copied unchanged; the text of the others is encoded
 *          again at level 3, with a window, a content size and a checksum where the frame had them. A
 *          frame that loses all its text stays as an empty one. The frame sizes of pzstd and the
 *          seek table of the seekable format are updated; other skippable frames are copied.
 * Owner, Threads, Fails: as splice_file.
 * Memory:  a decoder and an encoder with the frame's window, of 128 MiB at most; 12 bytes for each
 *          frame.
 * Sources: RFC 8878; "Zstandard Seekable Format" 0.1.0; pzstd's README.
 */
#ifndef COMPRESSION_SPLICE_SPLICE_ZSTD_H
#define COMPRESSION_SPLICE_SPLICE_ZSTD_H

#include "compression/splice/splice.h"

bool splice_zstd(const splice_request *r, err *e) MUST_USE;

#endif
