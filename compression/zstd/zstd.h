/* zstd: decoder and encoder, for the table of formats in codec.c.
 *
 * What:    stages, their memory, and recognition by the first bytes.
 * Owner:   stages belong to the caller. Threads: one per stage.
 * Fails:   NULL, with err set.
 */
#ifndef COMPRESSION_ZSTD_ZSTD_H
#define COMPRESSION_ZSTD_ZSTD_H

#include "base/util.h"
#include "compression/stream/coder.h"

uint64_t zstd_encoder_memory(const codec_options *options);
uint64_t zstd_decoder_memory(unsigned threads);
head_match zstd_match(slice head);
stage *zstd_decoder_new(const codec_options *options, stage *next, err *e) MUST_USE;
stage *zstd_encoder_new(const codec_options *options, stage *next, err *e) MUST_USE;

#endif
