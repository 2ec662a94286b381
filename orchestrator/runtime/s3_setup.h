/* Event loop and S3 client from the configuration.
 *
 * What:    converts the options of the section Store to loop_options and arguments of
 *          s3_client_new.
 * Owner:   returned objects are the caller's.
 * Threads: the loop's.
 * Fails:   ERR_CONFIG for invalid settings.
 */
#ifndef ORCHESTRATOR_RUNTIME_S3_SETUP_H
#define ORCHESTRATOR_RUNTIME_S3_SETUP_H

#include "decon/base/loop.h"
#include "orchestrator/config/config.h"
#include "decon/s3/s3.h"
#include "base/util.h"

/* The loop for requests to the store; warns if certificates are not checked. */
loop *store_loop_new(const config *c, const char *(*getenv_fn)(const char *name),
                     unsigned connections, size_t receive_buffer_bytes, err *e) MUST_USE;

typedef struct store_env {
    const char *(*getenv_fn)(const char *name);
    transport *transport;
    pool *pool; /* hashes files */
    unsigned requests;
} store_env;
s3_client *store_client_new(const config *c, const store_env *env, err *e) MUST_USE;

#endif
