/* A library for LD_PRELOAD that makes one call of a program fail: an allocation, a file operation,
 * a network call or a new thread. tests/torture/torture.sh drives it.
 *
 * A site is a call's kind and the addresses of the innermost FRAMES functions of the program itself
 * that lead to it; calls of libraries belong to the site in the program that called the library.
 * Sites and the numbers of their calls are noted in the file TORTURE_STATE, which all processes of a
 * run share. With TORTURE_SITE=HASH, TORTURE_CALL=N and TORTURE_ERROR=ERRNO the N-th call at this site
 * fails, once for all processes. TORTURE_ERROR=0: the call transfers only half of the bytes, which
 * is a legal result.
 *
 * The file holds 64-byte rows of eight 64-bit numbers in the host's byte order. Row 0: calls at the
 * chosen site, calls that failed. Others: hash, kind (+ 256: not from a library), calls, up to eight
 * letters of the function's name, FRAMES offsets in the program. A hash of 0 is a free row.
 */
#undef _FILE_OFFSET_BITS /* functions with 32-bit and 64-bit offsets have different names */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <unwind.h>

#include "tests/preload/next.h"

#define FRAMES 4
#define DEPTH  40
#define ROWS   8192 /* a power of two */

enum kind { ALLOC = 1, WRITE, SYNC, NAME, NET, READ, OPEN, THREAD };

typedef struct {
    uint64_t hash, kind, calls, function;
    uint64_t frames[FRAMES];
} row;

static row *rows; /* NULL: inactive */
static uint64_t chosen_hash, chosen_call;
static int chosen_error;
static enum kind chosen_kind; /* 0: none chosen, sites are noted */
static uintptr_t program_base, program_end, own_base, own_end;

/* --- the site of a call --- */

typedef struct {
    uint64_t frames[FRAMES];
    uint64_t outside; /* innermost return address in a library, for threads of libraries */
    int count, depth;
    bool direct; /* the program itself called */
} trace;

static uintptr_t module_base(uintptr_t address)
{
    Dl_info info;
    return dladdr((void *)address, &info) ? (uintptr_t)info.dli_fbase : 0;
}

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *data)
{
    trace *t = data;
    uintptr_t ip = _Unwind_GetIP(context);
    if (ip >= program_base && ip < program_end) {
        t->direct = t->direct || (t->count == 0 && !t->outside);
        t->frames[t->count++] = ip - program_base;
    } else if (!t->outside && (ip < own_base || ip >= own_end))
        t->outside = ip;
    return t->count == FRAMES || ++t->depth == DEPTH ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static uint64_t site_of(enum kind kind, trace *t)
{
    uint64_t hash = 14695981039346656037u ^ (uint64_t)kind;
    memset(t, 0, sizeof *t);
    _Unwind_Backtrace(step, t);
    if (t->count == 0)
        t->frames[0] = t->outside - module_base(t->outside);
    for (int i = 0; i < FRAMES; i++)
        hash = (hash ^ t->frames[i]) * 1099511628211u;
    return (hash ^ hash >> 29) << 8 | (uint64_t)kind; /* the hash contains the kind */
}

static void note(uint64_t hash, enum kind kind, const char *function, const trace *t)
{
    for (size_t i = 1 + (hash >> 8) % (ROWS - 1), tries = 0; tries < ROWS; tries++) {
        uint64_t found = 0;
        row *r = &rows[i];
        if (__atomic_compare_exchange_n(&r->hash, &found, hash, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
            r->kind = (uint64_t)kind | (t->direct ? 256 : 0);
            memcpy(&r->function, function, strnlen(function, sizeof r->function));
            memcpy(r->frames, t->frames, sizeof r->frames);
            found = hash;
        }
        if (found == hash) {
            __atomic_add_fetch(&r->calls, 1, __ATOMIC_SEQ_CST);
            return;
        }
        i = i + 1 < ROWS ? i + 1 : 1;
    }
}

/* Whether this call is the one that fails. */
static bool chosen(enum kind kind, const char *function)
{
    trace t;
    bool yes = false;
    if (!rows || inside || !kind || (chosen_kind && (kind != chosen_kind || rows[0].kind)))
        return false;
    inside++;
    int error = errno;
    uint64_t hash = site_of(kind, &t);
    if (!chosen_kind)
        note(hash, kind, function, &t);
    else if (hash == chosen_hash)
        yes = __atomic_add_fetch(&rows[0].hash, 1, __ATOMIC_SEQ_CST) == chosen_call;
    if (yes)
        __atomic_add_fetch(&rows[0].kind, 1, __ATOMIC_SEQ_CST);
    errno = error;
    inside--;
    return yes;
}

/* --- start --- */

/* The program is the first object that dl_iterate_phdr reports. */
static int note_module(struct dl_phdr_info *info, size_t size, void *data)
{
    uintptr_t start = info->dlpi_addr, end = start, own = (uintptr_t)data;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t top = start + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && top > end)
            end = top;
    }
    if (!program_end) {
        program_base = start;
        program_end = end;
    }
    if (own >= start && own < end) {
        own_base = start;
        own_end = end;
    }
    return 0;
}

