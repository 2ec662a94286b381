/* A detection server whose cleaned files are wrong in a chosen way, for the tests of whole programs.
 *
 * usage: odd_server DIR MODE
 *
 * What:    /health, /submit, /status/ID as the reference server has them. A line with "A friend
 *          asked" is contaminated; reports and cleaned files (gzip) go to DIR/reports and
 *          DIR/cleaned, the port to DIR/odd.port. A job is done within its submission.
 *          MODE: right; garbage (each line another text of the same length); swapped (the first two
 *          lines); bit (one bit of the last line); newline (the last one is missing); bytes (the
 *          input's compressed bytes, with as many newlines as the text should have).
 * Owner:   the process. Threads: one. Fails: exit status 1.
 */
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/httpd/httpd.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "base/fsutil.h"
#include "decon/compression/codec.h"
#include "base/util.h"

#define TEXT_MAX_BYTES ((size_t)64 << 20)

typedef struct server {
    const char *dir, *mode;
    unsigned jobs;
    bool contaminated[1000];
} server;

typedef struct job {
    buf report, cleaned;
    size_t kept_lines;
} job;

static bool look_at_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    job *j = ctx;
    UNUSED(e);
    if (memmem(text.data, text.len, "A friend asked", 14)) {
        buf_printf(&j->report, "{\"training_line\":%llu}\n", (unsigned long long)number);
        return true;
    }
    j->kept_lines++;
    buf_append_slice(&j->cleaned, text);
    if (has_newline)
        buf_append_char(&j->cleaned, '\n');
    return true;
}

static void swap_first_lines(buf *text)
{
    AUTO_FREE char *copy = slice_dup(buf_slice(text));
    char *second = strchr(copy, '\n') + 1, *third = strchr(second, '\n') + 1;
    size_t len = (size_t)(third - second);
    memcpy(text->data, second, len);
    memcpy(text->data + len, copy, (size_t)(second - copy));
}

/* The file's own bytes with `lines` newlines. */
static bool take_bytes(const char *path, size_t lines, buf *out, err *e)
{
    buf_clear(out);
    if (!fs_read_file(path, TEXT_MAX_BYTES, out, e))
        return false;
    for (size_t i = 0; i < out->len; i++)
        if (out->data[i] == '\n')
            out->data[i] = ' ';
    while (lines-- > 0)
        buf_append_char(out, '\n');
    return true;
}

static bool spoil(const server *s, const char *path, job *j, err *e)
{
    buf *text = &j->cleaned;
    if (str_equal(s->mode, "bytes"))
        return take_bytes(path, j->kept_lines, text, e);
    if (str_equal(s->mode, "swapped"))
        swap_first_lines(text);
    if (str_equal(s->mode, "bit"))
        text->data[text->len - 3] ^= 1;
    if (str_equal(s->mode, "newline"))
        text->len--;
    for (size_t i = 0; str_equal(s->mode, "garbage") && i < text->len; i++)
        if (text->data[i] != '\n')
            text->data[i] = 'x';
    return true;
}

static bool write_gzip(const char *path, slice text, err *e)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return err_set(e, ERR_IO, "%s: cannot be made", path);
    AUTO_PTR(stage) writer = stage_fd_writer_new(fileno(file));
    AUTO_PTR(stage) gzip = codec_encoder_new(CODEC_GZIP, 0, writer, e);
    bool ok = gzip && stage_feed(gzip, text, e) && stage_finish(gzip, e);
    return fclose(file) == 0 && ok;
}

static bool run_job(server *s, unsigned id, const char *path, err *e)
{
    job j = {0};
    buf_init(&j.report, TEXT_MAX_BYTES);
    buf_init(&j.cleaned, TEXT_MAX_BYTES);
    AUTO_PTR(stage) lines = stage_lines_new(TEXT_MAX_BYTES, NULL, look_at_line, &j);
    AUTO_FREE char *report = xasprintf("%s/reports/job-%u.report.jsonl", s->dir, id);
    AUTO_FREE char *cleaned = xasprintf("%s/cleaned/job-%u.jsonl.gz", s->dir, id);
    bool ok = codec_decode_file(path, lines, e) && spoil(s, path, &j, e) &&
              write_gzip(cleaned, buf_slice(&j.cleaned), e) &&
              (j.report.len == 0 || fs_write_file(report, buf_slice(&j.report), false, e));
    s->contaminated[id] = j.report.len > 0;
    buf_deinit(&j.report);
    buf_deinit(&j.cleaned);
    return ok;
}

