/* Compact JSON text in the exact form of the reports.
 *
 * What:    strings escape only `"`, `\` and control characters; binary32 values are widened and
 *          printed with the fewest digits that read back as the same binary64.
 * Owner:   everything is appended to the caller's buf.
 * Threads: any.
 * Fails:   when the buf overflows.
 */
#ifndef BASE_JSON_JSON_WRITE_H
#define BASE_JSON_JSON_WRITE_H

#include "decon/base/buf.h"

void json_put_string(buf *out, slice text); /* with its quotes */
void json_put_float(buf *out, float value); /* 1.0, 0.800000011920929, 1e-6 */

/* Members of an object: writes `{` before the first key of a buf or line, nothing after `{`, otherwise
 * `,`. */
void json_key(buf *out, const char *key);
void json_open(buf *out, const char *key); /* a member that is an object; ends with json_close */
void json_close(buf *out);
void json_member_string(buf *out, const char *key, slice text);
void json_member_int(buf *out, const char *key, int64_t value);
void json_member_unsigned(buf *out, const char *key, uint64_t value);
void json_member_float(buf *out, const char *key, float value);
void json_member_bool(buf *out, const char *key, bool value);

#endif
