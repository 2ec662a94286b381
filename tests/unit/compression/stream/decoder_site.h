/* Compressed texts for the tests of the decoder. */
#ifndef TESTS_UNIT_COMPRESSION_STREAM_DECODER_SITE_H
#define TESTS_UNIT_COMPRESSION_STREAM_DECODER_SITE_H

#include "base/util.h"
#include "tests/unit/compression/support.h"

#include <lzma.h>
#include <zlib.h>

static const slice no_text = {.data = "", .len = 0};

#endif
