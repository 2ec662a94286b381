/* xz: decoder and encoder, for the table of formats in codec.c.
 *
 * What:    stages, their memory, and recognition by the first bytes.
 * Owner:   stages belong to the caller. Threads: one per stage.
 * Fails:   NULL, with err set.
 */
#ifndef COMPRESSION_XZ_XZ_H
#define COMPRESSION_XZ_XZ_H

#include "base/util.h"
#include "compression/stream/coder.h"

uint64_t xz_encoder_memory(const codec_options *options);
uint64_t xz_decoder_memory(unsigned threads);
head_match xz_match(slice head);
stage *xz_decoder_new(const codec_options *options, stage *next, err *e) MUST_USE;
stage *xz_encoder_new(const codec_options *options, stage *next, err *e) MUST_USE;

#endif
