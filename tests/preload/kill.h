/* The control file of kill.c: shared memory between the processes of one program and the test.
 *
 * What:    `events` counts; the event that reaches `kill_at` ends the program, and sets it to 0.
 * Owner:   the test makes the file with control.c; a preloaded program maps it.
 * Threads: any; numbers are atomic.
 * Fails:   -
 */
#ifndef TESTS_PRELOAD_KILL_H
#define TESTS_PRELOAD_KILL_H

#include <stdatomic.h>
#include <stdint.h>

#define KILL_FILE_VARIABLE "DECON_KILL_FILE"

typedef struct kill_control {
    _Atomic uint64_t events;  /* since the file was made */
    _Atomic uint64_t kill_at; /* 0: at none */
    _Atomic int64_t pid;      /* of the program, not of its child processes */
    char name[16];            /* of the last event that ended the program */
} kill_control;

#endif
