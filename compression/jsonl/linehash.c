/* A line is hashed in blocks of 48 bytes by three independent chains of multiply-and-fold (64 x 64
 * to 128 bits, both halves combined by xor); the last block is padded with zeros, and the length is
 * added at the end. Only a line that spans two pieces is buffered block by block. */
#include "decon/compression/linehash.h"
#include "base/util.h"

#define BLOCK_BYTES 48
#define BLOCK_WORDS (BLOCK_BYTES / 8)

struct linehash {
    linehash_sink sink;
    uint64_t secret[BLOCK_WORDS + 3]; /* derived from the key */
    bool refused;

    /* of a line that began in an earlier piece */
    uint64_t chains[3];
    uint64_t len; /* its bytes so far */
    char block[BLOCK_BYTES];

    size_t count;
    uint64_t hashes[LINEHASH_BATCH];
};

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t word_at(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline void begin_line(const linehash *h, uint64_t chains[3])
{
    memcpy(chains, h->secret + BLOCK_WORDS, 3 * sizeof *chains);
}

static inline void add_words(const linehash *h, uint64_t chains[3],
                             const uint64_t words[BLOCK_WORDS])
{
    for (size_t i = 0; i < 3; i++)
        chains[i] = fold(words[2 * i] ^ h->secret[2 * i],
                         words[2 * i + 1] ^ h->secret[2 * i + 1] ^ chains[i]);
}

static inline void add_block(const linehash *h, uint64_t chains[3], const char *p)
{
    uint64_t words[BLOCK_WORDS];
    memcpy(words, p, sizeof words);
    add_words(h, chains, words);
}

/* The first `len` bytes of a word in memory order; the others are 0. */
static inline uint64_t first_bytes(uint64_t word, size_t len)
{
    return len >= 8 ? word : len == 0 ? 0 : le64toh(word) & (~UINT64_C(0) >> (64 - 8 * len));
}

/* Adds the last block, of 1 to BLOCK_BYTES bytes, if a whole block is readable. */
static inline void add_last_words(const linehash *h, uint64_t chains[3], const char *p, size_t len)
{
    uint64_t words[BLOCK_WORDS];
    for (size_t i = 0; i < BLOCK_WORDS; i++)
        words[i] = first_bytes(word_at(p + 8 * i), len > 8 * i ? len - 8 * i : 0);
    add_words(h, chains, words);
}

static inline void add_last_block(const linehash *h, uint64_t chains[3], const char *p, size_t len,
                                  size_t readable)
{
    char padded[BLOCK_BYTES] = {0};
    if (len == 0)
        return;
    if (readable < BLOCK_BYTES)
        p = memcpy(padded, p, len);
    add_last_words(h, chains, p, len);
}

static inline uint64_t end_line(const linehash *h, const uint64_t chains[3], uint64_t len)
{
    uint64_t both = fold(chains[0] ^ h->secret[0], chains[1] ^ h->secret[1]);
    return fold(both ^ chains[2] ^ h->secret[2], len ^ h->secret[3]);
}

static bool hand_on(linehash *h)
{
    if (h->count > 0 && !h->refused)
        h->refused = !h->sink.take(h->sink.ctx, h->hashes, h->count);
    h->count = 0;
    return !h->refused;
}

static inline bool add_hash(linehash *h, uint64_t hash)
{
    h->hashes[h->count++] = hash;
    return h->count < LINEHASH_BATCH || hand_on(h);
}

/* A line within one piece; `readable` bytes follow `p`. */
static inline uint64_t hash_line(const linehash *h, const char *p, size_t len, size_t readable)
{
    uint64_t chains[3];
    size_t at = 0;
    begin_line(h, chains);
    for (; len - at >= BLOCK_BYTES; at += BLOCK_BYTES)
        add_block(h, chains, p + at);
    add_last_block(h, chains, p + at, len - at, readable - at);
    return end_line(h, chains, len);
}

/* A part of a line that spans pieces. */
static void add_part(linehash *h, const char *p, size_t len)
{
    if (h->len == 0)
        begin_line(h, h->chains);
    size_t held = h->len % BLOCK_BYTES;
    h->len += len;
    if (held > 0) {
        size_t taken = MIN(len, BLOCK_BYTES - held);
        memcpy(h->block + held, p, taken);
        if (held + taken < BLOCK_BYTES)
            return;
        add_block(h, h->chains, h->block);
        p += taken;
        len -= taken;
    }
    for (; len >= BLOCK_BYTES; p += BLOCK_BYTES, len -= BLOCK_BYTES)
        add_block(h, h->chains, p);
    memcpy(h->block, p, len);
}

static bool end_parts(linehash *h)
{
    add_last_block(h, h->chains, h->block, h->len % BLOCK_BYTES, BLOCK_BYTES);
    uint64_t hash = end_line(h, h->chains, h->len);
    h->len = 0;
    return add_hash(h, hash);
}

bool linehash_feed(linehash *h, slice text)
{
    const char *p = text.data, *end = p + text.len, *newline;
    while (!h->refused && p < end && (newline = memchr(p, '\n', (size_t)(end - p)))) {
        size_t len = (size_t)(newline - p) + 1;
        if (h->len > 0) {
            add_part(h, p, len);
            end_parts(h);
        } else {
            add_hash(h, hash_line(h, p, len, (size_t)(end - p)));
        }
        p += len;
    }
    if (!h->refused && p < end)
        add_part(h, p, (size_t)(end - p));
    return !h->refused;
}

bool linehash_finish(linehash *h)
{
    if (!h->refused && h->len > 0)
        end_parts(h);
    return hand_on(h);
}

/* Each word of the secret depends on the whole key (splitmix64). */
static void derive_secret(linehash *h)
{
    uint64_t state = h->sink.key.words[0];
    for (size_t i = 0; i < ARRAY_LEN(h->secret); i++) {
        uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ h->sink.key.words[1] ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        h->secret[i] = z ^ (z >> 31);
    }
}

linehash *linehash_new(const linehash_sink *sink)
{
    linehash *h = xcalloc(1, sizeof *h);
    h->sink = *sink;
    derive_secret(h);
    return h;
}

void linehash_free(linehash *h)
{
    free(h);
}
