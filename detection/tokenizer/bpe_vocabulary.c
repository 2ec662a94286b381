#include "detection/tokenizer/bpe_vocabulary.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "decon/base/digest.h"
#include "base/fsutil.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "detection/table/hash.h"
#include "detection/table/huge_pages.h"
#include "detection/tokenizer/bpe_borders.h"

#define MAX_TEXT_BYTES (64 << 20)

typedef struct bpe_slot {
    uint32_t hash; /* the upper half */
    uint32_t rank; /* BPE_NO_RANK: free */
} bpe_slot;

/* A string of up to SHORT_BYTES: its bytes are in the slot, in the order of short_of. */
#define SHORT_BYTES 12u
typedef struct short_slot {
    uint64_t low;
    uint32_t high;
    uint32_t rank; /* the length in its upper 8 bits */
} short_slot;
#define RANK_BITS 24u

struct bpe_vocabulary {
    buf bytes;        /* all strings, concatenated by rank */
    uint32_t *starts; /* by rank, and one more */
    size_t count;
    bpe_slot *slots; /* of strings that are not short; open addressing, a power of two */
    size_t slot_count;
    /* As many slots of short ones. A tag is a byte of the hash, 0 where the slot is free: most strings that
     * are absent are recognised by tags alone, which are small enough to be cached. */
    short_slot *shorts;
    uint8_t *tags;
    size_t longest; /* bytes */
    bpe_borders borders;
    uint32_t by_byte[256];
    uint32_t *by_pair; /* of two bytes, the first times 256 plus the second */
};

void bpe_vocabulary_free(bpe_vocabulary *v)
{
    if (!v)
        return;
    buf_deinit(&v->bytes);
    free(v->starts);
    free(v->slots);
    free(v->shorts);
    free(v->tags);
    free(v->by_pair);
    bpe_borders_deinit(&v->borders);
    free(v);
}

slice bpe_vocabulary_bytes(const bpe_vocabulary *v, uint32_t rank)
{
    return (slice){.data = v->bytes.data + v->starts[rank],
                   .len = v->starts[rank + 1] - v->starts[rank]};
}

/* The slot of a string, or the free slot for it. */
static bpe_slot *find(const bpe_vocabulary *v, slice bytes, uint64_t hash)
{
    size_t mask = v->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        bpe_slot *s = &v->slots[i];
        if (s->rank == BPE_NO_RANK ||
            (s->hash == hash >> 32 && slice_equal(bpe_vocabulary_bytes(v, s->rank), bytes)))
            return s;
    }
}

