/* Streaming codecs: plain, gzip, zstd, bzip2, xz; both directions; members and frames in a row.
 *
 * What:    a codec is a `stage`: bytes are fed in, its output is fed to the next stage.
 * Owner:   decon_stage_free frees one stage; codec_*_new does not take over `next`. Data is lent for the
 *          length of a call.
 * Threads: a stage belongs to one thread at a time; no global state.
 * Fails:   decon_stage_feed / decon_stage_finish set DECON_ERR_CODEC_EARLY_END, _CORRUPT, _TRAILING, _UNSUPPORTED, or
 *          what the next stage set. A stage that has failed is only freed.
 * Memory:  the codec's window and fixed buffers, whatever the stream's length, and no more than
 *          decon_codec_options.memory_bytes: a stream that needs more is DECON_ERR_CODEC_MEMORY.
 * Sources: RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2, bzip2's own description.
 */
#ifndef DECON_COMPRESSION_CODEC_H
#define DECON_COMPRESSION_CODEC_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "decon/compression/stage.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum decon_codec_format {
    DECON_CODEC_PLAIN,
    DECON_CODEC_GZIP,
    DECON_CODEC_ZSTD,
    DECON_CODEC_BZIP2,
    DECON_CODEC_XZ,
    DECON_CODEC_FORMAT_COUNT,
} decon_codec_format;

typedef struct decon_codec_info {
    decon_codec_format format;
    const char *name;            /* "zstd" */
    const char *const *suffixes; /* {".zst", ".zstd", NULL}; plain has none */
    decon_slice magic;           /* first bytes of a stream; plain: empty */
} decon_codec_info;

const decon_codec_info *decon_codec_get(decon_codec_format format);
decon_codec_format
decon_codec_by_suffix(const char *name); /* the last suffix, case-sensitive; else PLAIN */
decon_codec_format
decon_codec_by_magic(decon_slice head); /* from the first 6 bytes or more; else PLAIN */
#define DECON_CODEC_MAGIC_BYTES 6
/* The suffix of `name` that belongs to a compression (".gz"), or "". Points into name. */
const char *decon_codec_name_suffix(const char *name);

/* Who decodes gzip's DEFLATE: code of our own, where the build has it, or zlib. The outcome is the same,
 * the former is more than twice as fast. */
typedef enum decon_codec_gzip_decoder {
    DECON_CODEC_GZIP_AUTO, /* our own, or, in a build without it, zlib */
    DECON_CODEC_GZIP_ZLIB,
    DECON_CODEC_GZIP_NATIVE,
} decon_codec_gzip_decoder;
/* DECON_ERR_CONFIG where the build (GZIP_NATIVE=0) has no such decoder. */
bool decon_codec_gzip_decoder_check(decon_codec_gzip_decoder which, decon_err *e) DECON_MUST_USE;

/* {0}: what the tools of the formats do, without helper threads. */
typedef struct decon_codec_options {
    uint64_t memory_bytes; /* a decoder takes no more; 0: DECON_CODEC_MEMORY_BYTES */
    unsigned threads; /* helper threads: decoding bzip2 and xz, encoding zstd and xz; 0: none */
    int level;        /* encoding; 0: the usual one (gzip 6, zstd 3, bzip2 9, xz 6) */
    decon_codec_gzip_decoder gzip_decoder;
    uint64_t *memory_needed; /* or NULL; with DECON_ERR_CODEC_MEMORY: what would do */
    decon_stage
        *watch; /* re-encoding: is fed the decoded text too; its failure ends all; or NULL */
} decon_codec_options;
#define DECON_CODEC_MEMORY_BYTES ((uint64_t)144 << 20) /* a window of 128 MiB and change */

decon_stage *decon_codec_decoder_new(decon_codec_format format, decon_stage *next, decon_err *e)
    DECON_MUST_USE;
decon_stage *decon_codec_encoder_new(decon_codec_format format, int level, decon_stage *next,
                                     decon_err *e) DECON_MUST_USE;
decon_stage *decon_codec_decoder_open(decon_codec_format format, const decon_codec_options *options,
                                      decon_stage *next, decon_err *e) DECON_MUST_USE;
decon_stage *decon_codec_encoder_open(decon_codec_format format, const decon_codec_options *options,
                                      decon_stage *next, decon_err *e) DECON_MUST_USE;

/* What an encoder takes with these options, and what a decoder takes that has not seen its stream:
 * enough for what the format's tool writes at its usual levels, with all helper threads. */
uint64_t decon_codec_encoder_memory(decon_codec_format format, const decon_codec_options *options);
uint64_t decon_codec_decoder_memory(decon_codec_format format, unsigned threads);
/* And what decon_codec_recode_file_with takes: the source's decoder beside the encoder, or the decoder of
 * what was written. */
uint64_t decon_codec_recode_memory(decon_codec_format from, decon_codec_format to,
                                   const decon_codec_options *options);

/* What a decoder has met so far; of plain data: nothing. */
enum {
    DECON_CODEC_CHECK_NONE = 1, /* a member without a checksum */
    DECON_CODEC_CHECK_CRC32 = 2,
    DECON_CODEC_CHECK_CRC64 = 4,
    DECON_CODEC_CHECK_SHA256 = 8,
    DECON_CODEC_CHECK_XXH64 = 16,
};
typedef struct decon_codec_stats {
    uint64_t members;       /* gzip members, zstd frames, bzip2 and xz streams, whole ones */
    unsigned checksums;     /* of those that were read to their end: CODEC_CHECK_... */
    uint64_t memory_needed; /* after DECON_ERR_CODEC_MEMORY: what would do */
} decon_codec_stats;
decon_codec_stats decon_codec_decoder_stats(decon_codec_format format, const decon_stage *decoder);
/* "crc32, none"; out holds DECON_CODEC_CHECK_NAMES_BYTES. Yields out. */
const char *decon_codec_check_names(unsigned checksums, char *out);
#define DECON_CODEC_CHECK_NAMES_BYTES 48

/* Opens `path`, decodes it by its content (magic), feeds `sink` to the end. */
bool decon_codec_decode_file_with(const char *path, const decon_codec_options *options,
                                  decon_stage *sink, decon_err *e) DECON_MUST_USE;
bool decon_codec_decode_file(const char *path, decon_stage *sink, decon_err *e) DECON_MUST_USE;
/* The same for an open file, from its beginning; `name` stands in messages and has the suffix. */
bool decon_codec_decode_fd_with(int fd, const char *name, const decon_codec_options *options,
                                decon_stage *sink, decon_err *e) DECON_MUST_USE;
/* Decodes `from` by its content and writes it to `to` (temporary name, then rename) in `format`. What
 * was written is decoded again: its length and digest (CRC64NVME) must be those of what went in.
 * options->memory_bytes, where it is not 0, bounds all codecs that are open at once. */
bool decon_codec_recode_file_with(const char *from, const char *to, decon_codec_format format,
                                  const decon_codec_options *options, decon_err *e) DECON_MUST_USE;
bool decon_codec_recode_file(const char *from, const char *to, decon_codec_format format, int level,
                             decon_err *e) DECON_MUST_USE;
/* The same for open files; `to_fd` is a new and empty file. */
bool decon_codec_recode_fd_with(int from_fd, const char *from_name, int to_fd,
                                decon_codec_format format, const decon_codec_options *options,
                                decon_err *e) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
