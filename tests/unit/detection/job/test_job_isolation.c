/* What a job process cannot do, tried from within one. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/security/process_guard.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "detection/job/fork_server.h"

typedef struct findings { /* errno of each attempt; 0: it succeeded */
    int inet, inet6, netlink, local, in_thread, bound, heard, ring, traced, read_memory, ran;
    int no_new_privileges, dumpable, can_read;
} findings;

static int error_of(long result)
{
    return result < 0 ? errno : 0;
}

static int open_socket(int family)
{
    return error_of(socket(family, SOCK_STREAM, 0));
}

static void *open_in_thread(void *out)
{
    *(int *)out = open_socket(AF_INET);
    return NULL;
}

static int run_program(void)
{
    char name[] = "true";
    char *argv[] = {name, NULL}, *envp[] = {NULL};
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        execve("/bin/true", argv, envp);
        _exit(errno);
    }
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static int read_memory_of(pid_t pid)
{
    char byte, *somewhere = &byte;
    struct iovec here = {&byte, 1}, there = {somewhere, 1};
    return error_of(syscall(SYS_process_vm_readv, pid, &here, 1UL, &there, 1UL, 0UL));
}

static findings probe_all(void)
{
    pthread_t thread;
    struct sockaddr_in any = {.sin_family = AF_INET};
    struct sockaddr *address = (struct sockaddr *)&any;
    char parameters[512] = "";
    findings f = {.inet = open_socket(AF_INET),
                  .inet6 = open_socket(AF_INET6),
                  .netlink = open_socket(AF_NETLINK),
                  .local = open_socket(AF_UNIX),
                  .bound = error_of(bind(-1, address, sizeof any)),
                  .heard = error_of(accept4(-1, NULL, NULL, 0)),
                  .ring = error_of(syscall(SYS_io_uring_setup, 1U, parameters)),
                  .traced = error_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)),
                  .read_memory = read_memory_of(getppid()),
                  .ran = run_program(),
                  .no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
                  .dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
                  .can_read = error_of(open("/proc/self/status", O_RDONLY | O_CLOEXEC))};
    if (pthread_create(&thread, NULL, open_in_thread, &f.in_thread) == 0)
        pthread_join(thread, NULL);
    return f;
}

static void probe(const void *ctx, int fd)
{
    UNUSED(ctx);
    findings f = probe_all();
    UNUSED(send(fd, &f, sizeof f, MSG_NOSIGNAL) < 0);
}

static void a_job_process_has_no_network_and_no_new_privileges(void **state)
{
    UNUSED(state);
    int pair[2];
    worker_process process;
    findings f = {0};
    err e = ERR_INIT;
    log_setup(&(log_options){.level = LOG_WARN, .fd = 2});
    process_hide_memory(); /* as in the programs */
    AUTO_PTR(fork_server) server = fork_server_start(probe, NULL, &e);
    if (!server)
        fail_msg("%s", e.message);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_true(fork_server_fork(server, pair[1], &process, &e));
    close(pair[1]);
    assert_int_equal(recv(pair[0], &f, sizeof f, 0), sizeof f);
    close(pair[0]);
    const int refused[] = {f.inet,  f.inet6, f.netlink, f.local,  f.in_thread,
                           f.bound, f.heard, f.ring,    f.traced, f.read_memory};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (refused[i] != EPERM)
            fail_msg("attempt %zu: %s", i, strerror(refused[i]));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_int_not_equal(f.ran, 0); /* EPERM; valgrind ends the child instead */
#endif
    assert_int_equal(f.no_new_privileges, 1);
    assert_int_equal(f.dumpable, 0);
    assert_int_equal(f.can_read, 0);
    fork_server_forget(server);
}

/* The filter is the job processes' alone. */
static void the_program_keeps_its_network(void **state)
{
    UNUSED(state);
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_process_has_no_network_and_no_new_privileges),
        cmocka_unit_test(the_program_keeps_its_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
