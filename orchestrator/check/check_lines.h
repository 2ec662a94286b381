/* The lines of `decon-orchestrator check`.
 *
 * What:    `OK   <subject>: <what was found>` or `FIX  <subject>: <what is wrong>; <what to do>`.
 * Owner:   the caller.
 * Threads: one.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_CHECK_CHECK_LINES_H
#define ORCHESTRATOR_CHECK_CHECK_LINES_H

#include <stdio.h>

#include "base/util.h"

typedef struct check_lines {
    FILE *out;
    unsigned fixes; /* number of FIX lines */
} check_lines;

void check_ok(check_lines *l, const char *subject, const char *fmt, ...) PRINTF_LIKE(3, 4);
void check_fix(check_lines *l, const char *subject, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
