/* Parses and formats the dates of S3, other AWS services and compatible stores.
 *
 * What:    ISO 8601 as in RFC 3339 and the SDKs: "2013-05-24T00:00:00.000Z", any fraction, an
 *          offset ("+02:00", "+0200", "+02"), "UTC", a blank instead of T; UTC if there is no zone
 *          (Python's isoformat of a naive time). HTTP dates in the three forms of RFC 9110.
 *          Independent of the locale.
 * Owner:   nothing is allocated.
 * Threads: any.
 * Fails:   false for anything else.
 * Sources: RFC 3339; RFC 9110, section 5.6.7; Amazon S3 API Reference.
 */
#ifndef S3_PROTOCOL_HTTP_DATE_H
#define S3_PROTOCOL_HTTP_DATE_H

#include "base/util.h"

#define S3_WHEN_SIZE 40

bool s3_when_parse_http(const char *text, int64_t *time_s) MUST_USE;
/* Either form. */
bool s3_when_parse(const char *text, int64_t *time_s) MUST_USE;
bool s3_when_parse_iso(const char *text, int64_t *time_s) MUST_USE;
void s3_when_format_http(int64_t time_s, char out[S3_WHEN_SIZE]);
void s3_when_format_iso(int64_t time_s, char out[S3_WHEN_SIZE]); /* with ".000Z" */

#endif
