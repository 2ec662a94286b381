/* zstd: decoder and encoder, as the table of formats names them.
 *
 * What:    the stages of one format, the memory they need, and how its first bytes are recognised.
 * Owner:   stages are the caller's. Threads: one a stage.
 * Fails:   NULL with an err.
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
