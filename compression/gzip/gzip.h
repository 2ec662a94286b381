/* gzip: decoder and encoder, for the table of formats in codec.c.
 *
 * What:    stages, their memory, and recognition by the first bytes.
 * Owner:   stages belong to the caller. Threads: one per stage.
 * Fails:   NULL, with err set.
 */
#ifndef COMPRESSION_GZIP_GZIP_H
#define COMPRESSION_GZIP_GZIP_H

#include "base/util.h"
#include "compression/stream/coder.h"

uint64_t gzip_encoder_memory(const codec_options *options);
uint64_t gzip_decoder_memory(unsigned threads);
head_match gzip_match(slice head);
stage *gzip_decoder_new(const codec_options *options, stage *next, err *e) MUST_USE;
stage *gzip_encoder_new(const codec_options *options, stage *next, err *e) MUST_USE;

#endif
