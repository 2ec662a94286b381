#include "s3/get/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/s3/uri.h"
#include "base/util.h"
#include "s3/client/client.h"
#include "s3/client/offload.h"

/* decon-resume 1
 * object my-bucket/in/part%2001.jsonl.gz
 * etag %22abc%22
 * size 123456789
 * have 0 33554432
 * have 50331648 67108864
 * end */

#define FIRST_LINE     "decon-resume 1\n"
#define FILE_MAX_BYTES ((size_t)1024 * 1024)

void s3_resume_deinit(s3_resume *r)
{
    free(move(r->etag));
    s3_extents_deinit(&r->have);
}

/* --- as text --- */

static void write_identity(const char *bucket, const char *key, buf *out)
{
    buf_printf(out, FIRST_LINE "object %s/", bucket);
    s3_uri_encode(slice_from(key), true, out);
    buf_append_char(out, '\n');
}

static void write_text(const char *bucket, const char *key, const s3_resume *r, buf *out)
{
    write_identity(bucket, key, out);
    buf_append_str(out, "etag ");
    s3_uri_encode(slice_from(r->etag), false, out);
    buf_printf(out, "\nsize %llu\n", (unsigned long long)r->size);
    for (size_t i = 0; i < r->have.count; i++)
        buf_printf(out, "have %llu %llu\n", (unsigned long long)r->have.rows[i].from,
                   (unsigned long long)r->have.rows[i].to);
    buf_append_str(out, "end\n");
}

static bool take_etag(const char *text, s3_resume *out)
{
    AUTO(buf) plain = BUF(4096);
    err e = ERR_INIT;
    if (!*text || !s3_uri_decode(slice_from(text), false, &plain, &e))
        return false;
    free(out->etag);
    out->etag = buf_give(&plain);
    return true;
}

/* Ranges are in order, separate, and inside the object. */
static bool take_range(char *text, s3_resume *out)
{
    uint64_t from, to;
    char *blank = strchr(text, ' ');
    if (!blank)
        return false;
    *blank = '\0';
    if (!num_parse_u64(text, &from) || !num_parse_u64(blank + 1, &to) || from >= to ||
        to > out->size || (out->have.count > 0 && from <= out->have.rows[out->have.count - 1].to))
        return false;
    s3_extents_add(&out->have, (s3_extent){.from = from, .to = to});
    return true;
}

static bool read_line(char *line, s3_resume *out)
{
    char *blank = strchr(line, ' ');
    if (!blank)
        return false;
    *blank = '\0';
    if (str_equal(line, "etag"))
        return take_etag(blank + 1, out);
    if (str_equal(line, "size"))
        return num_parse_u64(blank + 1, &out->size);
    return str_equal(line, "have") && take_range(blank + 1, out);
}

static bool read_text(char *text, s3_resume *out)
{
    for (char *end; (end = strchr(text, '\n')); text = end + 1) {
        *end = '\0';
        if (str_equal(text, "end"))
            return end[1] == '\0' && out->etag && out->have.count > 0;
        if (!read_line(text, out))
            return false;
    }
    return false;
}

/* --- load --- */

static bool holds(int fd, const s3_resume *r)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_size >= 0 &&
           (uint64_t)st.st_size >= r->have.rows[r->have.count - 1].to;
}

bool s3_resume_load(s3_resume_place place, const char *bucket, const char *key, int fd,
                    s3_resume *out)
{
    AUTO(buf) text = BUF(FILE_MAX_BYTES);
    AUTO(buf) identity = BUF(FILE_MAX_BYTES);
    err e = ERR_INIT;
    *out = (s3_resume){0};
    write_identity(bucket, key, &identity);
    if (!fs_below_read_own(place.root_fd, place.path, FILE_MAX_BYTES, &text, &e) ||
        !slice_starts_with(buf_slice(&text), buf_str(&identity)))
        return false;
    if (read_text(text.data + identity.len, out) && holds(fd, out))
        return true;
    s3_resume_deinit(out);
    return false;
}

/* --- save --- */

typedef struct save_op {
    op op;
    s3_work work;
    int root_fd;
    char *path, *temp_path;
    int fd; /* duplicated */
    buf text;
    err error; /* the worker's until it is back, like the rest */
} save_op;

static save_op *of_work(s3_work *w)
{
    return (save_op *)((char *)w - offsetof(save_op, work));
}

static bool write_temp(save_op *o, err *e)
{
    AUTO_FD temp = fs_below_temp(o->root_fd, o->path, 0600, &o->temp_path, e);
    if (temp < 0 || !fs_write_all(temp, o->text.data, o->text.len, e))
        return false;
    return fdatasync(temp) == 0 || err_set_errno(e, ERR_IO, errno, "%s", o->path);
}

static void save_run(s3_work *w)
{
    save_op *o = of_work(w);
    if (o->fd < 0 || fdatasync(o->fd) != 0)
        err_set_errno(&o->error, ERR_IO, errno, "%s: the download beside it cannot be synced",
                      o->path);
    else if (!write_temp(o, &o->error))
        err_context(&o->error, "the finished ranges cannot be recorded");
}

static void save_back(s3_work *w)
{
    save_op *o = of_work(w);
    if (!o->op.cancelled && !err_is_set(&o->error) &&
        !fs_below_temp_commit(o->root_fd, &o->temp_path, o->path, &o->error))
        err_context(&o->error, "the finished ranges cannot be recorded");
    fs_below_temp_discard(o->root_fd, &o->temp_path);
    op_finish(&o->op, err_is_set(&o->error) ? &o->error : NULL);
}

static void save_free(op *p)
{
    save_op *o = (save_op *)p;
    if (o->fd >= 0)
        close(o->fd);
    buf_deinit(&o->text);
    free(o->path);
    free(o);
}

static void save_cancel(op *p)
{
    UNUSED(p); /* the worker uses its memory: save_back ends it, and commits nothing */
}

static const op_kind save_kind = {.free = save_free, .cancel = save_cancel};

op *s3_resume_save(s3_client *c, s3_resume_place place, const char *bucket, const char *key, int fd,
                   const s3_resume *what, s3_done on_done, void *ctx)
{
    save_op *o = op_new(&save_kind, sizeof *o, NULL, c->t);
    o->op.on_done = on_done;
    o->op.ctx = ctx;
    o->work = (s3_work){.run = save_run, .done = save_back};
    o->root_fd = place.root_fd;
    o->path = xstrdup(place.path);
    o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    buf_init(&o->text, FILE_MAX_BYTES);
    write_text(bucket, key, what, &o->text);
    s3_work_start(c, &o->work);
    return op_started(&o->op);
}
