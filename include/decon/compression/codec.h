/* Streaming encoders and decoders for gzip, zstd, bzip2, xz and plain data.
 *
 * What:    a codec is a stage: it feeds its output to the next stage. Decoders accept concatenated
 *          members, frames and streams.
 * Owner:   decon_stage_free frees one stage; codec_*_new does not own `next`. Data is borrowed for
 *          the duration of a call.
 * Threads: a stage belongs to one thread at a time; no global state.
 * Fails:   decon_stage_feed / decon_stage_finish set DECON_ERR_CODEC_EARLY_END, _CORRUPT, _TRAILING
 *          or _UNSUPPORTED, or the error of the next stage. A failed stage may only be freed.
 * Memory:  the codec's window and fixed buffers, independent of the stream's length and at most
 *          decon_codec_options.memory_bytes: a stream that needs more is DECON_ERR_CODEC_MEMORY.
 * Sources: RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2, the bzip2 manual.
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
/* By the last suffix of the name, case-sensitive; PLAIN if it is unknown. */
decon_codec_format decon_codec_by_suffix(const char *name);
/* By the first bytes of the data, at least DECON_CODEC_MAGIC_BYTES; PLAIN if they are unknown. */
decon_codec_format decon_codec_by_magic(decon_slice head);
#define DECON_CODEC_MAGIC_BYTES 6
/* The compression suffix of `name` (".gz"), or "". Points into name. */
const char *decon_codec_name_suffix(const char *name);

/* DEFLATE decoder for gzip: native (about twice as fast) or zlib; both give the same result. */
typedef enum decon_codec_gzip_decoder {
    DECON_CODEC_GZIP_AUTO, /* native if the build has it, else zlib */
    DECON_CODEC_GZIP_ZLIB,
    DECON_CODEC_GZIP_NATIVE,
} decon_codec_gzip_decoder;
/* DECON_ERR_CONFIG if this build lacks the decoder (GZIP_NATIVE=0). */
bool decon_codec_gzip_decoder_check(decon_codec_gzip_decoder which, decon_err *e) DECON_MUST_USE;

/* A block of a bzip2 file: bits [from_bit, to_bit) of the file, from its own mark to the next one. */
typedef struct decon_codec_block {
    uint64_t from_bit, to_bit;
    uint64_t text_bytes; /* decoded */
} decon_codec_block;

/* {0}: the defaults of the formats' tools, without helper threads. */
typedef struct decon_codec_options {
    uint64_t memory_bytes; /* limit for a decoder; 0: DECON_CODEC_MEMORY_BYTES */
    unsigned threads; /* helper threads: decoding bzip2 and xz, encoding zstd and xz; 0: none */
    int level;        /* encoding; 0: the tool's default (gzip 6, zstd 3, bzip2 9, xz 6) */
    decon_codec_gzip_decoder gzip_decoder;
    uint64_t *memory_needed; /* or NULL; set with DECON_ERR_CODEC_MEMORY: the required limit */
    /* Re-encoding: also gets the decoded text; if it fails, the operation fails. Or NULL. */
    decon_stage *watch;
    /* Decoding bzip2: called for each block when its text has been passed on; if it fails, decoding
     * fails. Or NULL. */
    bool (*on_block)(void *on_block_ctx, const decon_codec_block *block, decon_err *e);
    void *on_block_ctx;
} decon_codec_options;
#define DECON_CODEC_MEMORY_BYTES ((uint64_t)144 << 20) /* enough for a window of 128 MiB */

decon_stage *decon_codec_decoder_new(decon_codec_format format, decon_stage *next, decon_err *e)
    DECON_MUST_USE;
decon_stage *decon_codec_encoder_new(decon_codec_format format, int level, decon_stage *next,
                                     decon_err *e) DECON_MUST_USE;
decon_stage *decon_codec_decoder_open(decon_codec_format format, const decon_codec_options *options,
                                      decon_stage *next, decon_err *e) DECON_MUST_USE;
decon_stage *decon_codec_encoder_open(decon_codec_format format, const decon_codec_options *options,
                                      decon_stage *next, decon_err *e) DECON_MUST_USE;

/* Memory of an encoder with these options, and of a decoder before it has seen its stream: enough
 * for files written by the format's tool at its usual levels, with all helper threads. */
uint64_t decon_codec_encoder_memory(decon_codec_format format, const decon_codec_options *options);
uint64_t decon_codec_decoder_memory(decon_codec_format format, unsigned threads);
/* Memory of decon_codec_recode_file_with: the larger of the source's decoder with the encoder, and
 * the decoder of the written file. */
uint64_t decon_codec_recode_memory(decon_codec_format from, decon_codec_format to,
                                   const decon_codec_options *options);

/* What a decoder has read so far; all 0 for plain data. */
enum {
    DECON_CODEC_CHECK_NONE = 1, /* a member without a checksum */
    DECON_CODEC_CHECK_CRC32 = 2,
    DECON_CODEC_CHECK_CRC64 = 4,
    DECON_CODEC_CHECK_SHA256 = 8,
    DECON_CODEC_CHECK_XXH64 = 16,
};
typedef struct decon_codec_stats {
    uint64_t members;       /* complete gzip members, zstd frames, bzip2 and xz streams */
    unsigned checksums;     /* of complete members: DECON_CODEC_CHECK_... */
    uint64_t memory_needed; /* after DECON_ERR_CODEC_MEMORY: the required limit */
} decon_codec_stats;
decon_codec_stats decon_codec_decoder_stats(decon_codec_format format, const decon_stage *decoder);
/* "crc32, none"; out holds DECON_CODEC_CHECK_NAMES_BYTES. Returns out. */
const char *decon_codec_check_names(unsigned checksums, char *out);
#define DECON_CODEC_CHECK_NAMES_BYTES 48

/* Opens `path`, decodes it by its content (magic bytes) and feeds it to `sink`. */
bool decon_codec_decode_file_with(const char *path, const decon_codec_options *options,
                                  decon_stage *sink, decon_err *e) DECON_MUST_USE;
bool decon_codec_decode_file(const char *path, decon_stage *sink, decon_err *e) DECON_MUST_USE;
/* The same for an open file, from its beginning; `name` is used in messages and for the suffix. */
bool decon_codec_decode_fd_with(int fd, const char *name, const decon_codec_options *options,
                                decon_stage *sink, decon_err *e) DECON_MUST_USE;
/* Decodes `from` by its content and writes it to `to` (temporary name, then rename) in `format`.
 * The written file is decoded again, and its length and CRC64NVME are compared with the input's.
 * options->memory_bytes, unless 0, limits the sum of all codecs in use at one time. */
bool decon_codec_recode_file_with(const char *from, const char *to, decon_codec_format format,
                                  const decon_codec_options *options, decon_err *e) DECON_MUST_USE;
bool decon_codec_recode_file(const char *from, const char *to, decon_codec_format format, int level,
                             decon_err *e) DECON_MUST_USE;
/* The same for open files; `to_fd` must be empty. */
bool decon_codec_recode_fd_with(int from_fd, const char *from_name, int to_fd,
                                decon_codec_format format, const decon_codec_options *options,
                                decon_err *e) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