static uint64_t number_of(const char *name, int radix)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, radix) : 0;
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("TORTURE_STATE");
    if (!path)
        return;
    inside++;
    dl_iterate_phdr(note_module, (void *)(uintptr_t)start);
    chosen_hash = number_of("TORTURE_SITE", 16);
    chosen_call = number_of("TORTURE_CALL", 10);
    chosen_error = (int)number_of("TORTURE_ERROR", 10);
    chosen_kind = (enum kind)(chosen_hash & 0xff);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *map = fd < 0 ? MAP_FAILED
                       : mmap(NULL, ROWS * sizeof(row), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    rows = map == MAP_FAILED ? NULL : map;
    inside--;
}

/* --- memory --- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool no_memory(const char *function)
{
    return chosen(ALLOC, function) && (errno = ENOMEM, true);
}

void *malloc(size_t size)
{
    return no_memory("malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return no_memory("calloc") ? NULL : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
    return size > 0 && no_memory("realloc") ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return no_memory("aligned_alloc") ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *p = no_memory("posix_memalign") ? NULL : __libc_memalign(alignment, size);
    if (p)
        *out = p;
    return p ? 0 : ENOMEM;
}

/* --- the others --- */

int __open64_2(const char *path, int flags);

/* FAILS: a call that succeeds or fails as a whole. MOVES: one that may also transfer only a part of
 * its `len` bytes. */
#define FAILS(type, function, params, args, kind, failure)                                         \
    type function params                                                                           \
    {                                                                                              \
        if (chosen(kind, #function) && chosen_error) {                                             \
            errno = chosen_error;                                                                  \
            return failure;                                                                        \
        }                                                                                          \
        return NEXT(function) args;                                                                \
    }
#define MOVES(function, params, args, kind)                                                        \
    ssize_t function params                                                                        \
    {                                                                                              \
        if (chosen(kind, #function)) {                                                             \
            errno = chosen_error;                                                                  \
            if (chosen_error)                                                                      \
                return -1;                                                                         \
            len = (len + 1) / 2;                                                                   \
        }                                                                                          \
        return NEXT(function) args;                                                                \
    }

/* Pipes, sockets and files; an eventfd or a terminal takes every write. */
static enum kind moving(int fd, enum kind kind)
{
    struct stat st;
    if (!rows || inside || fstat(fd, &st) != 0)
        return 0;
    return S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) ? kind : S_ISSOCK(st.st_mode) ? NET : 0;
}

MOVES(write, (int fd, const void *data, size_t len), (fd, data, len), moving(fd, WRITE))
MOVES(pwrite64, (int fd, const void *data, size_t len, off64_t at), (fd, data, len, at), WRITE)
FAILS(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), moving(fd, WRITE), -1)
FAILS(int, fsetxattr, (int fd, const char *name, const void *value, size_t len, int flags),
      (fd, name, value, len, flags), WRITE, -1)
FAILS(int, ftruncate64, (int fd, off64_t size), (fd, size), WRITE, -1)
FAILS(int, fallocate64, (int fd, int mode, off64_t at, off64_t len), (fd, mode, at, len), WRITE, -1)
FAILS(ssize_t, copy_file_range,
      (int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags),
      (from, from_at, to, to_at, len, flags), WRITE, -1)
