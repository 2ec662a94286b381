#include "orchestrator/cmd_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/log.h"
#include "orchestrator/app.h"
#include "orchestrator/app_limits.h"
#include "orchestrator/store.h"
#include "orchestrator/verify_task.h"
#include "s3/uri.h"

struct verify_remote {
    const config *config;
    loop *loop;
    pool *pool;
    s3_client *s3;
    codec_memory *memory;
    verifier *verifier;

    /* of the object under way */
    s3_op *get;
    verify_task *verify;
    bool done;
    uint64_t received_ms; /* when bytes came last */
    verdict verdict;
    err error;
};

static unsigned workers(const config *c)
{
    return MAX(config_codec(c, CODEC_PLAIN).threads, 1u);
}

verify_remote *verify_remote_new(const config *c, const char *(*getenv_fn)(const char *name),
                                 err *e)
{
    app_limits limits = app_limits_of(c);
    verify_remote *r = xcalloc(1, sizeof *r);
    r->config = c;
    r->loop = store_loop_new(c, getenv_fn, limits.connections, limits.receive_buffer_bytes, e);
    r->pool = r->loop ? pool_new(workers(c), e) : NULL;
    if (r->pool) {
        loop_attach_pool(r->loop, r->pool);
        r->s3 = store_client_new(c,
                                 &(store_env){.getenv_fn = getenv_fn,
                                              .transport = loop_transport(r->loop),
                                              .pool = r->pool,
                                              .requests = limits.s3_workers},
                                 e);
    }
    if (!r->s3) {
        verify_remote_free(r);
        return NULL;
    }
    r->memory = codec_memory_new(c->codec_memory_bytes);
    codec_options codec = config_codec(c, CODEC_PLAIN);
    r->verifier = verifier_new(r->pool, r->memory, &codec);
    return r;
}

void verify_remote_free(verify_remote *r)
{
    if (!r)
        return;
    s3_client_free(r->s3);
    if (r->loop)
        loop_attach_pool(r->loop, NULL);
    pool_free(r->pool);
    verifier_free(r->verifier);
    codec_memory_free(r->memory);
    loop_free(r->loop);
    free(r);
}

static void end_with(verify_remote *r, const err *error)
{
    if (r->get)
        s3_op_cancel(move(r->get));
    verify_task_cancel(move(r->verify));
    r->error = *error;
    r->done = true;
}

static void on_verified(void *ctx, const verdict *found, const err *error)
{
    verify_remote *r = ctx;
    r->verify = NULL;
    if (error) {
        end_with(r, error);
        return;
    }
    r->verdict = *found;
    r->done = !r->get;
    if (r->done)
        log_debug("verified %llu ms after the last byte had come",
                  (unsigned long long)(clock_now_ms(loop_transport(r->loop)) - r->received_ms));
}

static void on_progress(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes)
{
    verify_remote *r = ctx;
    UNUSED(received_bytes);
    r->received_ms = clock_now_ms(loop_transport(r->loop));
    if (r->verify)
        verify_task_grow(r->verify, prefix_bytes);
}

static void on_restart(void *ctx)
{
    verify_remote *r = ctx;
    if (r->verify)
        verify_task_restart(r->verify);
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    verify_remote *r = ctx;
    r->get = NULL;
    if (error)
        end_with(r, error);
    else if (r->verify)
        verify_task_end(r->verify, result->size_bytes);
    else
        r->done = true;
}

/* A file that is gone when the program ends, however it ends. */
static int open_nameless(const char *dir, err *e)
{
    char *temp_path = NULL;
    AUTO_FREE char *path = xasprintf("%s/verify", dir);
    if (!fs_make_dirs(dir, e))
        return -1;
    int fd = fs_temp_create(path, &temp_path, e);
    if (fd >= 0)
        fs_temp_discard(&temp_path);
    return fd;
}

static bool begin(verify_remote *r, const s3_uri *uri, const char *name, int fd, err *e)
{
    const config *c = r->config;
    r->done = false;
    r->error = (err)ERR_INIT;
    r->verdict = (verdict){0};
    r->verify = verify_task_start(r->verifier,
                                  &(verify_task_options){.level = (verify_level)c->verify,
                                                         .name = name,
                                                         .jsonl = config_jsonl(c),
                                                         .fd = fd,
                                                         .on_done = on_verified,
                                                         .ctx = r},
                                  e);
    if (!r->verify)
        return false;
    r->get = s3_get(r->s3, &(s3_get_options){.bucket = uri->bucket,
                                             .key = uri->key,
                                             .fd = fd,
                                             .ahead_bytes = verify_task_ahead_bytes(
                                                 (verify_level)c->verify, uri->key),
                                             .on_progress = on_progress,
                                             .on_restart = on_restart,
                                             .on_done = on_got,
                                             .ctx = r});
    return true;
}

bool verify_remote_run(verify_remote *r, const char *name, verdict *out, err *e)
{
    AUTO(s3_uri) uri = {0};
    if (!s3_uri_parse(name, &uri, e))
        return false;
    if (!uri.key[0] || str_ends_with(uri.key, "/"))
        return err_set(e, ERR_CONFIG, "%s is a folder; name its objects (decon-s3 ls lists them)",
                       name);
    AUTO_FD fd = open_nameless(r->config->local_work_dir, e);
    if (fd < 0 || !begin(r, &uri, name, fd, e))
        return false;
    loop_run(r->loop, &r->done);
    *out = r->verdict;
    if (err_is_set(&r->error)) {
        *e = r->error;
        return false;
    }
    return true;
}
