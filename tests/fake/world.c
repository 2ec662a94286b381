#include "tests/fake/world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ftw.h>
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/log.h"
#include "compression/codec.h"
#include "s3/uri.h"

#define STORE  "http://store.test/"
#define SERVER "http://server.test"

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

/* --- objects --- */

static world_object *find(world *w, const char *key)
{
    for (size_t i = 0; i < w->object_count; i++)
        if (strcmp(w->objects[i].key, key) == 0)
            return &w->objects[i];
    return NULL;
}

const world_object *world_find(const world *w, const char *key)
{
    return find((world *)w, key);
}

static void drop(world_object *o, world *w)
{
    free(o->key);
    free(o->data);
    *o = w->objects[--w->object_count];
}

void world_put(world *w, const char *key, const char *data, size_t len, int64_t time_s)
{
    world_object *o = find(w, key);
    if (o)
        drop(o, w);
    assert_true(w->object_count < ARRAY_LEN(w->objects));
    o = &w->objects[w->object_count++];
    *o = (world_object){.key = xstrdup(key),
                        .data = xcalloc(1, len + 1),
                        .len = len,
                        .time_s = time_s,
                        .version = ++w->versions};
    if (len)
        memcpy(o->data, data, len);
}

static void read_whole(const char *path, buf *out)
{
    err e = ERR_INIT;
    buf_init(out, 64 << 20);
    if (!fs_read_file(path, 64 << 20, out, &e))
        fail_msg("%s", e.message);
}

static void write_whole(const char *path, slice data)
{
    err e = ERR_INIT;
    if (!fs_write_file(path, data, false, &e))
        fail_msg("%s", e.message);
}

static void recode(const char *from, const char *to, codec_format format)
{
    err e = ERR_INIT;
    if (!codec_recode_file(from, to, format, 0, &e))
        fail_msg("%s", e.message);
}

void world_add(world *w, const char *name, const char *text)
{
    AUTO_FREE char *key = xasprintf("data/%s", name);
    AUTO_FREE char *plain = xasprintf("%s/plain.tmp", w->dir);
    AUTO_FREE char *coded = xasprintf("%s/coded.tmp", w->dir);
    write_whole(plain, slice_from(text));
    recode(plain, coded, codec_by_suffix(name));
    AUTO(buf) data;
    read_whole(coded, &data);
    world_put(w, key, data.data, data.len, 1000000);
    unlink(plain);
    unlink(coded);
}

static void send_signal(void *ctx)
{
    world *w = ctx;
    app_signal(w->app, 15, 1);
}

static void send_second_signal(void *ctx)
{
    world *w = ctx;
    app_signal(w->app, 15, 2);
}

/* --- the store --- */

typedef struct reply_text {
    buf body;
    http_header headers[4];
    char etag[32], when[64], range[96];
} reply_text;

