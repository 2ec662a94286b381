/* A run that claims its work (distribution: claim): slices become rows of the flow, and are closed
 * at their end.
 *
 * What:    joins the claims to the flow. A claimed slice is planned: results of earlier runs are
 *          compared (done_check.h), and if another host has had the slice, its results are examined
 *          (slice_check.h); then its rows are added to the flow. When all have ended, the slice is
 *          closed.
 * Owner:   the app's; app_claim_free.
 * Threads: loop.
 * Fails:   app_claim_error: no more files are started, those in progress finish.
 */
#ifndef ORCHESTRATOR_APP_CLAIM_H
#define ORCHESTRATOR_APP_CLAIM_H

#include "orchestrator/app_prepare.h"

/* Replaces app_plan_work: waits for the server, and checks that there is an input. */
bool app_claim_prepare(app *a, err *e) MUST_USE;
const flow_feed *app_claim_feed(const app *a); /* NULL: this run does not claim */
void app_claim_start(app *a);                  /* the flow has been started */
/* Releases the slices still held; `wait`: until this is written, a few seconds at most. */
void app_claim_end(app *a, bool wait);
const err *app_claim_error(const app *a); /* NULL: none */
void app_claim_free(app *a);

#endif
