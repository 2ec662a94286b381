/* Maps of names and values in the AWS CLI's syntax: `a=1,b=2`, `{"a": "1"}`, or `file://PATH` for a
 * file with one of them.
 *
 * What:    shorthand_map calls `each` for every pair. In the first form a value with a comma is
 *          quoted ("..." or '...') or has the comma escaped (a\,b); within quotes \ escapes the
 *          quote and itself. Blanks after a comma and at the end of a value are dropped. A comma
 *          without NAME= after it is part of the value (the AWS CLI refuses it).
 * Owner:   names and values are borrowed by `each`.
 * Threads: any.
 * Fails:   ERR_USAGE with an example of the syntax; the error of `each`.
 * Sources: AWS CLI User Guide, "Using shorthand syntax in the AWS CLI".
 */
#ifndef S3_CLI_SESSION_SHORTHAND_H
#define S3_CLI_SESSION_SHORTHAND_H

#include "decon/base/err.h"
#include "base/util.h"

typedef bool (*shorthand_each)(void *ctx, const char *name, const char *value, err *e);
bool shorthand_map(const char *text, shorthand_each each, void *ctx, err *e) MUST_USE;

#endif
