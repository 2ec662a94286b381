/* One block of a bzip2 stream, decoded by itself: rebuilt as a stream of one block for libbz2.
 *
 * What:    a whole block goes to a helper with the mark that was found behind it as its end. Where
 *          that does not come out (damaged, or no mark but bits that look like one), the block is
 *          decoded once more byte by byte, which finds its true end or fault, and so makes the outcome
 *          the same whatever was guessed.
 * Owner:   _init / _deinit, embedded; blocks before the memory that they share.
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

#define BZIP2_OUT_BYTES   ((size_t)1 << 20) /* most blocks come out whole; the rest in pieces */
#define BZIP2_BLOCK_BYTES ((uint64_t)6 << 20)

typedef enum bzip2_result {
    BZIP2_OK,   /* the block ended where it was said to, its CRC right */
    BZIP2_MORE, /* `out` is full: bzip2_block_continue */
    BZIP2_BAD,
    BZIP2_MEMORY, /* malloc has none */
} bzip2_result;

/* libbz2's memory, from block to block: what was used last goes first, it is still in the caches. */
typedef struct bzip2_arena {
    struct bzip2_arena *next;
    void *pieces[2];
    size_t bytes[2];
    bool used[2];
} bzip2_arena;

typedef struct bzip2_memory { /* of one decoder; any of its threads */
    pthread_mutex_t lock;
    bzip2_arena *idle;
} bzip2_memory;
void bzip2_memory_init(bzip2_memory *m);
void bzip2_memory_deinit(bzip2_memory *m);

typedef struct bzip2_block {
    helper_job job; /* first */
    uint64_t start; /* raw bit of its mark */
    char level;     /* of its stream */
    uint32_t crc;
    bool
        ends_stream; /* what follows it is the stream's end, at raw bit `end`, and another stream */
    uint64_t end;
    uint32_t stream_crc; /* as it stands there */
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
/* Takes the block [start, end) out of `bytes` (bits count from there), ready to be submitted. */
void bzip2_block_cut(bzip2_block *b, slice bytes, uint64_t start, uint64_t end, char level);
void bzip2_block_continue(bzip2_block *b); /* the next piece into `out`, and a new result */

/* Byte by byte: begins with the stream's header; then each byte of the block in turn. */
bool bzip2_block_begin(bzip2_block *b, char level) MUST_USE; /* false: memory is out */
typedef enum bzip2_step { BZIP2_STEP_INPUT, BZIP2_STEP_OUTPUT, BZIP2_STEP_BAD } bzip2_step;
/* One more byte (NULL: none), and what came out of it in `out`, up to BZIP2_OUT_BYTES. OUTPUT: call
 * again without a byte; INPUT behind output: the block has ended within the byte before. */
bzip2_step bzip2_block_step(bzip2_block *b, const unsigned char *byte);

#endif
