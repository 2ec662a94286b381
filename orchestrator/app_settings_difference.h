/* Describes how the settings of a fingerprint differ from those of this run's detection server.
 *
 * What:    reads the record `_decon/settings/<fingerprint>.json` and writes "threshold 0.8 -> 0.1" to `out`;
 *          "settings fingerprint <a> -> <b>" if the record cannot be read or shows no difference.
 * Owner:   an operation (base/op.h); `out` is the caller's; it is cleared first, and written before
 *          on_done.
 * Threads: loop.
 * Fails:   never: on_done gets no error, since the record only describes.
 */
#ifndef ORCHESTRATOR_APP_SETTINGS_DIFFERENCE_H
#define ORCHESTRATOR_APP_SETTINGS_DIFFERENCE_H

#include "orchestrator/app_prepare.h"

op *settings_difference_start(const app *a, const char *fingerprint, buf *out,
                              void (*on_done)(void *ctx, const err *error), void *ctx) MUST_USE;

#endif
