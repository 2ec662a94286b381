/* Compressed streams and JSON Lines, as a library: this header is its whole public face.
 *
 * What:    stage.h    the interface of stages; sinks
 *          codec.h    stages that decode and encode gzip, zstd, bzip2, xz; files as a whole
 *          jsonl.h    the strict JSON Lines checker
 *          linehash.h a hash of each line, to compare texts line by line
 *          verify.h   all together: bytes in, a verdict out
 * Owner:   whoever makes a thing frees it (`_new` and `_free`); data is lent for the length of a call.
 * Threads: a thing belongs to one thread at a time. Decoders of bzip2 and xz, and encoders of zstd and
 *          xz, start helper threads of their own where decon_codec_options.threads asks for them.
 * Fails:   by `err *`, last; what was found in the data is DECON_ERR_CODEC_..., DECON_ERR_JSONL, DECON_ERR_UTF8.
 *
 * docs/compression.md explains it with an example.
 */
#ifndef DECON_COMPRESSION_COMPRESSION_H
#define DECON_COMPRESSION_COMPRESSION_H

#include "decon/compression/codec.h"
#include "decon/compression/jsonl.h"
#include "decon/compression/linehash.h"
#include "decon/compression/stage.h"
#include "decon/compression/verify.h"

#endif
