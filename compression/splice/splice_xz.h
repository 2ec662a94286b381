/* Splicing xz: internal interface of compression/splice, see splice.h.
 *
 * What:    blocks without a removed byte are copied unchanged, found by the index and not decoded;
 *          the text of the others is encoded at level 6, with the dictionary and the check of the
 *          input. A block that loses all its text is omitted. Streams and the padding between them
 *          stay; new indexes are written.
 * Owner, Threads, Fails: as splice_file.
 * Memory:  a decoder and an encoder with the block's dictionary, of 64 MiB at most; the index: 16 bytes
 *          for each block.
 * Source:  the .xz file format 1.2.
 */
#ifndef COMPRESSION_SPLICE_SPLICE_XZ_H
#define COMPRESSION_SPLICE_SPLICE_XZ_H

#include "compression/splice/splice.h"

bool splice_xz(const splice_request *r, err *e) MUST_USE;

#endif
