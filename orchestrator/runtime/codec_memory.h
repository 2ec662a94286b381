/* Memory for decoders and encoders: admission in the order of requests, within one limit.
 *
 * What:    a codec is admitted with the memory that it requests, or waits until others have
 *          released theirs. Windows are the largest memory of a run (xz -6 encodes with 93 MiB,
 *          zstd --long=31 decodes with 2 GiB), so they have a separate limit: option codec_memory.
 * Owner:   codec_memory_new / _free. A ticket is embedded in the caller's struct and must be given
 *          back before that is freed.
 * Threads: loop only.
 * Fails:   never; requests must not exceed codec_memory_limit.
 */
#ifndef ORCHESTRATOR_RUNTIME_CODEC_MEMORY_H
#define ORCHESTRATOR_RUNTIME_CODEC_MEMORY_H

#include "decon/base/err.h"
#include "base/list.h"
#include "base/util.h"

typedef struct codec_memory codec_memory;

typedef struct codec_ticket {
    /* set by the caller before codec_memory_ask */
    void (*on_admitted)(struct codec_ticket *t);
    /* this module's */
    uint64_t bytes;
    bool waiting, admitted;
    list_link link;
} codec_ticket;

codec_memory *codec_memory_new(uint64_t limit_bytes) MUST_USE;
void codec_memory_free(codec_memory *m); /* NULL is allowed */
uint64_t codec_memory_limit(const codec_memory *m);

/* Calls on_admitted, at once or later. Larger requests count as the limit. */
void codec_memory_ask(codec_memory *m, codec_ticket *t, uint64_t bytes);
/* Releases its memory, or leaves the queue; others may be admitted within the call. */
void codec_memory_give(codec_memory *m, codec_ticket *t);

/* Appends advice for a codec that needs more than the limit. */
void codec_memory_advise(const codec_memory *m, err *e);
/* The same for a file beyond the detection server's limit, `server_bytes`. */
void codec_memory_advise_server(uint64_t server_bytes, err *e);

#endif
