#include "base/security/process_guard.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/util.h"

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OUR_ARCHITECTURE AUDIT_ARCH_PPC64LE
#endif

/* System call numbers of x32 (x86-64 with 32-bit pointers), which has the same architecture
 * value. */
#define X32_CALLS 0x40000000u

void process_hide_memory(void)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#ifdef OUR_ARCHITECTURE
static const int refused[] = {
    SYS_socket,         SYS_connect,          SYS_bind,
    SYS_listen,         SYS_accept,           SYS_accept4,
    SYS_io_uring_setup, SYS_io_uring_enter,   SYS_io_uring_register,
    SYS_ptrace,         SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_pidfd_getfd,
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    SYS_execve,         SYS_execveat,
#endif
};

#define HEAD_LENGTH 4
#define REFUSED     ARRAY_LEN(refused)

/* Refuses other architectures, then x32, then compares with each refused call. The last two
 * instructions permit and refuse. */
static size_t make_filter(struct sock_filter out[HEAD_LENGTH + REFUSED + 2])
{
    const struct sock_filter head[HEAD_LENGTH] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 0, REFUSED + 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, REFUSED + 1, 0),
    };
    memcpy(out, head, sizeof head);
    for (size_t i = 0; i < REFUSED; i++)
        out[HEAD_LENGTH + i] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)refused[i], (uint8_t)(REFUSED - i), 0);
    out[HEAD_LENGTH + REFUSED] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    out[HEAD_LENGTH + REFUSED + 1] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    return HEAD_LENGTH + REFUSED + 2;
}

static bool refuse_calls(err *e)
{
    struct sock_filter filter[HEAD_LENGTH + REFUSED + 2];
    struct sock_fprog program = {.len = (unsigned short)make_filter(filter), .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ||
           err_set_errno(e, ERR_IO, errno, "cannot filter system calls (seccomp)");
}
#else
static bool refuse_calls(err *e)
{
    return err_set(e, ERR_IO, "system calls cannot be filtered on this processor");
}
#endif

bool process_isolate(err *e)
{
    return (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ||
            err_set_errno(e, ERR_IO, errno, "cannot drop privileges")) &&
           refuse_calls(e);
}
