#include "compression/codec.h"

#include "compression/coder.h"

static const char *const no_suffixes[] = {NULL};
static const char *const gzip_suffixes[] = {".gz", NULL};
static const char *const zstd_suffixes[] = {".zst", ".zstd", NULL};
static const char *const bzip2_suffixes[] = {".bz2", NULL};
static const char *const xz_suffixes[] = {".xz", NULL};

typedef struct codec_row {
    codec_info info;
    head_match (*match)(slice head); /* the magic and its variants */
    stage *(*decoder)(stage *next, err *e);
    stage *(*encoder)(int level, stage *next, err *e);
} codec_row;

static const codec_row rows[CODEC_FORMAT_COUNT] = {
    [CODEC_PLAIN] = {.info = {CODEC_PLAIN, "plain", no_suffixes, {NULL, 0}}},
    [CODEC_GZIP] = {.info = {CODEC_GZIP, "gzip", gzip_suffixes, {"\x1f\x8b", 2}},
                    .match = gzip_match,
                    .decoder = gzip_decoder_new,
                    .encoder = gzip_encoder_new},
    [CODEC_ZSTD] = {.info = {CODEC_ZSTD, "zstd", zstd_suffixes, {"\x28\xb5\x2f\xfd", 4}},
                    .match = zstd_match,
                    .decoder = zstd_decoder_new,
                    .encoder = zstd_encoder_new},
    [CODEC_BZIP2] = {.info = {CODEC_BZIP2, "bzip2", bzip2_suffixes, {"BZh", 3}},
                     .match = bzip2_match,
                     .decoder = bzip2_decoder_new,
                     .encoder = bzip2_encoder_new},
    [CODEC_XZ] = {.info = {CODEC_XZ,
                           "xz",
                           xz_suffixes,
                           {"\xfd"
                            "7zXZ\0",
                            6}},
                  .match = xz_match,
                  .decoder = xz_decoder_new,
                  .encoder = xz_encoder_new},
};

const codec_info *codec_get(codec_format format)
{
    return &rows[format].info;
}

/* Yields the format and, through `suffix`, the suffix that told it (at the name's end: ""). */
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

stage *codec_decoder_new(codec_format format, stage *next, err *e)
{
    return rows[format].decoder ? rows[format].decoder(next, e) : plain_new(next);
}

stage *codec_encoder_new(codec_format format, int level, stage *next, err *e)
{
    return rows[format].encoder ? rows[format].encoder(level, next, e) : plain_new(next);
}
