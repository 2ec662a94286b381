/* Refusals of the small S3 server: its error replies, as err values.
 *
 * What:    one table (error.def) of HTTP status, S3 code and message; s3_refuse puts a row into an
 *          err, from which the server builds its XML reply. An err without an S3 code is an
 *          internal error and is answered with 500 InternalError.
 * Owner:   nothing is allocated.
 * Threads: any.
 * Fails:   s3_refuse always yields false.
 * Source:  Amazon S3 API Reference, "Error responses".
 */
#ifndef S3_SERVE_PROTOCOL_ERROR_H
#define S3_SERVE_PROTOCOL_ERROR_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

typedef enum refusal {
#define REFUSE_ROW(name, status, code, words) REFUSE_##name,
#include "s3/serve/protocol/error.def"
#undef REFUSE_ROW
} refusal;

bool s3_refuse(err *e, refusal why);
/* The same with another message. */
bool s3_refuse_because(err *e, refusal why, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The default code and message of a status, for injected faults: 503 is SlowDown. */
bool s3_refuse_status(err *e, int http_status, const char *code);
bool s3_is_refusal(const err *e, refusal why);

#endif
