/* Reports in S3, for the commands of decon that read reports.
 *
 * What:    an implementation of report_store. The connection is opened by the first call, with the
 *          settings of the environment and AWS's files (docs/credentials.md).
 * Owner:   s3_reports_deinit; the store is valid until then.
 * Threads: one.
 * Fails:   ERR_CONFIG for invalid settings or URIs; errors of the store, after retries.
 */
#ifndef PROGRAMS_S3_REPORTS_H
#define PROGRAMS_S3_REPORTS_H

#include "decon/base/loop.h"
#include "detection/reports/report_store.h"
#include "orchestrator/runtime/store_session.h"

typedef struct s3_reports {
    report_store store;
    loop *loop; /* NULL: not opened yet */
    s3_client *client;
    store_session session;
} s3_reports;

void s3_reports_init(s3_reports *r);
void s3_reports_deinit(s3_reports *r);
DEFINE_AUTO(s3_reports, s3_reports_deinit)

#endif
