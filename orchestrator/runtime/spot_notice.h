/* Notices of the EC2 metadata service that this instance will be interrupted.
 *
 * What:    requests every 5 seconds a spot interruption notice, which comes two minutes before the
 *          end, and for a rebalance recommendation, which may come earlier. The first notice ends
 *          the watch.
 * Owner:   spot_notice_start / spot_notice_stop.
 * Threads: loop.
 * Fails:   never: a service that does not answer is a warning, once, and is retried.
 */
#ifndef ORCHESTRATOR_RUNTIME_SPOT_NOTICE_H
#define ORCHESTRATOR_RUNTIME_SPOT_NOTICE_H

#include "base/util.h"
#include "decon/base/transport.h"

#define SPOT_DRAIN_MS 100000 /* of the two minutes: time for what is in flight */

typedef struct spot_notice spot_notice;

/* `on_notice` gets "spot interruption: <the service's text>"; it may call spot_notice_stop. */
spot_notice *spot_notice_start(transport *t, const char *(*getenv_fn)(const char *name),
                               void (*on_notice)(void *ctx, const char *text), void *ctx) MUST_USE;
void spot_notice_stop(spot_notice *s); /* NULL is allowed */

#endif
