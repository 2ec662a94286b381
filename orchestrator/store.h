/* The store as the configuration has it: event loop and client.
 *
 * What:    what the options of the section Store make of loop_options and of s3_client_new.
 * Owner:   the caller, of what is returned.
 * Threads: the loop's.
 * Fails:   ERR_CONFIG for settings that cannot be.
 */
#ifndef ORCHESTRATOR_STORE_H
#define ORCHESTRATOR_STORE_H

#include "base/loop.h"
#include "orchestrator/config.h"
#include "s3/s3.h"

/* What the options `addressing_style`, `request_payer` and `sse` choose from. */
extern const char *const store_addressing_styles[];
extern const char *const store_payers[];
extern const char *const store_encryptions[];

/* The loop that requests to the store go over; warns where certificates are not checked. */
loop *store_loop_new(const config *c, const char *(*getenv_fn)(const char *name),
                     unsigned connections, size_t receive_buffer_bytes, err *e) MUST_USE;

s3_client *store_client_new(const config *c, const char *(*getenv_fn)(const char *name),
                            transport *t, unsigned requests, err *e) MUST_USE;

#endif
