/* Memory for decoders and encoders: admission in the order of asking, within one bound.
 *
 * What:    a codec is let in with as much as it asks for, or waits until others have given theirs
 *          back. Windows are the largest memory of a run (xz -6 encodes with 93 MiB, zstd --long=31
 *          decodes with 2 GiB), so they have a bound of their own: option codec_memory.
 * Owner:   codec_memory_new / _free. A ticket is the caller's, embedded; it must be given back (or
 *          never have been asked) before it goes.
 * Threads: loop only.
 * Fails:   never; nobody may ask for more than codec_memory_limit.
 */
#ifndef ORCHESTRATOR_RUNTIME_CODEC_MEMORY_H
#define ORCHESTRATOR_RUNTIME_CODEC_MEMORY_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct codec_memory codec_memory;

typedef struct codec_ticket {
    /* the caller's, set before it asks */
    void (*on_admitted)(struct codec_ticket *t);
    /* this module's */
    uint64_t bytes;
    bool waiting, admitted;
    struct codec_ticket *next;
} codec_ticket;

codec_memory *codec_memory_new(uint64_t limit_bytes) MUST_USE;
void codec_memory_free(codec_memory *m); /* NULL is fine */
uint64_t codec_memory_limit(const codec_memory *m);

/* Calls on_admitted, at once or later. More than the limit is taken for the limit. */
void codec_memory_ask(codec_memory *m, codec_ticket *t, uint64_t bytes);
/* Gives back what it has, or leaves the queue; others may be admitted meanwhile. */
void codec_memory_give(codec_memory *m, codec_ticket *t);

/* Appends what to do about one codec that needs more than the whole limit. */
void codec_memory_advise(const codec_memory *m, err *e);
/* The same for one that the detection server, whose limit is `server_bytes`, could not decode. */
void codec_memory_advise_server(uint64_t server_bytes, err *e);

#endif
