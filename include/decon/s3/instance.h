/* Metadata of the EC2 instance that the program runs on.
 *
 * What:    reads one path of the metadata service by IMDSv2 (a token, then a GET, two attempts each).
 *          Address and time limits come from the AWS_EC2_METADATA_... and AWS_METADATA_SERVICE_...
 *          variables.
 * Owner:   an s3_op that belongs to no client: it ends with on_done or s3_op_cancel. `path` outlives
 *          it; `text` is borrowed by on_done.
 * Threads: the transport's.
 * Fails:   DECON_ERR_NET if the service does not answer or is busy; DECON_ERR_CONFIG if it refuses,
 *          and for settings that cannot be used, AWS_EC2_METADATA_DISABLED among them.
 * Sources: Amazon EC2 User Guide, "Use the Instance Metadata Service".
 */
#ifndef DECON_S3_INSTANCE_H
#define DECON_S3_INSTANCE_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `text` is empty if the service does not know the path (404). */
typedef void (*s3_instance_done)(void *ctx, decon_slice text, const decon_err *error);

/* `path`: "/latest/meta-data/spot/instance-action". */
s3_op *s3_instance_metadata(decon_transport *t, const char *(*getenv_fn)(const char *name),
                            const char *path, s3_instance_done done, void *ctx) DECON_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
