/* base/security/process_guard: what an isolated process cannot do any more, and what it still can.
 *
 * A filter binds the thread that installs it, so each test isolates a separate thread, and
 * the program is not affected. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"
#include "base/security/process_guard.h"

typedef struct attempt {
    const char *name;
    long number;
    long arguments[3];
    int error; /* errno of the call; 0: it succeeded */
} attempt;

typedef struct isolated {
    attempt *attempts;
    size_t count;
    bool ok;
    int no_new_privileges;
    err error;
} isolated;

static void *isolate_and_try(void *ctx)
{
    isolated *t = ctx;
    t->ok = process_isolate(&t->error);
    t->no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    for (size_t i = 0; i < t->count; i++) {
        attempt *a = &t->attempts[i];
        errno = 0;
        long got = syscall(a->number, a->arguments[0], a->arguments[1], a->arguments[2]);
        a->error = got < 0 ? errno : 0;
    }
    return NULL;
}

/* qemu-user does not emulate filters of system calls. */
static bool has_filters(void)
{
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

static void run_isolated(attempt *attempts, size_t count)
{
    if (!has_filters())
        skip();
    isolated t = {.attempts = attempts, .count = count, .error = ERR_INIT};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, isolate_and_try, &t), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (!t.ok)
        fail_msg("%s", t.error.message);
    assert_int_equal(t.no_new_privileges, 1);
}

/* None of these calls would do anything without the filter: they fail with other errors. */
static void network_programs_and_other_processes_are_out_of_reach(void **state)
{
    UNUSED(state);
    attempt attempts[] = {
        {"socket", SYS_socket, {AF_INET, SOCK_STREAM, -1}, 0},
        {"connect", SYS_connect, {-1, 0, 0}, 0},
        {"bind", SYS_bind, {-1, 0, 0}, 0},
        {"listen", SYS_listen, {-1, 0, 0}, 0},
        {"accept", SYS_accept, {-1, 0, 0}, 0},
        {"accept4", SYS_accept4, {-1, 0, 0}, 0},
        {"io_uring_setup", SYS_io_uring_setup, {0, 0, 0}, 0},
        {"ptrace", SYS_ptrace, {PTRACE_DETACH, 0, 0}, 0},
        {"process_vm_readv", SYS_process_vm_readv, {0, 0, 0}, 0},
        {"process_vm_writev", SYS_process_vm_writev, {0, 0, 0}, 0},
#ifdef __x86_64__
        {"getpid of x32", SYS_getpid | 0x40000000, {0, 0, 0}, 0},
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        {"execve", SYS_execve, {(long)"/nonexistent", 0, 0}, 0},
#endif
    };
    run_isolated(attempts, ARRAY_LEN(attempts));
    for (size_t i = 0; i < ARRAY_LEN(attempts); i++)
        if (attempts[i].error != EPERM)
            fail_msg("%s: %s", attempts[i].name, strerror(attempts[i].error));
}

static void files_and_descriptors_that_it_has_still_work(void **state)
{
    UNUSED(state);
    int ends[2];
    char byte = 'x', got = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    attempt attempts[] = {
        {"write", SYS_write, {ends[1], (long)&byte, 1}, 0},
        {"read", SYS_read, {ends[0], (long)&got, 1}, 0},
        {"faccessat", SYS_faccessat, {AT_FDCWD, (long)"/dev/null", R_OK}, 0},
        {"close", SYS_close, {ends[0], 0, 0}, 0},
    };
    run_isolated(attempts, ARRAY_LEN(attempts));
    for (size_t i = 0; i < ARRAY_LEN(attempts); i++)
        if (attempts[i].error != 0)
            fail_msg("%s: %s", attempts[i].name, strerror(attempts[i].error));
    assert_int_equal(got, 'x');
    close(ends[1]);
}

static void memory_is_hidden_from_other_processes_of_the_user(void **state)
{
    UNUSED(state);
    assert_int_equal(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
    process_hide_memory();
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_programs_and_other_processes_are_out_of_reach),
        cmocka_unit_test(files_and_descriptors_that_it_has_still_work),
        cmocka_unit_test(memory_is_hidden_from_other_processes_of_the_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
