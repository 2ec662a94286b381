/* Splicing bzip2: internal interface of compression/splice, see splice.h.
 *
 * What:    blocks without a removed byte are copied bit by bit and not decoded; the remaining text
 *          of the others is encoded again, each as a separate block (as two if its encoder filled
 *          blocks more than libbz2 does), at the level of its stream. A block that loses all its
 *          text is omitted; a stream that loses all its blocks stays as an empty one. The CRC of
 *          a changed stream is computed again.
 * Owner, Threads, Fails: as splice_file.
 * Memory:  see compression/pieces/bzip2_piece.h.
 */
#ifndef COMPRESSION_SPLICE_SPLICE_BZIP2_H
#define COMPRESSION_SPLICE_SPLICE_BZIP2_H

#include "compression/splice/splice.h"

bool splice_bzip2(const splice_request *r, err *e) MUST_USE;

#endif
