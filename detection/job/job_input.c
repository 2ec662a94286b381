#include "base/util.h"
#include "detection/job/job_input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compression/detect.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"

bool job_input_check(const char *path, mode_t *mode, err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "%s: not a regular file; submit a file", path);
    *mode = st.st_mode;
    codec_format format = codec_by_suffix(path);
    if (st.st_size == 0 && format != CODEC_PLAIN)
        return err_set(e, ERR_CODEC_EARLY_END, "%s ends early: an empty file is not a %s stream",
                       path, codec_get(format)->name);
    return true;
}

codec_format job_input_format(const char *path)
{
    char head[CODEC_MAGIC_BYTES];
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, head, sizeof head);
    return codec_detect((slice){.data = head, .len = got > 0 ? (size_t)got : 0}, path);
}

void job_input_warn(const job_settings *s, const char *path, const job_outcome *out)
{
    if (out->invalid_lines > 0)
        log_warn("%s: %" PRIu64 " lines are not valid UTF-8: kept unscanned", path,
                 out->invalid_lines);
    if (out->unread_lines > out->invalid_lines)
        log_warn("%s: %" PRIu64 " of %" PRIu64 " lines have no text under '%s': kept unscanned",
                 path, out->unread_lines - out->invalid_lines, out->lines, s->content_key);
}
