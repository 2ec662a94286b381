#include "base/util.h"
#include "compression/bzip2/bzip2_block.h"

#include <limits.h>

#define HEADER_BYTES 4
#define END_BYTES    11 /* mark and CRC at any bit position */

void bzip2_memory_init(bzip2_memory *m)
{
    *m = (bzip2_memory){.idle = NULL};
    pthread_mutex_init(&m->lock, NULL);
}

void bzip2_memory_deinit(bzip2_memory *m)
{
    for (bzip2_arena *a = m->idle, *next; a; a = next) {
        next = a->next;
        free(a->pieces[0]);
        free(a->pieces[1]);
        free(a);
    }
    pthread_mutex_destroy(&m->lock);
}

static bzip2_arena *take_arena(bzip2_memory *m)
{
    pthread_mutex_lock(&m->lock);
    bzip2_arena *a = m->idle;
    if (a)
        m->idle = a->next;
    pthread_mutex_unlock(&m->lock);
    return a ? a : xcalloc(1, sizeof *a);
}

static void give_arena(bzip2_memory *m, bzip2_arena *a)
{
    pthread_mutex_lock(&m->lock);
    a->next = m->idle;
    m->idle = a;
    pthread_mutex_unlock(&m->lock);
}

/* libbz2 requests the same two allocations for each stream: its state and the block. */
static void *arena_alloc(void *opaque, int items, int size)
{
    bzip2_arena *a = opaque;
    size_t bytes = (size_t)items * (size_t)size;
    size_t i = a->used[0] || (a->bytes[0] != bytes && a->bytes[1] == bytes && !a->used[1]);
    if (a->used[i])
        return NULL;
    if (a->bytes[i] != bytes) {
        free(a->pieces[i]);
        a->pieces[i] = malloc(bytes);
        a->bytes[i] = a->pieces[i] ? bytes : 0;
    }
    a->used[i] = a->pieces[i] != NULL;
    return a->pieces[i];
}

static void arena_free(void *opaque, void *p)
{
    bzip2_arena *a = opaque;
    for (size_t i = 0; i < ARRAY_LEN(a->pieces); i++)
        if (a->pieces[i] == p)
            a->used[i] = false;
}

static void close_stream(bzip2_block *b)
{
    if (b->open)
        BZ2_bzDecompressEnd(&b->bz);
    b->open = false;
    if (b->arena)
        give_arena(b->memory, move(b->arena));
}

static void open_stream(bzip2_block *b)
{
    close_stream(b);
    b->arena = take_arena(b->memory);
    b->bz = (bz_stream){.bzalloc = arena_alloc, .bzfree = arena_free, .opaque = b->arena};
    if (BZ2_bzDecompressInit(&b->bz, 0, 0) != BZ_OK)
        util_out_of_memory(0);
    b->open = true;
}

void bzip2_block_continue(bzip2_block *b)
{
    b->bz.next_out = b->out;
    b->bz.avail_out = (unsigned)BZIP2_OUT_BYTES;
    int result = BZ2_bzDecompress(&b->bz);
    if (result == BZ_MEM_ERROR)
        util_out_of_memory(0);
    b->out_len = BZIP2_OUT_BYTES - b->bz.avail_out;
    if (result == BZ_STREAM_END)
        b->result = b->bz.avail_in == 0 ? BZIP2_OK : BZIP2_BAD;
    else if (result == BZ_OK && b->bz.avail_out == 0)
        b->result = BZIP2_MORE;
    else
        b->result = BZIP2_BAD;
    if (b->result != BZIP2_MORE)
        close_stream(b);
}

static void run(helper_job *job)
{
    bzip2_block *b = (bzip2_block *)job;
    b->out_len = 0;
    open_stream(b);
    b->bz.next_in = (char *)b->raw;
    b->bz.avail_in = (unsigned)b->raw_len;
    bzip2_block_continue(b);
}

void bzip2_block_init(bzip2_block *b, bzip2_memory *memory)
{
    *b = (bzip2_block){.job.run = run, .memory = memory};
}

void bzip2_block_deinit(bzip2_block *b)
{
    close_stream(b);
    free(b->raw);
    free(b->out);
}

static void put_bits(unsigned char *out, uint64_t at, uint64_t value, unsigned count)
{
    while (count-- > 0) {
        if (value >> count & 1)
            out[at / 8] = (unsigned char)(out[at / 8] | 0x80u >> at % 8);
        at++;
    }
}

static void make_out(bzip2_block *b)
{
    if (!b->out)
        b->out = xcalloc(1, BZIP2_OUT_BYTES);
}

void bzip2_block_cut(bzip2_block *b, slice bytes, uint64_t start, uint64_t end, char level)
{
    size_t needed = HEADER_BYTES + (size_t)((end - start + 7) / 8) + END_BYTES;
    if (needed > b->raw_capacity) {
        free(b->raw);
        b->raw = xcalloc(1, needed);
        b->raw_capacity = needed;
    }
    make_out(b);
    b->level = level;
    b->ends_stream = false;
    memcpy(b->raw, "BZh", 3);
    b->raw[3] = (unsigned char)level;
    size_t len = bzip2_bits_copy(bytes, start, end, b->raw + HEADER_BYTES);
    memset(b->raw + HEADER_BYTES + len, 0, END_BYTES);
    b->crc = (uint32_t)bzip2_bits_read(bytes, start + BZIP2_MARK_BITS, 32);
    uint64_t at = HEADER_BYTES * 8 + (end - start);
    put_bits(b->raw, at, BZIP2_END_MARK, BZIP2_MARK_BITS);
    put_bits(b->raw, at + BZIP2_MARK_BITS, b->crc, 32); /* the stream has a single block, so both
                                                           CRCs are equal */
    b->raw_len = (size_t)((at + BZIP2_MARK_BITS + 32 + 7) / 8);
}

void bzip2_block_begin(bzip2_block *b, char level)
{
    char header[HEADER_BYTES] = {'B', 'Z', 'h', level};
    make_out(b);
    open_stream(b);
    b->bz.next_in = header;
    b->bz.avail_in = HEADER_BYTES;
    b->bz.next_out = b->out;
    b->bz.avail_out = 0;
    if (BZ2_bzDecompress(&b->bz) != BZ_OK) /* memory is all that a valid header can lack */
        util_out_of_memory(0);
}

bzip2_step bzip2_block_step(bzip2_block *b, const unsigned char *byte)
{
    b->bz.next_in = (char *)byte;
    b->bz.avail_in = byte ? 1 : 0;
    b->bz.next_out = b->out;
    b->bz.avail_out = (unsigned)BZIP2_OUT_BYTES;
    int result = BZ2_bzDecompress(&b->bz);
    if (result == BZ_MEM_ERROR)
        util_out_of_memory(0);
    b->out_len = BZIP2_OUT_BYTES - b->bz.avail_out;
    if (result != BZ_OK)
        return BZIP2_STEP_BAD;
    return b->out_len > 0 && b->bz.avail_out == 0 ? BZIP2_STEP_OUTPUT : BZIP2_STEP_INPUT;
}
