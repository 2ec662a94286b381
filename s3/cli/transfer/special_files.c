#include "base/util.h"
#include "s3/cli/transfer/special_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool special_is(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

int special_open(const char *path, err *e)
{
    /* O_NONBLOCK: opening a pipe would wait for a reader, and signals would not end that. */
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENXIO)
        err_set_errno(e, ERR_IO, errno, "%s: the pipe has no reader; start the reader first", path);
    else if (fd < 0 || fcntl(fd, F_SETFL, 0) != 0)
        err_set_errno(e, ERR_IO, errno, "%s: cannot open for writing", path);
    else
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}
