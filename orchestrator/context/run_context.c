#include "orchestrator/context/run_context.h"

#include "base/util.h"
#include "orchestrator/runtime/s3_setup.h"

static void make_codecs(run_context *r)
{
    codec_options codec = config_codec(r->config, CODEC_PLAIN);
    r->codec_memory = codec_memory_new(r->config->codec_memory_bytes);
    r->verifier = verifier_new(r->pool, r->codec_memory, &codec);
}

void run_context_attach(run_context *r, const config *c, const char *(*getenv_fn)(const char *name),
                        transport *t, pool *p)
{
    *r = (run_context){
        .config = c, .getenv_fn = getenv_fn, .limits = app_limits_of(c), .transport = t, .pool = p};
    make_codecs(r);
}

bool run_context_open(run_context *r, const config *c, const char *(*getenv_fn)(const char *name),
                      unsigned workers, err *e)
{
    *r = (run_context){.config = c, .getenv_fn = getenv_fn, .limits = app_limits_of(c)};
    r->loop =
        store_loop_new(c, getenv_fn, r->limits.connections, r->limits.receive_buffer_bytes, e);
    if (!r->loop)
        return false;
    r->transport = loop_transport(r->loop);
    if (workers == 0)
        return true;
    r->pool = pool_new(workers, e);
    if (!r->pool)
        return false;
    loop_attach_pool(r->loop, r->pool);
    make_codecs(r);
    return true;
}

bool run_context_connect(run_context *r, err *e)
{
    if (!r->s3)
        r->s3 = store_client_new(r->config,
                                 &(store_env){.getenv_fn = r->getenv_fn,
                                              .transport = r->transport,
                                              .pool = r->pool,
                                              .requests = r->limits.s3_workers},
                                 e);
    return r->s3 != NULL;
}

void run_context_end_workers(run_context *r)
{
    if (!r->loop || !r->pool)
        return;
    loop_attach_pool(r->loop, NULL);
    pool_free(move(r->pool));
}

void run_context_close(run_context *r)
{
    s3_client_free(r->s3);
    run_context_end_workers(r);
    verifier_free(r->verifier);
    codec_memory_free(r->codec_memory);
    loop_free(r->loop);
    *r = (run_context){0};
}