static void reply(httpd_request *r, int status, const buf *body)
{
    http_header type = {"Content-Type", "application/json"};
    httpd_reply(r, status, &type, 1, buf_slice(body));
}

static void submit(server *s, httpd_request *r, slice body)
{
    static const char *const key = "file_path";
    json_value value;
    err e = ERR_INIT;
    AUTO(buf) scratch = BUF(10000);
    AUTO(buf) out = BUF(10000);
    slice path = {0};
    bool ok = json_read_members(body, &key, &value, 1, NULL, &e) &&
              json_text(&value, &scratch, &path) && s->jobs < ARRAY_LEN(s->contaminated);
    AUTO_FREE char *name = slice_dup(path);
    if (ok && run_job(s, s->jobs, name, &e))
        buf_printf(&out, "{\"job_id\":\"job-%u\"}", s->jobs++);
    else
        buf_printf(&out, "{\"error\":\"%s\"}", e.message);
    reply(r, err_is_set(&e) ? 400 : 200, &out);
}

static void status(const server *s, httpd_request *r, const char *id)
{
    AUTO(buf) out = BUF(10000);
    unsigned number = (unsigned)strtoul(id, NULL, 10);
    buf_append_str(&out, "{\"status\":\"completed\"");
    if (number < s->jobs && s->contaminated[number])
        buf_printf(&out, ",\"output_path\":\"%s/reports/job-%u.report.jsonl\"", s->dir, number);
    buf_printf(&out, ",\"purified_path\":\"%s/cleaned/job-%u.jsonl.gz\"}", s->dir, number);
    reply(r, 200, &out);
}

static void begin(void *ctx, httpd_request *r, void **user)
{
    UNUSED(ctx);
    UNUSED(r);
    buf *body = xcalloc(1, sizeof *body);
    buf_init(body, 10000);
    *user = body;
}

static void take_body(void *ctx, httpd_request *r, void **user, slice data)
{
    UNUSED(ctx);
    UNUSED(r);
    buf_append_slice(*user, data);
}

static void end(void *ctx, httpd_request *r, void **user)
{
    server *s = ctx;
    const char *target = httpd_raw_target(r);
    AUTO(buf) out = BUF(10000);
    if (str_equal(target, "/submit")) {
        submit(s, r, buf_slice(*user));
    } else if (str_starts_with(target, "/status/job-")) {
        status(s, r, target + strlen("/status/job-"));
    } else {
        buf_printf(&out,
                   "{\"status\":\"ok\",\"mode\":\"simple\",\"worker_threads\":2,\"purify\":true,"
                   "\"report_output_dir\":\"%s/reports\",\"cleaned_output_dir\":\"%s/cleaned\"}",
                   s->dir, s->dir);
        reply(r, 200, &out);
    }
}

static void release(void *ctx, httpd_request *r, void **user)
{
    UNUSED(ctx);
    UNUSED(r);
    buf_deinit(*user);
    free(*user);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: odd_server DIR MODE\n", stderr);
        return 2;
    }
    server s = {.dir = argv[1], .mode = argv[2]};
    err e = ERR_INIT;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* before httpd's thread begins */
    AUTO_FREE char *port_file = xasprintf("%s/odd.port", s.dir);
    AUTO_FREE char *reports = xasprintf("%s/reports", s.dir);
    AUTO_FREE char *cleaned = xasprintf("%s/cleaned", s.dir);
    httpd_handler handler = {begin, take_body, end, release, &s};
    AUTO_PTR(httpd) http = httpd_start(&(httpd_options){.thread_count = 1}, &handler, &e);
    char port[16];
    int len = http ? snprintf(port, sizeof port, "%u\n", httpd_port(http)) : 0;
    if (!http || !fs_make_dirs(reports, &e) || !fs_make_dirs(cleaned, &e) ||
        !fs_write_file(port_file, (slice){port, (size_t)len}, false, &e)) {
        fprintf(stderr, "odd_server: %s\n", e.message);
        return 1;
    }
    int signal_number = 0;
    return sigwait(&ends, &signal_number) == 0 ? 0 : 1;
}
