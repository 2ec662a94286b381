/* The canonical form of a JSON text: RFC 8785 (JSON Canonicalization Scheme).
 *
 * What:    no white space; members in the order of their names' UTF-16 code units; strings with the
 *          shortest escapes; numbers as ECMAScript prints them. Equal values have equal bytes.
 * Owner:   everything is appended to the caller's buf.
 * Threads: any.
 * Fails:   ERR_PARSE for text that is not JSON, not UTF-8, or has two members of one name; ERR_LIMIT
 *          where the buf overflows.
 */
#ifndef BASE_JSON_JSON_CANONICAL_H
#define BASE_JSON_JSON_CANONICAL_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

bool json_put_canonical(slice text, buf *out, err *e) MUST_USE;
void json_put_canonical_number(double value, buf *out); /* finite */

#endif
