/* The date formats of S3's replies.
 *
 * What:    HTTP dates ("Fri, 24 May 2013 00:00:00 GMT") and ISO 8601 ("2013-05-24T00:00:00.000Z"),
 *          whatever the locale; both directions.
 * Owner:   nothing is allocated.
 * Threads: any.
 * Fails:   false for anything else.
 * Sources: RFC 9110, section 5.6.7 (the preferred format); Amazon S3 API Reference.
 */
#ifndef S3_PROTOCOL_HTTP_DATE_H
#define S3_PROTOCOL_HTTP_DATE_H

#include "decon/base/util.h"

#define S3_WHEN_SIZE 40

bool s3_when_parse_http(const char *text, int64_t *time_s) MUST_USE;
bool s3_when_parse_iso(const char *text, int64_t *time_s) MUST_USE;
void s3_when_format_http(int64_t time_s, char out[S3_WHEN_SIZE]);
void s3_when_format_iso(int64_t time_s, char out[S3_WHEN_SIZE]); /* with ".000Z" */

#endif
