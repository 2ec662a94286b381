#include "orchestrator/runtime/run_limits.h"

#include "decon/base/log.h"
#include "base/util.h"

#define JOBS_PER_WORKER   4
#define JOBS_WHEN_UNKNOWN 10
#define CONNECTION_BYTES  (192u << 10) /* of a transfer, beside its receive buffer */
#define RECEIVE_MIN_BYTES (16u << 10)
#define RECEIVE_MAX_BYTES (512u << 10)
#define FILES_PER_ITEM                                                                             \
    3 /* download, verification, line hashes; then hashes, result, re-encoded one */
#define FILES_FOR_THE_REST 64

app_limits app_limits_of(const config *c)
{
    uint64_t most = c->memory_budget_bytes / (RECEIVE_MIN_BYTES + CONNECTION_BYTES);
    uint64_t workers = MAX((uint64_t)1, MIN((uint64_t)c->s3_workers, most));
    uint64_t each = c->memory_budget_bytes / workers;
    uint64_t receive = each > CONNECTION_BYTES ? each - CONNECTION_BYTES : 0;
    uint64_t jobs_open = c->max_concurrent_jobs ? (uint64_t)c->max_concurrent_jobs : 128;
    return (app_limits){
        .s3_workers = (unsigned)workers,
        .connections = (unsigned)(workers + jobs_open + 2),
        .receive_buffer_bytes =
            (size_t)MAX((uint64_t)RECEIVE_MIN_BYTES, MIN(receive, (uint64_t)RECEIVE_MAX_BYTES)),
    };
}

unsigned app_limits_jobs(const config *c, const server_facts *server)
{
    if (c->max_concurrent_jobs)
        return (unsigned)c->max_concurrent_jobs;
    return server->worker_threads ? JOBS_PER_WORKER * server->worker_threads : JOBS_WHEN_UNKNOWN;
}

unsigned app_limits_live(const app_limits *l, unsigned file_limit, unsigned busy)
{
    unsigned live = busy + 2 * l->s3_workers;
    unsigned taken = l->connections + FILES_FOR_THE_REST;
    if (!file_limit)
        return live;
    unsigned spare = file_limit > taken ? (file_limit - taken) / FILES_PER_ITEM : 0;
    return MAX(1u, MIN(live, spare));
}

void app_limits_tell(const app_limits *l, const config *c, const workdir *w)
{
    char buffers[32], codecs[32], disk[32];
    uint64_t transfer_bytes =
        (uint64_t)l->s3_workers * (l->receive_buffer_bytes + CONNECTION_BYTES);
    format_size(transfer_bytes, buffers, sizeof buffers);
    format_size(c->codec_memory_bytes, codecs, sizeof codecs);
    format_size(workdir_budget_bytes(w), disk, sizeof disk);
    log_info(
        "memory ceiling: %s of transfer buffers, %s of decoders and encoders, and the listing; "
        "disk budget %s in %s",
        buffers, codecs, disk, workdir_path(w));
}
