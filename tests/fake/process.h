/* Child processes of the scripted transport: no process is started, rules say how each one ends.
 *
 * Owner:   fake_processes is embedded in the fake transport; rules are copied, results are borrowed.
 * Threads: one.
 * Fails:   a command that no rule expects becomes a complaint, which fails the test at its end; so
 *          does a rule whose command was not run.
 */
#ifndef TESTS_FAKE_PROCESS_H
#define TESTS_FAKE_PROCESS_H

#include "decon/base/transport.h"

typedef struct fake_process_rule {
    const char *command; /* the expected command */
    const char *output, *error_line;
    int exit_status;
    bool never; /* reaches its time limit */
} fake_process_rule;

typedef struct fake_process_node fake_process_node;

typedef struct fake_processes {
    fake_process_node *expected; /* in order */
    buf *complaints;
    unsigned cancelled;
} fake_processes;

void fake_processes_expect(fake_processes *f, const fake_process_rule *rule);
process *fake_processes_start(fake_processes *f, transport *t, const process_request *request);
void fake_processes_cancel(fake_processes *f, transport *t, process *p);
void fake_processes_complain(const fake_processes *f, buf *out);
void fake_processes_deinit(fake_processes *f);

#endif
