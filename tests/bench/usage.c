/* usage FILE COMMAND...: runs the command and appends to FILE: wall seconds, CPU seconds (of the
 * command and its children), the peak of resident memory in KiB, and bytes written to file systems
 * on disks. Ends with the command's exit status. */
#include <stdio.h>
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

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s FILE COMMAND...\n", argv[0]);
        return 2;
    }
    FILE *out = fopen(argv[1], "a");
    double begin_s = now_s();
    pid_t child = out ? fork() : -1;
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status = 0;
    struct rusage used = {0};
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        perror(argv[1]);
        return 1;
    }
    fprintf(out, "%.4f %.4f %ld %ld\n", now_s() - begin_s,
            seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
            used.ru_oublock * 512); /* the kernel counts blocks of 512 bytes */
    return fclose(out) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