static void format_time(int64_t time_s, bool iso, char *out, size_t size)
{
    struct tm parts;
    time_t t = (time_t)time_s;
    gmtime_r(&t, &parts);
    if (iso)
        strftime(out, size, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
    else
        strftime(out, size, "%a, %d %b %Y %H:%M:%S GMT", &parts);
}

static void list_objects(world *w, const char *query, reply_text *t)
{
    AUTO(buf) prefix;
    buf_init(&prefix, 4096);
    if (w->signal_at_listing)
        send_signal(w); /* a timer would wait for all replies that are due */
    w->signal_at_listing = false;
    const char *at = strstr(query, "prefix=");
    err e = ERR_INIT;
    if (at)
        assert_true(s3_uri_decode((slice){at + 7, strcspn(at + 7, "&")}, false, &prefix, &e));
    buf_append_str(&t->body, "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false"
                             "</IsTruncated><EncodingType>url</EncodingType>");
    for (size_t i = 0; i < w->object_count; i++) {
        const world_object *o = &w->objects[i];
        if (!str_starts_with(o->key, buf_str(&prefix)))
            continue;
        char when[64];
        format_time(o->time_s, true, when, sizeof when);
        buf_append_str(&t->body, "<Contents><Key>");
        s3_uri_encode(slice_from(o->key), true, &t->body);
        buf_printf(&t->body,
                   "</Key><LastModified>%s</LastModified><ETag>&quot;v%u&quot;</ETag><Size>%zu"
                   "</Size></Contents>",
                   when, o->version, o->len);
    }
    buf_append_str(&t->body, "</ListBucketResult>");
}

static void fail_reply(fake_reply *reply, reply_text *t, int status, const char *code)
{
    reply->status = status;
    buf_printf(&t->body, "<Error><Code>%s</Code><Message>no</Message></Error>", code);
}

static void describe_object(const world_object *o, fake_reply *reply, reply_text *t)
{
    snprintf(t->etag, sizeof t->etag, "\"v%u\"", o->version);
    format_time(o->time_s, false, t->when, sizeof t->when);
    t->headers[0] = (http_header){"ETag", t->etag};
    t->headers[1] = (http_header){"Last-Modified", t->when};
    reply->headers = t->headers;
    reply->header_count = 2;
}

static void get_object(world *w, const char *key, const fake_request *r, fake_reply *reply,
                       reply_text *t)
{
    const world_object *o = find(w, key);
    w->downloads++;
    if (w->get_503) {
        w->get_503--;
        fail_reply(reply, t, 503, "SlowDown");
        return;
    }
    if (w->forbidden && strstr(key, w->forbidden)) {
        fail_reply(reply, t, 403, "AccessDenied");
        return;
    }
    if (!o || (w->gone && strstr(key, w->gone))) {
        fail_reply(reply, t, 404, "NoSuchKey");
        return;
    }
    describe_object(o, reply, t);
    size_t from = 0, to = o->len;
    const char *range = fake_request_header(r, "Range");
    if (range) {
        unsigned long first = 0, last = 0;
        assert_int_equal(sscanf(range, "bytes=%lu-%lu", &first, &last), 2);
        from = first;
        to = MIN(o->len, last + 1);
        snprintf(t->range, sizeof t->range, "bytes %zu-%zu/%zu", from, to - 1, o->len);
        t->headers[reply->header_count++] = (http_header){"Content-Range", t->range};
        reply->status = 206;
    }
    buf_append(&t->body, o->data + from, to - from);
}

static void head_object(world *w, const char *key, fake_reply *reply, reply_text *t)
{
    const world_object *o = find(w, key);
    reply->status = o ? 200 : 404;
    if (!o)
        return;
    describe_object(o, reply, t);
    snprintf(t->range, sizeof t->range, "%zu", o->len);
    t->headers[reply->header_count++] = (http_header){"Content-Length", t->range};
}

static void note(world *w, const char *what, const char *key)
{
    size_t used = strlen(w->order);
    snprintf(w->order + used, sizeof w->order - used, "%s %s\n", what, key);
}

static void put_object(world *w, const char *key, const fake_request *r, fake_reply *reply,
                       reply_text *t)
{
    if (w->refuse_put && strstr(key, w->refuse_put)) {
        fail_reply(reply, t, 403, "AccessDenied");
        return;
    }
    const char *source = fake_request_header(r, "x-amz-copy-source");
    int64_t now_s = clock_wall_s(fake_transport_base(w->fake));
    reply->delay_ms = w->slow_put && strstr(key, w->slow_put) ? 25000 : 0;
    note(w, source ? "COPY" : "PUT", key);
    if (!source) {
        world_put(w, key, r->body.data, r->body.len, now_s);
        describe_object(find(w, key), reply, t);
        return;
    }
    AUTO(buf) from;
    buf_init(&from, 4096);
    err e = ERR_INIT;
    source += source[0] == '/';
    assert_true(s3_uri_decode(slice_from(source), false, &from, &e));
    const world_object *o = find(w, buf_str(&from) + strlen(WORLD_BUCKET "/"));
    assert_non_null(o);
    AUTO_FREE char *copy = xcalloc(1, o->len + 1);
    size_t len = o->len;
    memcpy(copy, o->data, len);
    world_put(w, key, copy, len, now_s);
    buf_append_str(&t->body, "<CopyObjectResult><ETag>&quot;x&quot;</ETag></CopyObjectResult>");
}

static void start_multipart(world *w, const char *key, fake_reply *reply, reply_text *t)
{
    if (w->refuse_put && strstr(key, w->refuse_put)) {
        fail_reply(reply, t, 403, "AccessDenied");
        return;
    }
    buf_append_str(&t->body, "<InitiateMultipartUploadResult><UploadId>u1</UploadId>"
                             "</InitiateMultipartUploadResult>");
}

static void delete_object(world *w, const char *key, const char *query, fake_reply *reply)
{
    reply->status = 204;
    if (query[0])
        return; /* the abort of a probe */
    note(w, "DELETE", key);
    world_object *o = find(w, key);
    if (o)
        drop(o, w);
}

static void on_store(world *w, const fake_request *r, fake_reply *reply, reply_text *t)
{
    const char *rest = r->url + strlen(STORE);
    size_t path_len = strcspn(rest, "?");
    const char *query = rest[path_len] ? rest + path_len + 1 : "";
    size_t bucket_len = strcspn(rest, "/?");
    AUTO_FREE char *bucket = xstrndup(rest, bucket_len);
    AUTO(buf) key;
    buf_init(&key, 4096);
    err e = ERR_INIT;
    if (bucket_len < path_len)
        assert_true(s3_uri_decode((slice){rest + bucket_len + 1, path_len - bucket_len - 1}, false,
                                  &key, &e));
    const char *name = buf_str(&key);
    if (w->missing_bucket && strcmp(bucket, w->missing_bucket) == 0)
        fail_reply(reply, t, 404, "NoSuchBucket");
    else if (strstr(query, "list-type=2"))
        list_objects(w, query, t);
    else if (strcmp(r->method, "GET") == 0)
        get_object(w, name, r, reply, t);
    else if (strcmp(r->method, "HEAD") == 0)
        head_object(w, name, reply, t);
    else if (strcmp(r->method, "PUT") == 0)
        put_object(w, name, r, reply, t);
    else if (strcmp(r->method, "POST") == 0)
        start_multipart(w, name, reply, t);
    else
        delete_object(w, name, query, reply);
}

/* --- the detection server --- */

static world_job *job_of_key(world *w, const char *key)
{
    for (size_t i = 0; w->keys_known && i < w->job_count; i++)
        if (w->jobs[i].known && strcmp(w->jobs[i].key, key) == 0)
            return &w->jobs[i];
    return NULL;
}

static void count_open_jobs(world *w)
{
    unsigned open = 0;
    for (size_t i = 0; i < w->job_count; i++)
        open += w->jobs[i].known && !w->jobs[i].done;
    w->peak_open_jobs = MAX(w->peak_open_jobs, open);
}

static char *path_of_body(slice body)
{
    json_t *parsed = json_loadb(body.data, body.len, 0, NULL);
    const char *path = json_string_value(json_object_get(parsed, "file_path"));
    assert_non_null(path);
    char *copy = xstrdup(path);
    json_decref(parsed);
    return copy;
}

static void submit(world *w, const fake_request *r, fake_reply *reply, reply_text *t)
{
    transport *clock = fake_transport_base(w->fake);
    if (w->submit_500) {
        w->submit_500--;
        reply->status = 500;
        return;
    }
    w->submits++;
    if (w->submits == w->signal_at_submit)
        timer_start(clock, 0, send_signal, w);
    if (w->submits == w->second_signal_at_submit)
        timer_start(clock, 1, send_second_signal, w);
    world_job *j = job_of_key(w, fake_request_header(r, "Idempotency-Key"));
    if (j) {
        t->headers[0] = (http_header){"Idempotency-Replayed", "true"};
        reply->headers = t->headers;
        reply->header_count = 1;
    } else {
        assert_true(w->job_count < ARRAY_LEN(w->jobs));
        j = &w->jobs[w->job_count++];
        snprintf(j->id, sizeof j->id, "job-%zu", w->job_count);
        j->path = path_of_body(r->body);
        j->key = xstrdup(fake_request_header(r, "Idempotency-Key"));
        j->known = w->forget_jobs == 0;
        w->forget_jobs -= w->forget_jobs > 0;
        count_open_jobs(w);
    }
    buf_printf(&t->body, "{\"job_id\":\"%s\"}", j->id);
}

typedef struct detection {
    const world *world;
    buf report, cleaned;
} detection;

static bool look_at_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(e);
    detection *d = ctx;
    if (memmem(text.data, text.len, "BAD", 3)) {
        buf_printf(&d->report, "{\"training_line\":%llu}\n", (unsigned long long)number);
    } else {
        buf_append_slice(&d->cleaned, text);
        if (has_newline)
            buf_append_char(&d->cleaned, '\n');
    }
    return true;
}

