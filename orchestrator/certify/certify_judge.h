/* Determines whether a certificate is complete, and the gaps that a partial one names.
 *
 * What:    counts inputs by verdict and by gap, reads the records of settings and self-tests, and
 *          logs each gap with an example input.
 * Owner:   certify_view_deinit; the table outlives the view.
 * Threads: loop.
 * Fails:   never: a record that cannot be read is a gap.
 */
#ifndef ORCHESTRATOR_CERTIFY_CERTIFY_JUDGE_H
#define ORCHESTRATOR_CERTIFY_CERTIFY_JUDGE_H

#include "base/util.h"
#include "orchestrator/certify/certificate_head.h"
#include "orchestrator/certify/certify_table.h"
#include "orchestrator/runtime/store_session.h"

typedef struct certify_view {
    const certify_table *table;
    size_t main_settings; /* those of most results, in table->settings */
    certificate_settings *settings;
    bool *described, *of_samples; /* of each of the settings */
    char **versions;
    char *input, *reports;
    size_t first[GAP_COUNT]; /* an input with this gap */
    certificate_head head;   /* its root and creation time are not filled in */
} certify_view;

void certify_judge(store_session *session, const certify_table *t, certify_view *out);
/* One line for each gap. */
void certify_report_gaps(const certify_view *v);
certificate_verdict certify_verdict_of(uint8_t state);
void certify_view_deinit(certify_view *v);
DEFINE_AUTO(certify_view, certify_view_deinit)

#endif
