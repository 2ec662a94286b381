/* Parses the raw request target: bucket, key and query parameters.
 *
 * What:    path style only: /bucket/key?name=value&name. Also the Range header.
 * Owner:   target_deinit frees; the result of target_param is borrowed.
 * Threads: any.
 * Fails:   by s3_refuse (InvalidURI, InvalidRange).
 * Source:  RFC 3986 (percent-encoding), RFC 9110 section 14 (ranges).
 */
#ifndef S3_SERVE_PROTOCOL_TARGET_H
#define S3_SERVE_PROTOCOL_TARGET_H

#include "base/util.h"
#include "s3/serve/protocol/error.h"

#define TARGET_PARAMS_MAX 24

typedef struct target_pair {
    char *name, *value;
} target_pair;

typedef struct target {
    slice raw_path, raw_query; /* borrowed from the parsed text */
    char *bucket;              /* NULL: the service itself */
    buf key;                   /* empty: the bucket itself */
    target_pair params[TARGET_PARAMS_MAX];
    size_t param_count;
} target;

bool target_parse(const char *raw, target *out, err *e) MUST_USE;
void target_deinit(target *t);
DEFINE_AUTO(target, target_deinit)
const char *target_param(const target *t, const char *name); /* "" for a bare name; NULL: absent */
bool target_param_number(const target *t, const char *name, uint64_t fallback, uint64_t max,
                         uint64_t *out, err *e) MUST_USE;

/* The raw target for a log: values that let anyone send the request again (signatures and
 * session tokens of presigned URLs) are replaced by ***. */
void target_show(const char *raw, buf *out);

/* `/bucket/key?versionId=ID` of x-amz-copy-source, percent-encoded; the leading slash and the version
 * are optional. */
bool target_copy_source(const char *value, char **bucket, buf *key, char **version, err *e)
    MUST_USE;

typedef struct byte_range {
    bool partial; /* false: the whole object (no Range, or one that servers must ignore) */
    uint64_t offset, len_bytes;
} byte_range;

/* `header` may be NULL. InvalidRange if no byte of the range exists. */
bool byte_range_parse(const char *header, uint64_t size_bytes, byte_range *out, err *e) MUST_USE;

#endif
