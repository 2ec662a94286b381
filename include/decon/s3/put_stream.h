/* Upload from a stream of unknown length.
 *
 * What:    the caller writes into the buffer that s3_put_stream_room returns and reports how many bytes
 *          it wrote. Data of up to one part is sent in one request, longer data as a multipart upload;
 *          parts are sent while the next ones are filled.
 * Owner:   strings are copied. A buffer is borrowed until the next call for this stream. The op ends
 *          with on_done or s3_op_cancel; a caller whose source fails cancels: the upload is aborted
 *          and no object is written.
 * Threads: the transport's. No callback is made from inside these functions.
 * Fails:   by the err given to on_done. Each part stays in memory until the store has confirmed it, so
 *          that parts are retried like other requests. DECON_ERR_LIMIT above 5 TiB.
 *
 * Memory: as many parts as fit in `memory_bytes`, at least two. Without `expected_bytes` the first
 * 1,000 parts have one size, then they grow, so that 10,000 of them hold 5 TiB; with it, all have one size.
 */
#ifndef DECON_S3_PUT_STREAM_H
#define DECON_S3_PUT_STREAM_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_put_stream_options {
    const char *bucket, *key;
    uint64_t expected_bytes;  /* estimate; 0: unknown */
    uint64_t part_bytes;      /* of the first parts; 0: 8 MiB */
    uint64_t memory_bytes;    /* 0: 64 MiB */
    const char *content_type; /* this and the next five as in s3_put */
    const char *if_none_match;
    const char *if_match;
    const s3_headers *headers;
    const decon_http_header *fields;
    size_t field_count;
    void (*on_room)(void *ctx);                          /* s3_put_stream_room has space again */
    void (*on_progress)(void *ctx, uint64_t sent_bytes); /* may be NULL */
    void (*on_done)(void *ctx, const s3_put_result *result, const decon_err *error);
    void *ctx;
} s3_put_stream_options;
s3_op *s3_put_stream(s3_client *c, const s3_put_stream_options *options);

typedef struct s3_room {
    char *data;
    size_t len; /* 0: no space; wait for on_room */
} s3_room;
s3_room s3_put_stream_room(s3_op *stream);
void s3_put_stream_filled(s3_op *stream, size_t len); /* bytes written into the buffer */
void s3_put_stream_end(s3_op *stream);                /* ends the data */

#ifdef __cplusplus
}
#endif

#endif
