/* Whole files through a chain of stages: decode one, write it anew in another format. */
#include "compression/coder.h"

#include "base/fsutil.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)256 * 1024)

/* Reads until `data` is full or the file ends: a short read is not the end. */
static bool read_piece(int fd, char *data, size_t size, size_t *len, err *e)
{
    *len = 0;
    while (*len < size) {
        ssize_t got = read(fd, data + *len, size - *len);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return err_set_errno(e, ERR_IO, errno, "cannot read");
        if (got > 0)
            *len += (size_t)got;
    }
    return true;
}

static bool feed_rest(stage *first, int fd, char *piece, err *e)
{
    for (size_t len = PIECE_BYTES; len == PIECE_BYTES;) {
        if (!read_piece(fd, piece, PIECE_BYTES, &len, e))
            return false;
        if (len > 0 && !stage_feed(first, (slice){.data = piece, .len = len}, e))
            return false;
    }
    return stage_finish(first, e);
}

bool stage_feed_file(stage *first, int fd, err *e)
{
    AUTO_FREE char *piece = xcalloc(1, PIECE_BYTES);
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice only; pipes refuse it */
    return feed_rest(first, fd, piece, e);
}

static bool decode_fd(int fd, const char *path, stage *sink, err *e)
{
    char head[CODEC_MAGIC_BYTES];
    size_t len;
    if (!read_piece(fd, head, sizeof head, &len, e))
        return false;
    slice start = {.data = head, .len = len};
    AUTO_PTR(stage) source = codec_decoder_new(codec_detect(start, path), sink, e);
    return source && (len == 0 || stage_feed(source, start, e)) && stage_feed_file(source, fd, e);
}

bool codec_decode_file(const char *path, stage *sink, err *e)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot open %s", path);
    if (!decode_fd(fd, path, sink, e))
        return err_context(e, "%s", path);
    return true;
}

static bool recode_into(const char *from, int fd, codec_format format, int level, err *e)
{
    AUTO_PTR(stage) writer = stage_fd_writer_new(fd);
    AUTO_PTR(stage) first = codec_encoder_new(format, level, writer, e);
    return first && codec_decode_file(from, first, e);
}

bool codec_recode_file(const char *from, const char *to, codec_format format, int level, err *e)
{
    char *temp_path = NULL;
    AUTO_FD fd = fs_temp_create(to, &temp_path, e);
    if (fd < 0)
        return false;
    if (!recode_into(from, fd, format, level, e)) {
        fs_temp_discard(&temp_path);
        return err_context(e, "cannot write %s as %s", to, codec_get(format)->name);
    }
    return fs_temp_commit(&temp_path, to, e);
}
