#include "base/util.h"
#include "s3/cli/transfer/stream_input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_BYTES 1048576               /* the default limit of the kernel; reduces wake-ups */
#define READ_BYTES ((size_t)1024 * 1024) /* per turn of the loop */

struct input {
    loop *loop;
    int fd;
    s3_op *upload; /* NULL: cancelled */
    loop_watch *watch;
    uint64_t bytes;
    s3_put_stream_options options;
    void (*on_failed)(void *ctx, const err *e);
};

static void on_readable(void *ctx);

static void wait_for_more(input *in)
{
    in->watch = loop_watch_readable(in->loop, in->fd, on_readable, in);
}

static void on_readable(void *ctx)
{
    input *in = ctx;
    err e = ERR_INIT;
    in->watch = NULL;
    s3_room room = s3_put_stream_room(in->upload);
    if (room.len == 0)
        return; /* on_room continues */
    ssize_t got = read(in->fd, room.data, MIN(room.len, READ_BYTES));
    if (got < 0 && errno != EINTR && errno != EAGAIN) {
        err_set_errno(&e, ERR_IO, errno, "cannot read standard input");
        s3_op_cancel(move(in->upload));
        in->on_failed(in->options.ctx, &e); /* may free it */
        return;
    }
    if (got == 0) {
        s3_put_stream_end(in->upload);
        return;
    }
    if (got > 0) {
        in->bytes += (uint64_t)got;
        s3_put_stream_filled(in->upload, (size_t)got);
    }
    wait_for_more(in);
}

/* Reads asynchronously: an error ends the upload, which must not happen in its own callback. */
static void on_room(void *ctx)
{
    input *in = ctx;
    if (!in->watch)
        wait_for_more(in);
}

/* --- forward the upload's other callbacks to the caller --- */

static void on_progress(void *ctx, uint64_t sent_bytes)
{
    const input *in = ctx;
    if (in->options.on_progress)
        in->options.on_progress(in->options.ctx, sent_bytes);
}

static void on_done(void *ctx, const s3_put_result *result, const err *error)
{
    input *in = ctx;
    in->upload = NULL;
    loop_watch_stop(move(in->watch));
    in->options.on_done(in->options.ctx, result, error); /* may free it */
}

input *input_start(loop *l, s3_client *c, int fd, const s3_put_stream_options *options,
                   void (*on_failed)(void *ctx, const err *e), s3_op **upload)
{
    input *in = xcalloc(1, sizeof *in);
    *in = (input){.loop = l, .fd = fd, .options = *options, .on_failed = on_failed};
    s3_put_stream_options mine = *options;
    mine.on_room = on_room;
    mine.on_progress = on_progress;
    mine.on_done = on_done;
    mine.ctx = in;
    *upload = in->upload = s3_put_stream(c, &mine);
    fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES); /* if it is a pipe and the limit permits it */
    on_room(in);
    return in;
}

uint64_t input_bytes(const input *in)
{
    return in->bytes;
}

void input_free(input *in)
{
    if (!in)
        return;
    loop_watch_stop(in->watch);
    free(in);
}

int input_as_file(void)
{
    struct stat st;
    bool is_file = fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
                   lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
    return is_file ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : -1;
}
