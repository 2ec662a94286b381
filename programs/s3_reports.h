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
#include "decon/s3/uri.h"
#include "detection/reports/report_store.h"
#include "orchestrator/runtime/store_session.h"

typedef struct s3_reports_link {
    loop *loop; /* NULL: not opened yet */
    s3_client *client;
    store_session session;
} s3_reports_link;

/* Objects are written while others are read, from inside a callback of the reading loop: writes
 * have a separate loop. */
typedef struct s3_reports {
    report_store store;
    s3_reports_link reads, writes;
} s3_reports;

void s3_reports_init(s3_reports *r);
void s3_reports_deinit(s3_reports *r);
DEFINE_AUTO(s3_reports, s3_reports_deinit)

/* For the operations of the store. */
bool s3_reports_open(s3_reports_link *l, err *e) MUST_USE;
char *s3_reports_key(const s3_uri *at, const char *name) MUST_USE; /* malloc'ed */

#endif
