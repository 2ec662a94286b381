/* The control file of a program with tests/preload/kill.c.
 *   control FILE new       makes the file
 *   control FILE arm N     the Nth event from now on ends the program; 0: none does
 *   control FILE show      prints the number of events, and the name of the last that ended it */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/preload/kill.h"

static int fail(const char *what)
{
    perror(what);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "control: FILE new | FILE arm N | FILE show\n");
        return 2;
    }
    int fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(kill_control)) != 0)
        return fail(argv[1]);
    kill_control *control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (control == MAP_FAILED)
        return fail(argv[1]);
    uint64_t events = atomic_load(&control->events);
    if (strcmp(argv[2], "arm") == 0) {
        uint64_t number = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
        atomic_store(&control->kill_at, number ? events + number : 0);
    } else if (strcmp(argv[2], "show") == 0) {
        printf("%llu %s\n", (unsigned long long)events, control->name);
    }
    return 0;
}
