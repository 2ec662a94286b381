/* One block of a bzip2 stream, decoded independently: libbz2 gets it as a stream of one block.
 *
 * What:    a complete block goes to a helper; the next mark is its presumed end. If it does not
 *          decode up to there (damaged, or the mark was data), it is decoded again byte by byte,
 *          which finds its true end or fault. The result therefore does not depend on the
 *          presumption.
 * Owner:   _init / _deinit, embedded; blocks are released before the memory that they share.
 * Threads: the helper's from submission until it is done, else the decoder's.
 * Fails:   by its result.
 * Memory:  BZIP2_BLOCK_BYTES, and the compressed block.
 */
#ifndef COMPRESSION_BZIP2_BZIP2_BLOCK_H
#define COMPRESSION_BZIP2_BZIP2_BLOCK_H

#include "base/util.h"
#include "compression/bzip2/bzip2_bits.h"
#include "compression/stream/helpers.h"

#include <bzlib.h>
#include <pthread.h>

#define BZIP2_OUT_BYTES                                                                            \
    ((size_t)1 << 20) /* most blocks fit; larger ones are delivered in
                                               pieces */
#define BZIP2_BLOCK_BYTES ((uint64_t)6 << 20)

typedef enum bzip2_result {
    BZIP2_OK,   /* the block ended at its presumed end, with the right CRC */
    BZIP2_MORE, /* `out` is full: bzip2_block_continue */
    BZIP2_BAD,
} bzip2_result;

/* Memory of libbz2, reused by the next block: the most recently used first, since it
 * is still cached. */
typedef struct bzip2_arena {
    struct bzip2_arena *next;
    void *pieces[2];
    size_t bytes[2];
    bool used[2];
} bzip2_arena;

typedef struct bzip2_memory { /* of one decoder; used by all of its threads */
    pthread_mutex_t lock;
    bzip2_arena *idle;
} bzip2_memory;
void bzip2_memory_init(bzip2_memory *m);
void bzip2_memory_deinit(bzip2_memory *m);

typedef struct bzip2_block {
    helper_job job;      /* first */
    uint64_t start, end; /* raw bits of its mark and of the next one */
    char level;          /* of its stream */
    uint32_t crc;
    bool ends_stream;    /* the next mark is the end of the stream; another stream follows */
    uint32_t stream_crc; /* as stored at the end of the stream */
    unsigned char *raw;  /* the rebuilt stream */
    size_t raw_len, raw_capacity;
    char *out;
    size_t out_len;
    bzip2_result result;
    bz_stream bz;
    bool open;
    bzip2_memory *memory;
    bzip2_arena *arena; /* while open */
} bzip2_block;

void bzip2_block_init(bzip2_block *b, bzip2_memory *memory);
void bzip2_block_deinit(bzip2_block *b);
/* Copies the block [start, end) of `bytes` (positions in bits), ready to be submitted. */
void bzip2_block_cut(bzip2_block *b, slice bytes, uint64_t start, uint64_t end, char level);
void bzip2_block_continue(bzip2_block *b); /* writes the next piece to `out` and sets a new
                                              result */

/* Byte by byte: starts with the stream's header; then bzip2_block_step gets each
 * byte of the block. */
void bzip2_block_begin(bzip2_block *b, char level);
typedef enum bzip2_step { BZIP2_STEP_INPUT, BZIP2_STEP_OUTPUT, BZIP2_STEP_BAD } bzip2_step;
/* Decodes one more byte (or NULL); output goes to `out`, at most BZIP2_OUT_BYTES. OUTPUT: call
 * again without a byte. INPUT after output: the block ended within the previous byte. */
bzip2_step bzip2_block_step(bzip2_block *b, const unsigned char *byte);

#endif
