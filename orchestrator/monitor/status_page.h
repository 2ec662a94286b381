/* The status page: one HTML file with style and script, which reads /status.json.
 *
 * What:    the bytes of status_page.html, and the policy that keeps it from loading anything else.
 * Owner:   static.
 * Threads: any.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_MONITOR_STATUS_PAGE_H
#define ORCHESTRATOR_MONITOR_STATUS_PAGE_H

#include "base/util.h"
#include "decon/base/buf.h"

#define STATUS_PAGE_POLICY                                                                         \
    "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src "               \
    "'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

slice status_page(void);

#endif
