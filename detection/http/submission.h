/* The body of a submission: {"file_path": "...", "lenient": true, "cleaned_format": "input"}.
 *
 * What:    submission_read accepts any bytes and returns the path, or status and text of the
 *          refusal. `lenient` and `cleaned_format` are optional (default false and gzip). Other
 *          members are ignored.
 * Owner:   the path is the caller's. Threads: any. Fails: by its result.
 */
#ifndef DETECTION_HTTP_SUBMISSION_H
#define DETECTION_HTTP_SUBMISSION_H

#include "decon/base/buf.h"
#include "base/util.h"

#define SUBMISSION_MAX_BYTES 2097152

typedef struct submission_options {
    bool lenient, cleaned_as_input; /* see job_request */
} submission_options;

/* NULL: refused, with *status 400 (not JSON) or 422 (no usable file_path) and the text. */
char *submission_read(slice body, submission_options *options, int *status, buf *words) MUST_USE;

/* application/json or application/<any>+json, with or without parameters; false for NULL. */
bool submission_is_json(const char *content_type);

#endif
