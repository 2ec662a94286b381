/* What the tests of commands without a run share: the environment of a session with the scripted world.
 *
 * What:    the store's credentials and a variable that the test sets; the loop is the world's.
 * Owner:   the world is the test's. Threads: one. Fails: by cmocka's assertions.
 */
#ifndef TESTS_FLOW_COMMAND_SITE_H
#define TESTS_FLOW_COMMAND_SITE_H

#include "base/util.h"
#include "orchestrator/runtime/store_session.h"
#include "tests/flow/flow_support.h"

static const char *command_host_count; /* PMR_HOST_COUNT */

static inline const char *command_getenv(const char *name)
{
    return strcmp(name, "PMR_HOST_COUNT") == 0 ? command_host_count : fake_credentials(name);
}

static inline void command_run_until(void *ctx, const bool *done)
{
    world *w = ctx;
    assert_true(fake_run_until(w->fake, done));
}

static inline store_session_env command_env(world *w)
{
    return (store_session_env){.transport = fake_transport_base(w->fake),
                               .run_until = command_run_until,
                               .run_ctx = w,
                               .getenv_fn = command_getenv};
}

#endif
