/* usage FILE COMMAND...: runs the command and appends to FILE: wall seconds, CPU seconds, the peak of
 * resident memory of a process in KiB, and bytes written to file systems on disks; of the command and
 * all processes that it starts, also those that it does not wait for. Ends when they have ended, with
 * the command's exit status. */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Processes whose parent has ended become children of this one. False: the command was not found. */
static bool wait_for_all(pid_t command, int *status)
{
    bool found = false;
    int its;
    for (pid_t pid; (pid = wait(&its)) > 0;)
        if (pid == command) {
            found = true;
            *status = its;
        }
    return found;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s FILE COMMAND...\n", argv[0]);
        return 2;
    }
    FILE *out = fopen(argv[1], "ae");
    double begin_s = now_s();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = out ? fork() : -1;
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status = 0;
    struct rusage used = {0};
    if (child < 0 || !wait_for_all(child, &status)) {
        perror(argv[1]);
        return 1;
    }
    getrusage(RUSAGE_CHILDREN, &used);
    fprintf(out, "%.4f %.4f %ld %ld\n", now_s() - begin_s,
            seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
            used.ru_oublock * 512); /* the kernel counts blocks of 512 bytes */
    return fclose(out) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
