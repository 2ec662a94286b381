/* Detects the format of a stream by its first bytes.
 *
 * Owner:   nothing. Threads: any. Fails: never.
 */
#ifndef COMPRESSION_DETECT_H
#define COMPRESSION_DETECT_H

#include "decon/compression/codec.h"

/* `head` has at least CODEC_MAGIC_BYTES, or the whole stream. The suffix of `name` decides if the
 * stream is shorter than the magic bytes. */
codec_format codec_detect(slice head, const char *name);

#endif
