/* gzip: decoder and encoder, as the table of formats names them.
 *
 * What:    the stages of one format, the memory they need, and how its first bytes are recognised.
 * Owner:   stages are the caller's. Threads: one a stage.
 * Fails:   NULL with an err.
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
