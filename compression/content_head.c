#include "base/util.h"
#include "compression/content_head.h"

#include <strings.h>

typedef struct content_magic {
    const char *name;
    slice magic;
    size_t offset;
} content_magic;

/* clang-format off */
#define MAGIC(name, text) {name, {text, sizeof text - 1}, 0}
/* clang-format on */

/* Formats whose first bytes do not occur in JSON text. */
static const content_magic magics[] = {
    MAGIC("lz4", "\x04\x22\x4d\x18"),
    MAGIC("lz4 (legacy)", "\x02\x21\x4c\x18"),
    MAGIC("lzip", "LZIP"),
    MAGIC("lzop", "\x89LZO\0\r\n\x1a\n"),
    MAGIC("compress (.Z)", "\x1f\x9d"),
    MAGIC("snappy", "\xff\x06\0\0sNaPpY"),
    MAGIC("zlib", "\x78\x9c"),
    MAGIC("zlib", "\x78\xda"),
    MAGIC("zip", "PK\x03\x04"),
    MAGIC("zip", "PK\x05\x06"),
    MAGIC("7z", "7z\xbc\xaf\x27\x1c"),
    MAGIC("rar", "Rar!\x1a\x07"),
    MAGIC("Parquet", "PAR1"),
    MAGIC("Arrow", "ARROW1"),
    MAGIC("ORC", "ORC"),
    MAGIC("Avro", "Obj\x01"),
    MAGIC("SQLite", "SQLite format 3"),
    MAGIC("HDF5", "\x89HDF\r\n\x1a\n"),
    MAGIC("NumPy", "\x93NUMPY"),
    MAGIC("PDF", "%PDF-"),
    MAGIC("UTF-32 text", "\xff\xfe\0\0"),
    MAGIC("UTF-32 text", "\0\0\xfe\xff"),
    MAGIC("UTF-16 text", "\xff\xfe"),
    MAGIC("UTF-16 text", "\xfe\xff"),
    {"tar", {"ustar", 5}, 257},
};

static bool has(const content_head *h, const content_magic *m)
{
    return h->len >= m->offset + m->magic.len &&
           memcmp(h->bytes + m->offset, m->magic.data, m->magic.len) == 0;
}

/* .lzma has no magic bytes: properties (usually 5D), a dictionary size that is 2^n or 3 * 2^n, and
 * a length that is unknown or below 256 GiB. */
static bool is_lzma(const content_head *h)
{
    const unsigned char *p = (const unsigned char *)h->bytes;
    static const unsigned char unknown[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    if (h->len < 14 || p[0] != 0x5d || p[13] != 0)
        return false;
    uint32_t size =
        (uint32_t)p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
    uint32_t odd = size ? size >> __builtin_ctz(size) : 0;
    bool length = memcmp(p + 5, unknown, sizeof unknown) == 0 ||
                  (p[12] == 0 && p[11] == 0 && p[10] == 0 && p[9] < 64);
    return (odd == 1 || odd == 3) && length;
}

static const char *binary_name(const content_head *h)
{
    codec_format nested = codec_by_magic((slice){.data = h->bytes, .len = h->len});
    if (nested != CODEC_PLAIN)
        return codec_get(nested)->name;
    for (size_t i = 0; i < ARRAY_LEN(magics); i++)
        if (has(h, &magics[i]))
            return magics[i].name;
    return is_lzma(h) ? "lzma" : NULL;
}

static bool begins_with(slice text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && strncasecmp(text.data, word, len) == 0;
}

/* Text formats: some of their lines may be JSON objects. */
static const char *text_name(const content_head *h)
{
    slice text = {.data = h->bytes, .len = h->len};
    if (text.len >= 2 && ((text.data[0] == '{' && !text.data[1]) ||
                          (!text.data[0] && (text.data[1] == '{' || text.data[1] == '['))))
        return "UTF-16 text";
    while (text.len > 0 && memchr(" \t\r\n", text.data[0], 4))
        text.data++, text.len--;
    if (begins_with(text, "<!doctype html") || begins_with(text, "<html"))
        return "an HTML page";
    if (begins_with(text, "<?xml") || begins_with(text, "<error"))
        return "XML";
    if (begins_with(text, "["))
        return "a JSON array (JSON Lines has one object per line; convert with jq -c '.[]')";
    if (begins_with(text, "{\n") || begins_with(text, "{\r\n"))
        return "JSON over several lines (JSON Lines has one object per line; convert with jq -c .)";
    return NULL;
}

const char *content_head_name(const content_head *h, bool *binary)
{
    const char *name = h->len > 0 ? binary_name(h) : NULL;
    if (binary)
        *binary = name != NULL;
    return name || h->len == 0 ? name : text_name(h);
}

void content_head_explain(const content_head *h, codec_format format, err *e)
{
    const char *name = content_head_name(h, NULL);
    if (!name || (e->code != ERR_JSONL && e->code != ERR_NO_TEXT && e->code != ERR_UTF8))
        return;
    bool packed = format != CODEC_PLAIN;
    err_append(e, "; this is %s%s%s", name, packed ? " inside " : "",
               packed ? codec_get(format)->name : "");
}
