#include "tests/fake/world_inside.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ftw.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"

/* --- the pool runs when the clock's timers do --- */

static void collect(void *ctx)
{
    world *w = ctx;
    w->collect = NULL;
    while (pool_collect(w->pool))
        ;
}

static void wake(void *ctx)
{
    world *w = ctx;
    if (!w->collect)
        w->collect = timer_start(fake_transport_base(w->fake), 0, collect, w);
}

static void run_until(void *ctx, const bool *done)
{
    world *w = ctx;
    if (!fake_run_until(w->fake, done))
        fail_msg("the run hangs; its log:\n%s", buf_str(&w->log));
}

/* --- shared by store and server --- */

static void read_whole(const char *path, buf *out)
{
    err e = ERR_INIT;
    buf_init(out, 64 << 20);
    if (!fs_read_file(path, 64 << 20, out, &e))
        fail_msg("%s", e.message);
}

void world_write_file(const char *path, slice data)
{
    err e = ERR_INIT;
    if (!fs_write_file(path, data, false, &e))
        fail_msg("%s", e.message);
}

void world_recode_file(const char *from, const char *to, codec_format format)
{
    err e = ERR_INIT;
    int level = format == CODEC_XZ ? 1 : 0; /* xz -6 takes 94 MiB for a few bytes */
    if (!codec_recode_file(from, to, format, level, &e))
        fail_msg("%s", e.message);
}

void world_add(world *w, const char *name, const char *text)
{
    AUTO_FREE char *key = xasprintf("data/%s", name);
    AUTO_FREE char *plain = xasprintf("%s/plain.tmp", w->dir);
    AUTO_FREE char *coded = xasprintf("%s/coded.tmp", w->dir);
    world_write_file(plain, slice_from(text));
    world_recode_file(plain, coded, codec_by_suffix(name));
    AUTO(buf) data = {0};
    read_whole(coded, &data);
    world_put(w, key, data.data, data.len, 1000000);
    unlink(plain);
    unlink(coded);
}

void world_signal(void *ctx)
{
    world *w = ctx;
    app_signal(w->app, 15, 1);
}

void world_signal_again(void *ctx)
{
    world *w = ctx;
    app_signal(w->app, 15, 2);
}

/* --- requests --- */

static world_reply *text; /* lives until the next request */

static void answer_metadata(const world *w, const fake_request *r, fake_reply *reply)
{
    bool noticed =
        w->notice && w->submits >= w->notice_at_submit && str_ends_with(r->url, w->notice);
    bool token = str_equal(r->method, "PUT");
    reply->status = token || noticed ? 200 : 404;
    buf_append_str(&text->body, token ? "TOKEN" : noticed ? "{\"action\":\"terminate\"}" : "");
}

static uint64_t store_delay_ms(const world *w)
{
    uint64_t body_ms = w->store_bytes_per_s ? text->body.len * 1000 / w->store_bytes_per_s : 0;
    return w->store_latency_ms + body_ms;
}

static void handle(void *ctx, const fake_request *r, fake_reply *reply)
{
    world *w = ctx;
    buf_clear(&text->body);
    reply->status = 200;
    if (str_starts_with(r->url, WORLD_STORE))
        world_store_answer(w, r, reply, text);
    else if (str_starts_with(r->url, WORLD_METADATA))
        answer_metadata(w, r, reply);
    else
        world_server_answer(w, r, reply, text);
    if (str_starts_with(r->url, WORLD_STORE))
        reply->delay_ms += store_delay_ms(w);
    reply->body = buf_slice(&text->body);
}

/* --- runs --- */

static char *make_dir(const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    err e = ERR_INIT;
    if (!fs_make_dirs(path, &e))
        fail_msg("%s", e.message);
    return path;
}

