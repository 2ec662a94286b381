/* Compressed streams and JSON Lines: includes all public headers of the library.
 *
 * What:    stage.h    the interface of stages; sinks
 *          codec.h    stages that decode and encode gzip, zstd, bzip2, xz; files as a whole
 *          jsonl.h    a strict JSON Lines checker
 *          linehash.h one hash per line, to compare texts by lines
 *          verify.h   verification of a file: decode, check, verdict
 * Owner:   `_new` returns an object that the caller releases with `_free`; data passed to a call is
 *          borrowed for its duration.
 * Threads: an object belongs to one thread at a time. Decoders of bzip2 and xz, and encoders of
 *          zstd and xz, start helper threads if decon_codec_options.threads is set.
 * Fails:   by `err *`, the last parameter; faults in the data are DECON_ERR_CODEC_...,
 *          DECON_ERR_JSONL and DECON_ERR_UTF8.
 *
 * docs/compression.md has an example.
 */
#ifndef DECON_COMPRESSION_COMPRESSION_H
#define DECON_COMPRESSION_COMPRESSION_H

#include "decon/compression/codec.h"
#include "decon/compression/jsonl.h"
#include "decon/compression/linehash.h"
#include "decon/compression/stage.h"
#include "decon/compression/verify.h"

#endif
