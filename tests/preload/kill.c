/* Preloaded: ends a program by SIGKILL before a numbered event.
 *
 * Events are the calls after which a crash can leave partial state: state changes (the log lines
 * of --log-level debug), bytes sent, files written, synced, renamed or removed. They are counted
 * over all threads and child processes of the program, in the file that DECON_KILL_FILE names (see
 * kill.h). A child process that reaches the number kills the whole program. */
#undef _FILE_OFFSET_BITS /* functions with 32-bit and 64-bit offsets have different names */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/preload/kill.h"

static kill_control *control; /* NULL: nothing is counted */

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv(KILL_FILE_VARIABLE);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *shared = fd < 0 ? MAP_FAILED
                          : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (shared == MAP_FAILED)
        return;
    control = shared;
    atomic_store(&control->pid, getpid());
}

static void count(const char *name)
{
    if (!control)
        return;
    uint64_t number = atomic_fetch_add(&control->events, 1) + 1;
    uint64_t at = atomic_load(&control->kill_at);
    if (at == 0 || number < at || !atomic_compare_exchange_strong(&control->kill_at, &at, 0))
        return;
    snprintf(control->name, sizeof control->name, "%s", name);
    kill((pid_t)atomic_load(&control->pid), SIGKILL);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* The original function. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Of log lines, only state changes are events. */
static void count_write(int fd, const void *data, size_t size)
{
    if (fd > STDERR_FILENO)
        count("write");
    else if (control && memmem(data, size, " state ", 7))
        count("state");
}

ssize_t write(int fd, const void *data, size_t size)
{
    count_write(fd, data, size);
    return NEXT(write)(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    count("write");
    return NEXT(pwrite)(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    count("write");
    return NEXT(pwrite64)(fd, data, size, offset);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    count("send");
    return NEXT(send)(fd, data, size, flags);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
               socklen_t to_size)
{
    count("send");
    return NEXT(sendto)(fd, data, size, flags, to, to_size);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    count("send");
    return NEXT(sendmsg)(fd, message, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int part_count)
{
    count("send");
    return NEXT(writev)(fd, parts, part_count);
}

ssize_t sendfile(int out, int in, off_t *offset, size_t size)
{
    count("send");
    return NEXT(sendfile)(out, in, offset, size);
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t size)
{
    count("send");
    return NEXT(sendfile64)(out, in, offset, size);
}

int fsync(int fd)
{
    count("fsync");
    return NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    count("fsync");
    return NEXT(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
    count("rename");
    return NEXT(rename)(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    count("rename");
    return NEXT(renameat)(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    count("rename");
    return NEXT(renameat2)(from_dir, from, to_dir, to, flags);
}

int unlink(const char *path)
{
    count("unlink");
    return NEXT(unlink)(path);
}

int unlinkat(int dir, const char *path, int flags)
{
    count("unlink");
    return NEXT(unlinkat)(dir, path, flags);
}
