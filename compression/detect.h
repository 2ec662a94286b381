/* The format of a stream from its first bytes.
 *
 * Owner:   nothing. Threads: any. Fails: never.
 */
#ifndef COMPRESSION_DETECT_H
#define COMPRESSION_DETECT_H

#include "decon/compression/codec.h"

/* The format of a stream from its first bytes: CODEC_MAGIC_BYTES of them, or all there are. A
 * stream that stops within its first bytes is told by the suffix of `name`. */
codec_format codec_detect(slice head, const char *name);

#endif