world *world_new(void)
{
    world *w = xcalloc(1, sizeof *w);
    char path[] = "/tmp/decon-world-XXXXXX";
    w->dir = xstrdup(mkdtemp(path));
    static const char *const names[] = {"work", "reports", "cleaned"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        free(make_dir(w->dir, names[i]));
    buf_init(&w->log, 4 << 20);
    text = xcalloc(1, sizeof *text);
    buf_init(&text->body, 8 << 20);
    w->fake = fake_new();
    fake_handle(w->fake, handle, w);
    w->keys_known = true;
    return w;
}

void world_free(world *w)
{
    err e = ERR_INIT;
    fake_free(w->fake);
    while (w->object_count)
        world_object_drop(&w->objects[0], w);
    while (w->record_count)
        world_object_drop(&w->records[0], w);
    for (size_t i = 0; i < w->job_count; i++) {
        free(w->jobs[i].path);
        free(w->jobs[i].key);
    }
    if (!fs_remove_tree(w->dir, &e))
        fail_msg("%s", e.message);
    free(w->dir);
    buf_deinit(&w->log);
    buf_deinit(&text->body);
    free(text);
    free(w);
}

static void read_log(world *w, int fd)
{
    buf_clear(&w->log);
    char piece[4096];
    ssize_t got;
    lseek(fd, 0, SEEK_SET);
    while ((got = read(fd, piece, sizeof piece)) > 0)
        buf_append(&w->log, piece, (size_t)got);
}

static void load(world *w, const char *const *words, config *c)
{
    AUTO_FREE char *work = xasprintf("%s/work", w->dir);
    char *argv[64] = {(char *)"decon-orchestrator",
                      (char *)"--remote-file-input=s3://b/data",
                      (char *)"--remote-report-output-dir=s3://b/rep",
                      (char *)"--remote-cleaned-output-dir=s3://b/cle",
                      (char *)"--endpoint-url=http://store.test",
                      (char *)"--server-url=" WORLD_SERVER,
                      (char *)"--local-work-dir",
                      work};
    int argc = 8;
    for (; words && *words; words++)
        argv[argc++] = (char *)*words;
    err e = ERR_INIT;
    if (!config_load(argc, argv, fake_credentials, c, &e))
        fail_msg("%s", e.message);
}

int world_run(world *w, const char *const *words)
{
    AUTO(config) c = {0};
    err e = ERR_INIT;
    load(w, words, &c);
    AUTO_FD log_fd = memfd_create("log", 0);
    log_setup(&(log_options){.level = LOG_DEBUG, .fd = log_fd});
    w->submits = 0;
    w->order[0] = '\0';
    w->pool = pool_new(0, &e);
    pool_set_wake(w->pool, wake, w);
    run_context context;
    run_context_attach(&context, &c, fake_credentials, fake_transport_base(w->fake), w->pool);
    w->app = app_new(&c, &(app_env){.context = &context, .run_until = run_until, .run_ctx = w});
    int exit_status = app_run(w->app);
    while (pool_collect(w->pool)) /* what was cancelled */
        ;
    app_free(w->app);
    run_context_close(&context);
    timer_stop(fake_transport_base(w->fake), move(w->collect));
    pool_free(w->pool);
    read_log(w, log_fd);
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO});
    return exit_status;
}

bool world_logged(const world *w, const char *part)
{
    return strstr(buf_str(&w->log), part) != NULL;
}

const char *world_last_line(const world *w)
{
    static char line[1024];
    slice all = slice_trim(buf_slice(&w->log));
    const char *start = all.data ? memrchr(all.data, '\n', all.len) : NULL;
    start = start ? start + 1 : all.data;
    snprintf(line, sizeof line, "%.*s", (int)(all.data + all.len - start), start);
    return line;
}

static size_t files_seen;

static int count_file(const char *path, const struct stat *s, int type, struct FTW *at)
{
    UNUSED(s);
    UNUSED(at);
    files_seen += type == FTW_F && !str_ends_with(path, ".lock");
    return 0;
}

size_t world_files_in(const world *w, const char *below)
{
    AUTO_FREE char *path = xasprintf("%s/%s", w->dir, below);
    files_seen = 0;
    nftw(path, count_file, 16, FTW_PHYS);
    return files_seen;
}