MOVES(read, (int fd, void *data, size_t len), (fd, data, len), moving(fd, READ))
MOVES(pread64, (int fd, void *data, size_t len, off64_t at), (fd, data, len, at), READ)

FAILS(int, fsync, (int fd), (fd), SYNC, -1)
FAILS(int, fdatasync, (int fd), (fd), SYNC, -1)

FAILS(int, rename, (const char *from, const char *to), (from, to), NAME, -1)
FAILS(int, renameat, (int from_dir, const char *from, int to_dir, const char *to),
      (from_dir, from, to_dir, to), NAME, -1)
FAILS(int, unlink, (const char *path), (path), NAME, -1)
FAILS(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags), NAME, -1)
FAILS(int, mkdir, (const char *path, mode_t mode), (path, mode), NAME, -1)
FAILS(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode), NAME, -1)
FAILS(int, rmdir, (const char *path), (path), NAME, -1)

FAILS(int, socket, (int domain, int type, int protocol), (domain, type, protocol), NET, -1)
FAILS(int, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len), NET, -1)
FAILS(int, bind, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len), NET, -1)
FAILS(int, listen, (int fd, int waiting), (fd, waiting), NET, -1)
FAILS(int, accept4, (int fd, struct sockaddr *from, socklen_t *len, int flags),
      (fd, from, len, flags), NET, -1)
FAILS(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len),
      (fd, level, name, value, len), NET, -1)
MOVES(send, (int fd, const void *data, size_t len, int flags), (fd, data, len, flags), NET)
MOVES(recv, (int fd, void *data, size_t len, int flags), (fd, data, len, flags), NET)
FAILS(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags), NET, -1)
FAILS(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags), NET, -1)
FAILS(ssize_t, sendfile64, (int to, int from, off64_t *at, size_t len), (to, from, at, len), NET,
      -1)
FAILS(int, poll, (struct pollfd * fds, nfds_t n, int timeout_ms), (fds, n, timeout_ms), NET, -1)
FAILS(int, epoll_wait, (int fd, struct epoll_event *events, int n, int timeout_ms),
      (fd, events, n, timeout_ms), NET, -1)
FAILS(int, getaddrinfo,
      (const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out),
      (host, port, hints, out), NET, EAI_AGAIN)

FAILS(int, pthread_create,
      (pthread_t * id, const pthread_attr_t *attributes, void *(*run)(void *), void *argument),
      (id, attributes, run, argument), THREAD, chosen_error)
FAILS(pid_t, fork, (void), (), THREAD, -1)

FAILS(int, epoll_create1, (int flags), (flags), OPEN, -1)
FAILS(int, eventfd, (unsigned value, int flags), (value, flags), OPEN, -1)
FAILS(int, signalfd, (int fd, const sigset_t *signals, int flags), (fd, signals, flags), OPEN, -1)
FAILS(int, pipe2, (int ends[2], int flags), (ends, flags), OPEN, -1)
FAILS(int, socketpair, (int domain, int type, int protocol, int ends[2]),
      (domain, type, protocol, ends), OPEN, -1)
FAILS(void *, mmap64, (void *at, size_t len, int access, int flags, int fd, off64_t from),
      (at, len, access, flags, fd, from), ALLOC, MAP_FAILED)

static mode_t mode_of(int flags, va_list more)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
}

static bool cannot_open(const char *function)
{
    return chosen(OPEN, function) && chosen_error && (errno = chosen_error, true);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return cannot_open("open") ? -1 : NEXT(open64)(path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return cannot_open("openat") ? -1 : NEXT(openat64)(dir, path, flags, mode);
}

/* With _FORTIFY_SOURCE: flags that need no mode. */
int __open64_2(const char *path, int flags)
{
    return cannot_open("open") ? -1 : NEXT(open64)(path, flags, 0);
}

long syscall(long number, ...)
{
    long a[6];
    va_list more;
    va_start(more, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(more, long);
    va_end(more);
    if (number == SYS_openat2 && cannot_open("openat2"))
        return -1;
    return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
