/* One object up from a stream: bytes whose number nobody knows yet. Part of the library's public face.
 *
 * What:    the caller reads straight into the room that s3_put_stream_room lends, and says how much
 *          came. What ends within one part goes up in one request; anything longer by a multipart
 *          upload, whose parts are sent while the next ones fill.
 * Owner:   strings are copied. Room is lent until the next call for this stream. The op is gone with
 *          on_done, and with s3_op_cancel, which is how a source that fails ends it: the upload is
 *          aborted, and nothing stands in the store.
 * Threads: the transport's. Neither callback comes from inside these functions.
 * Fails:   by the err given to on_done. A stream cannot be read again: each part is kept in memory
 *          until the store has it, so that parts are tried again as all requests are. DECON_ERR_LIMIT
 *          beyond 5 TiB.
 *
 * Memory: as many parts as `memory_bytes` holds, two at least. Without `expected_bytes` the first
 * 1,000 parts have one size, then they grow, so that 10,000 of them hold 5 TiB; with it, all have.
 */
#ifndef DECON_S3_PUT_STREAM_H
#define DECON_S3_PUT_STREAM_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_put_stream_options {
    const char *bucket, *key;
    uint64_t expected_bytes;  /* about; 0: not known */
    uint64_t part_bytes;      /* of the first parts; 0: 8 MiB */
    uint64_t memory_bytes;    /* 0: 64 MiB */
    const char *content_type; /* these six as of s3_put */
    const char *if_none_match;
    const char *if_match;
    const s3_headers *headers;
    const decon_http_header *fields;
    size_t field_count;
    void (*on_room)(void *ctx); /* there is room again, after there was none */
    void (*on_progress)(void *ctx, uint64_t sent_bytes); /* may be NULL */
    void (*on_done)(void *ctx, const s3_put_result *result, const decon_err *error);
    void *ctx;
} s3_put_stream_options;
s3_op *s3_put_stream(s3_client *c, const s3_put_stream_options *options);

typedef struct s3_room {
    char *data;
    size_t len; /* 0: none now; on_room will be called */
} s3_room;
s3_room s3_put_stream_room(s3_op *stream);
void s3_put_stream_filled(s3_op *stream, size_t len); /* so many bytes of the room */
void s3_put_stream_end(s3_op *stream);                /* no more bytes come */

#ifdef __cplusplus
}
#endif

#endif