static inline uint64_t load64(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint32_t load32(const char *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* The first and the last bytes, which overlap: together with the length they determine the string.
 * */
static inline short_slot short_of(slice bytes)
{
    const char *p = bytes.data;
    size_t len = bytes.len;
    short_slot s = {.rank = (uint32_t)len << RANK_BITS};
    if (len >= 8) {
        s.low = load64(p);
        s.high = load32(p + len - 4);
    } else if (len >= 4) {
        s.low = load32(p);
        s.high = load32(p + len - 4);
    } else if (len > 0) {
        s.low = (uint8_t)p[0] | (uint64_t)(uint8_t)p[len / 2] << 8 |
                (uint64_t)(uint8_t)p[len - 1] << 16;
    }
    return s;
}

/* The slot of the short string, or the free slot for it. */
static inline size_t find_short(const bpe_vocabulary *v, short_slot s, uint8_t *tag)
{
    size_t mask = v->slot_count - 1;
    uint64_t hash = hash_mix(s.low ^ UINT64_C(0x9E3779B97F4A7C15),
                             ((uint64_t)s.rank << 32 | s.high) ^ UINT64_C(0xD1B54A32D192ED03));
    *tag = (uint8_t)(hash >> 56 | 1);
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        const short_slot *found = &v->shorts[i];
        if (v->tags[i] == 0 || (v->tags[i] == *tag && found->low == s.low &&
                                found->high == s.high && (found->rank ^ s.rank) >> RANK_BITS == 0))
            return i;
    }
}

static uint32_t short_rank(const bpe_vocabulary *v, slice bytes)
{
    uint8_t tag;
    size_t i = find_short(v, short_of(bytes), &tag);
    return v->tags[i] == 0 ? BPE_NO_RANK : v->shorts[i].rank & ((1u << RANK_BITS) - 1);
}

uint32_t bpe_vocabulary_rank(const bpe_vocabulary *v, slice bytes)
{
    if (bytes.len <= SHORT_BYTES)
        return short_rank(v, bytes);
    if (bytes.len > v->longest)
        return BPE_NO_RANK;
    return find(v, bytes, hash_bytes(bytes.data, bytes.len, 0))->rank;
}

uint32_t bpe_vocabulary_byte(const bpe_vocabulary *v, char byte)
{
    return v->by_byte[(uint8_t)byte];
}

uint32_t bpe_vocabulary_pair(const bpe_vocabulary *v, const char bytes[2])
{
    return v->by_pair[(uint8_t)bytes[0] << 8 | (uint8_t)bytes[1]];
}

size_t bpe_vocabulary_border(const bpe_vocabulary *v, slice piece, size_t at)
{
    return bpe_borders_next(&v->borders, piece, at);
}

/* --- from the text --- */

static bpe_vocabulary *make_empty(const bpe_source *source)
{
    bpe_vocabulary *v = xcalloc(1, sizeof *v);
    buf_init(&v->bytes, MAX_TEXT_BYTES);
    v->starts = xcalloc(source->rank_limit + 1, sizeof *v->starts);
    for (v->slot_count = 1024; v->slot_count < source->rank_limit * 2;)
        v->slot_count *= 2;
    v->slots = huge_calloc(v->slot_count, sizeof *v->slots);
    for (size_t i = 0; i < v->slot_count; i++)
        v->slots[i].rank = BPE_NO_RANK;
    v->shorts = huge_calloc(v->slot_count, sizeof *v->shorts);
    v->tags = xcalloc(v->slot_count, sizeof *v->tags);
    bpe_borders_init(&v->borders);
    return v;
}

static void add_short(bpe_vocabulary *v, slice bytes, uint32_t rank)
{
    uint8_t tag;
    short_slot s = short_of(bytes);
    size_t i = find_short(v, s, &tag);
    s.rank |= rank;
    v->shorts[i] = s;
    v->tags[i] = tag;
}

/* The ranks ascend. One may be missing, if a token that never occurs in text has this number: it is
 * an empty string here. */
static bool add_line(bpe_vocabulary *v, slice line, size_t rank_limit)
{
    const char *space = memchr(line.data, ' ', line.len);
    uint64_t rank;
    if (!space)
        return false;
    size_t len = (size_t)(space - line.data);
    AUTO_FREE char *number = xstrndup(space + 1, line.len - len - 1);
    if (!num_parse_u64(number, &rank) || rank < v->count || rank >= rank_limit)
        return false;
    while (v->count < rank)
        v->starts[++v->count] = (uint32_t)v->bytes.len;
    if (!base64_decode((slice){.data = line.data, .len = len}, &v->bytes))
        return false;
    v->starts[++v->count] = (uint32_t)v->bytes.len;
    slice bytes = bpe_vocabulary_bytes(v, (uint32_t)rank);
    v->longest = MAX(v->longest, bytes.len);
    bpe_borders_learn(&v->borders, bytes);
    if (bytes.len <= SHORT_BYTES) {
        add_short(v, bytes, (uint32_t)rank);
        return true;
    }
    uint64_t hash = hash_bytes(bytes.data, bytes.len, 0);
    *find(v, bytes, hash) = (bpe_slot){.hash = (uint32_t)(hash >> 32), .rank = (uint32_t)rank};
    return true;
}

/* Short strings by their bytes, from which joining starts. */
static void fill_short(bpe_vocabulary *v)
{
    v->by_pair = xcalloc(65536, sizeof *v->by_pair);
    for (size_t i = 0; i < 65536; i++) {
        char bytes[2] = {(char)(i >> 8), (char)i};
        v->by_pair[i] = bpe_vocabulary_rank(v, (slice){bytes, 2});
        if (i < 256)
            v->by_byte[i] = bpe_vocabulary_rank(v, (slice){bytes + 1, 1});
    }
}

static bool is_known(const bpe_source *source, slice text)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    sha256(text, digest);
    hex_encode(digest, sizeof digest, hex);
    return str_equal(hex, source->sha256);
}

