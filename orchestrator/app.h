/* One run of the orchestrator, from the configuration to the exit status.
 *
 * What:    lock -> store writable? -> list -> plan -> server there? -> flow -> summary. It runs on
 *          any transport: the curl loop in commands.c, a script in the flow tests.
 * Owner:   app_new / app_free; config and env are borrowed.
 * Threads: loop.
 * Fails:   by app_run's exit status, after a line with the cause.
 */
#ifndef ORCHESTRATOR_APP_H
#define ORCHESTRATOR_APP_H

#include "orchestrator/config/config.h"
#include "orchestrator/context/run_context.h"
#include "base/util.h"

typedef struct app_env {
    run_context *context;                           /* its client is made by the run */
    void (*run_until)(void *ctx, const bool *done); /* the event loop; returns once *done */
    void *run_ctx;
    const char *command; /* that began this run, for a shell; or NULL */
    unsigned file_limit; /* open files that the system allows; 0: unknown */
} app_env;

typedef struct app app;
app *app_new(const config *c, const app_env *env) MUST_USE;
void app_free(app *a); /* NULL is allowed */
DEFINE_AUTO_PTR(app, app_free)

int app_run(app *a) MUST_USE; /* the exit status: 0, 1, 3, 130, 143 */

/* First signal: no new items, those in flight finish. Second: everything is cancelled. */
void app_signal(app *a, int signal_number, unsigned count);
bool app_aborted(const app *a); /* cancelled: workers may still be busy and are not waited for */

#endif
