/* Streaming codecs: plain, gzip, zstd, bzip2, xz; both directions; members and frames in a row.
 *
 * What:    a codec is a `stage`: bytes are fed in, its output is fed to the next stage.
 * Owner:   stage_free frees one stage; codec_*_new does not take over `next`. Data is lent for the
 *          length of a call.
 * Threads: a stage belongs to one thread at a time; no global state.
 * Fails:   stage_feed / stage_finish set ERR_CODEC_EARLY_END, _CORRUPT, _TRAILING, _UNSUPPORTED, or
 *          what the next stage set. A stage that has failed is only freed.
 * Memory:  the codec's window and fixed buffers, whatever the stream's length, and no more than
 *          codec_options.memory_bytes: a stream that needs more is ERR_CODEC_MEMORY.
 * Sources: RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2, bzip2's own description.
 */
#ifndef DECON_COMPRESSION_CODEC_H
#define DECON_COMPRESSION_CODEC_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

typedef enum codec_format {
    CODEC_PLAIN,
    CODEC_GZIP,
    CODEC_ZSTD,
    CODEC_BZIP2,
    CODEC_XZ,
    CODEC_FORMAT_COUNT,
} codec_format;

typedef struct stage stage;
typedef struct stage_ops {
    bool (*feed)(stage *s, slice data, err *e);
    bool (*finish)(stage *s, err *e); /* the input ends here; finishes the next stage too */
    void (*free)(stage *s);
} stage_ops;
struct stage { /* embedded as the first member */
    const stage_ops *ops;
    stage *next; /* borrowed; NULL for a sink */
};

static inline bool MUST_USE stage_feed(stage *s, slice data, err *e)
{
    return s->ops->feed(s, data, e);
}
static inline bool MUST_USE stage_finish(stage *s, err *e)
{
    return s->ops->finish(s, e);
}
static inline void stage_free(stage *s)
{
    if (s)
        s->ops->free(s);
}
DEFINE_AUTO_PTR(stage, stage_free)

typedef struct codec_info {
    codec_format format;
    const char *name;            /* "zstd" */
    const char *const *suffixes; /* {".zst", ".zstd", NULL}; plain has none */
    slice magic;                 /* first bytes of a stream; plain: empty */
} codec_info;

const codec_info *codec_get(codec_format format);
codec_format codec_by_suffix(const char *name); /* the last suffix, case-sensitive; else PLAIN */
codec_format codec_by_magic(slice head);        /* from the first 6 bytes or more; else PLAIN */
#define CODEC_MAGIC_BYTES 6
/* The suffix of `name` that belongs to a compression (".gz"), or "". Points into name. */
const char *codec_name_suffix(const char *name);

/* Who decodes gzip's DEFLATE: code of our own, where the build has it, or zlib. The outcome is the same,
 * the former is more than twice as fast. */
typedef enum codec_gzip_decoder {
    CODEC_GZIP_AUTO, /* our own, or, in a build without it, zlib */
    CODEC_GZIP_ZLIB,
    CODEC_GZIP_NATIVE,
} codec_gzip_decoder;
/* ERR_CONFIG where the build (GZIP_NATIVE=0) has no such decoder. */
bool codec_gzip_decoder_check(codec_gzip_decoder which, err *e) MUST_USE;

/* {0}: what the tools of the formats do, without helper threads. */
typedef struct codec_options {
    uint64_t memory_bytes; /* a decoder takes no more; 0: CODEC_MEMORY_BYTES */
    unsigned threads; /* helper threads: decoding bzip2 and xz, encoding zstd and xz; 0: none */
    int level;        /* encoding; 0: the usual one (gzip 6, zstd 3, bzip2 9, xz 6) */
    codec_gzip_decoder gzip_decoder;
    uint64_t *memory_needed; /* or NULL; with ERR_CODEC_MEMORY: what would do */
    stage *watch; /* re-encoding: is fed the decoded text too; its failure ends all; or NULL */
} codec_options;
#define CODEC_MEMORY_BYTES ((uint64_t)144 << 20) /* a window of 128 MiB and change */

