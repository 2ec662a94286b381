/* Maps of names and values as the AWS CLI writes them: `a=1,b=2`, `{"a": "1"}`, or `file://PATH` to
 * a file that holds one of both.
 *
 * What:    shorthand_map calls `each` for every pair. In the first form a value with a comma stands in
 *          "..." or '...', or has the comma escaped (a\,b); within quotes \ escapes the quote and
 *          itself. Blanks after a comma and at the end of a value are dropped. A comma without
 *          NAME= after it belongs to the value (the AWS CLI refuses it).
 * Owner:   names and values are lent to `each`.
 * Threads: any.
 * Fails:   ERR_USAGE that says how to write it; what `each` sets.
 * Sources: AWS CLI User Guide, "Using shorthand syntax in the AWS CLI".
 */
#ifndef S3_CLI_SESSION_SHORTHAND_H
#define S3_CLI_SESSION_SHORTHAND_H

#include "decon/base/err.h"
#include "base/util.h"

typedef bool (*shorthand_each)(void *ctx, const char *name, const char *value, err *e);
bool shorthand_map(const char *text, shorthand_each each, void *ctx, err *e) MUST_USE;

#endif
