/* Restrictions that a process applies to itself for protection.
 *
 * What:    process_hide_memory: no core dump, and no other process of this user may read the memory
 *          or the environment (ptrace, /proc/PID/environ, /proc/PID/mem); root may. Children
 *          inherit it until they run a program.
 *          process_isolate: this process, its threads and its children can no longer open network
 *          connections, nor sockets of any kind, io_uring included, run programs, trace processes,
 *          or gain privileges; descriptors that it has keep working. It cannot be undone.
 * Owner:   -
 * Threads: process_isolate while the process has one thread.
 * Fails:   process_isolate if the kernel has no filters for system calls (seccomp), or the
 *          processor is not supported: then only privileges are dropped. In sanitizer builds
 *          programs can still be run, since error reports start a symbolizer.
 */
#ifndef BASE_SECURITY_PROCESS_GUARD_H
#define BASE_SECURITY_PROCESS_GUARD_H

#include "base/util.h"
#include "decon/base/err.h"

void process_hide_memory(void);
bool process_isolate(err *e) MUST_USE;

#endif
