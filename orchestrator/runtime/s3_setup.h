/* The store as the configuration has it: event loop and client.
 *
 * What:    what the options of the section Store make of loop_options and of s3_client_new.
 * Owner:   the caller, of what is returned.
 * Threads: the loop's.
 * Fails:   ERR_CONFIG for settings that cannot be.
 */
#ifndef ORCHESTRATOR_RUNTIME_S3_SETUP_H
#define ORCHESTRATOR_RUNTIME_S3_SETUP_H

#include "decon/base/loop.h"
#include "orchestrator/config/config.h"
#include "decon/s3/s3.h"
#include "base/util.h"

/* The loop that requests to the store go over; warns where certificates are not checked. */
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
