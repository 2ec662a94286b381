/* bzip2: decoder and encoder, for the table of formats in codec.c.
 *
 * What:    stages, their memory, and recognition by the first bytes.
 * Owner:   stages belong to the caller. Threads: one per stage.
 * Fails:   NULL, with err set.
 */
#ifndef COMPRESSION_BZIP2_BZIP2_H
#define COMPRESSION_BZIP2_BZIP2_H

#include "base/util.h"
#include "compression/stream/coder.h"

uint64_t bzip2_encoder_memory(const codec_options *options);
uint64_t bzip2_decoder_memory(unsigned threads);
head_match bzip2_match(slice head);
stage *bzip2_decoder_new(const codec_options *options, stage *next, err *e) MUST_USE;
stage *bzip2_encoder_new(const codec_options *options, stage *next, err *e) MUST_USE;

#endif
