#include "decon/compression/codec.h"
#include "base/util.h"

#include "compression/bzip2/bzip2.h"
#include "compression/detect.h"
#include "compression/gzip/gzip.h"
#include "compression/xz/xz.h"
#include "compression/zstd/zstd.h"

static const char *const no_suffixes[] = {NULL};
static const char *const gzip_suffixes[] = {".gz", NULL};
static const char *const zstd_suffixes[] = {".zst", ".zstd", NULL};
static const char *const bzip2_suffixes[] = {".bz2", NULL};
static const char *const xz_suffixes[] = {".xz", NULL};

typedef struct codec_row {
    codec_info info;
    head_match (*match)(slice head); /* magic bytes and variants */
    stage *(*decoder)(const codec_options *options, stage *next, err *e);
    stage *(*encoder)(const codec_options *options, stage *next, err *e);
    uint64_t (*encoder_memory)(const codec_options *options);
    uint64_t (*decoder_memory)(unsigned threads);
} codec_row;

static const codec_row rows[CODEC_FORMAT_COUNT] = {
    [CODEC_PLAIN] = {.info = {CODEC_PLAIN, "plain", no_suffixes, {NULL, 0}}},
    [CODEC_GZIP] = {.info = {CODEC_GZIP, "gzip", gzip_suffixes, {"\x1f\x8b", 2}},
                    .match = gzip_match,
                    .decoder = gzip_decoder_new,
                    .encoder = gzip_encoder_new,
                    .encoder_memory = gzip_encoder_memory,
                    .decoder_memory = gzip_decoder_memory},
    [CODEC_ZSTD] = {.info = {CODEC_ZSTD, "zstd", zstd_suffixes, {"\x28\xb5\x2f\xfd", 4}},
                    .match = zstd_match,
                    .decoder = zstd_decoder_new,
                    .encoder = zstd_encoder_new,
                    .encoder_memory = zstd_encoder_memory,
                    .decoder_memory = zstd_decoder_memory},
    [CODEC_BZIP2] = {.info = {CODEC_BZIP2, "bzip2", bzip2_suffixes, {"BZh", 3}},
                     .match = bzip2_match,
                     .decoder = bzip2_decoder_new,
                     .encoder = bzip2_encoder_new,
                     .encoder_memory = bzip2_encoder_memory,
                     .decoder_memory = bzip2_decoder_memory},
    [CODEC_XZ] = {.info = {CODEC_XZ,
                           "xz",
                           xz_suffixes,
                           {"\xfd"
                            "7zXZ\0",
                            6}},
                  .match = xz_match,
                  .decoder = xz_decoder_new,
                  .encoder = xz_encoder_new,
                  .encoder_memory = xz_encoder_memory,
                  .decoder_memory = xz_decoder_memory},
};

const codec_info *codec_get(codec_format format)
{
    return &rows[format].info;
}

/* The format by the name's suffix; `suffix` points to that suffix, or to the end of the name. */
static codec_format find_suffix(const char *name, const char **suffix)
{
    size_t len = strlen(name);
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++)
        for (const char *const *s = rows[f].info.suffixes; *s; s++)
            if (str_ends_with(name, *s)) {
                *suffix = name + len - strlen(*s);
                return f;
            }
    *suffix = name + len;
    return CODEC_PLAIN;
}

codec_format codec_by_suffix(const char *name)
{
    const char *suffix;
    return find_suffix(name, &suffix);
}

const char *codec_name_suffix(const char *name)
{
    const char *suffix;
    find_suffix(name, &suffix);
    return suffix;
}

codec_format codec_by_magic(slice head)
{
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++)
        if (rows[f].match && rows[f].match(head) == HEAD_YES)
            return f;
    return CODEC_PLAIN;
}

codec_format codec_detect(slice head, const char *name)
{
    codec_format by_magic = codec_by_magic(head);
    codec_format by_suffix = codec_by_suffix(name);
    if (by_magic == CODEC_PLAIN && rows[by_suffix].match &&
        rows[by_suffix].match(head) == HEAD_MAYBE)
        return by_suffix;
    return by_magic;
}

stage *codec_decoder_open(codec_format format, const codec_options *options, stage *next, err *e)
{
    return rows[format].decoder ? rows[format].decoder(options, next, e) : plain_new(next);
}

stage *codec_encoder_open(codec_format format, const codec_options *options, stage *next, err *e)
{
    return rows[format].encoder ? rows[format].encoder(options, next, e) : plain_new(next);
}

stage *codec_decoder_new(codec_format format, stage *next, err *e)
{
    return codec_decoder_open(format, &(codec_options){0}, next, e);
}

stage *codec_encoder_new(codec_format format, int level, stage *next, err *e)
{
    return codec_encoder_open(format, &(codec_options){.level = level}, next, e);
}

uint64_t codec_encoder_memory(codec_format format, const codec_options *options)
{
    return rows[format].encoder_memory ? rows[format].encoder_memory(options) : CODER_BASE_BYTES;
}

uint64_t codec_decoder_memory(codec_format format, unsigned threads)
{
    return rows[format].decoder_memory ? rows[format].decoder_memory(threads) : CODER_BASE_BYTES;
}

uint64_t codec_recode_memory(codec_format from, codec_format to, const codec_options *options)
{
    uint64_t writing = codec_decoder_memory(from, 0) + codec_encoder_memory(to, options);
    return MAX(writing, codec_decoder_memory(to, options->threads));
}

codec_stats codec_decoder_stats(codec_format format, const stage *s)
{
    if (format == CODEC_PLAIN || !s)
        return (codec_stats){0};
    const decoder *d = (const decoder *)s;
    return (codec_stats){
        .members = d->member_count,
        .checksums = d->checksums,
        .memory_needed = d->memory_needed,
    };
}

const char *codec_check_names(unsigned checksums, char *out)
{
    static const char *const names[] = {"none", "crc32", "crc64", "sha256", "xxh64"};
    size_t len = 0;
    *out = '\0';
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (checksums >> i & 1)
            len += (size_t)snprintf(out + len, CODEC_CHECK_NAMES_BYTES - len, "%s%s",
                                    len ? ", " : "", names[i]);
    return out;
}
