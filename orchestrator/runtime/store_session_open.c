/* The one part of a session that depends on the configuration of a run: programs with their own client
 * use the rest alone. */
#include "base/util.h"
#include "orchestrator/runtime/s3_setup.h"
#include "orchestrator/runtime/store_session.h"

bool store_session_open(store_session *s, const config *c, const store_session_env *env,
                        unsigned requests, err *e)
{
    *s = (store_session){.env = *env};
    s->s3 = store_client_new(c,
                             &(store_env){.getenv_fn = env->getenv_fn,
                                          .transport = env->transport,
                                          .pool = env->pool,
                                          .requests = requests},
                             e);
    return s->s3 != NULL;
}
