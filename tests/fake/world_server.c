/* The world's detection server: jobs and replies. */
#include "base/util.h"
#include "tests/fake/world_inside.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"

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

static char *path_of_body(world *w, slice body)
{
    json_t *parsed = json_loadb(body.data, body.len, 0, NULL);
    w->lenient_submits += json_is_true(json_object_get(parsed, "lenient"));
    const char *path = json_string_value(json_object_get(parsed, "file_path"));
    assert_non_null(path);
    char *copy = xstrdup(path);
    json_decref(parsed);
    return copy;
}

/* A restarted process: it knows no jobs, and its folders are new. */
static void world_server_moves(world *w)
{
    for (size_t i = 0; i < w->job_count; i++)
        w->jobs[i].known = false;
    w->moved = true;
    static const char *const names[] = {"moved-reports", "moved-cleaned"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        AUTO_FREE char *path = xasprintf("%s/%s", w->dir, names[i]);
        assert_true(fs_make_dirs(path, NULL));
    }
}

static void answer_busy(fake_reply *reply, world_reply *t)
{
    reply->status = 503;
    t->headers[0] = (http_header){"Retry-After", "5"};
    reply->headers = t->headers;
    reply->header_count = 1;
    buf_append_str(&t->body, "{\"status\":\"unavailable\"}");
}

static void refuse_host(fake_reply *reply, world_reply *t)
{
    reply->status = 403;
    t->headers[0] = (http_header){"Host-Refused", "true"};
    reply->headers = t->headers;
    reply->header_count = 1;
    buf_append_str(&t->body, "Host header server.test: not a name of this server");
}

/* Earlier jobs are finished first. */
static uint64_t ready_ms(world *w, const char *path)
{
    struct stat st;
    uint64_t now_ms = clock_now_ms(fake_transport_base(w->fake));
    if (!w->server_bytes_per_s)
        return 0;
    assert_int_equal(stat(path, &st), 0);
    w->server_free_ms =
        MAX(w->server_free_ms, now_ms) + (uint64_t)st.st_size * 1000 / w->server_bytes_per_s;
    return w->server_free_ms;
}

static void submit(world *w, const fake_request *r, fake_reply *reply, world_reply *t)
{
    transport *clock = fake_transport_base(w->fake);
    if (w->submit_500) {
        w->submit_500--;
        reply->status = 500;
        return;
    }
    if (w->busy_submits) {
        w->busy_submits--;
        answer_busy(reply, t);
        return;
    }
    w->submits++;
    if (w->refuse_submits) {
        reply->status = w->refuse_submits;
        return;
    }
    if (w->submits == w->moves_at_submit)
        world_server_moves(w);
    if (w->submits == w->signal_at_submit)
        timer_start(clock, 0, world_signal, w);
    if (w->submits == w->second_signal_at_submit)
        timer_start(clock, 1, world_signal_again, w);
    world_job *j = job_of_key(w, fake_request_header(r, "Idempotency-Key"));
    if (j) {
        t->headers[0] = (http_header){"Idempotency-Replayed", "true"};
        reply->headers = t->headers;
        reply->header_count = 1;
    } else {
        assert_true(w->job_count < ARRAY_LEN(w->jobs));
        j = &w->jobs[w->job_count++];
        const char *tag = fake_request_header(r, "Job-Tag");
        if (w->tags && tag)
            snprintf(j->id, sizeof j->id, "%.8s-%.4s-8000-8000-%012zx", tag, tag + 8, w->job_count);
        else
            snprintf(j->id, sizeof j->id, "job-%zu", w->job_count);
        j->path = path_of_body(w, r->body);
        j->ready_ms = ready_ms(w, j->path);
        j->key = xstrdup(fake_request_header(r, "Idempotency-Key"));
        j->known = w->forget_jobs == 0;
        w->forget_jobs -= w->forget_jobs > 0;
        count_open_jobs(w);
    }
    buf_printf(&t->body, "{\"job_id\":\"%s\"}", j->id);
}