static void finish_job(world *w, world_job *j, reply_text *t)
{
    detection d = {.world = w};
    buf_init(&d.report, 1 << 20);
    buf_init(&d.cleaned, 1 << 20);
    AUTO_PTR(stage) lines = stage_lines_new(1 << 20, NULL, look_at_line, &d);
    err e = ERR_INIT;
    if (!codec_decode_file(j->path, lines, &e))
        fail_msg("%s", e.message);
    if (w->read_half)
        d.cleaned.len /= 2;
    AUTO_FREE char *report = xasprintf("%s/reports/%s.report.jsonl", w->dir, j->id);
    AUTO_FREE char *cleaned = xasprintf("%s/cleaned/%s.jsonl.gz", w->dir, j->id);
    AUTO_FREE char *plain = xasprintf("%s/plain.tmp", w->dir);
    buf_printf(&t->body, "{\"job_id\":\"%s\",\"status\":\"completed\"", j->id);
    if (d.report.len) {
        if (!j->done)
            write_whole(report, buf_slice(&d.report));
        buf_printf(&t->body, ",\"output_path\":\"%s\"", report);
    }
    if (w->purify) {
        if (!j->done) {
            write_whole(plain, buf_slice(&d.cleaned));
            recode(plain, cleaned, CODEC_GZIP);
            unlink(plain);
        }
        buf_printf(&t->body, ",\"purified_path\":\"%s\"", cleaned);
    }
    buf_append_str(&t->body, "}");
    j->done = true;
    buf_deinit(&d.report);
    buf_deinit(&d.cleaned);
}