static bpe_vocabulary *parse(const bpe_source *source, const char *path, slice text, err *e)
{
    if (!is_known(source, text)) {
        err_set(e, ERR_CONFIG,
                "%s is not the expected vocabulary: the SHA-256 of its text is not %s; download "
                "the file again",
                path, source->sha256);
        return NULL;
    }
    AUTO_PTR(bpe_vocabulary) v = make_empty(source);
    for (size_t number = 1; text.len > 0; number++) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        if (!add_line(v, (slice){text.data, len}, source->rank_limit)) {
            err_set(e, ERR_CONFIG, "%s: line %zu is not a vocabulary entry", path, number);
            return NULL;
        }
        text =
            (slice){.data = text.data + len + (end ? 1 : 0), .len = text.len - len - (end ? 1 : 0)};
    }
    fill_short(v);
    return move(v);
}

/* --- the file --- */

static bool gather(void *ctx, slice data, err *e)
{
    return buf_append_slice(ctx, data) ||
           err_set(e, ERR_LIMIT, "the vocabulary is larger than 64 MiB");
}

/* The folder of the running program; empty if it is unknown. */
static void program_dir(char out[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
    out[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
}

/* FOLDER/NAME or FOLDER/NAME.xz; NULL if neither exists. */
static char *file_in(const char *folder, const char *name)
{
    static const char *const suffixes[] = {"", ".xz"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        AUTO_FREE char *path = xasprintf("%s/%s%s", folder, name, suffixes[i]);
        if (fs_exists(path))
            return move(path);
    }
    return NULL;
}

/* The file in `dir` or, for a vocabulary that is not built in, in the default folders. NULL if
 * there is none; `looked` then names the folders. */
static char *find_file(const bpe_source *source, const char *dir, buf *looked)
{
    /* Below build/bin and build/sanitize/bin; below PREFIX/bin. */
    static const char *const beside[] = {"../../detection/data", "../../../detection/data",
                                         "../share/decon"};
    char program[PATH_MAX];
    program_dir(program);
    for (size_t i = 0; i <= (source->embedded ? 0 : ARRAY_LEN(beside)); i++) {
        if (i == 0 && (!dir || !*dir))
            continue;
        AUTO_FREE char *folder = i == 0 ? xstrdup(dir) : xasprintf("%s/%s", program, beside[i - 1]);
        char *path = file_in(folder, source->name);
        if (path)
            return path;
        buf_printf(looked, "%s%s", looked->len > 0 ? ", " : "", folder);
    }
    return NULL;
}

static bool decode_embedded(slice data, stage *sink, err *e)
{
    AUTO_PTR(stage) decoder = codec_decoder_new(CODEC_XZ, sink, e);
    return decoder && stage_feed(decoder, data, e) && stage_finish(decoder, e);
}

bpe_vocabulary *bpe_vocabulary_new(const bpe_source *source, const char *dir, err *e)
{
    AUTO(buf) text = BUF(MAX_TEXT_BYTES);
    AUTO(buf) looked = BUF(8 * PATH_MAX);
    AUTO_FREE char *path = find_file(source, dir, &looked);
    if (!path && !source->embedded) {
        err_set(e, ERR_CONFIG, "the vocabulary %s (or %s.xz) is in none of these folders: %s (%s)",
                source->name, source->name, buf_str(&looked), source->remedy);
        return NULL;
    }
    AUTO_PTR(stage) sink = stage_callback_new(gather, NULL, &text);
    if (!(path ? codec_decode_file(path, sink, e) : decode_embedded(source->embedded(), sink, e))) {
        err_context(e, "vocabulary");
        return NULL;
    }
    return parse(source, path ? path : source->name, buf_slice(&text), e);
}
