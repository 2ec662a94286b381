/* A run that claims its work (distribution: claim): slices become rows of the flow, and their ends.
 *
 * What:    joins the claims to the flow. A slice that was claimed is planned: results of earlier runs are
 *          compared (done_check.h), and where another host has had the slice, its files are looked at
 *          (slice_check.h); then its rows are added to the flow. When all have ended, it is closed.
 * Owner:   the app's; app_claim_free.
 * Threads: loop.
 * Fails:   app_claim_error: no more files are begun, those in progress finish.
 */
#ifndef ORCHESTRATOR_APP_CLAIM_H
#define ORCHESTRATOR_APP_CLAIM_H

#include "orchestrator/app_prepare.h"

/* Not for dry runs and debug runs. */
bool app_claims_work(const config *c);
/* In place of app_plan_work: waits for the server, and looks whether there is an input. */
bool app_claim_prepare(app *a, err *e) MUST_USE;
const flow_feed *app_claim_feed(const app *a); /* NULL: this run does not claim */
void app_claim_start(app *a);                  /* the flow has been started */
/* Gives back what is still held; `wait`: until that is written, a few seconds at most. */
void app_claim_end(app *a, bool wait);
const err *app_claim_error(const app *a); /* NULL: none */
void app_claim_free(app *a);

#endif