/* A result's path as reported to the client. */
static char *reported_path(const char *pattern, const char *id, const char *path)
{
    if (!pattern)
        return xstrdup(path);
    size_t front = strcspn(pattern, "*");
    return pattern[front] ? xasprintf("%.*s%s%s", (int)front, pattern, id, pattern + front + 1)
                          : xstrdup(pattern);
}

static const char *folder_prefix(const world *w)
{
    return w->moved ? "moved-" : "";
}

typedef struct detection {
    bool no_near;
    buf report, near, cleaned;
} detection;

static bool look_at_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(e);
    detection *d = ctx;
    if (memmem(text.data, text.len, "BAD", 3)) {
        buf_printf(&d->report, "{\"training_line\":%llu}\n", (unsigned long long)number);
    } else {
        if (memmem(text.data, text.len, "NEAR", 4) && !d->no_near)
            buf_printf(&d->near, "{\"training_line\":%llu}\n", (unsigned long long)number);
        buf_append_slice(&d->cleaned, text);
        if (has_newline)
            buf_append_char(&d->cleaned, '\n');
    }
    return true;
}

static void tell_near(const world *w, const world_job *j, const buf *near, buf *out)
{
    AUTO_FREE char *path = xasprintf("%s/%sreports/%s.near.jsonl", w->dir, folder_prefix(w), j->id);
    if (near->len && !j->done)
        world_write_file(path, buf_slice(near));
    if (near->len)
        buf_printf(out, ",\"near_path\":\"%s\"", path);
}

static void finish_job(world *w, world_job *j, world_reply *t)
{
    detection d = {.no_near = w->no_near && !j->done};
    buf_init(&d.report, 1 << 20);
    buf_init(&d.near, 1 << 20);
    buf_init(&d.cleaned, 1 << 20);
    AUTO_PTR(stage) lines = stage_lines_new(1 << 20, NULL, look_at_line, &d);
    err e = ERR_INIT;
    if (!codec_decode_file(j->path, lines, &e))
        fail_msg("%s", e.message);
    if (w->read_half)
        d.cleaned.len /= 2;
    if (w->change_report)
        w->change_report(&d.report);
    if (w->change_cleaned)
        w->change_cleaned(&d.cleaned);
    AUTO_FREE char *report =
        xasprintf("%s/%sreports/%s.report.jsonl", w->dir, folder_prefix(w), j->id);
    AUTO_FREE char *cleaned =
        xasprintf("%s/%scleaned/%s.jsonl.gz", w->dir, folder_prefix(w), j->id);
    AUTO_FREE char *report_path = reported_path(w->name_report, j->id, report);
    AUTO_FREE char *cleaned_path = reported_path(w->name_cleaned, j->id, cleaned);
    AUTO_FREE char *plain = xasprintf("%s/plain.tmp", w->dir);
    buf_printf(&t->body, "{\"job_id\":\"%s\",\"status\":\"completed\"", j->id);
    if (w->job_fingerprint)
        buf_printf(&t->body, ",\"fingerprint\":\"%s\"", w->job_fingerprint);
    if (d.report.len) {
        if (!j->done)
            world_write_file(report, buf_slice(&d.report));
        buf_printf(&t->body, ",\"output_path\":\"%s\"", report_path);
    }
    tell_near(w, j, &d.near, &t->body);
    if (w->purify) {
        if (!j->done) {
            world_write_file(plain, buf_slice(&d.cleaned));
            world_recode_file(plain, cleaned, CODEC_GZIP);
            unlink(plain);
            if (w->change_cleaned_file)
                w->change_cleaned_file(cleaned, j->path);
        }
        buf_printf(&t->body, ",\"purified_path\":\"%s\"", cleaned_path);
    }
    if (w->unread_lines)
        buf_printf(&t->body, ",\"unread_lines\":%u", w->unread_lines);
    buf_append_str(&t->body, "}");
    j->done = true;
    if (w->before_status)
        w->before_status(w, j->id);
    buf_deinit(&d.report);
    buf_deinit(&d.near);
    buf_deinit(&d.cleaned);
}