static void status(world *w, const char *id, reply_text *t)
{
    for (size_t i = 0; i < w->job_count; i++) {
        world_job *j = &w->jobs[i];
        if (strcmp(j->id, id) != 0 || !j->known)
            continue;
        if (j->polls++ < w->polls_before_done) {
            buf_printf(&t->body, "{\"job_id\":\"%s\",\"status\":\"processing\"}", id);
        } else if (w->fail_jobs > i) {
            j->done = true;
            buf_printf(&t->body,
                       "{\"error\":\"Processing error: it broke\",\"status\":\"failed\"}");
        } else {
            finish_job(w, j, t);
        }
        return;
    }
    buf_append_str(&t->body, "{\"error\":\"Job not found\"}");
}

static void on_server(world *w, const fake_request *r, fake_reply *reply, reply_text *t)
{
    const char *path = r->url + strlen(SERVER);
    if (w->server_down)
        reply->error = ERR_NET;
    else if (strcmp(path, "/health") == 0)
        buf_printf(&t->body,
                   "{\"status\":\"ok\",\"worker_threads\":2,\"purify\":%s,\"report_output_dir\":"
                   "\"%s/reports\",\"cleaned_output_dir\":\"%s/cleaned\"%s%s%s}",
                   w->purify ? "true" : "false", w->dir, w->dir,
                   w->server_content_key ? ",\"content_key\":\"" : "",
                   w->server_content_key ? w->server_content_key : "",
                   w->server_content_key ? "\"" : "");
    else if (strcmp(path, "/submit") == 0)
        submit(w, r, reply, t);
    else
        status(w, path + strlen("/status/"), t);
}

static reply_text *text; /* lives until the next request */

static void handle(void *ctx, const fake_request *r, fake_reply *reply)
{
    world *w = ctx;
    buf_clear(&text->body);
    reply->status = 200;
    if (str_starts_with(r->url, STORE))
        on_store(w, r, reply, text);
    else
        on_server(w, r, reply, text);
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
        drop(&w->objects[0], w);
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

static const char *world_env(const char *name)
{
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return "AKIDEXAMPLE";
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? "example-secret" : NULL;
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
                      (char *)"--server-url=" SERVER,
                      (char *)"--local-work-dir",
                      work};
    int argc = 8;
    for (; words && *words; words++)
        argv[argc++] = (char *)*words;
    err e = ERR_INIT;
    if (!config_load(argc, argv, world_env, c, &e))
        fail_msg("%s", e.message);
}

int world_run(world *w, const char *const *words)
{
    AUTO(config) c;
    err e = ERR_INIT;
    load(w, words, &c);
    AUTO_FD log_fd = memfd_create("log", 0);
    log_setup(&(log_options){.level = LOG_DEBUG, .fd = log_fd});
    w->submits = 0;
    w->order[0] = '\0';
    w->pool = pool_new(0, &e);
    pool_set_wake(w->pool, wake, w);
    w->app = app_new(&c, &(app_env){.transport = fake_transport_base(w->fake),
                                    .pool = w->pool,
                                    .run_until = run_until,
                                    .run_ctx = w,
                                    .getenv_fn = world_env});
    int exit_status = app_run(w->app);
    while (pool_collect(w->pool)) /* what was cancelled */
        ;
    app_free(w->app);
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