stage *codec_decoder_new(codec_format format, stage *next, err *e) MUST_USE;
stage *codec_encoder_new(codec_format format, int level, stage *next, err *e) MUST_USE;
stage *codec_decoder_open(codec_format format, const codec_options *options, stage *next, err *e)
    MUST_USE;
stage *codec_encoder_open(codec_format format, const codec_options *options, stage *next, err *e)
    MUST_USE;

/* What an encoder takes with these options, and what a decoder takes that has not seen its stream:
 * enough for what the format's tool writes at its usual levels, with all helper threads. */
uint64_t codec_encoder_memory(codec_format format, const codec_options *options);
uint64_t codec_decoder_memory(codec_format format, unsigned threads);
/* And what codec_recode_file_with takes: the source's decoder beside the encoder, or the decoder of
 * what was written. */
uint64_t codec_recode_memory(codec_format from, codec_format to, const codec_options *options);

/* What a decoder has met so far; of plain data: nothing. */
enum {
    CODEC_CHECK_NONE = 1, /* a member without a checksum */
    CODEC_CHECK_CRC32 = 2,
    CODEC_CHECK_CRC64 = 4,
    CODEC_CHECK_SHA256 = 8,
    CODEC_CHECK_XXH64 = 16,
};
typedef struct codec_stats {
    uint64_t members;       /* gzip members, zstd frames, bzip2 and xz streams, whole ones */
    unsigned checksums;     /* of those that were read to their end: CODEC_CHECK_... */
    uint64_t memory_needed; /* after ERR_CODEC_MEMORY: what would do */
} codec_stats;
codec_stats codec_decoder_stats(codec_format format, const stage *decoder);
/* "crc32, none"; out holds CODEC_CHECK_NAMES_BYTES. Yields out. */
const char *codec_check_names(unsigned checksums, char *out);
#define CODEC_CHECK_NAMES_BYTES 48

/* Sinks and helpers. */
stage *stage_fd_writer_new(int fd) MUST_USE; /* writes all it is fed; fd stays the caller's */
stage *stage_callback_new(bool (*feed)(void *ctx, slice data, err *e),
                          bool (*finish)(void *ctx, err *e), void *ctx) MUST_USE; /* finish may be
                                                                                      NULL */
/* Calls `line` for each line, without its '\n' (a '\r' stays); `number` counts from 0;
 * `has_newline` is false for a last line without one. A line longer than max_line_bytes is
 * ERR_LIMIT; `remedy` ends its message: what to do, static, or NULL. */
stage *stage_lines_new(size_t max_line_bytes, const char *remedy,
                       bool (*line)(void *ctx, slice text, uint64_t number, bool has_newline,
                                    err *e),
                       void *ctx) MUST_USE;

/* Reads the whole file in 256 KiB pieces into `first` and finishes it. Blocking: worker threads. */
bool stage_feed_file(stage *first, int fd, err *e) MUST_USE;

/* Opens `path`, decodes it by its content (magic), feeds `sink` to the end. */
bool codec_decode_file_with(const char *path, const codec_options *options, stage *sink, err *e)
    MUST_USE;
bool codec_decode_file(const char *path, stage *sink, err *e) MUST_USE;
/* Decodes `from` by its content and writes it to `to` (temporary name, then rename) in `format`. What
 * was written is decoded again: its length and digest (CRC64NVME) must be those of what went in.
 * options->memory_bytes, where it is not 0, bounds all codecs that are open at once. */
bool codec_recode_file_with(const char *from, const char *to, codec_format format,
                            const codec_options *options, err *e) MUST_USE;
bool codec_recode_file(const char *from, const char *to, codec_format format, int level, err *e)
    MUST_USE;

#endif