static bool waits(const world *w, const world_job *j)
{
    bool waits = false;
    for (const world_job *earlier = w->jobs; w->one_at_a_time && earlier < j; earlier++)
        waits = waits || (earlier->known && !earlier->done);
    return waits;
}

static void status(world *w, const char *id, world_reply *t)
{
    for (size_t i = 0; i < w->job_count; i++) {
        world_job *j = &w->jobs[i];
        if (strcmp(j->id, id) != 0 || !j->known)
            continue;
        if (clock_now_ms(fake_transport_base(w->fake)) < j->ready_ms) {
            buf_printf(&t->body, "{\"job_id\":\"%s\",\"status\":\"processing\"}", id);
        } else if (waits(w, j)) {
            buf_printf(&t->body, "{\"job_id\":\"%s\",\"status\":\"pending\"}", id);
        } else if (j->polls++ < w->polls_before_done ||
                   (w->endless && strstr(j->path, w->endless))) {
            buf_printf(&t->body, "{\"job_id\":\"%s\",\"status\":\"processing\"}", id);
        } else if (w->crash_jobs > i) {
            j->done = true;
            buf_append_str(&t->body, "{\"error\":\"Task error: signal 11\",\"process_ended\":true,"
                                     "\"status\":\"failed\"}");
        } else if (w->fail_jobs > i || (w->fail && strstr(j->path, w->fail))) {
            const char *code = w->fail_codes[i % ARRAY_LEN(w->fail_codes)];
            j->done = true;
            buf_printf(&t->body,
                       "{\"error\":\"Processing error: it broke\",%s%s%s\"status\":\"failed\"}",
                       code ? "\"error_code\":\"" : "", code ? code : "", code ? "\"," : "");
        } else {
            finish_job(w, j, t);
        }
        return;
    }
    buf_append_str(&t->body, "{\"error\":\"Job not found\"}");
}

static void tell_folder(const world *w, const char *key, const char *value, const char *name,
                        buf *out)
{
    if (value)
        buf_printf(out, "\"%s\":%s,", key, value);
    else
        buf_printf(out, "\"%s\":\"%s/%s%s\",", key, w->dir, folder_prefix(w), name);
}

static void health(world *w, world_reply *t)
{
    if (w->healths == w->signal_at_health)
        timer_start(fake_transport_base(w->fake), 0, world_signal, w);
    buf_append_str(&t->body, "{");
    tell_folder(w, "report_output_dir", w->tell_report_dir, "reports", &t->body);
    tell_folder(w, "cleaned_output_dir", w->tell_cleaned_dir, "cleaned", &t->body);
    if (w->server_content_key)
        buf_printf(&t->body, "\"content_key\":\"%s\",", w->server_content_key);
    buf_printf(&t->body, "\"status\":\"ok\",\"worker_threads\":2,\"purify\":%s%s}",
               w->purify ? "true" : "false", w->server_members ? w->server_members : "");
}

void world_server_answer(world *w, const fake_request *r, fake_reply *reply, world_reply *t)
{
    const char *path = r->url + strlen(WORLD_SERVER);
    if (w->server_down)
        reply->error = ERR_NET;
    else if (w->hang && str_starts_with(path, w->hang))
        reply->never = true;
    else if (strcmp(path, "/health") == 0 && ++w->healths > w->hang_after_healths &&
             w->hang_after_healths)
        reply->never = true;
    else if (strcmp(path, "/health") == 0 && w->busy_healths && w->busy_healths--)
        answer_busy(reply, t);
    else if (strcmp(path, "/health") == 0)
        health(w, t);
    else if (w->refuse_host)
        refuse_host(reply, t);
    else if (strcmp(path, "/submit") == 0)
        submit(w, r, reply, t);
    else if (w->looks++ > 0 && w->busy_looks && w->busy_looks--)
        answer_busy(reply, t);
    else
        status(w, path + strlen("/status/"), t);
}
